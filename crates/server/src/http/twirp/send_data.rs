//! Sends a message of a program to those in a room.

use super::authorise;
use super::error::TwirpError;
use crate::state::AppState;
use livekit_protocol::data_packet::{Kind, Value};
use livekit_protocol::{DataPacket, SendDataRequest, SendDataResponse, UserPacket};
use visio_protocol::token::Claims;

/// What LiveKit's clients take as one message (15 KB in their own limits, with some room).
const DATA_BYTES_MAX: usize = 16 * 1024;

pub(super) async fn send_data(
    app: AppState,
    claims: Claims,
    request: SendDataRequest,
) -> Result<SendDataResponse, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    if request.data.len() > DATA_BYTES_MAX {
        return Err(TwirpError::invalid_argument("a message has at most 16 KiB"));
    }
    let room = request.room.clone();
    app.media.send_data(&room, packet(request)).await?;
    Ok(SendDataResponse::default())
}

/// The packet names no sender: it comes from nobody in the room.
#[expect(deprecated, reason = "older clients read reliable or lossy from here")]
fn packet(request: SendDataRequest) -> DataPacket {
    let user = UserPacket {
        payload: request.data,
        topic: request.topic,
        nonce: request.nonce,
        ..UserPacket::default()
    };
    DataPacket {
        kind: Kind::try_from(request.kind).unwrap_or_default().into(),
        destination_identities: request.destination_identities,
        value: Some(Value::User(user)),
        ..DataPacket::default()
    }
}
