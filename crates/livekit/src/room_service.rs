//! LiveKit's RoomService: what server SDKs ask for, and how they are answered.

pub use visio_protocol::wire::{
    CreateRoomRequest, DeleteRoomRequest, DeleteRoomResponse, ListParticipantsRequest,
    ListParticipantsResponse, ListRoomsRequest, ListRoomsResponse, MuteRoomTrackRequest,
    MuteRoomTrackResponse, ParticipantInfo, RemoveParticipantResponse, Room,
    RoomParticipantIdentity, SendDataRequest, SendDataResponse, UpdateParticipantRequest,
    UpdateRoomMetadataRequest, UpdateSubscriptionsRequest, UpdateSubscriptionsResponse,
};

use crate::encode;
use crate::limits::DATA_BYTES_MAX;
use prost::Message as _;
use visio_meeting::{
    Command, DataScope, MetadataChange, ParticipantView, Permissions, RoomOptions, RoomView, Source,
};
use visio_protocol::ids::{ParticipantSid, TrackSid};
use visio_protocol::names::Identity;
use visio_protocol::text::{TextProblem, check_metadata, clean_name};
use visio_protocol::wire::data_packet::{Kind, Value};
use visio_protocol::wire::{DataPacket, ParticipantPermission, TrackSource, UserPacket};

/// A meeting as lists of rooms show it.
pub fn room(view: RoomView) -> Room {
    encode::room(view)
}

/// What a program asks of the room that it creates; LiveKit's 0 and empty text ask for nothing.
///
/// # Errors
/// Says what is wrong with the request.
pub fn room_options(request: &CreateRoomRequest) -> Result<RoomOptions, TextProblem> {
    check_metadata(&request.metadata)?;
    Ok(RoomOptions {
        metadata: Some(request.metadata.clone()).filter(|text| !text.is_empty()),
        participants_max: given(request.max_participants),
        empty_timeout_seconds: given(request.empty_timeout),
        departure_timeout_seconds: given(request.departure_timeout),
    })
}

fn given(number: u32) -> Option<u32> {
    (number != 0).then_some(number)
}

/// Somebody in a meeting.
pub fn participant(view: ParticipantView) -> ParticipantInfo {
    encode::participant_info(view)
}

/// Changes what somebody is called or may do. Empty texts leave what is.
pub fn update_participant(request: UpdateParticipantRequest) -> Command {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let change = MetadataChange {
        name: given(clean_name(&request.name)),
        metadata: given(request.metadata),
        attributes: request.attributes.into_iter().collect(),
    };
    Command::UpdateParticipant {
        identity: Identity::new(request.identity),
        change,
        permissions: request.permission.as_ref().map(permissions),
    }
}

/// Subscribes or unsubscribes somebody; `None` where a name is no track's.
pub fn update_subscriptions(request: UpdateSubscriptionsRequest) -> Option<Command> {
    let of_participants = request
        .participant_tracks
        .into_iter()
        .flat_map(|tracks| tracks.track_sids);
    let sids = request.track_sids.into_iter().chain(of_participants);
    let tracks: Option<Vec<_>> = sids.map(|sid| TrackSid::parse(&sid)).collect();
    Some(Command::UpdateSubscriptions {
        identity: Identity::new(request.identity),
        tracks: tracks?,
        wanted: request.subscribe,
    })
}

/// The encoded packet of a program's message, and to whom it goes.
///
/// # Errors
/// Says what is wrong with the request.
pub fn data(request: SendDataRequest) -> Result<(Vec<u8>, DataScope), &'static str> {
    if request.data.len() > DATA_BYTES_MAX {
        return Err("a message has at most 16 KiB");
    }
    let scope = scope(&request)?;
    Ok((packet(request).encode_to_vec(), scope))
}

/// Older SDKs name participants by their `sid`. Leaving one out could leave none, and a scope that
/// names nobody is everybody.
#[expect(deprecated, reason = "older SDKs send it")]
fn scope(request: &SendDataRequest) -> Result<DataScope, &'static str> {
    let sids = request.destination_sids.iter();
    let sids: Option<Vec<_>> = sids.map(|sid| ParticipantSid::parse(sid)).collect();
    Ok(DataScope {
        identities: request
            .destination_identities
            .iter()
            .map(|one| Identity::new(&**one))
            .collect(),
        sids: sids.ok_or("destination_sids must hold the sids of participants")?,
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
