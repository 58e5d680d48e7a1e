//! A transcript as the database has it, for those who may read it at the moment.

use super::Transcripts;
use crate::clock;
use crate::http::bearer::Bearer;
use crate::http::error::ApiError;
use crate::storage::lines::{self, Line};
use crate::storage::meetings::Meeting;
use crate::storage::{rooms, transcripts as rows};
use std::net::IpAddr;

/// A meeting with what was said in it.
pub(super) struct StoredTranscript {
    pub(super) room_name: String,
    pub(super) meeting: Meeting,
    pub(super) lines: Vec<Line>,
    /// How often it was read, this time included.
    pub(super) reads: i64,
}

impl Transcripts {
    /// The transcript that a typed code opens, from the line after the number `after`. Until the
    /// meeting has ended it is for those alone who are in it.
    pub(super) async fn stored(
        &self,
        address: IpAddr,
        typed: &str,
        bearer: &Bearer,
        after: i64,
    ) -> Result<StoredTranscript, ApiError> {
        let found = rows::find_by_typed_code(&self.database, typed).await?;
        let meeting = found.ok_or_else(|| self.wrong_code(address))?;
        self.limits
            .transcript
            .take_for(address, &meeting.id, clock::now_unix_ms())
            .map_err(ApiError::too_many_requests)?;
        // Until its end is written, so may be the word that this reader was removed.
        if meeting.ended_at_ms.is_none() {
            let caller = self.caller(bearer).await;
            if !caller.is_ok_and(|caller| caller.room == meeting.room) {
                return Err(ApiError::meeting_goes_on());
            }
        }
        rows::count_read(&self.database, typed, after > 0).await?;
        let room = rooms::find(&self.database, &meeting.room).await?;
        Ok(StoredTranscript {
            room_name: room.map(|room| room.name).unwrap_or_default(),
            lines: lines::list(&self.database, &meeting.id, after).await?,
            reads: rows::reads(&self.database, &meeting.id).await?,
            meeting,
        })
    }
}
