//! Finding the transport a datagram is for: by the ICE name in a check, else by its address.

use crate::output::Protocol;
use crate::parts::peer::Side;
use crate::transport::checked_ufrag;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use visio_meeting::ParticipantId;

/// Addresses remembered for one transport: a phone between networks has a few. Reaching it
/// forgets them all; the next check teaches the right one again.
const ADDRESSES_PER_TRANSPORT_MAX: usize = 16;

/// ICE names remembered for one transport: during a restart checks bear the former and the next.
/// Reaching it forgets the oldest.
const UFRAGS_PER_TRANSPORT_MAX: usize = 2;

/// A meeting of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallId(pub(crate) u64);

/// One transport of one participant of one meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Route {
    pub(crate) call: CallId,
    pub(crate) participant: ParticipantId,
    pub(crate) side: Side,
}

/// Which kind of packet a datagram begins like (RFC 7983 section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Stun,
    Other,
    Noise,
}

#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_ufrag: BTreeMap<String, Route>,
    by_address: BTreeMap<(Protocol, SocketAddr), Route>,
    known: BTreeMap<Route, Known>,
}

#[derive(Debug, Default)]
struct Known {
    ufrags: Vec<String>,
    addresses: Vec<(Protocol, SocketAddr)>,
}

/// The kind of a datagram by its first byte (RFC 7983 section 7): STUN, DTLS and SRTP pass.
pub(crate) fn classify(bytes: &[u8]) -> Class {
    match bytes.first() {
        Some(0..=3) => Class::Stun,
        Some(20..=63 | 128..=191) => Class::Other,
        _ => Class::Noise,
    }
}

impl Demux {
    /// The transport that a STUN check names; the transport itself verifies its integrity.
    pub(crate) fn by_check(&self, bytes: &[u8]) -> Option<Route> {
        self.by_ufrag.get(&checked_ufrag(bytes)?).copied()
    }

    pub(crate) fn by_address(&self, protocol: Protocol, source: SocketAddr) -> Option<Route> {
        self.by_address.get(&(protocol, source)).copied()
    }

    /// From now on checks that name `ufrag` are for `route`.
    pub(crate) fn learn_ufrag(&mut self, ufrag: String, route: Route) {
        let known = self.known.entry(route).or_default();
        if known.ufrags.contains(&ufrag) {
            return;
        }
        if known.ufrags.len() >= UFRAGS_PER_TRANSPORT_MAX {
            self.by_ufrag.remove(&known.ufrags.remove(0));
        }
        known.ufrags.push(ufrag.clone());
        self.by_ufrag.insert(ufrag, route);
    }

    /// A valid check came from `source` for `route`. A transport that has that address already
    /// keeps it: a forged source address must not divert another's packets.
    pub(crate) fn learn_address(&mut self, protocol: Protocol, source: SocketAddr, route: Route) {
        let key = (protocol, source);
        if self.by_address.contains_key(&key) {
            return;
        }
        let known = self.known.entry(route).or_default();
        if known.addresses.len() >= ADDRESSES_PER_TRANSPORT_MAX {
            for address in known.addresses.drain(..) {
                self.by_address.remove(&address);
            }
        }
        known.addresses.push(key);
        self.by_address.insert(key, route);
    }

    /// How many ICE names and addresses are known.
    pub(crate) fn known(&self) -> (usize, usize) {
        (self.by_ufrag.len(), self.by_address.len())
    }

    pub(crate) fn forget(&mut self, route: Route) {
        let Some(known) = self.known.remove(&route) else {
            return;
        };
        for ufrag in known.ufrags {
            self.by_ufrag.remove(&ufrag);
        }
        for address in known.addresses {
            self.by_address.remove(&address);
        }
    }

    pub(crate) fn forget_call(&mut self, call: CallId) {
        let routes: Vec<Route> = self
            .known
            .keys()
            .filter(|route| route.call == call)
            .copied()
            .collect();
        for route in routes {
            self.forget(route);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Route = Route {
        call: CallId(1),
        participant: ParticipantId(1),
        side: Side::Publisher,
    };
    const EVE: Route = Route {
        call: CallId(2),
        participant: ParticipantId(1),
        side: Side::Publisher,
    };

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn eve_cannot_take_alices_address_by_forging_it() {
        let mut demux = Demux::default();
        demux.learn_address(Protocol::Udp, address(4000), ALICE);
        demux.learn_address(Protocol::Udp, address(4000), EVE);
        assert_eq!(demux.by_address(Protocol::Udp, address(4000)), Some(ALICE));
        demux.forget(EVE);
        assert_eq!(demux.by_address(Protocol::Udp, address(4000)), Some(ALICE));
    }

    #[test]
    fn a_forgotten_call_leaves_nothing_behind() {
        let mut demux = Demux::default();
        demux.learn_ufrag("alice".to_owned(), ALICE);
        demux.learn_address(Protocol::Udp, address(4000), ALICE);
        demux.forget_call(CallId(1));
        assert_eq!(demux.by_address(Protocol::Udp, address(4000)), None);
        assert!(demux.by_ufrag.is_empty() && demux.known.is_empty());
    }

    #[test]
    fn addresses_of_one_transport_are_bounded() {
        let mut demux = Demux::default();
        for port in 0..1000 {
            demux.learn_address(Protocol::Udp, address(port), ALICE);
        }
        assert!(demux.by_address.len() <= ADDRESSES_PER_TRANSPORT_MAX);
    }

    #[test]
    fn a_client_that_restarts_again_and_again_has_two_names() {
        let mut demux = Demux::default();
        for round in 0..100 {
            demux.learn_ufrag(format!("alice-{round}"), ALICE);
        }
        let names: Vec<&str> = demux.by_ufrag.keys().map(String::as_str).collect();
        assert_eq!(names, ["alice-98", "alice-99"]);
    }

    #[test]
    fn noise_is_distinguished_from_packets_by_its_first_byte() {
        assert_eq!(classify(&[]), Class::Noise);
        assert_eq!(classify(&[0x00, 0x01]), Class::Stun);
        assert_eq!(classify(&[22, 254]), Class::Other);
        assert_eq!(classify(&[0x80]), Class::Other);
        assert_eq!(classify(&[0xff]), Class::Noise);
    }
}
