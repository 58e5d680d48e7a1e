//! Which grant of a token opens which operation, as LiveKit's server has it.

use super::error::TwirpError;
use visio_protocol::names::RoomName;
use visio_protocol::token::Claims;

/// May see which rooms there are.
pub(super) fn room_list(claims: &Claims) -> Result<(), TwirpError> {
    let granted = claims.video.as_ref().is_some_and(|grant| grant.room_list);
    if granted {
        Ok(())
    } else {
        Err(TwirpError::permission_denied("roomList"))
    }
}

/// May make and end rooms.
pub(super) fn room_create(claims: &Claims) -> Result<(), TwirpError> {
    let granted = claims.video.as_ref().is_some_and(|grant| grant.room_create);
    if granted {
        Ok(())
    } else {
        Err(TwirpError::permission_denied("roomCreate"))
    }
}

/// May moderate this very room, and call it by its name.
pub(super) fn room_admin(claims: &Claims, room: &str) -> Result<RoomName, TwirpError> {
    let grant = claims
        .video
        .as_ref()
        .filter(|grant| grant.room_admin && grant.room == room);
    let granted = grant.is_some() && !room.is_empty();
    if granted {
        Ok(RoomName::new(room))
    } else {
        Err(TwirpError::permission_denied("roomAdmin for this room"))
    }
}
