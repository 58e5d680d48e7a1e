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
    /// 0 where the token does not say it.
    token_issued_at_ms: i64,
}

impl Transcripts {
    /// The participant whose token this is.
    ///
    /// # Errors
    /// A token that does not hold, or whose participant is not in the meeting at the moment.
    pub(super) async fn caller(&self, Bearer(token): &Bearer) -> Result<Caller, ApiError> {
        let claims = token::verify(token, &self.keys, clock::now_unix_s());
        let claims = claims.map_err(|_| ApiError::token_refused())?;
        let issued_at_s = claims.first_issued.or(claims.nbf).unwrap_or(0);
        let grant = claims.video.ok_or_else(ApiError::token_refused)?;
        let room = RoomName::new(grant.room);
        let identity = Identity::new(claims.sub);
        let presence = self.calls.presence(&room, &identity).await;
        Ok(Caller {
            presence: presence.ok_or_else(ApiError::not_in_meeting)?,
            token_issued_at_ms: issued_at_s.saturating_mul(1000),
            identity,
            room,
        })
    }

    /// The code by which somebody who is in a meeting reads its transcript.
    ///
    /// # Errors
    /// Somebody who was removed since their token was issued gets none.
    pub(super) async fn grant(
        &self,
        caller: &Caller,
        meeting: &MeetingId,
    ) -> Result<Code, ApiError> {
        let issued_at_ms = caller.token_issued_at_ms;
        let code = rows::grant(&self.database, meeting, &caller.identity, issued_at_ms).await?;
        code.ok_or_else(ApiError::not_in_meeting)
    }
}
