//! Finding the transport a datagram is for: by the ICE name in a check, else by its address, else by
//! the SSRC of its stream.

use crate::output::Protocol;
use crate::parts::peer::Side;
use crate::transport::checked_ufrag;
use crate::transport::ids::Ssrc;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Bound;
use visio_meeting::ParticipantId;
use visio_rtc::packet::rtp;

/// Addresses remembered for one transport: a phone between networks has a few. Reaching it
/// forgets them all; the next check teaches the right one again.
const ADDRESSES_PER_TRANSPORT_MAX: usize = 16;

/// ICE names remembered for one transport: during a restart checks bear the former and the next.
/// Reaching it forgets the oldest.
const UFRAGS_PER_TRANSPORT_MAX: usize = 2;

/// Streams remembered for one transport: one for each track, layer and resend. Reaching it forgets the
/// oldest: its packets are found by their address alone.
const STREAMS_PER_TRANSPORT_MAX: usize = 64;

/// Transports with a stream of the same SSRC, which clients draw by themselves. Reaching it remembers
/// no more.
const TRANSPORTS_PER_STREAM_MAX: usize = 4;

/// So many transports at one IP address are tried for a packet from a port that nobody is known to have.
/// Of more, the next packet tries others.
const SAME_IP_MAX: usize = 64;

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

#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_ufrag: BTreeMap<String, Route>,
    by_address: BTreeMap<(Protocol, SocketAddr), Route>,
    by_stream: BTreeMap<Ssrc, Vec<Route>>,
    /// Who says to have come to an address that is not theirs, or not yet.
    by_claim: BTreeMap<(Protocol, SocketAddr), Route>,
    known: BTreeMap<Route, Known>,
}

#[derive(Debug, Default)]
struct Known {
    ufrags: Vec<String>,
    addresses: Vec<(Protocol, SocketAddr)>,
    streams: Vec<Ssrc>,
    claim: Option<(Protocol, SocketAddr)>,
}

impl Demux {
    /// The transport that a STUN check names; the transport itself verifies its integrity.
    pub(crate) fn by_check(&self, bytes: &[u8]) -> Option<Route> {
        self.by_ufrag.get(&checked_ufrag(bytes)?).copied()
    }

    pub(crate) fn by_address(&self, protocol: Protocol, source: SocketAddr) -> Option<Route> {
        self.by_address.get(&(protocol, source)).copied()
    }

    /// The transports on which packets of an RTP packet's stream came: whose it is, its tag shows.
    pub(crate) fn by_stream(&self, packet: &[u8]) -> Vec<Route> {
        let routes = rtp::Header::parse(packet)
            .and_then(|header| self.by_stream.get(&Ssrc(header.ssrc)).cloned());
        routes.unwrap_or_default()
    }

    /// Transports that have another port of the same IP address, from `behind` a port on, and the port of the
    /// last of them: a NAT that changes one seldom changes the other.
    pub(crate) fn at_same_ip(
        &self,
        protocol: Protocol,
        source: SocketAddr,
        behind: u16,
    ) -> (Vec<Route>, u16) {
        let at = |port| (protocol, SocketAddr::new(source.ip(), port));
        let later = (Bound::Excluded(at(behind)), Bound::Included(at(u16::MAX)));
        let later = self.by_address.range(later);
        let earlier = self.by_address.range(at(0)..=at(behind));
        let owner = self.by_address(protocol, source);
        let (mut routes, mut last) = (Vec::new(), behind);
        for (&(_, address), &route) in later.chain(earlier) {
            if !routes.contains(&route) && owner != Some(route) {
                routes.push(route);
                last = address.port();
            }
            if routes.len() >= SAME_IP_MAX {
                break;
            }
        }
        (routes, last)
    }

    /// An authentic packet of a stream came on `route`.
    pub(crate) fn learn_stream(&mut self, ssrc: Ssrc, route: Route) {
        let known = self.known.entry(route).or_default();
        let routes = self.by_stream.get(&ssrc).map_or(0, Vec::len);
        if routes >= TRANSPORTS_PER_STREAM_MAX || known.streams.contains(&ssrc) {
            return;
        }
        known.streams.push(ssrc);
        let is_full = known.streams.len() > STREAMS_PER_TRANSPORT_MAX;
        let oldest = is_full.then(|| known.streams.remove(0));
        self.by_stream.entry(ssrc).or_default().push(route);
        if let Some(oldest) = oldest {
            self.forget_stream(oldest, route);
        }
    }

    fn forget_stream(&mut self, ssrc: Ssrc, route: Route) {
        if let Some(routes) = self.by_stream.get_mut(&ssrc) {
            routes.retain(|other| *other != route);
            if routes.is_empty() {
                self.by_stream.remove(&ssrc);
            }
        }
    }

    /// An authentic packet for `route` came from an address that is not known as theirs. They are asked
    /// whether they are there: until they answer, the address stays whose it is.
    pub(crate) fn claim_address(&mut self, protocol: Protocol, source: SocketAddr, route: Route) {
        let known = self.known.entry(route).or_default();
        if let Some(former) = known.claim.replace((protocol, source))
            && self.by_claim.get(&former) == Some(&route)
        {
            self.by_claim.remove(&former);
        }
        self.by_claim.insert((protocol, source), route);
    }

