//! Who asks: a participant by the token of their call, and whether they are in the meeting now.

use super::Transcripts;
use crate::clock;
use crate::codes::Code;
use crate::http::bearer::Bearer;
use crate::http::error::ApiError;
use crate::storage::transcripts as rows;
use visio_protocol::names::{Identity, MeetingId, RoomName};
use visio_protocol::token;
use visio_sfu::Presence;

/// A participant who is in the meeting while they ask.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) room: RoomName,
    pub(super) identity: Identity,
    pub(super) presence: Presence,
}

impl Transcripts {
    /// The participant whose token this is.
    ///
    /// # Errors
    /// A token that does not hold, or whose participant is not in the meeting at the moment.
    pub(super) async fn caller(&self, Bearer(token): &Bearer) -> Result<Caller, ApiError> {
        let claims = token::verify(token, &self.keys, clock::now_unix_s());
        let claims = claims.map_err(|_| ApiError::token_refused())?;
        let grant = claims.video.ok_or_else(ApiError::token_refused)?;
        let room = RoomName::new(grant.room);
        let identity = Identity::new(claims.sub);
        let presence = self.calls.presence(&room, &identity).await;
        Ok(Caller {
            presence: presence.ok_or_else(ApiError::not_in_meeting)?,
            identity,
            room,
        })
    }

    /// The code by which somebody who is in a meeting reads its transcript.
    ///
    /// # Errors
    /// Whoever was removed while it was granted gets none.
    pub(super) async fn grant(
        &self,
        caller: &Caller,
        meeting: &MeetingId,
    ) -> Result<Code, ApiError> {
        let code = rows::grant(&self.database, meeting, &caller.identity).await?;
        // A removal that was noted before the grant has been undone by it.
        let presence = self.calls.presence(&caller.room, &caller.identity).await;
        if presence.is_none_or(|presence| presence.meeting.as_ref() != Some(meeting)) {
            rows::revoke(&self.database, meeting, &caller.identity).await?;
            return Err(ApiError::not_in_meeting());
        }
        Ok(code)
    }
}
