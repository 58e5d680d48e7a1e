//! Data packets: whatever a sender claims, the receivers read who really sent it, and nothing that the
//! sender may not say.

use prost::Message as _;
use visio_protocol::data::{Authority, InboundData};
use visio_protocol::ids::ParticipantSid;
use visio_protocol::names::Identity;
use visio_protocol::wire::data_packet::Value;
use visio_protocol::wire::{DataPacket, UserPacket, data_stream};

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "data",
    seeds,
    check,
    share: 1,
};

const SENDER: (&str, &str) = ("eve", "PA_eveeveeveeve");

#[expect(
    deprecated,
    reason = "older clients name sender and receivers in the user packet"
)]
fn seeds() -> Vec<Vec<u8>> {
    let user = UserPacket {
        payload: b"hello".to_vec(),
        topic: Some("chat".to_owned()),
        destination_identities: vec!["bob".to_owned()],
        participant_identity: "alice".to_owned(),
        ..Default::default()
    };
    let header = data_stream::Header {
        stream_id: "s".to_owned(),
        topic: "lk.transcription".to_owned(),
        attributes: [("visio.certain_chars".to_owned(), "3".to_owned())].into(),
        content_header: Some(data_stream::header::ContentHeader::ByteHeader(
            data_stream::ByteHeader {
                name: "minutes\u{202E}fdp.exe".to_owned(),
            },
        )),
        ..Default::default()
    };
    let chunk = data_stream::Chunk {
        stream_id: "s".to_owned(),
        content: vec![1; 40],
        ..Default::default()
    };
    let spoofed = DataPacket {
        participant_identity: "alice".to_owned(),
        participant_sid: "PA_alicealicea".to_owned(),
        sequence: 7,
        value: Some(Value::User(user)),
        ..Default::default()
    };
    let begin = DataPacket {
        value: Some(Value::StreamHeader(header)),
        ..Default::default()
    };
    let stream = DataPacket {
        destination_identities: vec!["bob".to_owned(), "carol".to_owned()],
        value: Some(Value::StreamChunk(chunk)),
        ..Default::default()
    };
    [spoofed, begin, stream]
        .iter()
        .map(DataPacket::encode_to_vec)
        .collect()
}

fn check(input: &[u8]) {
    check_unlabelled(input);
    let Ok(inbound) = InboundData::read(input) else {
        return;
    };
    let sid = ParticipantSid::parse(SENDER.1);
    let stamped = sid.map(|sid| inbound.stamped(&Identity::new(SENDER.0), &sid));
    let stamped = stamped.unwrap_or_default();
    let packet = DataPacket::decode(stamped.as_slice());
    assert!(packet.is_ok(), "a receiver cannot read what is forwarded");
    let packet = packet.unwrap_or_default();
    let read = InboundData::read(&packet.encode_to_vec());
    assert!(
        read.is_ok_and(|read| read.authority == inbound.authority && read.stream == inbound.stream),
        "receivers read another packet than was checked"
    );
    assert_eq!(
        packet.participant_identity, SENDER.0,
        "a sender could hide behind another's identity"
    );
    assert_eq!(
        packet.participant_sid, SENDER.1,
        "a sender could hide behind another's sid"
    );
    let mut named = packet.destination_identities.clone();
    #[expect(
        deprecated,
        reason = "older clients read the sender and name the receivers here"
    )]
    if let Some(Value::User(user)) = &packet.value {
        assert_eq!(
            user.participant_identity, SENDER.0,
            "the older field names another sender"
        );
        named.extend(user.destination_identities.clone());
    }
    // Whom the packet names by the last word is among those it is sent to, or everybody gets it.
    let everybody =
        inbound.destination_identities.is_empty() && inbound.destination_sids.is_empty();
    assert!(
        everybody
            || named
                .iter()
                .all(|name| inbound.destination_identities.contains(name))
    );
    assert!(
        !everybody || named.is_empty(),
        "a packet for some would go to everybody"
    );
}

/// Bare bytes claim nothing, whatever they are: receivers read them as they came, from who sent them.
fn check_unlabelled(input: &[u8]) {
    let inbound = InboundData::unlabelled(input);
    assert!(inbound.is_ok(), "bare bytes are refused");
    let stamped = inbound
        .ok()
        .zip(ParticipantSid::parse(SENDER.1))
        .map(|(inbound, sid)| {
            assert_eq!(inbound.authority, Authority::Participant);
            assert!(inbound.destination_identities.is_empty() && inbound.stream.is_none());
            inbound.stamped(&Identity::new(SENDER.0), &sid)
        });
    let packet = DataPacket::decode(stamped.unwrap_or_default().as_slice()).unwrap_or_default();
    assert_eq!(packet.participant_identity, SENDER.0);
    assert!(matches!(packet.value, Some(Value::User(user)) if user.payload == input));
}
