//! Stories of clients at the relay: Bob is let in, Eve relays to nobody.

use crate::auth::REALM;
use crate::key::Key;
use crate::peers::{Family, Peers};
use crate::session::{Relay, Session, Step};
use crate::stun::{self, Attribute, Class, Message, Method, Writer};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What clients are told: an address of this machine, one of a NAT before it, and one of IPv6.
const WORKER: &str = "192.0.2.5:7882";
const BEHIND_NAT: &str = "203.0.113.9:7883";
const WORKER_V6: &str = "[2001:db8::5]:7882";
const TOLD: [&str; 4] = [WORKER, BEHIND_NAT, WORKER_V6, "127.0.0.1:7882"];
const RELAYED: &str = "192.0.2.5:50000";
const RELAYED_V6: &str = "[2001:db8::5]:50000";

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn key() -> Key {
    Key::new("bob", REALM, "password")
}

struct Client {
    relay: Relay,
    session: Session,
    now: Instant,
    nonce: Vec<u8>,
    username: &'static str,
    key: Key,
    transaction: u8,
}

#[derive(Debug, PartialEq)]
enum Said {
    Success,
    Error(u16),
    Nothing,
    ToPeer(SocketAddr, Vec<u8>),
}

impl Client {
    /// Knows a nonce already.
    fn new() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "any moment does, and there is no other way to one"
        )]
        let now = Instant::now();
        let own = ["192.0.2.5", "2001:db8::5", "127.0.0.1", "::1"].map(|ip| ip.parse().unwrap());
        let peers = Peers::new(TOLD.map(at), &own);
        let mut client = Self {
            relay: Relay::new(now, &[7; 32], peers),
            session: Session::new(at("198.51.100.2:4000")),
            now,
            nonce: Vec::new(),
            username: "bob",
            key: key(),
            transaction: 0,
        };
        let plain = Writer::new(Class::Request, Method::ALLOCATE, [9; 12]).finish(None);
        let challenge = client.answer(&plain);
        let challenge = Message::parse(&challenge).unwrap();
        client.nonce = challenge.attribute(Attribute::NONCE).unwrap().to_vec();
        assert_eq!(challenge.error_code(), Some(stun::UNAUTHENTICATED));
        client
    }

    fn handle<'a>(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let accounts = |name: &str| (name == "bob" || name == "carol").then(key);
        self.session.handle(self.now, &self.relay, &accounts, bytes)
    }

    fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        match self.handle(bytes) {
            Step::Answer(answer) | Step::Release(answer) | Step::Refused { answer, .. } => answer,
            other => panic!("{other:?}"),
        }
    }

    fn message(&mut self, method: Method, attributes: impl Fn(Writer) -> Writer) -> Vec<u8> {
        self.transaction += 1;
        let writer = Writer::new(Class::Request, method, [self.transaction; 12]);
        attributes(writer)
            .attribute(Attribute::USERNAME, self.username.as_bytes())
            .attribute(Attribute::REALM, REALM.as_bytes())
            .attribute(Attribute::NONCE, &self.nonce)
            .finish(Some(&self.key))
    }

    /// Sends a request and does what the owner of the sockets does.
    fn ask(&mut self, method: Method, attributes: impl Fn(Writer) -> Writer) -> Said {
        let request = self.message(method, attributes);
        self.tell(&request)
    }

    fn tell(&mut self, bytes: &[u8]) -> Said {
        let (now, bytes) = (self.now, bytes.to_vec());
        let answer = match self.handle(&bytes) {
            Step::Answer(answer) | Step::Release(answer) | Step::Refused { answer, .. } => answer,
            Step::Allocate(wanted) => {
                let relayed = match wanted.family {
                    Family::V4 => RELAYED,
                    Family::V6 => RELAYED_V6,
                };
                self.session.allocated(now, wanted, at(relayed))
            }
            Step::ToPeer { to, data } => return Said::ToPeer(to, data.to_vec()),
            Step::Nothing => return Said::Nothing,
        };
        let answer = Message::parse(&answer).unwrap();
        match answer.error_code() {
            Some(code) => Said::Error(code),
            None => {
                assert!(answer.is_made_with(&self.key));
                Said::Success
            }
        }
    }

    fn allocate(&mut self) -> Said {
        self.ask(Method::ALLOCATE, udp)
    }

    fn permit(&mut self, peer: SocketAddr) -> Said {
        self.ask(Method::CREATE_PERMISSION, |writer| {
            writer.address(Attribute::XOR_PEER_ADDRESS, peer)
        })
    }

    fn bind(&mut self, number: u16, peer: SocketAddr) -> Said {
        self.ask(Method::CHANNEL_BIND, |writer| {
            writer
                .attribute(Attribute::CHANNEL_NUMBER, &channel(number))
                .address(Attribute::XOR_PEER_ADDRESS, peer)
        })
    }

    fn send(&mut self, peer: SocketAddr) -> Said {
        let indication = Writer::new(Class::Indication, Method::SEND, [1; 12])
            .address(Attribute::XOR_PEER_ADDRESS, peer)
            .attribute(Attribute::DATA, b"hello")
            .finish(None);
        self.tell(&indication)
    }

    fn hears(&self, source: &str) -> Option<Vec<u8>> {
        self.session.from_peer(self.now, at(source), b"hello")
    }
}

