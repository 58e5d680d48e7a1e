//! The threads that recognise, one engine each.

use super::said::Key;
use super::{Engines, metrics};
use crate::clock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use visio_speech::{EngineError, Job, JobId, Pass, Recogniser, Recognition};

/// How much the threads yield to everything else on the machine; 19 is the most. At 5 media has
/// three times their weight when both want a core; at 10 a busy core starves captions.
const NICENESS: i32 = 5;

/// What became of a job.
pub(super) struct Outcome {
    thread: usize,
    pub(super) key: Key,
    pub(super) job: JobId,
    pub(super) result: Result<Recognition, EngineError>,
}

/// The threads, and the way back from them.
pub(super) struct Threads {
    threads: Vec<Thread>,
    outcomes: Receiver<Outcome>,
}

struct Thread {
    jobs: SyncSender<(Key, Job)>,
    is_busy: bool,
}

impl Threads {
    /// Starts so many. Fails when no engine can be made.
    pub(super) fn start(threads: usize, engines: &Engines) -> Result<Self, EngineError> {
        let (sender, outcomes) = channel();
        let threads = (0..threads)
            .map(|number| {
                let (jobs, received) = sync_channel(1);
                let engine = engines()?;
                let worker = EngineThread {
                    number,
                    engine,
                    engines: Arc::clone(engines),
                    outcomes: sender.clone(),
                };
                spawn("captions-engine", move || worker.run(&received));
                Ok(Thread {
                    jobs,
                    is_busy: false,
                })
            })
            .collect::<Result<_, EngineError>>()?;
        Ok(Self { threads, outcomes })
    }

    pub(super) fn has_free(&self) -> bool {
        self.threads.iter().any(|thread| !thread.is_busy)
    }

    pub(super) fn has_busy(&self) -> bool {
        self.threads.iter().any(|thread| thread.is_busy)
    }

    /// Gives a job to a free thread. Returns whether one took it.
    pub(super) fn run(&mut self, key: Key, job: Job) -> bool {
        let free = self.threads.iter_mut().find(|thread| !thread.is_busy);
        let Some(thread) = free else {
            return false;
        };
        // A thread that has ended stays busy for ever: it gets no other job.
        thread.is_busy = true;
        thread.jobs.send((key, job)).is_ok()
    }

    /// The next job that has ended.
    pub(super) fn ended(&mut self) -> Option<Outcome> {
        let outcome = self.outcomes.try_recv().ok()?;
        if let Some(thread) = self.threads.get_mut(outcome.thread) {
            thread.is_busy = false;
        }
        Some(outcome)
    }
}

struct EngineThread {
    number: usize,
    engine: Box<dyn Recogniser>,
    engines: Engines,
    outcomes: Sender<Outcome>,
}

impl EngineThread {
    fn run(mut self, jobs: &Receiver<(Key, Job)>) {
        if let Err(error) = rustix::process::nice(NICENESS) {
            tracing::warn!(%error, "speech recognition runs at the priority of everything else");
        }
        for (key, job) in jobs {
            let result = self.recognise(&job);
            let outcome = Outcome {
                thread: self.number,
                key,
                job: job.id,
                result,
            };
            if self.outcomes.send(outcome).is_err() {
                return;
            }
        }
    }

    fn recognise(&mut self, job: &Job) -> Result<Recognition, EngineError> {
        let engine = &mut self.engine;
        let caught = catch_unwind(AssertUnwindSafe(|| {
            engine.recognise(&job.samples, &job.options)
        }));
        let result = caught.unwrap_or_else(|_| Err(self.replace_engine()));
        log(job.options.pass, &result);
        let lag = clock::now().saturating_duration_since(job.spoken);
        metrics::lag(job.options.pass, lag);
        result
    }

    /// An engine that panicked is in an unknown state: another takes its place if one can be made.
    fn replace_engine(&mut self) -> EngineError {
        match (self.engines)() {
            Ok(fresh) => self.engine = fresh,
            Err(error) => tracing::error!(%error, "no fresh speech engine can be made"),
        }
        EngineError::Failed("it panicked".to_owned())
    }
}

/// Starts a named thread. One that cannot be started leaves no captions, and says so.
fn spawn(name: &'static str, body: impl FnOnce() + Send + 'static) {
    if let Err(error) = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
    {
        tracing::error!(%error, name, "a thread could not be started; captions will be missing");
    }
}

fn log(pass: Pass, result: &Result<Recognition, EngineError>) {
    match result {
        Ok(found) => tracing::debug!(
            ?pass,
            confidence = found.confidence,
            no_speech = found.no_speech_probability,
            language = found.language.code(),
            "recognised"
        ),
        Err(error) => {
            metrics::failed();
            tracing::error!(?pass, %error, "speech could not be recognised");
        }
    }
}
