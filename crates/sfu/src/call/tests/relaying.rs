//! Data packets between participants: under the true name, to whom they are for.

use super::rig::Rig;
use std::time::Duration;
use visio_protocol::data::InboundData;
use visio_protocol::wire;
use visio_protocol::wire::data_packet::Value;

fn packet(to: &[&str]) -> Vec<u8> {
    use prost::Message as _;
    let user = wire::UserPacket {
        payload: b"hello".to_vec(),
        ..wire::UserPacket::default()
    };
    let packet = wire::DataPacket {
        participant_identity: "the president".to_owned(),
        destination_identities: to.iter().map(|&name| name.to_owned()).collect(),
        sequence: 7,
        value: Some(Value::User(user)),
        ..wire::DataPacket::default()
    };
    packet.encode_to_vec()
}

fn received(rig: &Rig, index: usize) -> Vec<wire::DataPacket> {
    use prost::Message as _;
    let packets = rig.clients[index].data.iter();
    packets
        .map(|bytes| wire::DataPacket::decode(bytes.as_slice()).unwrap())
        .collect()
}

fn payload(packet: wire::DataPacket) -> Vec<u8> {
    match packet.value {
        Some(Value::User(user)) => user.payload,
        other => panic!("{other:?}"),
    }
}

#[test]
fn alice_writes_to_all_under_her_true_name() {
    let mut rig = Rig::new();
    let (alice, bob, carol) = (rig.join("alice"), rig.join("bob"), rig.join("carol"));
    rig.clients[alice].send_data(&packet(&[]));
    rig.pass(Duration::from_millis(200));
    for index in [bob, carol] {
        let packets = received(&rig, index);
        assert_eq!(packets.len(), 1);
        assert_eq!(packets[0].participant_identity, "alice");
    }
    assert!(received(&rig, alice).is_empty(), "not to herself");
}

#[test]
fn alice_writes_to_bob_alone() {
    let mut rig = Rig::new();
    let (alice, bob, carol) = (rig.join("alice"), rig.join("bob"), rig.join("carol"));
    rig.clients[alice].send_data(&packet(&["bob"]));
    rig.pass(Duration::from_millis(200));
    assert_eq!(
        (received(&rig, bob).len(), received(&rig, carol).len()),
        (1, 0)
    );
}

#[test]
fn bytes_that_are_no_packet_reach_nobody() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let nonsense = [0xff; 20];
    assert!(InboundData::read(&nonsense).is_err());
    rig.clients[alice].send_data(&nonsense);
    rig.clients[alice].send_data(&packet(&[]));
    rig.pass(Duration::from_millis(200));
    assert_eq!(received(&rig, bob).len(), 1, "the packet after it arrives");
}

#[test]
fn bare_bytes_on_a_channel_of_alices_own_reach_all_under_her_true_name() {
    let mut rig = Rig::new();
    let (alice, bob, carol) = (rig.join("alice"), rig.join("bob"), rig.join("carol"));
    let own = rig.open_channel(alice, "telemetry");
    // Somebody else's name in a packet of LiveKit's is bytes like any others here.
    let claims = packet(&["bob"]);
    for bytes in [b"21.5", claims.as_slice()] {
        rig.clients[alice].send_on(own, bytes);
    }
    rig.pass(Duration::from_millis(200));
    for index in [bob, carol] {
        let packets = received(&rig, index);
        assert!(
            packets
                .iter()
                .all(|one| one.participant_identity == "alice")
        );
        let payloads: Vec<_> = packets.into_iter().map(payload).collect();
        assert_eq!(payloads, [b"21.5".to_vec(), claims.clone()]);
    }
    assert!(received(&rig, alice).is_empty(), "not to herself");
}

#[test]
fn who_may_send_no_data_sends_no_bare_bytes_either() {
    let mut rig = Rig::new();
    let (alice, eve) = (rig.join("alice"), rig.join("eve"));
    let own = rig.open_channel(eve, "telemetry");
    rig.clients[eve].send_on(own, b"before");
    rig.pass(Duration::from_millis(200));
    rig.forbid_data(eve);
    rig.clients[eve].send_on(own, b"after");
    rig.pass(Duration::from_millis(200));
    assert_eq!(received(&rig, alice).len(), 1);
}
