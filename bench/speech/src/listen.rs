//! One recording through the whole path of the server: Opus, decoder, voice, utterances, engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use visio_speech::{
    EngineError, Input, Job, JobId, Language, Line, Output, Packet, Recogniser, Speaker, Track,
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
    /// Every state of every line, and how long after the start it is there if each pass has a core
    /// for itself.
    pub(crate) shown: Vec<(Duration, Line)>,
    pub(crate) finals_cpu: Duration,
    pub(crate) live_cpu: Duration,
    /// Decoder, voice detector and machines.
    pub(crate) other_cpu: Duration,
    pub(crate) live_passes: usize,
}

/// Plays a recording to a track in virtual time. `live` runs the partial passes as well.
pub(crate) fn listen(
    samples: &[f32],
    language: Option<Language>,
    live: bool,
    engine: &mut dyn Recogniser,
    start: Instant,
) -> Result<Heard, EngineError> {
    let packets = packets(samples, start)?;
    let speaker = Speaker {
        participant: "alice".into(),
        track: "TR_1".into(),
    };
    let mut play = Play {
        track: Track::new(speaker, language)?,
        engine,
        live,
        start,
        under_way: BTreeMap::new(),
        heard: Heard::default(),
    };
    let before = cpu();
    let mut now = start;
    for packet in packets {
        now = packet.received;
        play.finish_passes(Some(now));
        play.track.handle(now, Input::Packet(packet));
        play.serve(now);
    }
    play.track.handle(now, Input::Closed);
    play.serve(now);
    play.finish_passes(None);
    let mut heard = play.heard;
    heard.other_cpu = cpu().saturating_sub(before + heard.finals_cpu + heard.live_cpu);
    Ok(heard)
}

/// A recording being played to a track: a pass ends as much later as it took CPU time.
struct Play<'a> {
    track: Track,
    engine: &'a mut dyn Recogniser,
    live: bool,
    start: Instant,
    under_way: BTreeMap<(Instant, JobId), Input>,
    heard: Heard,
}

impl Play<'_> {
    fn serve(&mut self, now: Instant) {
        while let Some(output) = self.track.poll() {
            match output {
                Output::Line(line) => {
                    self.heard
                        .shown
                        .push((now.duration_since(self.start), line));
                }
                Output::Final(job) => {
                    let cost = self.recognise(now, &job);
                    self.heard.finals_cpu += cost;
                }
                Output::PartialDue if self.live => {
                    if let Some(job) = self.track.partial(now) {
                        self.heard.live_passes += 1;
                        let cost = self.recognise(now, &job);
                        self.heard.live_cpu += cost;
                    }
                }
                // Nothing is given up here.
                Output::PartialDue | Output::Lost => {}
            }
        }
    }

    fn recognise(&mut self, now: Instant, job: &Job) -> Duration {
        let before = cpu();
        let outcome = self.engine.recognise(&job.samples, &job.options);
        let cost = cpu().saturating_sub(before);
        let (job, ends) = (job.id, now + cost);
        self.under_way
            .insert((ends, job), Input::Recognised { job, outcome });
        cost
    }

    /// Hands over what passes have heard that end by then, the earliest first; all without an end.
    fn finish_passes(&mut self, by: Option<Instant>) {
        while let Some(first) = self.under_way.first_entry() {
            if by.is_some_and(|by| first.key().0 > by) {
                return;
            }
            let ((at, _), input) = first.remove_entry();
            self.track.handle(at, input);
            self.serve(at);
        }
    }
}

fn packets(samples: &[f32], start: Instant) -> Result<Vec<Packet>, EngineError> {
    let mut padded = samples.to_vec();
    padded.resize(samples.len() + SILENCE_SAMPLES, 0.0);
    let packet = |(at, payload): (u32, Arc<[u8]>)| Packet {
        sequence: at.into(),
        timestamp: at * 960,
        received: start + FRAME * (at + 1),
        payload,
    };
    Ok((0_u32..).zip(encoded(&padded)?).map(packet).collect())
}

/// Opus payloads of 20 ms each.
pub(crate) fn encoded(samples: &[f32]) -> Result<Vec<Arc<[u8]>>, EngineError> {
    let failed = |error: opus::Error| EngineError::Failed(error.to_string());
    let mut encoder = opus::Encoder::new(16_000, opus::Channels::Mono, opus::Application::Voip)
        .map_err(failed)?;
    encoder
        .set_bitrate(opus::Bitrate::Bits(OPUS_BITS_PER_SECOND))
        .map_err(failed)?;
    let mut padded = samples.to_vec();
    padded.resize(samples.len().next_multiple_of(FRAME_SAMPLES), 0.0);
    let frames = padded.chunks_exact(FRAME_SAMPLES);
    frames
        .map(|frame| {
            let payload = encoder.encode_vec_float(frame, 1500).map_err(failed)?;
            Ok(payload.into())
        })
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
