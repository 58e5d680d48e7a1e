//! The operations that only look: rooms and who is in them.

use super::authorise;
use super::error::TwirpError;
use crate::calls::Calls;
use visio_livekit::room_service::{
    self, CreateRoomRequest, ListParticipantsRequest, ListParticipantsResponse, ListRoomsRequest,
    ListRoomsResponse, ParticipantInfo, Room, RoomParticipantIdentity,
};
use visio_meeting::RoomView;
use visio_protocol::names::{Identity, RoomName};
use visio_protocol::token::Claims;

/// The meetings that are going on.
pub(crate) async fn list_rooms(
    calls: Calls,
    claims: Claims,
    request: ListRoomsRequest,
) -> Result<ListRoomsResponse, TwirpError> {
    authorise::room_list(&claims)?;
    let names = &request.names;
    let asked =
        |room: &RoomView| names.is_empty() || names.iter().any(|name| room.name == name.as_str());
    let rooms = calls
        .rooms()
        .await
        .into_iter()
        .filter(asked)
        .map(room_service::room)
        .collect();
    Ok(ListRoomsResponse { rooms })
}

/// Who is in a room.
pub(crate) async fn list_participants(
    calls: Calls,
    claims: Claims,
    request: ListParticipantsRequest,
) -> Result<ListParticipantsResponse, TwirpError> {
    let room = authorise::room_admin(&claims, &request.room)?;
    Ok(ListParticipantsResponse {
        participants: participants(&calls, &room).await.collect(),
    })
}

/// One of those who are in a room.
pub(crate) async fn get_participant(
    calls: Calls,
    claims: Claims,
    request: RoomParticipantIdentity,
) -> Result<ParticipantInfo, TwirpError> {
    let room = authorise::room_admin(&claims, &request.room)?;
    participant(&calls, &room, &Identity::new(request.identity)).await
}

/// Opens the meeting of a room, or finds the one that is going on.
pub(crate) async fn create_room(
    calls: Calls,
    claims: Claims,
    request: CreateRoomRequest,
) -> Result<Room, TwirpError> {
    authorise::room_create(&claims)?;
    if request.name.is_empty() {
        return Err(TwirpError::invalid_argument("the room needs a name"));
    }
    let options = room_service::room_options(&request)
        .map_err(|problem| TwirpError::invalid_argument(&format!("the metadata {problem}")))?;
    let room = calls.prepare(&RoomName::new(request.name), options).await;
    room.map(room_service::room)
        .ok_or_else(TwirpError::unavailable)
}

/// Somebody who is in a room.
pub(super) async fn participant(
    calls: &Calls,
    room: &RoomName,
    identity: &Identity,
) -> Result<ParticipantInfo, TwirpError> {
    let mut participants = participants(calls, room).await;
    participants
        .find(|participant| participant.identity == identity.as_str())
        .ok_or_else(TwirpError::participant_not_found)
}

async fn participants(calls: &Calls, room: &RoomName) -> impl Iterator<Item = ParticipantInfo> {
    let participants = calls.participants(room).await;
    participants.into_iter().map(room_service::participant)
}
