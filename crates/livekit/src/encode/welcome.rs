//! The first message of a connection: to a client that joined, or to one that resumed.

use super::{Listener, RelayAccess, participant, room};
use crate::limits::{PING_INTERVAL_SECONDS, PING_TIMEOUT_SECONDS};
use visio_meeting::{ConnectionMode, Welcome};
use visio_protocol::wire;

/// The LiveKit server whose behaviour this one follows: clients switch features by this number.
const LIVEKIT_VERSION: &str = "1.13.5";

/// The newest protocol of which every message is understood here.
const LIVEKIT_PROTOCOL: i32 = 17;

/// What clients may publish, preferred first.
const CODECS: [&str; 7] = [
    "audio/opus",
    "audio/red",
    "video/VP8",
    "video/H264",
    "video/VP9",
    "video/AV1",
    "video/rtx",
];

pub(super) fn join(welcome: Welcome, to: &Listener) -> wire::JoinResponse {
    wire::JoinResponse {
        room: Some(room(welcome.room)),
        participant: Some(participant::info(welcome.me)),
        other_participants: welcome.others.into_iter().map(participant::info).collect(),
        server_version: LIVEKIT_VERSION.to_owned(),
        subscriber_primary: to.mode == ConnectionMode::Dual,
        ping_timeout: PING_TIMEOUT_SECONDS,
        ping_interval: PING_INTERVAL_SECONDS,
        server_info: Some(server()),
        sif_trailer: to.sif_trailer.to_vec(),
        enabled_publish_codecs: codecs(),
        fast_publish: true,
        ice_servers: ice_servers(to),
        ..wire::JoinResponse::default()
    }
}

pub(super) fn reconnect(last_data_sequence: u32, to: &Listener) -> wire::ReconnectResponse {
    wire::ReconnectResponse {
        ice_servers: ice_servers(to),
        server_info: Some(server()),
        last_message_seq: last_data_sequence,
        ..wire::ReconnectResponse::default()
    }
}

/// The relay of this server and nobody else's STUN.
fn ice_servers(to: &Listener) -> Vec<wire::IceServer> {
    let relay = to.relay.iter().filter(|relay| !relay.urls.is_empty());
    let server = |relay: &RelayAccess| wire::IceServer {
        urls: relay.urls.clone(),
        username: relay.username.clone(),
        credential: relay.password.clone(),
    };
    relay.map(server).collect()
}

pub(super) fn codecs() -> Vec<wire::Codec> {
    let codec = |mime: &str| wire::Codec {
        mime: mime.to_owned(),
        fmtp_line: String::new(),
    };
    CODECS.map(codec).into()
}

fn server() -> wire::ServerInfo {
    wire::ServerInfo {
        edition: wire::server_info::Edition::Standard.into(),
        version: LIVEKIT_VERSION.to_owned(),
        protocol: LIVEKIT_PROTOCOL,
        node_id: "ND_visio".to_owned(),
        debug_info: concat!("visio ", env!("CARGO_PKG_VERSION")).to_owned(),
        ..wire::ServerInfo::default()
    }
}
