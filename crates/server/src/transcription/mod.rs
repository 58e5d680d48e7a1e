//! From an audio tap to lines in the database and captions on the screens.
//!
//! One thread takes what the taps hand on, decodes it, cuts it into utterances and shares the engines
//! between them; threads with low priority recognise; a task stores the lines and only then sends them
//! as final. Media never waits for any of it: its queue drops and counts.

mod caption;
mod dispatch;
mod engines;
mod metrics;
mod said;
mod status;
#[cfg(test)]
mod tests;
mod writer;

pub use caption::{Caption, CaptionSink};
pub use status::CaptionsStatus;

use crate::storage::Database;
use dispatch::{Dispatch, Stop};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use tokio::task::JoinHandle;
use visio_sfu::tap::TapEvent;
use visio_speech::engine::Model;
use visio_speech::{EngineError, Language, Recogniser};

/// Makes one engine for each engine thread.
pub type Engines = Arc<dyn Fn() -> Result<Box<dyn Recogniser>, EngineError> + Send + Sync>;

/// What the taps hand on, each with the number of its media worker.
pub type TapEvents = Receiver<(u16, TapEvent)>;

/// How speech is recognised here.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Engine threads, at least one; each recognises one utterance at a time.
    pub threads: usize,
    /// The language of participants who chose none; `None` to find out.
    pub language: Option<Language>,
}

/// Running transcription. Dropping it stops nothing; [`Transcription::stop`] does.
pub struct Transcription {
    stop: Arc<Stop>,
    dispatch: std::thread::JoinHandle<u64>,
    writer: JoinHandle<()>,
}

/// Of the time to stop in, this much is for the passes under way and for storing lines.
const RESERVE: Duration = Duration::from_secs(5);

/// The engines of a loaded model.
pub fn engines_of(model: Arc<dyn Model>) -> Engines {
    Arc::new(move || model.recogniser())
}

/// Starts the threads and the task. Fails when no engine can be made.
pub fn start(
    settings: &Settings,
    engines: &Engines,
    database: Database,
    taps: TapEvents,
    sink: Arc<dyn CaptionSink>,
) -> Result<Transcription, EngineError> {
    let (lines, said) = writer::channel();
    let threads = engines::Threads::start(settings.threads.max(1), engines)?;
    let dispatch = Dispatch::new(threads, settings.language, Arc::clone(&sink), lines);
    let stop = Arc::new(Stop::default());
    let stopped = Arc::clone(&stop);
    let dispatch = std::thread::Builder::new()
        .name("captions".to_owned())
        .spawn(move || dispatch.run(&taps, &stopped))
        .map_err(|error| EngineError::Failed(error.to_string()))?;
    let writer = tokio::spawn(writer::run(said, database, sink));
    Ok(Transcription {
        stop,
        dispatch,
        writer,
    })
}

impl Transcription {
    /// Finishes what is being said, stores it, and ends; gives up after `within`. What cannot be
    /// recognised in time is kept as it was shown. Returns whether everything said has been stored.
    pub async fn stop(mut self, within: Duration) -> bool {
        self.stop.finish();
        let reserve = RESERVE.min(within / 2);
        // The writer ends when the thread that sends it lines has ended.
        let ended = tokio::time::timeout(within - reserve, &mut self.writer).await;
        let stored = if let Ok(ended) = ended {
            ended.is_ok()
        } else {
            tracing::warn!(
                "speech recognition could not finish in time: lines stay as they were shown"
            );
            self.stop.give_up();
            tokio::time::timeout(reserve, self.writer)
                .await
                .is_ok_and(|ended| ended.is_ok())
        };
        // A thread that waits for the database is left to itself.
        let is_whole = stored && matches!(self.dispatch.join(), Ok(0));
        if !is_whole {
            tracing::error!(
                within_s = within.as_secs(),
                "the last words spoken could not all be stored before the server had to stop"
            );
        }
        is_whole
    }
}
