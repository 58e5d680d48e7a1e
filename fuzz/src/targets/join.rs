//! How clients introduce themselves: the query of `/rtc` and the packed request of `/rtc/v1`.

use std::collections::BTreeMap;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message as _;
use visio_protocol::join::Join;
use visio_protocol::limits::{METADATA_BYTES_MAX, SDP_BYTES_MAX};
use visio_protocol::wire;

use crate::Target;

/// The bytes are those before base64, so that mutations reach the protobuf and the gzip inside.
pub(super) const REQUEST: Target = Target {
    name: "join-request",
    seeds: requests,
    check: check_request,
    share: 1,
};
/// Lines of `key=value`.
pub(super) const QUERY: Target = Target {
    name: "join-query",
    seeds: queries,
    check: check_query,
    share: 1,
};

fn requests() -> Vec<Vec<u8>> {
    let request = wire::JoinRequest {
        client_info: Some(wire::ClientInfo {
            version: "2.23.0".to_owned(),
            protocol: 17,
            ..Default::default()
        }),
        connection_settings: Some(wire::ConnectionSettings {
            auto_subscribe: true,
            ..Default::default()
        }),
        metadata: "{}".to_owned(),
        participant_attributes: [("visio.language".to_owned(), "fr".to_owned())].into(),
        add_track_requests: vec![wire::AddTrackRequest {
            cid: "camera".to_owned(),
            ..Default::default()
        }],
        publisher_offer: Some(wire::SessionDescription {
            sdp: "v=0\r\n".to_owned(),
            id: 1,
            ..Default::default()
        }),
        ..Default::default()
    };
    let plain = request.encode_to_vec();
    vec![
        wrap(&plain, wire::wrapped_join_request::Compression::None),
        gzipped(&plain),
        gzipped(&vec![0; 4 << 20]),
    ]
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing into memory does not fail.
    drop(encoder.write_all(bytes));
    wrap(
        &encoder.finish().unwrap_or_default(),
        wire::wrapped_join_request::Compression::Gzip,
    )
}

fn wrap(request: &[u8], compression: wire::wrapped_join_request::Compression) -> Vec<u8> {
    wire::WrappedJoinRequest {
        compression: compression.into(),
        join_request: request.to_vec(),
    }
    .encode_to_vec()
}

fn check_request(input: &[u8]) {
    for parameter in [
        URL_SAFE_NO_PAD.encode(input),
        String::from_utf8_lossy(input).into_owned(),
    ] {
        if let Ok(join) = Join::from_join_request(&parameter) {
            check_limits(&join);
        }
    }
}

fn queries() -> Vec<Vec<u8>> {
    let browser = "auto_subscribe=1\nsdk=js\nversion=2.23.0\nprotocol=16\nadaptive_stream=1\nattributes=eyJhIjoiYiJ9";
    let resume =
        "reconnect=1\nsid=PA_abcdefghijkl\nreconnect_reason=1\npublish=PA_x\ncapabilities=1,2";
    vec![browser.into(), resume.into()]
}

fn check_query(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let query: BTreeMap<String, String> = pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    if let Ok(join) = Join::from_query(&query) {
        check_limits(&join);
    }
}

/// What is let in stays within the limits, however it was packed.
fn check_limits(join: &Join) {
    assert!(
        join.metadata.len() <= METADATA_BYTES_MAX,
        "metadata beyond the limit"
    );
    let offer = join
        .publisher_offer
        .as_ref()
        .map_or(0, |offer| offer.sdp.len());
    assert!(offer <= SDP_BYTES_MAX, "an offer beyond the limit");
}
