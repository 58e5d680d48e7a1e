//! Who comes in, from a token and a join request to what the meeting is told.

use crate::decode::add_track;
use crate::decode::subscription::sync_state;
use visio_meeting::{
    ClientInfo, Command, ConnectionId, Join, ParticipantKind, Permissions, RoomOptions, Source,
};
use visio_protocol::data::Authority;
use visio_protocol::join;
use visio_protocol::limits::GUEST_PROFILE_BYTES_MAX;
use visio_protocol::names::Identity;
use visio_protocol::text::{check_metadata, clean_name};
use visio_protocol::token::{Claims, VideoGrant};
use visio_sfu::Request;

/// What the meeting is told of a participant who comes in.
pub fn join(
    connection: ConnectionId,
    claims: &Claims,
    grant: &VideoGrant,
    asked: &join::Join,
) -> Join {
    let (mut metadata, mut attributes) = (claims.metadata.clone(), claims.attributes.clone());
    if grant.may_update_own_metadata() && (!claims.guest || fits_guest(asked)) {
        attributes.extend(asked.attributes.clone());
        if !asked.metadata.is_empty() {
            metadata.clone_from(&asked.metadata);
        }
    }
    Join {
        connection,
        identity: Identity::new(&*claims.sub),
        name: clean_name(&claims.name),
        metadata,
        attributes,
        kind: kind(&claims.kind),
        is_guest: claims.guest,
        permissions: permissions(grant),
        client: client(&asked.client),
        mode: asked.mode,
        auto_subscribe: asked.auto_subscribe,
        // LiveKit's SDKs write the time of issue into `nbf`.
        token_issued_at_unix_s: claims.first_issued.or(claims.nbf).unwrap_or(0),
    }
}

/// How the room is to be made if this participant is the first in it, in the words of LiveKit's
/// `roomConfig`; what else that says is for services that are not here.
#[must_use]
pub fn room_options(claims: &Claims) -> RoomOptions {
    let config = claims.room_config.as_ref();
    let number = |camel: &str, snake: &str| {
        let found = config.and_then(|config| config.get(camel).or_else(|| config.get(snake)));
        let number = found.and_then(serde_json::Value::as_u64);
        number
            .and_then(|number| u32::try_from(number).ok())
            .filter(|&number| number != 0)
    };
    let metadata = config.and_then(|config| config.get("metadata")?.as_str());
    let metadata = metadata.filter(|text| !text.is_empty() && check_metadata(text).is_ok());
    RoomOptions {
        metadata: metadata.map(str::to_owned),
        participants_max: number("maxParticipants", "max_participants"),
        empty_timeout_seconds: number("emptyTimeout", "empty_timeout"),
        departure_timeout_seconds: number("departureTimeout", "departure_timeout"),
    }
}

/// In whose name the carrier of a token may speak.
#[must_use]
pub fn authority(claims: &Claims, grant: &VideoGrant) -> Authority {
    if grant.agent || kind(&claims.kind) == ParticipantKind::Agent {
        Authority::Agent
    } else {
        Authority::Participant
    }
}

/// A guest comes in without what is too much to be kept of one.
fn fits_guest(asked: &join::Join) -> bool {
    let attributes = asked.attributes.iter();
    let attribute_bytes: usize = attributes.map(|(key, value)| key.len() + value.len()).sum();
    asked.metadata.len().max(attribute_bytes) <= GUEST_PROFILE_BYTES_MAX
}

/// Tracks and the offer that came with the join request, in the order they must be handled. A
/// track that cannot be is left out: its client notices that it is not published.
pub fn early_requests(asked: &join::Join) -> Vec<Request> {
    let tracks = asked.add_tracks.iter().cloned();
    let tracks = tracks.filter_map(|add| add_track(add).ok());
    let tracks = tracks.map(|add| Request::Command(Command::AddTrack(add)));
    let offer = asked.publisher_offer.iter();
    let offer = offer.map(|offer| Request::Offer {
        id: offer.id,
        sdp: offer.sdp.clone(),
    });
    tracks.chain(offer).collect()
}

/// What a client that resumes believes, if it says so.
pub fn believed(asked: &join::Join) -> Option<Request> {
    let state = asked.sync_state.as_ref()?;
    Some(Request::Command(Command::SyncState(sync_state(state))))
}

fn kind(kind: &str) -> ParticipantKind {
    match kind {
        "ingress" => ParticipantKind::Ingress,
        "egress" => ParticipantKind::Egress,
        "sip" => ParticipantKind::Sip,
        "agent" => ParticipantKind::Agent,
        _ => ParticipantKind::Standard,
    }
}

fn permissions(grant: &VideoGrant) -> Permissions {
    Permissions {
        can_subscribe: grant.may_subscribe(),
        can_publish: grant.may_publish(),
        can_publish_data: grant.may_publish_data(),
        publish_sources: grant
            .can_publish_sources
            .iter()
            .map(|name| source(name))
            .collect(),
        can_update_metadata: grant.may_update_own_metadata(),
        hidden: grant.hidden,
        recorder: grant.recorder,
        agent: grant.agent,
        room_admin: grant.room_admin,
    }
}

fn source(name: &str) -> Source {
    match name.to_ascii_lowercase().as_str() {
        "camera" => Source::Camera,
        "microphone" => Source::Microphone,
        "screen_share" => Source::ScreenShare,
        "screen_share_audio" => Source::ScreenShareAudio,
        _ => Source::Unknown,
    }
}

fn client(info: &join::ClientInfo) -> ClientInfo {
    ClientInfo {
        protocol: info.protocol,
        client_protocol: info.client_protocol,
        capabilities: info.capabilities.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(config: serde_json::Value) -> RoomOptions {
        let room_config = Some(config);
        room_options(&Claims {
            room_config,
            ..Claims::default()
        })
    }

    #[test]
    fn a_token_says_how_its_room_is_made() {
        let asked = RoomOptions {
            metadata: Some("m".to_owned()),
            participants_max: Some(3),
            empty_timeout_seconds: Some(60),
            departure_timeout_seconds: Some(5),
        };
        let camel = serde_json::json!({"maxParticipants": 3, "emptyTimeout": 60,
            "departureTimeout": 5, "metadata": "m", "agents": [{}]});
        let snake = serde_json::json!({"max_participants": 3, "empty_timeout": 60,
            "departure_timeout": 5, "metadata": "m"});
        assert_eq!((options(camel), options(snake)), (asked.clone(), asked));
        let nothing = [
            serde_json::json!({"maxParticipants": 0, "metadata": ""}),
            serde_json::json!({"maxParticipants": -3, "emptyTimeout": "60", "metadata": 7}),
            serde_json::json!([1]),
            serde_json::json!({"maxParticipants": 1_u64 << 40, "metadata": "\u{0}"}),
        ];
        for config in nothing {
            assert_eq!(options(config.clone()), RoomOptions::default(), "{config}");
        }
        assert_eq!(room_options(&Claims::default()), RoomOptions::default());
    }
}
