//! Starting and stopping to keep a transcript, so that the meeting and the database say the same
//! though two ask at the same time, one goes away in the middle, or the database is away.

use super::Transcripts;
use super::caller::Caller;
use crate::clock;
use crate::codes::Code;
use crate::http::error::ApiError;
use crate::storage::transcripts as rows;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use visio_meeting::Command;
use visio_protocol::names::MeetingId;

/// More than are started or stopped at one moment. Two meetings that share a lock wait for each other.
const LOCKS: usize = 64;

/// How long it waits when the database refused a stop.
const RETRY: Duration = Duration::from_secs(1);

/// One start or stop at a time in a meeting. Cheap to clone.
#[derive(Clone)]
pub struct Switches(Arc<[Mutex<()>]>);

impl Default for Switches {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| Mutex::default()).collect())
    }
}

impl Switches {
    async fn lock(&self, meeting: &MeetingId) -> Option<MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        meeting.hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % LOCKS as u64).unwrap_or_default();
        Some(self.0.get(index)?.lock().await)
    }
}

impl Transcripts {
    /// Keeps from now on. Returns the code that deletes the transcript to who started it first.
    pub(super) async fn start(
        &self,
        caller: Caller,
        meeting: MeetingId,
    ) -> Result<Option<Code>, ApiError> {
        let transcripts = self.clone();
        uncancelled(async move { transcripts.start_alone(&caller, &meeting).await }).await
    }

    /// Keeps nothing that is said after this moment.
    pub(super) async fn stop(&self, caller: Caller, meeting: MeetingId) -> Result<(), ApiError> {
        let asked_at_ms = clock::now_unix_ms();
        let transcripts = self.clone();
        uncancelled(async move { transcripts.stop_alone(&caller, &meeting, asked_at_ms).await })
            .await
    }

    async fn start_alone(
        &self,
        caller: &Caller,
        meeting: &MeetingId,
    ) -> Result<Option<Code>, ApiError> {
        let _alone = self.switches.lock(meeting).await;
        let was_kept = rows::is_kept(&self.database, meeting).await?;
        // Everybody is told before the first word is kept, never after.
        self.ask_to_keep(caller, true).await?;
        let starter = Some(&caller.identity);
        let now_ms = clock::now_unix_ms();
        match rows::start(&self.database, meeting, starter, now_ms).await {
            Ok(deletion) => Ok(deletion),
            Err(error) => {
                // Not as the participant, who may have left: the sign must be right for the others.
                let kept = Command::KeepTranscript { kept: was_kept };
                let _ = self.calls.command(&caller.room, kept).await;
                Err(error.into())
            }
        }
    }

    /// Everybody has been told that nothing is kept: that becomes true, however often it takes.
    async fn stop_alone(
        &self,
        caller: &Caller,
        meeting: &MeetingId,
        asked_at_ms: i64,
    ) -> Result<(), ApiError> {
        let _alone = self.switches.lock(meeting).await;
        self.ask_to_keep(caller, false).await?;
        while let Err(error) = rows::stop(&self.database, meeting, asked_at_ms).await {
            tracing::error!(%error, "the stop of a transcript could not be noted; trying again");
            tokio::time::sleep(RETRY).await;
        }
        Ok(())
    }

    async fn ask_to_keep(&self, caller: &Caller, kept: bool) -> Result<(), ApiError> {
        let command = Command::KeepTranscript { kept };
        let asked = self
            .calls
            .command_of(&caller.room, &caller.identity, command);
        asked.await.map_err(ApiError::refused)
    }
}

/// Who asked may hang up meanwhile: what was begun is finished all the same.
async fn uncancelled<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|error| Err(ApiError::internal(&error)))
}
