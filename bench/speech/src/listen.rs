//! One recording through the whole path of the server: Opus, decoder, voice, utterances, engine.

use std::time::{Duration, Instant};
use visio_speech::whisper::Whisper;
use visio_speech::{
    EngineError, Input, Job, Language, Line, Output, Packet, Pass, Recogniser, Speaker, Track,
};

const FRAME_SAMPLES: usize = 320;
const FRAME: Duration = Duration::from_millis(20);

/// What browsers send for a voice.
const OPUS_BITS_PER_SECOND: i32 = 32_000;

/// Silence after the recording, so that the last utterance ends by its pause.
const SILENCE_SAMPLES: usize = 16_000;

/// What was heard and what it cost.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) lines: Vec<Line>,
    /// What a viewer sees, and how long after the start, if each pass has a core for itself.
    pub(crate) shown: Vec<(Duration, String)>,
    pub(crate) finals_cpu: Duration,
    pub(crate) live_cpu: Duration,
    /// Decoder, voice detector and machines.
    pub(crate) other_cpu: Duration,
    pub(crate) live_passes: usize,
}

/// Plays a recording to a track in virtual time. `live` runs the live passes as well.
pub(crate) fn listen(
    samples: &[f32],
    language: Option<Language>,
    live: bool,
    engine: &mut Whisper,
    start: Instant,
) -> Result<Heard, EngineError> {
    let packets = packets(samples, start)?;
    let speaker = Speaker {
        participant: "alice".into(),
        track: "TR_1".into(),
        language,
    };
    let mut track = Track::new(speaker)?;
    let mut heard = Heard::default();
    let before = cpu();
    let mut now = start;
    for packet in packets {
        now = packet.received;
        track.handle(now, Input::Packet(packet));
        let cost = serve(&mut track, now, live, engine, &mut heard);
        note(&mut heard, now.duration_since(start) + cost);
    }
    track.handle(now, Input::Closed);
    let cost = serve(&mut track, now, live, engine, &mut heard);
    note(&mut heard, now.duration_since(start) + cost);
    heard.other_cpu = cpu().saturating_sub(before + heard.finals_cpu + heard.live_cpu);
    Ok(heard)
}

/// Runs what the track asks for; returns what it cost.
fn serve(
    track: &mut Track,
    now: Instant,
    live: bool,
    engine: &mut Whisper,
    heard: &mut Heard,
) -> Duration {
    let before = heard.finals_cpu + heard.live_cpu;
    while let Some(output) = track.poll() {
        match output {
            Output::Line(line) => heard.lines.push(line),
            Output::Recognise(job) if job.options.pass == Pass::Final => {
                let cost = recognise(track, now, engine, &job);
                heard.finals_cpu += cost;
            }
            Output::Recognise(job) if live => {
                heard.live_passes += 1;
                let cost = recognise(track, now, engine, &job);
                heard.live_cpu += cost;
            }
            Output::Recognise(job) => track.handle(now, Input::Skipped { job: job.id }),
        }
    }
    heard.finals_cpu + heard.live_cpu - before
}

/// Notes the lines that are new as shown at this time.
fn note(heard: &mut Heard, at: Duration) {
    let new = heard.lines.iter().skip(heard.shown.len());
    let new: Vec<_> = new.map(|line| (at, line.text.clone())).collect();
    heard.shown.extend(new);
}

fn recognise(track: &mut Track, now: Instant, engine: &mut Whisper, job: &Job) -> Duration {
    let before = cpu();
    let outcome = engine.recognise(&job.samples, &job.options);
    let cost = cpu().saturating_sub(before);
    track.handle(
        now,
        Input::Recognised {
            job: job.id,
            outcome,
        },
    );
    cost
}

fn packets(samples: &[f32], start: Instant) -> Result<Vec<Packet>, EngineError> {
    let failed = |error: opus::Error| EngineError::Failed(error.to_string());
    let mut encoder = opus::Encoder::new(16_000, opus::Channels::Mono, opus::Application::Voip)
        .map_err(failed)?;
    encoder
        .set_bitrate(opus::Bitrate::Bits(OPUS_BITS_PER_SECOND))
        .map_err(failed)?;
    let mut padded = samples.to_vec();
    padded.resize(
        (samples.len() + SILENCE_SAMPLES).next_multiple_of(FRAME_SAMPLES),
        0.0,
    );
    let encode = |(at, frame): (u32, &[f32])| {
        Ok(Packet {
            sequence: at.into(),
            timestamp: at * 960,
            received: start + FRAME * (at + 1),
            payload: encoder
                .encode_vec_float(frame, 1500)
                .map_err(failed)?
                .into(),
            red: false,
        })
    };
    (0_u32..)
        .zip(padded.chunks_exact(FRAME_SAMPLES))
        .map(encode)
        .collect()
}

/// Processor time of this thread so far.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = stat
        .split(' ')
        .next()
        .and_then(|first| first.parse().ok())
        .unwrap_or(0);
    Duration::from_nanos(nanoseconds)
}
