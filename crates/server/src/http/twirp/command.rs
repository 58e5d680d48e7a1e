//! The operations that change a meeting: each is a command like those of its participants.

use super::authorise;
use super::error::TwirpError;
use super::look::participant;
use crate::state::AppState;
use livekit_protocol::{
    DeleteRoomRequest, DeleteRoomResponse, MuteRoomTrackRequest, MuteRoomTrackResponse,
    ParticipantInfo, ParticipantPermission, RemoveParticipantResponse, Room,
    RoomParticipantIdentity, TrackSource, UpdateParticipantRequest, UpdateRoomMetadataRequest,
    UpdateSubscriptionsRequest, UpdateSubscriptionsResponse,
};
use visio_meeting::{Command, MetadataChange, Permissions, Refusal, Source};
use visio_protocol::ids::TrackSid;
use visio_protocol::token::Claims;

/// Ends the meeting for everybody.
pub(super) async fn delete_room(
    app: AppState,
    claims: Claims,
    request: DeleteRoomRequest,
) -> Result<DeleteRoomResponse, TwirpError> {
    authorise::room_create(&claims)?;
    app.calls.command(&request.room, Command::End).await?;
    Ok(DeleteRoomResponse::default())
}

/// Sends somebody away.
pub(super) async fn remove(
    app: AppState,
    claims: Claims,
    request: RoomParticipantIdentity,
) -> Result<RemoveParticipantResponse, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    let identity = request.identity;
    app.calls
        .command(&request.room, Command::Remove { identity })
        .await?;
    Ok(RemoveParticipantResponse::default())
}

/// Mutes what somebody publishes.
pub(super) async fn mute_track(
    app: AppState,
    claims: Claims,
    request: MuteRoomTrackRequest,
) -> Result<MuteRoomTrackResponse, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    let track = TrackSid::parse(&request.track_sid).ok_or(Refusal::NoSuchTrack)?;
    let (identity, muted) = (request.identity.clone(), request.muted);
    app.calls
        .command(
            &request.room,
            Command::MuteTrack {
                identity,
                track,
                muted,
            },
        )
        .await?;
    let participant = participant(&app, &request.room, &request.identity).await?;
    let mut tracks = participant.tracks.into_iter();
    Ok(MuteRoomTrackResponse {
        track: tracks.find(|track| track.sid == request.track_sid),
    })
}

/// Changes what somebody is called or may do.
pub(super) async fn update_participant(
    app: AppState,
    claims: Claims,
    request: UpdateParticipantRequest,
) -> Result<ParticipantInfo, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let change = MetadataChange {
        name: given(request.name),
        metadata: given(request.metadata),
        attributes: request.attributes.into_iter().collect(),
    };
    let permissions = request
        .permission
        .map(|permission| permissions(&permission));
    let identity = request.identity.clone();
    let command = Command::UpdateParticipant {
        identity,
        change,
        permissions,
    };
    app.calls.command(&request.room, command).await?;
    participant(&app, &request.room, &request.identity).await
}

/// Subscribes or unsubscribes somebody.
pub(super) async fn update_subscriptions(
    app: AppState,
    claims: Claims,
    request: UpdateSubscriptionsRequest,
) -> Result<UpdateSubscriptionsResponse, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    let named = request
        .participant_tracks
        .into_iter()
        .flat_map(|tracks| tracks.track_sids);
    let sids = request.track_sids.into_iter().chain(named);
    let tracks: Option<Vec<_>> = sids.map(|sid| TrackSid::parse(&sid)).collect();
    let tracks = tracks.ok_or(Refusal::NoSuchTrack)?;
    let (identity, wanted) = (request.identity, request.subscribe);
    let command = Command::UpdateSubscriptions {
        identity,
        tracks,
        wanted,
    };
    app.calls.command(&request.room, command).await?;
    Ok(UpdateSubscriptionsResponse::default())
}

/// Changes what is written on the room.
pub(super) async fn update_room_metadata(
    app: AppState,
    claims: Claims,
    request: UpdateRoomMetadataRequest,
) -> Result<Room, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    let metadata = request.metadata.clone();
    app.calls
        .command(&request.room, Command::UpdateRoomMetadata { metadata })
        .await?;
    Ok(Room {
        name: request.room,
        metadata: request.metadata,
        ..Room::default()
    })
}

/// Moderation rights come from tokens only and are not given here.
fn permissions(permission: &ParticipantPermission) -> Permissions {
    let source = |source: &i32| match TrackSource::try_from(*source) {
        Ok(TrackSource::Camera) => Source::Camera,
        Ok(TrackSource::Microphone) => Source::Microphone,
        Ok(TrackSource::ScreenShare) => Source::ScreenShare,
        Ok(TrackSource::ScreenShareAudio) => Source::ScreenShareAudio,
        _ => Source::Unknown,
    };
    Permissions {
        can_subscribe: permission.can_subscribe,
        can_publish: permission.can_publish,
        can_publish_data: permission.can_publish_data,
        publish_sources: permission.can_publish_sources.iter().map(source).collect(),
        can_update_metadata: permission.can_update_metadata,
        hidden: permission.hidden,
        recorder: false,
        agent: false,
        room_admin: false,
    }
}