fn udp(writer: Writer) -> Writer {
    writer.attribute(Attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
}

fn udp_v6(writer: Writer) -> Writer {
    udp(writer).attribute(Attribute::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0])
}

fn channel(number: u16) -> [u8; 4] {
    let [n0, n1] = number.to_be_bytes();
    [n0, n1, 0, 0]
}

#[test]
fn bob_talks_to_his_worker_by_indications_and_by_a_channel() {
    let mut bob = Client::new();
    assert_eq!(bob.send(at(WORKER)), Said::Nothing, "nothing is his yet");
    assert_eq!(bob.allocate(), Said::Success);
    assert_eq!(bob.send(at(WORKER)), Said::Nothing, "no permission");
    assert_eq!(bob.hears(WORKER), None);
    assert_eq!(bob.permit(at(WORKER)), Said::Success);
    let sent = Said::ToPeer(at(WORKER), b"hello".to_vec());
    assert_eq!(bob.send(at(WORKER)), sent);
    let heard = bob.hears(WORKER).unwrap();
    let heard = Message::parse(&heard).unwrap();
    assert_eq!(
        (heard.class, heard.method),
        (Class::Indication, Method::DATA)
    );
    let peer = heard.attribute(Attribute::XOR_PEER_ADDRESS).unwrap();
    assert_eq!(heard.address(peer), Some(at(WORKER)));
    assert_eq!(heard.attribute(Attribute::DATA), Some(&b"hello"[..]));
    assert_eq!(bob.hears("192.0.2.5:7883"), None, "not of somebody else");

    assert_eq!(bob.bind(0x4001, at(WORKER)), Said::Success);
    assert_eq!(bob.tell(b"\x40\x01\0\x05hello\0\0\0"), sent);
    assert_eq!(
        bob.tell(b"\x40\x02\0\x05hello"),
        Said::Nothing,
        "no such channel"
    );
    assert_eq!(bob.tell(b"\x40\x01\0\x05hell"), Said::Nothing, "too short");
    assert_eq!(bob.hears(WORKER).unwrap(), b"\x40\x01\0\x05hello");
}

#[test]
fn a_worker_behind_nat_is_reached_on_this_machine_and_keeps_its_name() {
    let mut bob = Client::new();
    bob.allocate();
    assert_eq!(bob.bind(0x4001, at(BEHIND_NAT)), Said::Success);
    let sent = Said::ToPeer(at("192.0.2.5:7883"), b"hello".to_vec());
    assert_eq!(bob.send(at(BEHIND_NAT)), sent);
    assert_eq!(bob.hears("192.0.2.5:7883").unwrap(), b"\x40\x01\0\x05hello");
}

