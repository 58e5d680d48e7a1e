//! From an audio tap to lines in the database and captions on the screens.
//!
//! A thread of its own takes what the taps hand on, decodes it and cuts it into utterances; a
//! pool with low priority recognises them; a task stores the lines and only then sends them as
//! final. Media never waits for any of it: its queue drops and counts.

mod caption;
mod desk;
mod metrics;
mod pool;
mod status;
mod taps;
#[cfg(test)]
mod tests;
mod writer;

pub use caption::{Caption, CaptionSink};
pub use status::CaptionsStatus;

use crate::storage::Database;
use pool::Pool;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use tokio::task::JoinHandle;
use visio_sfu::tap::TapEvent;
use visio_speech::engine::whisper::Model;
use visio_speech::{EngineError, Language, Recogniser};

/// Makes one engine for each thread of the pool.
pub type Engines = Arc<dyn Fn() -> Result<Box<dyn Recogniser>, EngineError> + Send + Sync>;

/// What the taps hand on, each with the number of its media worker.
pub type TapEvents = Receiver<(u16, TapEvent)>;

/// How speech is recognised here.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Threads of the pool, at least one; each recognises one utterance at a time.
    pub threads: usize,
    /// The language of participants who chose none; `None` to find out.
    pub language: Option<Language>,
}

/// Running transcription. Dropping it stops nothing; [`Transcription::stop`] does.
pub struct Transcription {
    pool: Arc<Pool>,
    writer: JoinHandle<()>,
}

/// Of the time to stop in, this much is for the passes under way and for storing lines.
const RESERVE: Duration = Duration::from_secs(5);

/// The engines of a loaded Whisper model.
pub fn whisper(model: Model) -> Engines {
    Arc::new(move || Ok(Box::new(model.recogniser()?)))
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
    let pool = Arc::new(Pool::new(settings.language, Arc::clone(&sink), lines));
    taps::start(&pool, taps);
    for _ in 0..settings.threads.max(1) {
        pool::start_worker(&pool, engines()?, Arc::clone(engines));
    }
    let writer = tokio::spawn(writer::run(said, database, sink));
    Ok(Transcription { pool, writer })
}

impl Transcription {
    /// Finishes what is being said, stores it, and ends; gives up after `within`. What cannot be
    /// recognised in time is kept as it was shown. Returns whether everything said has been stored.
    pub async fn stop(mut self, within: Duration) -> bool {
        self.pool.stop();
        // The writer ends when the last sender of lines is gone: with the threads and the pool.
        let pool = Arc::downgrade(&self.pool);
        drop(self.pool);
        let reserve = RESERVE.min(within / 2);
        let ended = tokio::time::timeout(within - reserve, &mut self.writer).await;
        let stored = if let Ok(ended) = ended {
            ended.is_ok()
        } else {
            tracing::warn!(
                "speech recognition could not finish in time: lines stay as they were shown"
            );
            let give_up = move || pool.upgrade().map_or(0, |pool| pool.give_up());
            let end = async {
                (
                    tokio::task::spawn_blocking(give_up).await,
                    self.writer.await,
                )
            };
            matches!(
                tokio::time::timeout(reserve, end).await,
                Ok((Ok(0), Ok(())))
            )
        };
        if !stored {
            tracing::error!(
                within_s = within.as_secs(),
                "the last words spoken could not be stored before the server had to stop"
            );
        }
        stored
    }
}
