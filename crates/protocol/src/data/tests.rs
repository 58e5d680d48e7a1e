//! Alice sends to everybody, Bob to Carol alone, and Eve in Alice's name.

use super::*;
use crate::wire;
use crate::wire::data_packet::Value;
use proptest::prelude::*;
use prost::Message as _;

#[expect(
    deprecated,
    reason = "older clients still name receivers and senders in these fields"
)]
fn user(payload: &[u8], claimed: &str) -> wire::DataPacket {
    wire::DataPacket {
        kind: wire::data_packet::Kind::Lossy.into(),
        participant_identity: claimed.into(),
        participant_sid: "PA_claimed".into(),
        sequence: 7,
        value: Some(Value::User(wire::UserPacket {
            participant_identity: claimed.into(),
            participant_sid: "PA_claimed".into(),
            payload: payload.to_vec(),
            topic: Some("tea".into()),
            destination_sids: vec!["PA_carol".into()],
            ..wire::UserPacket::default()
        })),
        ..wire::DataPacket::default()
    }
}

fn stamped(packet: &[u8]) -> Vec<u8> {
    stamp(packet, &DataHead::read(packet).unwrap(), "eve", "PA_eve")
}

#[test]
fn the_head_says_where_a_packet_goes() {
    let mut packet = user(b"hello", "alice");
    packet.destination_identities = vec!["carol".into(), "dave".into()];
    let head = DataHead::read(&packet.encode_to_vec()).unwrap();
    assert_eq!(head.destination_identities, ["carol", "dave"]);
    assert_eq!(head.destination_sids, ["PA_carol"]);
    assert_eq!((head.sequence, head.value), (7, USER));
    assert_eq!(DataHead::read(&[]), Ok(DataHead::default()));
}

#[test]
#[expect(deprecated, reason = "older clients read the sender in these fields")]
fn cve_05_eve_cannot_speak_as_alice() {
    let read = wire::DataPacket::decode(&*stamped(&user(b"hi", "alice").encode_to_vec())).unwrap();
    assert_eq!(read.participant_identity, "eve");
    assert_eq!(read.participant_sid, "PA_eve");
    let Some(Value::User(inside)) = read.value else {
        panic!("{read:?}")
    };
    assert_eq!(
        (
            inside.participant_identity.as_str(),
            inside.payload.as_slice()
        ),
        ("eve", &b"hi"[..])
    );
    assert_eq!(
        (inside.participant_sid.as_str(), inside.topic.as_deref()),
        ("PA_eve", Some("tea"))
    );
}

#[test]
fn what_newer_clients_add_passes_untouched() {
    let mut packet = user(b"hi", "alice").encode_to_vec();
    put_bytes(&mut packet, 900, b"from next year");
    let after = stamped(&packet);
    assert!(after.starts_with(&packet));
    let fields: Vec<_> = Fields::of(&after).collect();
    assert!(fields.contains(&Some((900, Field::Bytes(b"from next year")))));
}

#[test]
fn a_stream_stays_a_stream() {
    let stream = TextStream {
        stream_id: "s".into(),
        text: "hi".into(),
        ..TextStream::default()
    };
    for packet in stream.packets() {
        let before = wire::DataPacket::decode(packet.as_slice()).unwrap();
        let after = wire::DataPacket::decode(stamped(&packet).as_slice()).unwrap();
        assert_eq!(after.value, before.value);
        assert_eq!(after.participant_identity, "eve");
    }
}

/// The last value of a packet with two is the one that clients read.
#[test]
fn eve_cannot_hide_a_stream_behind_a_user_packet() {
    let mut packet = user(b"hi", "alice").encode_to_vec();
    let header = wire::DataPacket {
        value: Some(Value::StreamHeader(wire::data_stream::Header::default())),
        ..wire::DataPacket::default()
    };
    packet.extend(header.encode_to_vec());
    let read = wire::DataPacket::decode(stamped(&packet).as_slice()).unwrap();
    assert!(
        matches!(read.value, Some(Value::StreamHeader(_))),
        "{read:?}"
    );
}

#[test]
fn what_is_too_much_is_dropped() {
    let long = vec![0; DATA_PACKET_BYTES_MAX + 1];
    assert_eq!(DataHead::read(&long), Err(DataError::TooLong(long.len())));
    assert_eq!(DataHead::read(&[0xff]), Err(DataError::Malformed));
    assert_eq!(
        DataHead::read(&[0x2a, 1, 0xff]),
        Err(DataError::Malformed),
        "not UTF-8"
    );
    let crowd = wire::DataPacket {
        destination_identities: vec!["x".into(); DATA_DESTINATIONS_MAX + 1],
        ..wire::DataPacket::default()
    };
    assert_eq!(
        DataHead::read(&crowd.encode_to_vec()),
        Err(DataError::TooManyDestinations)
    );
}

/// Without this, a new kind of value in livekit-protocol would pass unnoticed as none at all.
#[test]
fn the_field_numbers_are_those_of_the_generated_code() {
    for number in 1..=40 {
        let mut packet = Vec::new();
        put_bytes(&mut packet, number, &[]);
        let is_value = wire::DataPacket::decode(&*packet).is_ok_and(|read| read.value.is_some());
        assert_eq!(is_value, VALUES.contains(&number), "field {number}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(packet: Vec<u8>) {
        if let Ok(head) = DataHead::read(&packet) {
            let stamped = stamp(&packet, &head, "eve", "PA_eve");
            if let Ok(read) = wire::DataPacket::decode(stamped.as_slice()) {
                prop_assert_eq!(read.participant_identity, "eve");
                prop_assert_eq!(read.participant_sid, "PA_eve");
            }
        }
    }

    #[test]
    fn whatever_prost_reads_we_read(identity: String, sequence: u32, to in any::<Vec<String>>()) {
        let packet = wire::DataPacket {
            participant_identity: identity, sequence, destination_identities: to.clone(),
            ..wire::DataPacket::default()
        };
        let head = DataHead::read(&packet.encode_to_vec()).unwrap();
        prop_assert_eq!(head.sequence, sequence);
        prop_assert_eq!(head.destination_identities, to);
    }
}
