//! Data packets: whatever a sender claims, the receivers read who really sent it.

use prost::Message as _;
use visio_protocol::data::{DataHead, stamp};
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
    let stream = DataPacket {
        destination_identities: vec!["bob".to_owned(), "carol".to_owned()],
        value: Some(Value::StreamChunk(chunk)),
        ..Default::default()
    };
    vec![spoofed.encode_to_vec(), stream.encode_to_vec()]
}

fn check(input: &[u8]) {
    let Ok(head) = DataHead::read(input) else {
        return;
    };
    let stamped = stamp(input, &head, SENDER.0, SENDER.1);
    // What the generated code does not understand, no receiver reads either.
    let Ok(packet) = DataPacket::decode(stamped.as_slice()) else {
        return;
    };
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
    let everybody = head.destination_identities.is_empty() && head.destination_sids.is_empty();
    assert!(
        everybody
            || named
                .iter()
                .all(|name| head.destination_identities.contains(name))
    );
    assert!(
        !everybody || named.is_empty(),
        "a packet for some would go to everybody"
    );
}