/// Other addresses of this machine, of its network, of everybody, and all the ways to write an address
/// of IPv4 as one of IPv6 (RFC 4291, 6052, 3056, 4380, 5214).
const FORBIDDEN: &[&str] = &[
    "0.0.0.0:7882",
    "0.0.0.1:7882",
    "127.0.0.1:22",
    "127.0.0.1:7883",
    "127.0.0.2:7882",
    "127.255.255.254:7882",
    "10.0.0.1:80",
    "172.16.0.1:80",
    "192.168.1.1:80",
    "100.64.0.1:80",
    "169.254.169.254:80",
    "192.0.2.5:80",
    "192.0.2.5:7881",
    "192.0.2.5:7883",
    "203.0.113.9:7882",
    "198.51.100.7:443",
    "8.8.8.8:53",
    "192.0.0.1:80",
    "198.18.0.1:80",
    "224.0.0.1:7882",
    "239.255.255.250:1900",
    "240.0.0.1:7882",
    "255.255.255.255:7882",
    "[::]:7882",
    "[::1]:7882",
    "[::1]:22",
    "[::127.0.0.1]:7882",
    "[::192.0.2.5]:7882",
    "[::ffff:127.0.0.1]:7882",
    "[::ffff:192.0.2.5]:7882",
    "[::ffff:0.0.0.0]:7882",
    "[::ffff:0:192.0.2.5]:7882",
    "[64:ff9b::127.0.0.1]:7882",
    "[64:ff9b::192.0.2.5]:7882",
    "[64:ff9b:1::192.0.2.5]:7882",
    "[2002:7f00:1::]:7882",
    "[2002:c000:205::1]:7882",
    "[2001:0:c000:205::1]:7882",
    "[2001:db8::5efe:192.0.2.5]:7882",
    "[2001:db8::5]:22",
    "[2001:db8::6]:7882",
    "[fe80::1]:7882",
    "[fc00::1]:7882",
    "[fd00::1]:7882",
    "[ff02::1]:7882",
    "[100::1]:7882",
    "[2606:4700:4700::1111]:53",
];

#[test]
fn cve_31_eve_relays_to_nobody_but_the_workers() {
    for (family, worker) in [(udp as fn(Writer) -> Writer, WORKER), (udp_v6, WORKER_V6)] {
        for peer in FORBIDDEN {
            let mut eve = Client::new();
            assert_eq!(eve.ask(Method::ALLOCATE, family), Said::Success);
            // She has a permission for a worker, and tries to make more of it.
            assert_eq!(eve.permit(at(worker)), Said::Success);
            let forbidden = Said::Error(stun::FORBIDDEN);
            assert_eq!(eve.permit(at(peer)), forbidden, "a permission for {peer}");
            assert_eq!(eve.bind(0x4001, at(peer)), forbidden, "a channel to {peer}");
            assert_eq!(eve.send(at(peer)), Said::Nothing, "a packet to {peer}");
            assert_eq!(eve.hears(peer), None, "a packet of {peer}");
            let both = eve.ask(Method::CREATE_PERMISSION, |writer| {
                writer
                    .address(Attribute::XOR_PEER_ADDRESS, at(worker))
                    .address(Attribute::XOR_PEER_ADDRESS, at(peer))
            });
            assert_eq!(both, forbidden, "{peer} beside a worker");
            assert!(matches!(eve.send(at(worker)), Said::ToPeer(..)));
        }
    }
}

