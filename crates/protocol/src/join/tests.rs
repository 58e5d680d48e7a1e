//! Alice joins with a browser, Dave with an older phone, Eve with a bomb.

use super::v0::BASE64;
use super::*;
use crate::wire::wrapped_join_request::Compression;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use prost::Message as _;
use std::io::Write as _;

/// What livekit-client 2.23 sends: client, settings, its first offer and its tracks.
fn browser() -> wire::JoinRequest {
    wire::JoinRequest {
        client_info: Some(wire::ClientInfo {
            sdk: wire::client_info::Sdk::Js.into(),
            version: "2.23.0".into(),
            protocol: 17,
            client_protocol: 2,
            browser: "Chrome".into(),
            capabilities: vec![2],
            ..wire::ClientInfo::default()
        }),
        connection_settings: Some(wire::ConnectionSettings {
            auto_subscribe: true,
            adaptive_stream: true,
            ..wire::ConnectionSettings::default()
        }),
        publisher_offer: Some(wire::SessionDescription {
            r#type: "offer".into(),
            sdp: format!(
                "v=0\r\n{}",
                "a=candidate:1 1 udp 1 10.0.0.1 1 typ host\r\n".repeat(350)
            ),
            id: 1,
            ..wire::SessionDescription::default()
        }),
        add_track_requests: vec![wire::AddTrackRequest {
            cid: "c1".into(),
            ..Default::default()
        }],
        ..wire::JoinRequest::default()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn parameter(compression: i32, join_request: Vec<u8>) -> String {
    let wrapped = wire::WrappedJoinRequest {
        compression,
        join_request,
    };
    BASE64.encode(wrapped.encode_to_vec())
}

fn gzipped(request: &wire::JoinRequest) -> String {
    parameter(Compression::Gzip.into(), gzip(&request.encode_to_vec()))
}

fn query(text: &str) -> Result<Join, JoinError> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    Join::from_query(
        &pairs
            .map(|(key, value)| (key.into(), value.into()))
            .collect(),
    )
}

#[test]
fn alices_browser_joins_compressed_or_not_padded_or_not() {
    let plain = browser().encode_to_vec();
    let padded = gzipped(&browser());
    let bare = URL_SAFE_NO_PAD.encode(BASE64.decode(&padded).unwrap());
    for parameter in [padded, bare, parameter(Compression::None.into(), plain)] {
        let join = Join::from_join_request(&parameter).unwrap();
        assert_eq!(join.mode, ConnectionMode::Single);
        assert!(join.auto_subscribe);
        assert_eq!((join.client.sdk.as_str(), join.client.protocol), ("js", 17));
        assert_eq!(
            (join.client.client_protocol, &join.client.capabilities[..]),
            (2, &[2][..])
        );
        assert_eq!(join.publisher_offer.as_ref().map(|offer| offer.id), Some(1));
        assert_eq!(join.add_tracks[0].cid, "c1");
        assert_eq!(join.resume, None);
    }
}

#[test]
fn daves_phone_joins_with_a_query() {
    let attributes = URL_SAFE_NO_PAD.encode(r#"{"visio.language":"fr"}"#);
    let join = query(&format!(
        "auto_subscribe=0&adaptive_stream=1&sdk=swift&version=2.9&protocol=16&os=iOS\
         &client_protocol=1&capabilities=2,CAP_PACKET_TRAILER,x&attributes={attributes}"
    ))
    .unwrap();
    assert_eq!(join.mode, ConnectionMode::Dual);
    assert!(!join.auto_subscribe);
    assert_eq!(
        (join.client.sdk.as_str(), join.client.os.as_str()),
        ("swift", "iOS")
    );
    assert_eq!(join.client.capabilities, [2, 1]);
    assert_eq!(join.attributes["visio.language"], "fr");
    let bare = query("").unwrap();
    assert!(bare.auto_subscribe && bare.resume.is_none());
    assert_eq!(query("attributes=!!"), Err(JoinError::Attributes));
}

#[test]
fn a_lost_client_asks_for_its_place() {
    let resume = query("reconnect=1&sid=PA_abc&reconnect_reason=2")
        .unwrap()
        .resume
        .unwrap();
    assert_eq!(resume.sid, ParticipantSid::parse("PA_abc"));
    assert_eq!(resume.reason, wire::ReconnectReason::RrPublisherFailed);
    let request = wire::JoinRequest {
        reconnect: true,
        participant_sid: "not a name".into(),
        ..wire::JoinRequest::default()
    };
    let resume = Join::from_join_request(&gzipped(&request))
        .unwrap()
        .resume
        .unwrap();
    assert_eq!(resume.sid, None, "nobody's place");
}

#[test]
fn settings_left_out_mean_subscribe_to_all() {
    let join = Join::from_join_request(&gzipped(&wire::JoinRequest::default())).unwrap();
    assert!(join.auto_subscribe);
    assert_eq!(join.client.sdk, "unknown");
}

#[test]
fn eve_sends_a_bomb() {
    let bomb = gzip(&vec![0; 40 << 20]);
    assert!(bomb.len() < 256 * 1024, "small on the wire: {}", bomb.len());
    assert_eq!(v1::inflate(&bomb), Err(JoinError::Bomb));
    let smaller = parameter(Compression::Gzip.into(), gzip(&vec![0; 4 << 20]));
    assert_eq!(Join::from_join_request(&smaller), Err(JoinError::Bomb));
    let mut fits = vec![0; JOIN_REQUEST_BYTES_MAX];
    assert!(v1::inflate(&gzip(&fits)).is_ok(), "the limit itself passes");
    fits.push(0);
    assert_eq!(v1::inflate(&gzip(&fits)), Err(JoinError::Bomb));
}

#[test]
fn eve_sends_garbage_of_each_kind() {
    let refusal = |text: &str| Join::from_join_request(text).unwrap_err();
    assert_eq!(refusal(""), JoinError::Missing);
    assert_eq!(refusal("§"), JoinError::NotBase64);
    assert_eq!(refusal("____"), JoinError::NotProtobuf);
    assert_eq!(
        refusal(&parameter(7, vec![])),
        JoinError::UnknownCompression
    );
    assert_eq!(
        refusal(&parameter(1, b"not gzip".to_vec())),
        JoinError::NotGzip
    );
    assert_eq!(
        refusal(&parameter(0, vec![0xff; 9])),
        JoinError::NotProtobuf
    );
    let long = "A".repeat(JOIN_PARAMETER_BYTES_MAX + 1);
    assert_eq!(refusal(&long), JoinError::TooLong(long.len()));
    let mut many = browser();
    many.add_track_requests = vec![wire::AddTrackRequest::default(); JOIN_TRACKS_MAX + 1];
    assert_eq!(refusal(&gzipped(&many)), JoinError::TooManyTracks);
    let mut offer = browser();
    offer.publisher_offer.as_mut().unwrap().sdp = "v".repeat(SDP_BYTES_MAX + 1);
    assert_eq!(refusal(&gzipped(&offer)), JoinError::OfferTooLong);
    let turned = wire::JoinRequest {
        metadata: "\u{0}".into(),
        ..browser()
    };
    assert!(matches!(
        refusal(&gzipped(&turned)),
        JoinError::Text {
            field: "metadata",
            ..
        }
    ));
}

#[test]
fn a_boastful_client_is_cut_short() {
    let join = query(&format!("browser={}", "é".repeat(1000))).unwrap();
    assert_eq!(join.client.browser.len(), CLIENT_TEXT_BYTES_MAX);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, compression in 0..3) {
        let _ = Join::from_join_request(&BASE64.encode(&bytes));
        let _ = Join::from_join_request(&parameter(compression, bytes));
    }

    #[test]
    fn no_query_makes_the_reader_panic(text: String) {
        let _ = query(&text);
        let _ = query(&format!("reconnect=1&sid={text}&attributes={text}&capabilities={text}"));
    }

    #[test]
    fn a_cut_request_is_refused_or_read(cut in 0_usize..2000) {
        let whole = gzipped(&browser());
        let _ = Join::from_join_request(&whole[..cut % whole.len()]);
    }
}
