//! The operations that only look: rooms and who is in them.

use super::authorise;
use super::error::TwirpError;
use crate::calls::{Calls, RoomSummary};
use crate::clock;
use crate::signalling::participant_info;
use livekit_protocol::{
    CreateRoomRequest, ListParticipantsRequest, ListParticipantsResponse, ListRoomsRequest,
    ListRoomsResponse, ParticipantInfo, Room, RoomParticipantIdentity,
};
use visio_protocol::token::Claims;

/// The meetings that are going on.
pub(crate) async fn list_rooms(
    calls: Calls,
    claims: Claims,
    request: ListRoomsRequest,
) -> Result<ListRoomsResponse, TwirpError> {
    authorise::room_list(&claims)?;
    let asked = |room: &RoomSummary| request.names.is_empty() || request.names.contains(&room.room);
    let rooms = calls
        .rooms()
        .await
        .into_iter()
        .filter(asked)
        .map(described)
        .collect();
    Ok(ListRoomsResponse { rooms })
}

/// Who is in a room.
pub(crate) async fn list_participants(
    calls: Calls,
    claims: Claims,
    request: ListParticipantsRequest,
) -> Result<ListParticipantsResponse, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    Ok(ListParticipantsResponse {
        participants: participants(&calls, &request.room).await.collect(),
    })
}

/// One of those who are in a room.
pub(crate) async fn get_participant(
    calls: Calls,
    claims: Claims,
    request: RoomParticipantIdentity,
) -> Result<ParticipantInfo, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    participant(&calls, &request.room, &request.identity).await
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
    let made = calls.prepare(&request.name, request.metadata).await;
    // Without a worker there is nobody to meet: what is told is what would be.
    let room = made.unwrap_or_else(|| RoomSummary {
        room: request.name,
        started_at_ms: clock::now_unix_ms(),
        ..RoomSummary::default()
    });
    Ok(described(room))
}

/// Somebody who is in a room.
pub(super) async fn participant(
    calls: &Calls,
    room: &str,
    identity: &str,
) -> Result<ParticipantInfo, TwirpError> {
    let mut participants = participants(calls, room).await;
    participants
        .find(|participant| participant.identity == identity)
        .ok_or_else(TwirpError::participant_not_found)
}

async fn participants(calls: &Calls, room: &str) -> impl Iterator<Item = ParticipantInfo> {
    let participants = calls.participants(room).await;
    participants.into_iter().map(participant_info)
}

fn described(room: RoomSummary) -> Room {
    Room {
        sid: room.sid,
        name: room.room,
        creation_time: room.started_at_ms / 1000,
        creation_time_ms: room.started_at_ms,
        metadata: room.metadata,
        num_participants: room.participants,
        num_publishers: room.publishers,
        ..Room::default()
    }
}