#[test]
fn a_permission_may_be_asked_for_an_address_without_a_port() {
    let mut bob = Client::new();
    bob.allocate();
    assert_eq!(bob.permit(at("192.0.2.5:0")), Said::Success);
    assert_eq!(bob.permit(at("192.0.2.6:0")), Said::Error(stun::FORBIDDEN));
    assert!(matches!(bob.send(at(WORKER)), Said::ToPeer(..)));
    assert_eq!(bob.send(at("192.0.2.5:0")), Said::Nothing);
    assert_eq!(
        bob.bind(0x4001, at("192.0.2.5:0")),
        Said::Error(stun::BAD_REQUEST)
    );
}

#[test]
fn an_allocation_reaches_workers_of_its_own_family() {
    let mut bob = Client::new();
    bob.allocate();
    let mismatch = Said::Error(stun::PEER_ADDRESS_FAMILY_MISMATCH);
    assert_eq!(bob.permit(at(WORKER_V6)), mismatch);
    assert_eq!(bob.ask(Method::REFRESH, udp_v6), mismatch);
    let of_v6 = Peers::new([at(WORKER_V6)], &[]);
    bob = Client::new();
    bob.relay.peers = of_v6;
    assert_eq!(bob.allocate(), Said::Success, "where there is no IPv4");
    assert_eq!(bob.permit(at(WORKER_V6)), Said::Success);
}

#[test]
fn who_does_not_know_the_password_gets_nothing() {
    let mut eve = Client::new();
    eve.key = Key::new("bob", REALM, "guess");
    assert_eq!(eve.allocate(), Said::Error(stun::UNAUTHENTICATED));
    (eve.key, eve.username) = (key(), "nobody");
    assert_eq!(eve.allocate(), Said::Error(stun::UNAUTHENTICATED));
    eve.username = "bob";
    let nonce = std::mem::replace(&mut eve.nonce, b"0000000000000000".to_vec());
    assert_eq!(eve.allocate(), Said::Error(stun::STALE_NONCE));
    eve.nonce = nonce;
    assert_eq!(eve.allocate(), Said::Success);
    let without_name = Writer::new(Class::Request, Method::REFRESH, [1; 12]).finish(Some(&key()));
    assert_eq!(eve.tell(&without_name), Said::Error(stun::BAD_REQUEST));
    // Carol's genuine credential does not make Bob's allocation hers.
    eve.username = "carol";
    for method in [Method::REFRESH, Method::CREATE_PERMISSION, Method::ALLOCATE] {
        assert_eq!(eve.ask(method, udp), Said::Error(stun::WRONG_CREDENTIALS));
    }
}

#[test]
fn an_old_nonce_is_replaced_and_the_call_goes_on() {
    let mut bob = Client::new();
    bob.allocate();
    for _ in 0..12 {
        bob.now += Duration::from_secs(500);
        let asked = bob.message(Method::REFRESH, |writer| writer);
        let answer = bob.answer(&asked);
        let answer = Message::parse(&answer).unwrap();
        if answer.error_code() == Some(stun::STALE_NONCE) {
            bob.nonce = answer.attribute(Attribute::NONCE).unwrap().to_vec();
            assert_eq!(bob.ask(Method::REFRESH, |writer| writer), Said::Success);
            return;
        }
    }
    panic!("the nonce never got old");
}

#[test]
fn an_allocation_ends_when_it_is_given_back_or_forgotten() {
    let mut bob = Client::new();
    let asked = bob.message(Method::ALLOCATE, udp);
    assert_eq!(bob.tell(&asked), Said::Success);
    assert_eq!(bob.tell(&asked), Said::Success, "the answer was lost");
    assert_eq!(bob.allocate(), Said::Error(stun::ALLOCATION_MISMATCH));
    let given_back = |writer: Writer| writer.attribute(Attribute::LIFETIME, &[0; 4]);
    let asked = bob.message(Method::REFRESH, given_back);
    assert!(matches!(bob.handle(&asked), Step::Release(_)));
    assert_eq!(bob.session.expires_at(), None);
    assert_eq!(
        bob.ask(Method::REFRESH, given_back),
        Said::Error(stun::ALLOCATION_MISMATCH)
    );

    assert_eq!(bob.allocate(), Said::Success);
    bob.permit(at(WORKER));
    bob.now += crate::LIFETIME;
    assert_eq!(bob.send(at(WORKER)), Said::Nothing);
    assert_eq!(bob.session.expires_at(), None);
}

