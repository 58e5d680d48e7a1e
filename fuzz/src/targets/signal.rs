//! Signal requests: LiveKit's protobuf, read as the server reads it.

use prost::Message as _;
use visio_livekit::decode::{self, Decoded};
use visio_meeting::Command;
use visio_protocol::wire::signal_request::Message;
use visio_protocol::wire::{self, SignalRequest};
use visio_sfu::Request;

use crate::Target;

/// The largest bound of one message (tracks, grants).
const NAMED_MAX: usize = 4_096;

pub(super) const TARGET: Target = Target {
    name: "signal",
    seeds,
    check,
    share: 1,
};

fn seeds() -> Vec<Vec<u8>> {
    let offer = wire::SessionDescription {
        r#type: "offer".to_owned(),
        sdp: "v=0\r\n".to_owned(),
        id: 2,
        ..Default::default()
    };
    let track = wire::AddTrackRequest {
        cid: "microphone".to_owned(),
        source: 2,
        ..Default::default()
    };
    let settings = wire::UpdateTrackSettings {
        track_sids: vec!["TR_VCabcdefghijkl".to_owned()],
        ..Default::default()
    };
    let messages = [
        Message::Offer(offer),
        Message::AddTrack(track),
        Message::TrackSetting(settings),
        Message::Mute(wire::MuteTrackRequest {
            sid: "TR_AMabcdefghijkl".to_owned(),
            muted: true,
        }),
        Message::PingReq(wire::Ping {
            timestamp: 1,
            rtt: 2,
        }),
        Message::Leave(wire::LeaveRequest::default()),
    ];
    messages
        .into_iter()
        .map(|message| {
            SignalRequest {
                message: Some(message),
            }
            .encode_to_vec()
        })
        .collect()
}

/// No frame becomes a request that names more tracks than one message may.
fn check(input: &[u8]) {
    let Decoded::Request(Request::Command(command)) = decode::read(input) else {
        return;
    };
    let named = match &command {
        Command::Subscribe { tracks, .. } | Command::ConfigureSubscription { tracks, .. } => {
            tracks.len()
        }
        Command::SyncState(state) => state.tracks.len().max(state.published.len()),
        Command::SetAudience(permission) => permission.grants.len(),
        Command::AddTrack(add) => add.codecs.len().max(add.layers.len()),
        _ => 0,
    };
    assert!(named <= NAMED_MAX, "{named} in one message");
}
