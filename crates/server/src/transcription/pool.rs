//! The threads that recognise, around the one desk.

use super::caption::CaptionSink;
use super::desk::{Assignment, Desk, Said};
use super::{Engines, metrics, writer};
use crate::clock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use visio_speech::{EngineError, Language, Pass, Recogniser, Recognition};

/// How much the threads yield to everything else on the machine; 19 is the most. At 5 media has
/// three times their weight when both want a core; at 10 a busy core starves captions.
const NICENESS: i32 = 5;

/// While it is behind, clients are told again this often.
const TELL_AGAIN_MS: i64 = 5_000;

/// A thread without work looks this often whether there is some.
const IDLE_LOOK: Duration = Duration::from_millis(200);

/// What the threads share.
pub(super) struct Pool {
    desk: Mutex<Desk>,
    work: Condvar,
    sink: Arc<dyn CaptionSink>,
    lines: writer::Lines,
    stopping: AtomicBool,
    /// The taps have ended: nothing new will be said.
    closed: AtomicBool,
    behind: AtomicBool,
    /// When the clients were told last that it is behind, in milliseconds since 1970.
    told_at_ms: AtomicI64,
}

impl Pool {
    pub(super) fn new(
        language: Option<Language>,
        sink: Arc<dyn CaptionSink>,
        lines: writer::Lines,
    ) -> Self {
        metrics::describe();
        Self {
            desk: Mutex::new(Desk::new(language)),
            work: Condvar::new(),
            sink,
            lines,
            stopping: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            behind: AtomicBool::new(false),
            told_at_ms: AtomicI64::new(0),
        }
    }

    /// Works at the desk, then delivers what was said there.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Desk) -> T) -> T {
        let mut desk = self.lock();
        let done = work(&mut desk);
        let said = desk.take_said();
        let behind = desk.is_behind(clock::now());
        let has_jobs = desk.has_jobs();
        drop(desk);
        if has_jobs {
            self.work.notify_one();
        }
        for said in said {
            self.deliver(said);
        }
        self.tell_behind(behind);
        done
    }

    /// Tells the clients when it falls behind, now and then while it is, for those who joined
    /// meanwhile, and when it keeps up again.
    fn tell_behind(&self, behind: bool) {
        let changed = self.behind.swap(behind, Ordering::Relaxed) != behind;
        if changed && behind {
            tracing::warn!("captions come late: speech recognition does not keep up");
        } else if changed {
            tracing::info!("captions keep up again");
        }
        let now_ms = clock::now_unix_ms();
        let is_old = now_ms - self.told_at_ms.load(Ordering::Relaxed) > TELL_AGAIN_MS;
        if changed || (behind && is_old) {
            self.told_at_ms.store(now_ms, Ordering::Relaxed);
            self.sink.behind(behind);
        }
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Ends what is being said; the threads end when all of it is recognised.
    pub(super) fn close(&self) {
        self.with(|desk| desk.close_all(clock::now()));
        self.closed.store(true, Ordering::Relaxed);
        self.work.notify_all();
    }

    /// Ends it with what has been shown so far; the threads end after the pass they are at. Returns
    /// how many utterances are lost. May wait for the database: called from threads only.
    pub(super) fn give_up(&self) -> usize {
        let lost = self.with(|desk| desk.give_up(clock::now()));
        self.work.notify_all();
        lost
    }

    /// A final line goes to the database first; a partial goes to the clients at once.
    fn deliver(&self, said: Said) {
        if said.line.is_final {
            self.lines.send(said);
        } else {
            self.sink.caption(said.into());
        }
    }

    /// A thread that panicked at the desk left it whole enough: each change is one step.
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a job; `None` when there will be none any more.
    fn next_job(&self) -> Option<Assignment> {
        let mut desk = self.lock();
        loop {
            if let Some(next) = desk.next_job(clock::now()) {
                return Some(next);
            }
            if self.closed.load(Ordering::Relaxed) && desk.is_settled() {
                return None;
            }
            let waited = self.work.wait_timeout(desk, IDLE_LOOK);
            (desk, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Starts one thread with its engine.
pub(super) fn start_worker(pool: &Arc<Pool>, engine: Box<dyn Recogniser>, engines: Engines) {
    let pool = Arc::clone(pool);
    spawn("captions-engine", move || {
        if let Err(error) = rustix::process::nice(NICENESS) {
            tracing::warn!(%error, "speech recognition runs at the priority of everything else");
        }
        run(&pool, engine, &engines);
    });
}

/// Starts a named thread. One that cannot be started leaves no captions, and says so.
pub(super) fn spawn(name: &'static str, body: impl FnOnce() + Send + 'static) {
    if let Err(error) = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
    {
        tracing::error!(%error, name, "a thread could not be started; captions will be missing");
    }
}

fn run(pool: &Pool, mut engine: Box<dyn Recogniser>, engines: &Engines) {
    while let Some(Assignment { key, job }) = pool.next_job() {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            engine.recognise(&job.samples, &job.options)
        }));
        let outcome = caught.unwrap_or_else(|_| Err(replaced(&mut engine, engines)));
        record(job.options.pass, &outcome);
        let now = clock::now();
        let pass = if job.options.pass == Pass::Final {
            "final"
        } else {
            "live"
        };
        metrics::lag(pass, now.saturating_duration_since(job.spoken));
        pool.with(|desk| desk.recognised(now, key, job.id, outcome));
    }
}

/// An engine that panicked is in an unknown state: another takes its place if one can be made.
fn replaced(engine: &mut Box<dyn Recogniser>, engines: &Engines) -> EngineError {
    match engines() {
        Ok(fresh) => *engine = fresh,
        Err(error) => tracing::error!(%error, "no fresh speech engine can be made"),
    }
    EngineError::Failed("it panicked".to_owned())
}

fn record(pass: Pass, outcome: &Result<Recognition, EngineError>) {
    match outcome {
        Ok(heard) => tracing::debug!(
            ?pass,
            confidence = heard.confidence,
            no_speech = heard.no_speech_probability,
            language = heard.language.code(),
            "recognised"
        ),
        Err(error) => {
            metrics::failed();
            tracing::error!(?pass, %error, "speech could not be recognised");
        }
    }
}
