//! The operations that change a meeting: each is a command like those of its participants.

use super::authorise;
use super::error::TwirpError;
use super::query::participant;
use crate::calls::Calls;
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
pub(crate) async fn delete_room(
    calls: Calls,
    claims: Claims,
    request: DeleteRoomRequest,
) -> Result<DeleteRoomResponse, TwirpError> {
    authorise::room_create(&claims)?;
    calls.command(&request.room, Command::End).await?;
    Ok(DeleteRoomResponse::default())
}

/// Sends somebody away.
pub(crate) async fn remove(
    calls: Calls,
    claims: Claims,
    request: RoomParticipantIdentity,
) -> Result<RemoveParticipantResponse, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    let identity = request.identity;
    calls
        .command(&request.room, Command::Remove { identity })
        .await?;
    Ok(RemoveParticipantResponse::default())
}

/// Mutes what somebody publishes.
pub(crate) async fn mute_track(
    calls: Calls,
    claims: Claims,
    request: MuteRoomTrackRequest,
) -> Result<MuteRoomTrackResponse, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    let track = TrackSid::parse(&request.track_sid).ok_or(Refusal::NoSuchTrack)?;
    let (identity, muted) = (request.identity.clone(), request.muted);
    calls
        .command(
            &request.room,
            Command::MuteTrack {
                identity,
                track,
                muted,
            },
        )
        .await?;
    let participant = participant(&calls, &request.room, &request.identity).await?;
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
    calls.command(&request.room, command).await?;
    participant(&calls, &request.room, &request.identity).await
}

/// Subscribes or unsubscribes somebody.
pub(crate) async fn update_subscriptions(
    calls: Calls,
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
    calls.command(&request.room, command).await?;
    Ok(UpdateSubscriptionsResponse::default())
}

/// Changes what is written on the room.
pub(crate) async fn update_room_metadata(
    calls: Calls,
    claims: Claims,
    request: UpdateRoomMetadataRequest,
) -> Result<Room, TwirpError> {
    authorise::room_admin(&claims, &request.room)?;
    let metadata = request.metadata.clone();
    calls
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
