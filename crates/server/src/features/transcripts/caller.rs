//! Who asks: a participant by the token of their call, and whether they are in the meeting now.

use super::Transcripts;
use crate::clock;
use crate::http::bearer::Bearer;
use crate::http::error::ApiError;
use visio_protocol::names::{Identity, RoomName};
use visio_protocol::token;
use visio_sfu::Presence;

/// A participant who is in the meeting while they ask.
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
}
