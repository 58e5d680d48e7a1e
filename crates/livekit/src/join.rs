//! Who comes in, from a token and a join request to what the meeting is told.

use crate::decode::{add_track, sync_state};
use visio_meeting::{
    ClientInfo, Command, ConnectionId, Generation, Join, ParticipantKind, Permissions, Source,
};
use visio_protocol::data::Authority;
use visio_protocol::join;
use visio_protocol::token::{Claims, VideoGrant};
use visio_sfu::Request;

/// What the meeting is told of whoever comes in.
pub fn join(
    connection: ConnectionId,
    claims: &Claims,
    grant: &VideoGrant,
    asked: &join::Join,
) -> Join {
    let (mut metadata, mut attributes) = (claims.metadata.clone(), claims.attributes.clone());
    if grant.may_update_own_metadata() {
        attributes.extend(asked.attributes.clone());
        if !asked.metadata.is_empty() {
            metadata.clone_from(&asked.metadata);
        }
    }
    Join {
        connection,
        identity: claims.sub.clone(),
        name: claims.name.clone(),
        metadata,
        attributes,
        kind: kind(&claims.kind),
        permissions: permissions(grant),
        client: client(&asked.client),
        generation: generation(asked.generation),
        auto_subscribe: asked.auto_subscribe,
        // LiveKit's SDKs write the time of issue there.
        token_issued_at_unix_s: claims.nbf.unwrap_or(0),
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

fn generation(generation: join::Generation) -> Generation {
    match generation {
        join::Generation::V0 => Generation::DualConnection,
        join::Generation::V1 => Generation::SingleConnection,
    }
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
