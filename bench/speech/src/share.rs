//! A quiet meeting of two, alone and beside a room of ninety-six open microphones: what it loses, and
//! how long its lines take. In real time, with the server's own scheduler and real engines.

use crate::Failure;
use crate::listen::encoded;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};
use visio_speech::engine::Model;
use visio_speech::scheduler::{Counts, Load, Output};
use visio_speech::{EngineError, Job, JobId, Language, Line, Packet, Recognition};
use visio_speech::{Scheduler, Speaker};

const FRAME: Duration = Duration::from_millis(20);
const FRAME_SAMPLES: usize = 320;

/// The loud room.
const PARTICIPANTS: usize = 6;
const MICROPHONES: usize = 16;

/// Between two who take turns.
const PAUSE_SAMPLES: usize = 16_000;

/// The 95th percentile of final lines may be so much later than alone.
const P95_RATIO_MAX: f64 = 2.0;

/// For the last lines of the quiet meeting, after the last word.
const LAST_LINES: Duration = Duration::from_secs(30);

/// The meeting, and which track of it.
type Key = (bool, usize);

type Ended = (usize, Key, JobId, Result<Recognition, EngineError>);

/// Plays both and compares them.
pub(crate) fn measure(
    model: &Arc<dyn Model>,
    recordings: &[Vec<f32>],
    language: Option<Language>,
) -> Result<Value, Failure> {
    let alone = play(model, recordings, language, false)?;
    let beside = play(model, recordings, language, true)?;
    let lost = alone.finals.len().saturating_sub(beside.finals.len());
    let ratio = beside.p95().as_secs_f64() / alone.p95().as_secs_f64();
    Ok(json!({
        "quiet_s": alone.spoken.as_secs_f64(),
        "threads": threads(),
        "alone": alone.report(),
        "beside": beside.report(),
        "lines_lost": lost,
        "finals_p95_ratio": ratio,
        "passed": lost == 0 && ratio <= P95_RATIO_MAX,
    }))
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// What became of the quiet meeting.
#[derive(Default)]
struct Played {
    spoken: Duration,
    /// Its final lines, and how long after its end each was there.
    finals: Vec<(Duration, Line)>,
    partials: usize,
    loads: Vec<(bool, Load)>,
    loud_finals: usize,
    counts: Counts,
}

impl Played {
    fn percentile(&self, percent: usize) -> Duration {
        let mut lags: Vec<Duration> = self.finals.iter().map(|(lag, _)| *lag).collect();
        lags.sort_unstable();
        let at = (lags.len() * percent / 100).min(lags.len().saturating_sub(1));
        lags.get(at).copied().unwrap_or_default()
    }

    fn p95(&self) -> Duration {
        self.percentile(95)
    }

    fn report(&self) -> Value {
        let quiet_told = |load: Load| {
            let told = self.loads.iter();
            told.filter(|told| **told == (false, load)).count()
        };
        json!({
            "finals": self.finals.len(),
            "partials": self.partials,
            "finals_p50_ms": self.percentile(50).as_millis(),
            "finals_p95_ms": self.p95().as_millis(),
            "quiet_told_late": quiet_told(Load::Late),
            "quiet_told_losing": quiet_told(Load::Losing),
            "loud_told_losing": self.loads.contains(&(true, Load::Losing)),
            "loud_finals": self.loud_finals,
            "finals_dropped": self.counts.finals_dropped,
            "packets_dropped": self.counts.packets_dropped,
            "text": self.finals.iter().map(|(_, line)| line.text.as_str()).collect::<Vec<_>>().join(" "),
        })
    }
}

/// One microphone: its packets, again and again.
struct Microphone {
    key: Key,
    payloads: Arc<[Arc<[u8]>]>,
    from: usize,
}

fn microphones(recordings: &[Vec<f32>], loud: bool) -> Result<(Vec<Microphone>, usize), Failure> {
    let mut turns = [Vec::new(), Vec::new()];
    for (number, recording) in recordings.iter().enumerate() {
        let speaks = number % 2;
        turns[speaks].extend_from_slice(recording);
        let length = turns[speaks].len() + PAUSE_SAMPLES;
        turns.iter_mut().for_each(|turn| turn.resize(length, 0.0));
    }
    let frames = turns[0].len() / FRAME_SAMPLES;
    let mut all = Vec::new();
    for (number, turn) in turns.iter().enumerate() {
        let payloads = encoded(turn)?.into();
        all.push(Microphone {
            key: (false, number),
            payloads,
            from: 0,
        });
    }
    if loud {
        let payloads: Arc<[Arc<[u8]>]> = encoded(&recordings.concat())?.into();
        for number in 0..PARTICIPANTS * MICROPHONES {
            all.push(Microphone {
                key: (true, number),
                payloads: Arc::clone(&payloads),
                from: number * 97,
            });
        }
    }
    Ok((all, frames))
}

fn play(
    model: &Arc<dyn Model>,
    recordings: &[Vec<f32>],
    language: Option<Language>,
    loud: bool,
) -> Result<Played, Failure> {
    let (microphones, frames) = microphones(recordings, loud)?;
    let mut server = Server::start(model, &microphones, language)?;
    let start = Instant::now();
    for frame in 0..frames {
        let received = start + FRAME * u32::try_from(frame + 1)?;
        server.work_until(received);
        for microphone in &microphones {
            let at = (microphone.from + frame) % microphone.payloads.len();
            let packet = Packet {
                sequence: frame as u64,
                timestamp: u32::try_from(frame)? * 960,
                received,
                payload: Arc::clone(&microphone.payloads[at]),
            };
            server.scheduler.packet(received, microphone.key, packet);
        }
    }
    server.work_until(Instant::now() + LAST_LINES);
    server.played.spoken = FRAME * u32::try_from(frames)?;
    server.played.counts = server.scheduler.take_counts();
    Ok(server.played)
}

/// The server's thread: scheduler and engines.
struct Server {
    scheduler: Scheduler<Key>,
    engines: Vec<Sender<(Key, Job)>>,
    free: Vec<usize>,
    ended: Receiver<Ended>,
    played: Played,
}

impl Server {
    fn start(
        model: &Arc<dyn Model>,
        microphones: &[Microphone],
        language: Option<Language>,
    ) -> Result<Self, Failure> {
        let mut scheduler = Scheduler::default();
        for Microphone { key, .. } in microphones {
            let (meeting, participant) = match key {
                (false, number) => ("quiet", *number),
                (true, number) => ("loud", number / MICROPHONES),
            };
            let speaker = Speaker {
                participant: participant.to_string(),
                track: format!("{key:?}"),
            };
            scheduler.open(Instant::now(), *key, meeting, speaker, language)?;
        }
        let (sender, ended) = channel();
        let mut engines = Vec::new();
        for number in 0..threads() {
            let (jobs, received) = channel::<(Key, Job)>();
            let (mut engine, sender) = (model.recogniser()?, sender.clone());
            thread::spawn(move || {
                for (key, job) in received {
                    let outcome = engine.recognise(&job.samples, &job.options);
                    if sender.send((number, key, job.id, outcome)).is_err() {
                        return;
                    }
                }
            });
            engines.push(jobs);
        }
        Ok(Self {
            scheduler,
            free: (0..engines.len()).collect(),
            engines,
            ended,
            played: Played::default(),
        })
    }

    fn work_until(&mut self, until: Instant) {
        loop {
            let now = Instant::now();
            while let Ok((engine, key, job, outcome)) = self.ended.try_recv() {
                self.free.push(engine);
                self.scheduler.recognised(now, key, job, outcome);
            }
            let input = self.scheduler.next_input(now);
            let idle = input.is_none();
            if let Some((key, input)) = input {
                self.scheduler.feed(now, key, input);
            }
            self.scheduler.review(now);
            self.give_jobs(now);
            self.deliver(now);
            if now >= until {
                return;
            }
            if idle {
                thread::sleep(until.duration_since(now).min(Duration::from_millis(2)));
            }
        }
    }

    fn give_jobs(&mut self, now: Instant) {
        while let Some(engine) = self.free.pop() {
            let Some(job) = self.scheduler.next_job(now) else {
                return self.free.push(engine);
            };
            // An engine that has ended is not free again.
            let _ = self.engines[engine].send(job);
        }
    }

    fn deliver(&mut self, now: Instant) {
        while let Some(output) = self.scheduler.poll() {
            match output {
                Output::Line((true, _), line) => {
                    self.played.loud_finals += usize::from(line.is_final);
                }
                Output::Line((false, _), line) if line.is_final => {
                    let lag = now.saturating_duration_since(line.ended);
                    self.played.finals.push((lag, line));
                }
                Output::Line(..) => self.played.partials += 1,
                Output::Load(meeting, load) => {
                    self.played.loads.push((&*meeting == "loud", load));
                }
                Output::Ended(_) => {}
            }
        }
    }
}