#[test]
fn permissions_and_channels_end_unless_they_are_refreshed() {
    let mut bob = Client::new();
    bob.allocate();
    bob.permit(at(WORKER));
    bob.send(at(WORKER));
    bob.now += Duration::from_secs(299);
    assert!(bob.hears(WORKER).is_some());
    bob.now += Duration::from_secs(1);
    assert_eq!(
        (bob.send(at(WORKER)), bob.hears(WORKER)),
        (Said::Nothing, None)
    );

    assert_eq!(bob.bind(0x4001, at(WORKER)), Said::Success);
    assert_eq!(bob.bind(0x4002, at(WORKER)), Said::Error(stun::BAD_REQUEST));
    assert_eq!(
        bob.bind(0x4001, at(BEHIND_NAT)),
        Said::Error(stun::BAD_REQUEST)
    );
    assert_eq!(
        bob.bind(0x3fff, at(BEHIND_NAT)),
        Said::Error(stun::BAD_REQUEST)
    );
    assert_eq!(
        bob.bind(0x5000, at(BEHIND_NAT)),
        Said::Error(stun::BAD_REQUEST)
    );
    bob.ask(Method::REFRESH, |writer| writer);
    bob.now += Duration::from_secs(590);
    bob.ask(Method::REFRESH, |writer| writer);
    bob.permit(at(WORKER));
    assert!(matches!(bob.tell(b"\x40\x01\0\x01x"), Said::ToPeer(..)));
    bob.now += Duration::from_secs(10);
    assert_eq!(bob.tell(b"\x40\x01\0\x01x"), Said::Nothing);
    assert_eq!(bob.bind(0x4001, at(BEHIND_NAT)), Said::Success);
}

#[test]
fn what_is_not_understood_or_not_offered_is_refused() {
    let mut bob = Client::new();
    let tcp = |writer: Writer| writer.attribute(Attribute::REQUESTED_TRANSPORT, &[6, 0, 0, 0]);
    let even_port = |writer: Writer| udp(writer).attribute(Attribute(0x0018), &[0]);
    let third_family =
        |writer: Writer| udp(writer).attribute(Attribute::REQUESTED_ADDRESS_FAMILY, &[3, 0, 0, 0]);
    for (attributes, code) in [
        (tcp as fn(Writer) -> Writer, stun::UNSUPPORTED_TRANSPORT),
        (|writer| writer, stun::BAD_REQUEST),
        (even_port, stun::UNKNOWN_ATTRIBUTE),
        (third_family, stun::ADDRESS_FAMILY_NOT_SUPPORTED),
    ] {
        assert_eq!(bob.ask(Method::ALLOCATE, attributes), Said::Error(code));
    }
    // RFC 6062: Connect and ConnectionBind.
    for method in [Method(0x00a), Method(0x00b), Method::SEND, Method::DATA] {
        assert_eq!(bob.ask(method, udp), Said::Nothing);
    }
    assert_eq!(bob.allocate(), Said::Success);
    assert_eq!(
        bob.ask(Method::CREATE_PERMISSION, udp),
        Said::Error(stun::BAD_REQUEST)
    );
}

#[test]
fn a_stranger_is_answered_with_three_times_what_he_sent_at_most() {
    let mut eve = Client::new();
    for method in [
        Method::BINDING,
        Method::ALLOCATE,
        Method::REFRESH,
        Method::CHANNEL_BIND,
    ] {
        let asked = Writer::new(Class::Request, method, [1; 12]).finish(None);
        let answer = eve.answer(&asked);
        assert!(
            answer.len() <= 3 * asked.len(),
            "{method:?}: {}",
            answer.len()
        );
    }
}