    /// Who says to have come to an address.
    pub(crate) fn by_claim(&self, protocol: Protocol, source: SocketAddr) -> Option<Route> {
        self.by_claim.get(&(protocol, source)).copied()
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

    /// Who was asked has answered from `source`: it is theirs, whoever had it before.
    pub(crate) fn move_address(&mut self, protocol: Protocol, source: SocketAddr, route: Route) {
        let key = (protocol, source);
        if let Some(former) = self.by_address.remove(&key)
            && let Some(known) = self.known.get_mut(&former)
        {
            known.addresses.retain(|address| *address != key);
        }
        self.by_claim.remove(&key);
        self.learn_address(protocol, source, route);
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
        for ssrc in known.streams {
            self.forget_stream(ssrc, route);
        }
        if let Some(claim) = known.claim
            && self.by_claim.get(&claim) == Some(&route)
        {
            self.by_claim.remove(&claim);
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
        demux.learn_stream(Ssrc(7), ALICE);
        demux.claim_address(Protocol::Udp, address(4001), ALICE);
        demux.forget_call(CallId(1));
        assert_eq!(demux.by_address(Protocol::Udp, address(4000)), None);
        assert!(demux.by_ufrag.is_empty() && demux.known.is_empty());
        assert!(demux.by_stream.is_empty() && demux.by_claim.is_empty());
    }

    #[test]
    fn who_has_the_same_ssrc_is_found_too() {
        let packet = [0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7];
        let mut demux = Demux::default();
        assert_eq!(demux.by_stream(&packet), []);
        for route in [ALICE, EVE, ALICE] {
            demux.learn_stream(Ssrc(7), route);
        }
        assert_eq!(demux.by_stream(&packet), [ALICE, EVE]);
        demux.forget(ALICE);
        assert_eq!(demux.by_stream(&packet), [EVE]);
        assert_eq!(demux.by_stream(&[0x80]), [], "no packet");
    }

    #[test]
    fn streams_are_bounded_on_a_transport_and_by_ssrc() {
        let mut demux = Demux::default();
        for ssrc in 0..1000 {
            demux.learn_stream(Ssrc(ssrc), ALICE);
        }
        assert_eq!(demux.by_stream.len(), STREAMS_PER_TRANSPORT_MAX);
        let packet = |ssrc: u32| [&[0x80, 96, 0, 1, 0, 0, 0, 0][..], &ssrc.to_be_bytes()].concat();
        assert_eq!(
            demux.by_stream(&packet(999)),
            [ALICE],
            "the newest are kept"
        );
        assert_eq!(demux.by_stream(&packet(0)), []);
        for participant in 0..10 {
            let participant = ParticipantId(participant);
            demux.learn_stream(Ssrc(7), Route { participant, ..EVE });
        }
        let same = demux.by_stream.get(&Ssrc(7)).unwrap();
        assert_eq!(same.len(), TRANSPORTS_PER_STREAM_MAX);
        demux.forget(ALICE);
        demux.forget_call(EVE.call);
        assert!(demux.by_stream.is_empty());
    }

    #[test]
    fn an_address_moves_to_who_answers_from_there_and_to_nobody_before() {
        let mut demux = Demux::default();
        let at = |demux: &Demux, port| demux.by_address(Protocol::Udp, address(port));
        demux.learn_address(Protocol::Udp, address(4000), EVE);
        for port in 4000..5000 {
            demux.claim_address(Protocol::Udp, address(port), ALICE);
        }
        demux.claim_address(Protocol::Udp, address(4000), ALICE);
        assert_eq!(demux.by_claim.len(), 1, "the last is asked for");
        assert_eq!(at(&demux, 4000), Some(EVE));
        assert_eq!(demux.by_claim(Protocol::Udp, address(4000)), Some(ALICE));
        demux.move_address(Protocol::Udp, address(4000), ALICE);
        assert_eq!(at(&demux, 4000), Some(ALICE));
        demux.forget(EVE);
        assert_eq!(at(&demux, 4000), Some(ALICE));
    }

    #[test]
    fn transports_at_one_ip_address_take_turns() {
        let mut demux = Demux::default();
        let of = |participant| Route {
            participant: ParticipantId(participant),
            ..ALICE
        };
        let elsewhere = SocketAddr::from(([192, 0, 2, 2], 4000));
        demux.learn_address(Protocol::Udp, elsewhere, EVE);
        let at = |port| SocketAddr::new(elsewhere.ip(), port);
        assert_eq!(demux.at_same_ip(Protocol::Udp, at(9), 0), (vec![EVE], 4000));
        let of_eve = demux.at_same_ip(Protocol::Udp, elsewhere, 0);
        assert_eq!(of_eve, (vec![], 0), "it is hers");
        for participant in 0..100 {
            let port = u16::try_from(participant).unwrap() + 4000;
            demux.learn_address(Protocol::Udp, address(port), of(participant));
        }
        let (first, last) = demux.at_same_ip(Protocol::Udp, address(9), 0);
        let (second, _) = demux.at_same_ip(Protocol::Udp, address(9), last);
        assert_eq!((first.len(), second.len()), (SAME_IP_MAX, SAME_IP_MAX));
        let all: std::collections::BTreeSet<Route> = first.into_iter().chain(second).collect();
        assert_eq!(all, (0..100).map(of).collect());
        assert_eq!(demux.at_same_ip(Protocol::Tcp, address(9), 0), (vec![], 0));
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
}
