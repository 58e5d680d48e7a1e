//! Sends a message of a program to those in a room.

use super::authorise;
use super::error::TwirpError;
use crate::calls::Calls;
use visio_livekit::room_service::{self, SendDataRequest, SendDataResponse};
use visio_protocol::token::Claims;

pub(crate) async fn send_data(
    calls: Calls,
    claims: Claims,
    request: SendDataRequest,
) -> Result<SendDataResponse, TwirpError> {
    let room = authorise::room_admin(&claims, &request.room)?;
    let (packet, scope) = room_service::data(request).map_err(TwirpError::invalid_argument)?;
    calls.send_data(&room, packet.into(), scope)?;
    Ok(SendDataResponse::default())
}
