//! The operations that only look: rooms and who is in them.

use super::authorise;
use super::error::TwirpError;
use crate::calls::RoomSummary;
use crate::clock;
use crate::signal::participant_info;
use crate::state::AppState;
use livekit_protocol::{
    CreateRoomRequest, ListParticipantsRequest, ListParticipantsResponse, ListRoomsRequest,
    ListRoomsResponse, ParticipantInfo, Room, RoomParticipantIdentity,
};
use visio_protocol::token::Claims;

/// The meetings that are going on.
pub(super) async fn list_rooms(
    app: AppState,
    claims: Claims,
    request: ListRoomsRequest,
) -> Result<ListRoomsResponse, TwirpError> {
    authorise::room_list(&claims)?;
    let asked = |room: &RoomSummary| request.names.is_empty() || request.names.contains(&room.room);
    let rooms = app
        .calls
        .rooms()
        .await
        .into_iter()
        .filter(asked)
        .map(described)
        .collect();
    Ok(ListRoomsResponse { rooms })
}

/// Who is in a room.
pub(super) async fn list_participants(
    app: AppState,
    claims: Claims,
    request: ListParticipantsRequest,
) -> Result<ListParticipantsResponse, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    Ok(ListParticipantsResponse {
        participants: participants(&app, &request.room).await.collect(),
    })
}

/// One of those who are in a room.
pub(super) async fn get_participant(
    app: AppState,
    claims: Claims,
    request: RoomParticipantIdentity,
) -> Result<ParticipantInfo, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    participant(&app, &request.room, &request.identity).await
}

/// Opens the meeting of a room, or finds the one that is going on.
pub(super) async fn create_room(
    app: AppState,
    claims: Claims,
    request: CreateRoomRequest,
) -> Result<Room, TwirpError> {
    authorise::room_create(&claims)?;
    if request.name.is_empty() {
        return Err(TwirpError::invalid_argument("the room needs a name"));
    }
    let made = app.calls.prepare(&request.name, request.metadata).await;
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
    app: &AppState,
    room: &str,
    identity: &str,
) -> Result<ParticipantInfo, TwirpError> {
    let mut participants = participants(app, room).await;
    participants
        .find(|participant| participant.identity == identity)
        .ok_or_else(TwirpError::participant_not_found)
}

async fn participants(app: &AppState, room: &str) -> impl Iterator<Item = ParticipantInfo> {
    let participants = app.calls.participants(room).await;
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
