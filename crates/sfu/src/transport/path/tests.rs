//! Where a connection's packets go, while checks and media come from here and there.

use super::*;
use crate::transport::dtls;

const PASSWORD: &str = "a password of 22 letters";
const DESCRIPTION: &str = "v=0\r\na=ice-ufrag:bob\r\na=ice-pwd:a password of 22 letters\r\n";

fn at(port: u16) -> Place {
    Place {
        protocol: Protocol::Udp,
        local: SocketAddr::from(([192, 0, 2, 1], 7882)),
        remote: SocketAddr::from(([198, 51, 100, 7], port)),
    }
}

fn datagram(from: Place, bytes: &[u8]) -> Datagram<'_> {
    Datagram {
        protocol: from.protocol,
        source: from.remote,
        destination: from.local,
        bytes,
    }
}

/// Bob's path, and the moment; he is at port 4000 and has been heard there just now.
struct Rig {
    now: Instant,
    path: Path,
}

impl Rig {
    #[expect(
        clippy::disallowed_methods,
        reason = "any moment will do: only differences to it matter"
    )]
    fn new() -> Self {
        let mut path = Path::new(Arc::new(dtls::provider()), [7; 32]);
        path.describe("server".to_owned(), DESCRIPTION);
        let mut rig = Self {
            now: Instant::now(),
            path,
        };
        assert_eq!(rig.place(4000), at(4000));
        rig.media(4000);
        rig
    }

    /// Where a packet goes while ICE has selected a port.
    fn place(&mut self, selected: u16) -> Place {
        self.path.place(self.now, at(selected))
    }

    fn media(&mut self, port: u16) {
        let packet = [0x80; 120];
        let datagram = datagram(at(port), &packet);
        self.path.media_came(self.now, &datagram, true);
    }

    fn nominate(&mut self, port: u16) {
        let (id, priority) = (TransId::new(), PRIORITY);
        let name = "server:bob and some more of it";
        let check = StunMessage::binding_request(name, id, true, 1, priority, true);
        let bytes = bytes(check, "whatever");
        self.path.check_came(self.now, &datagram(at(port), &bytes));
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }

    /// The check that was sent, if it went to `port`.
    fn asked(&mut self, port: u16) -> Option<Vec<u8>> {
        let packet = self.path.poll()?;
        assert_eq!(packet.destination, at(port).remote);
        Some(packet.bytes)
    }

    fn answer(&mut self, check: &[u8], port: u16, password: &str) -> bool {
        let id = StunMessage::parse(check).unwrap().trans_id();
        let reply = StunMessage::binding_reply(id, at(port).local);
        let bytes = bytes(reply, password);
        self.path.answer_came(self.now, &datagram(at(port), &bytes))
    }
}

fn bytes(message: StunMessage<'_>, password: &str) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    let hmac = dtls::provider().sha1_hmac_provider;
    let length = message
        .to_bytes(Some(password.as_bytes()), &mut bytes, |key, parts| {
            hmac.sha1_hmac(key, parts)
        })
        .unwrap();
    bytes.truncate(length);
    bytes
}

#[test]
fn who_sends_media_from_elsewhere_is_followed_once_they_have_answered() {
    let mut bob = Rig::new();
    bob.media(5000);
    let check = bob.asked(5000).unwrap();
    assert_eq!(bob.place(4000), at(4000), "not before");
    assert!(bob.answer(&check, 5000, PASSWORD));
    assert_eq!(bob.place(4000), at(5000));
    assert!(
        !bob.answer(&check, 5000, PASSWORD),
        "nothing is asked any more"
    );
}

#[test]
fn an_answer_that_is_forged_or_comes_from_elsewhere_moves_nothing() {
    let mut bob = Rig::new();
    bob.media(5000);
    let check = bob.asked(5000).unwrap();
    assert!(!bob.answer(&check, 5000, "another password"));
    assert!(!bob.answer(&check, 6000, PASSWORD));
    let mut other = check.clone();
    other[8] ^= 1;
    assert!(!bob.answer(&other, 5000, PASSWORD), "another identifier");
    assert_eq!(bob.place(4000), at(4000));
}

#[test]
fn who_only_listens_is_followed_when_nothing_comes_from_where_they_were() {
    let mut bob = Rig::new();
    bob.nominate(5000);
    let check = bob.asked(5000).unwrap();
    assert!(bob.answer(&check, 5000, PASSWORD));
    assert_eq!(bob.place(4000), at(4000), "both are there");
    bob.pass(300);
    assert_eq!(bob.place(4000), at(5000));
}

#[test]
fn no_more_is_asked_than_three_times_what_has_come() {
    let mut bob = Rig::new();
    let short = [0x80; 20];
    for _ in 0..10 {
        let datagram = datagram(at(5000), &short);
        bob.path.media_came(bob.now, &datagram, true);
        bob.pass(100);
    }
    let sent: usize = std::iter::from_fn(|| bob.asked(5000))
        .map(|check| check.len())
        .sum();
    assert!(sent > 200 && sent <= 600, "{sent} octets for 200");
}

#[test]
fn a_check_is_repeated_and_none_is_sent_to_who_has_answered() {
    let mut bob = Rig::new();
    bob.media(5000);
    let first = bob.asked(5000).unwrap();
    bob.media(5000);
    assert_eq!(bob.asked(5000), None, "one is underway");
    bob.pass(100);
    bob.media(5000);
    assert_eq!(bob.asked(5000), Some(first.clone()));
    assert!(bob.answer(&first, 5000, PASSWORD));
    bob.media(5000);
    assert_eq!(bob.asked(5000), None);
}

#[test]
fn ice_that_selects_anew_is_not_followed_while_they_are_heard() {
    let mut bob = Rig::new();
    assert_eq!(
        bob.place(6000),
        at(4000),
        "a check may come from any address"
    );
    bob.pass(10_000);
    assert_eq!(bob.place(6000), at(6000), "they are not there any more");
}

#[test]
fn where_nothing_comes_from_is_no_candidate_for_long() {
    let mut bob = Rig::new();
    bob.nominate(5000);
    let check = bob.asked(5000).unwrap();
    assert!(bob.answer(&check, 5000, PASSWORD));
    for _ in 0..40 {
        bob.pass(100);
        bob.media(4000);
    }
    bob.pass(400);
    assert_eq!(bob.place(4000), at(4000), "that was long ago");
    bob.media(6000);
    assert!(bob.asked(6000).is_some());
    bob.pass(4_000);
    bob.nominate(7000);
    assert!(
        bob.asked(7000).is_some(),
        "media has not come for long from the other"
    );
}

#[test]
fn each_candidate_is_asked_by_another_name() {
    let mut bob = Rig::new();
    let ids: Vec<TransId> = (5000..5005)
        .map(|port| {
            bob.media(port);
            let check = bob.asked(port).unwrap();
            StunMessage::parse(&check).unwrap().trans_id()
        })
        .collect();
    assert!(ids.windows(2).all(|two| two[0] != two[1]));
}
