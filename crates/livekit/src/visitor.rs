//! The little that a client says and hears that only looks whether it would be let in and connected.

use crate::encode::RelayAccess;
use prost::Message as _;
use visio_protocol::wire;
use visio_protocol::wire::signal_request::Message as Asked;
use visio_protocol::wire::signal_response::Message as Heard;

/// The frame that offers a connection.
#[must_use]
pub fn offer(sdp: &str) -> Vec<u8> {
    request(Asked::Offer(wire::SessionDescription {
        r#type: "offer".to_owned(),
        sdp: sdp.to_owned(),
        id: 1,
        ..wire::SessionDescription::default()
    }))
}

/// The last frame: who sends it leaves at once, and nobody waits for them.
#[must_use]
pub fn leave() -> Vec<u8> {
    request(Asked::Leave(wire::LeaveRequest {
        reason: wire::DisconnectReason::ClientInitiated.into(),
        ..wire::LeaveRequest::default()
    }))
}

/// What a frame of the server's means to such a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The client is in; how it reaches the relay, if there is one.
    Welcome(Option<RelayAccess>),
    /// The description that answers the offer.
    Description(String),
    /// The client is sent away.
    Leave,
    /// Something else.
    Other,
}

/// Reads one frame of the server's.
#[must_use]
pub fn read(frame: &[u8]) -> Answer {
    let response = wire::SignalResponse::decode(frame).ok();
    match response.and_then(|response| response.message) {
        Some(Heard::Join(join)) => Answer::Welcome(join.ice_servers.into_iter().next().map(
            |relay| RelayAccess {
                urls: relay.urls,
                username: relay.username,
                password: relay.credential,
            },
        )),
        Some(Heard::Answer(answer)) => Answer::Description(answer.sdp),
        Some(Heard::Leave(_)) => Answer::Leave,
        _ => Answer::Other,
    }
}

fn request(message: Asked) -> Vec<u8> {
    let message = Some(message);
    wire::SignalRequest { message }.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{self, Decoded};
    use visio_meeting::Command;
    use visio_sfu::Request;

    #[test]
    fn the_server_reads_what_a_visitor_says() {
        let offered = decode::read(&offer("v=0"));
        assert!(
            matches!(&offered, Decoded::Request(Request::Offer { sdp, .. }) if sdp == "v=0"),
            "{offered:?}"
        );
        let left = decode::read(&leave());
        assert!(
            matches!(left, Decoded::Request(Request::Command(Command::Leave))),
            "{left:?}"
        );
    }

    #[test]
    fn a_visitor_reads_its_answer_and_passes_over_the_rest() {
        let frame = |message| {
            let message = Some(message);
            wire::SignalResponse { message }.encode_to_vec()
        };
        let answer = wire::SessionDescription {
            sdp: "v=0".to_owned(),
            ..wire::SessionDescription::default()
        };
        let read = |message| read(&frame(message));
        let described = Answer::Description("v=0".to_owned());
        assert_eq!(read(Heard::Answer(answer)), described);
        assert_eq!(
            read(Heard::Leave(wire::LeaveRequest::default())),
            Answer::Leave
        );
        assert_eq!(read(Heard::Pong(1)), Answer::Other);
        let join = wire::JoinResponse {
            ice_servers: vec![wire::IceServer {
                username: "bob".to_owned(),
                ..wire::IceServer::default()
            }],
            ..wire::JoinResponse::default()
        };
        let Answer::Welcome(Some(relay)) = read(Heard::Join(join)) else {
            panic!("no relay")
        };
        assert_eq!(relay.username, "bob");
        assert_eq!(super::read(&[0xff]), Answer::Other);
    }
}
