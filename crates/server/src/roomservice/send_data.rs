//! Sends a message of a program to those in a room.

use super::authorise;
use super::error::TwirpError;
use crate::calls::Calls;
use livekit_protocol::data_packet::{Kind, Value};
use livekit_protocol::{DataPacket, SendDataRequest, SendDataResponse, UserPacket};
use prost::Message as _;
use visio_meeting::DataScope;
use visio_protocol::ids::ParticipantSid;
use visio_protocol::token::Claims;

/// What LiveKit's clients take as one message (15 KB in their own limits, with some room).
const DATA_BYTES_MAX: usize = 16 * 1024;

pub(crate) async fn send_data(
    calls: Calls,
    claims: Claims,
    request: SendDataRequest,
) -> Result<SendDataResponse, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    if request.data.len() > DATA_BYTES_MAX {
        return Err(TwirpError::invalid_argument("a message has at most 16 KiB"));
    }
    let room = request.room.clone();
    let scope = scope(&request)?;
    let packet = packet(request).encode_to_vec().into();
    calls.send_data(&room, packet, scope)?;
    Ok(SendDataResponse::default())
}

/// Older SDKs name participants by their `sid`. Leaving one out could leave none, and a scope that
/// names nobody is everybody.
#[expect(deprecated, reason = "older SDKs send it")]
fn scope(request: &SendDataRequest) -> Result<DataScope, TwirpError> {
    let sids = request.destination_sids.iter();
    let sids: Option<Vec<_>> = sids.map(|sid| ParticipantSid::parse(sid)).collect();
    Ok(DataScope {
        identities: request.destination_identities.clone(),
        sids: sids.ok_or_else(|| {
            TwirpError::invalid_argument("destination_sids must hold the sids of participants")
        })?,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(deprecated, reason = "older SDKs send it")]
    fn to(sids: &[&str]) -> SendDataRequest {
        SendDataRequest {
            destination_sids: sids.iter().map(|sid| (*sid).to_owned()).collect(),
            ..SendDataRequest::default()
        }
    }

    #[test]
    fn a_message_to_bob_alone_is_for_nobody_else() {
        let scope = scope(&to(&["PA_bob"])).unwrap();
        assert_eq!(scope.sids, [ParticipantSid::parse("PA_bob").unwrap()]);
        assert!(scope.identities.is_empty());
    }

    #[test]
    fn a_message_to_what_is_no_participant_is_refused_and_not_sent_to_all() {
        assert!(scope(&to(&["bob"])).is_err());
        assert!(scope(&to(&["PA_bob", ""])).is_err());
        assert!(scope(&to(&[])).unwrap().sids.is_empty());
    }
}
