//! The operations that change a meeting: each is a command like those of its participants.

use super::authorise;
use super::error::TwirpError;
use super::query::participant;
use crate::calls::Calls;
use visio_livekit::room_service::{
    self, DeleteRoomRequest, DeleteRoomResponse, MuteRoomTrackRequest, MuteRoomTrackResponse,
    ParticipantInfo, RemoveParticipantResponse, Room, RoomParticipantIdentity,
    UpdateParticipantRequest, UpdateRoomMetadataRequest, UpdateSubscriptionsRequest,
    UpdateSubscriptionsResponse,
};
use visio_meeting::{Command, Refusal};
use visio_protocol::ids::TrackSid;
use visio_protocol::names::{Identity, RoomName};
use visio_protocol::token::Claims;

/// Ends the meeting for everybody.
pub(crate) async fn delete_room(
    calls: Calls,
    claims: Claims,
    request: DeleteRoomRequest,
) -> Result<DeleteRoomResponse, TwirpError> {
    authorise::room_create(&claims)?;
    calls
        .command(&RoomName::new(request.room), Command::End)
        .await?;
    Ok(DeleteRoomResponse::default())
}

/// Sends somebody away.
pub(crate) async fn remove(
    calls: Calls,
    claims: Claims,
    request: RoomParticipantIdentity,
) -> Result<RemoveParticipantResponse, TwirpError> {
    let room = authorise::room_admin(&claims, &request.room)?;
    let given = request.revoke_token_ts;
    let command = Command::Remove {
        identity: Identity::new(request.identity),
        tokens_before_unix_s: (given != 0).then_some(given),
    };
    calls.command(&room, command).await?;
    Ok(RemoveParticipantResponse::default())
}

/// Mutes what somebody publishes.
pub(crate) async fn mute_track(
    calls: Calls,
    claims: Claims,
    request: MuteRoomTrackRequest,
) -> Result<MuteRoomTrackResponse, TwirpError> {
    let room = authorise::room_admin(&claims, &request.room)?;
    let track = TrackSid::parse(&request.track_sid).ok_or(Refusal::NoSuchTrack)?;
    let (identity, muted) = (Identity::new(request.identity), request.muted);
    calls
        .command(
            &room,
            Command::MuteTrack {
                identity: identity.clone(),
                track,
                muted,
            },
        )
        .await?;
    let participant = participant(&calls, &room, &identity).await?;
    let mut tracks = participant.tracks.into_iter();
    Ok(MuteRoomTrackResponse {
        track: tracks.find(|track| track.sid == request.track_sid),
    })
}

/// Changes what somebody is called or may do.
pub(crate) async fn update_participant(
    calls: Calls,
    claims: Claims,
    request: UpdateParticipantRequest,
) -> Result<ParticipantInfo, TwirpError> {
    let room = authorise::room_admin(&claims, &request.room)?;
    let identity = Identity::new(&*request.identity);
    let command = room_service::update_participant(request);
    calls.command(&room, command).await?;
    participant(&calls, &room, &identity).await
}

/// Subscribes or unsubscribes somebody.
pub(crate) async fn update_subscriptions(
    calls: Calls,
    claims: Claims,
    request: UpdateSubscriptionsRequest,
) -> Result<UpdateSubscriptionsResponse, TwirpError> {
    let room = authorise::room_admin(&claims, &request.room)?;
    let command = room_service::update_subscriptions(request).ok_or(Refusal::NoSuchTrack)?;
    calls.command(&room, command).await?;
    Ok(UpdateSubscriptionsResponse::default())
}

/// Changes what is written on the room.
pub(crate) async fn update_room_metadata(
    calls: Calls,
    claims: Claims,
    request: UpdateRoomMetadataRequest,
) -> Result<Room, TwirpError> {
    let room = authorise::room_admin(&claims, &request.room)?;
    let metadata = request.metadata;
    calls
        .command(&room, Command::UpdateRoomMetadata { metadata })
        .await?;
    let room = calls.room(&room).await;
    room.map(room_service::room)
        .ok_or_else(|| Refusal::NoSuchMeeting.into())
}
