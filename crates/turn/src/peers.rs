//! Who may be relayed to: the media workers' own sockets and nobody else (RFC 8656 section 21.2).

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Of a relayed address and of the peers that it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

impl Family {
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// Where a machine without any other address has one.
    fn loopback(self) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::LOCALHOST.into(),
            Self::V6 => Ipv6Addr::LOCALHOST.into(),
        }
    }
}

/// The addresses that clients are told of the workers' UDP sockets, each with where it leads to on this
/// machine.
#[derive(Debug)]
pub struct Peers {
    leads_to: BTreeMap<SocketAddr, SocketAddr>,
    home_v4: IpAddr,
    home_v6: IpAddr,
}

impl Peers {
    /// `told` to clients; those that are not this machine's `own` (it stands behind NAT) lead to the
    /// same port of its home, where the workers listen too.
    pub fn new(told: impl IntoIterator<Item = SocketAddr>, own: &[IpAddr]) -> Self {
        let told: BTreeSet<SocketAddr> = told.into_iter().collect();
        let [home_v4, home_v6] = [Family::V4, Family::V6].map(|family| home(family, &told, own));
        let mut peers = Self {
            leads_to: BTreeMap::new(),
            home_v4,
            home_v6,
        };
        for peer in told {
            let leads_to = match own.contains(&peer.ip()) {
                true => peer,
                false => SocketAddr::new(peers.home(Family::of(peer.ip())), peer.port()),
            };
            peers.leads_to.insert(peer, leads_to);
        }
        peers
    }

    /// The address of the sockets of allocations. The workers see it as what the client is told that its
    /// relayed address is: else ICE would take the relay for a way of another kind, and prefer it to direct
    /// ones over TCP.
    pub fn home(&self, family: Family) -> IpAddr {
        match family {
            Family::V4 => self.home_v4,
            Family::V6 => self.home_v6,
        }
    }

    /// Where a peer is; `None` for all the world but the workers. Other ways to write an address of
    /// theirs (mapped, translated) are not theirs.
    pub fn leads_to(&self, peer: SocketAddr) -> Option<SocketAddr> {
        self.leads_to.get(&peer).copied()
    }

    /// Whether some permission for an address may be given. A port of zero says that only the
    /// address is meant.
    pub(crate) fn admits(&self, peer: SocketAddr) -> bool {
        match peer.port() {
            0 => self.leads_to.keys().any(|one| one.ip() == peer.ip()),
            _ => self.leads_to.contains_key(&peer),
        }
    }

    /// What a client has that names no family: workers of IPv6 alone are reached by IPv6.
    pub(crate) fn default_family(&self) -> Family {
        match self.has(Family::V4) {
            true => Family::V4,
            false => Family::V6,
        }
    }

    pub(crate) fn has(&self, family: Family) -> bool {
        let mut all = self.leads_to.keys();
        all.any(|peer| Family::of(peer.ip()) == family)
    }
}

/// An address of this machine, one that clients are told if there is one. Some clients refuse loopback.
fn home(family: Family, told: &BTreeSet<SocketAddr>, own: &[IpAddr]) -> IpAddr {
    let fits = |ip: &IpAddr| {
        let is_link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        Family::of(*ip) == family && !ip.is_loopback() && !is_link_local
    };
    let all = own.iter().copied().filter(fits);
    let is_told = |ip: &IpAddr| told.iter().any(|peer| peer.ip() == *ip);
    let home = all.clone().find(is_told).or_else(|| all.min());
    home.unwrap_or(family.loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home_of(told: &str, own: &[&str], family: Family) -> String {
        let own: Vec<IpAddr> = own.iter().map(|ip| ip.parse().unwrap()).collect();
        let peers = Peers::new([told.parse().unwrap()], &own);
        peers.home(family).to_string()
    }

    #[test]
    fn allocations_are_at_an_address_that_this_machine_has() {
        let own = [
            "127.0.0.1",
            "10.0.0.5",
            "192.0.2.5",
            "::1",
            "fe80::1",
            "2001:db8::5",
        ];
        assert_eq!(home_of("192.0.2.5:1", &own, Family::V4), "192.0.2.5");
        assert_eq!(
            home_of("203.0.113.9:1", &own, Family::V4),
            "10.0.0.5",
            "behind NAT"
        );
        assert_eq!(home_of("192.0.2.5:1", &own, Family::V6), "2001:db8::5");
        assert_eq!(
            home_of("127.0.0.1:1", &["127.0.0.1"], Family::V4),
            "127.0.0.1"
        );
        assert_eq!(
            home_of("127.0.0.1:1", &["::1", "fe80::1"], Family::V6),
            "::1"
        );
    }
}
