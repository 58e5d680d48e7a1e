//! Signal requests: protobuf of LiveKit's own making, read by generated code.

use prost::Message as _;
use visio_protocol::wire::signal_request::Message;
use visio_protocol::wire::{self, SignalRequest};

use crate::Target;

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

/// What is understood is understood the same way when it is written and read again.
fn check(input: &[u8]) {
    if let Ok(request) = SignalRequest::decode(input) {
        assert_eq!(
            SignalRequest::decode(request.encode_to_vec().as_slice()).as_ref(),
            Ok(&request)
        );
    }
}
