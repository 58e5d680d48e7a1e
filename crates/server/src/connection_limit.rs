//! How many connections there may be, who holds them, and which one makes room for a newcomer.
//!
//! A connection is idle as long as it has not shown that it is used: no whole request, no valid
//! connectivity check. Idle ones are few, and a newcomer takes the place of the oldest idle one of
//! the address that holds most of them: who opens thousands pushes out their own. A part of all
//! places is kept for addresses that hold few.

use crate::network::network_of;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// How many there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Reaching it makes an idle one leave, or refuses the newcomer if there is none.
    pub(crate) total: usize,
    /// Idle ones. Reaching it makes the oldest of the address that holds most leave.
    pub(crate) idle: usize,
    /// Of one address. Reaching it makes one of its own idle ones leave, or refuses the newcomer.
    pub(crate) per_address: usize,
    /// Of the total, kept for addresses that hold less than [`FEW`].
    pub(crate) reserved: usize,
}

/// An address that holds fewer may take a place that is reserved: a page opens six at once.
const FEW: usize = 8;

/// Names a connection; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConnectionNumber(u64);

/// All connections of one listener. `H` is by what its owner finds one again.
#[derive(Debug)]
pub(crate) struct ConnectionLimit<H> {
    bounds: Bounds,
    last: u64,
    connections: BTreeMap<ConnectionNumber, Connection<H>>,
    networks: BTreeMap<IpAddr, Network>,
    idle: usize,
}

#[derive(Debug)]
struct Connection<H> {
    /// Whose it is: of the address that opened it, or of the client whom a proxy uses it for.
    network: IpAddr,
    opened_by: IpAddr,
    /// When it became idle, in the order of all that happens here; `None` while it is used.
    idle_since: Option<u64>,
    handle: H,
}

#[derive(Debug, Default)]
struct Network {
    total: usize,
    idle: BTreeSet<(u64, ConnectionNumber)>,
}

/// A newcomer that may stay.
#[derive(Debug)]
pub(crate) struct Arrival<H> {
    pub(crate) number: ConnectionNumber,
    /// Has made room: its owner closes it.
    pub(crate) evicted: Option<H>,
}

/// There is no place for the newcomer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl<H> ConnectionLimit<H> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            last: 0,
            connections: BTreeMap::new(),
            networks: BTreeMap::new(),
            idle: 0,
        }
    }

    /// Takes a place for a connection that was just opened. An `unlimited` address brings many
    /// people: a proxy, or this machine itself.
    pub(crate) fn arrive(
        &mut self,
        address: IpAddr,
        unlimited: bool,
        handle: H,
    ) -> Result<Arrival<H>, Full> {
        let network = network_of(address);
        let held = self.networks.get(&network).map_or(0, |one| one.total);
        let total = match held < FEW {
            true => self.bounds.total,
            false => self.bounds.total - self.bounds.reserved,
        };
        let evicted = if held >= self.bounds.per_address && !unlimited {
            Some(self.oldest_idle_of(network).ok_or(Full)?)
        } else if self.connections.len() >= total {
            Some(self.oldest_idle().ok_or(Full)?)
        } else if self.idle >= self.bounds.idle {
            self.oldest_idle()
        } else {
            None
        };
        let evicted = evicted.and_then(|number| self.leave(number));
        self.last += 1;
        let number = ConnectionNumber(self.last);
        let connection = Connection {
            network,
            opened_by: network,
            idle_since: None,
            handle,
        };
        self.connections.insert(number, connection);
        self.networks.entry(network).or_default().total += 1;
        self.idle(number);
        Ok(Arrival { number, evicted })
    }

    /// It is used for a client from here on, and counts as theirs. Refused to a client behind a proxy
    /// who holds their share already.
    pub(crate) fn busy_for(
        &mut self,
        number: ConnectionNumber,
        client: IpAddr,
    ) -> Result<(), Full> {
        let network = network_of(client);
        let Some(connection) = self.connections.get(&number) else {
            return Ok(());
        };
        if connection.network != network {
            let held = self.networks.get(&network).map_or(0, |one| one.total);
            let is_reserved = self.connections.len() > self.bounds.total - self.bounds.reserved;
            if held >= self.bounds.per_address || (held >= FEW && is_reserved) {
                return Err(Full);
            }
        }
        self.busy(number);
        self.give(number, network);
        Ok(())
    }

    /// Counts a connection that is used as another network's.
    fn give(&mut self, number: ConnectionNumber, network: IpAddr) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        debug_assert!(connection.idle_since.is_none(), "an idle one is listed");
        let former = std::mem::replace(&mut connection.network, network);
        self.networks.entry(network).or_default().total += 1;
        self.release(former);
    }

    /// A network has one connection less.
    fn release(&mut self, network: IpAddr) {
        if let Some(known) = self.networks.get_mut(&network) {
            known.total -= 1;
            if known.total == 0 {
                self.networks.remove(&network);
            }
        }
    }

    /// It is used from here on.
    pub(crate) fn busy(&mut self, number: ConnectionNumber) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        let network = self.networks.get_mut(&connection.network);
        if let (Some(since), Some(network)) = (connection.idle_since.take(), network) {
            network.idle.remove(&(since, number));
            self.idle -= 1;
        }
    }

    /// It is not used any more, and may make room: it is again of the address that opened it.
    pub(crate) fn idle(&mut self, number: ConnectionNumber) {
        let Some(connection) = self.connections.get(&number) else {
            return;
        };
        let opened_by = connection.opened_by;
        if connection.network != opened_by {
            self.give(number, opened_by);
        }
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        let network = self.networks.get_mut(&connection.network);
        if let (None, Some(network)) = (connection.idle_since, network) {
            self.last += 1;
            connection.idle_since = Some(self.last);
            network.idle.insert((self.last, number));
            self.idle += 1;
        }
    }

    /// It is closed; nothing happens if it has made room before.
    pub(crate) fn leave(&mut self, number: ConnectionNumber) -> Option<H> {
        self.busy(number);
        let connection = self.connections.remove(&number)?;
        self.release(connection.network);
        Some(connection.handle)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.connections.len()
    }

    fn oldest_idle_of(&self, network: IpAddr) -> Option<ConnectionNumber> {
        let first = self.networks.get(&network)?.idle.first();
        first.map(|&(_, number)| number)
    }

    /// Looks at each network that holds any: as many as there may be idle connections, at most.
    fn oldest_idle(&self) -> Option<ConnectionNumber> {
        let most = self.networks.values().max_by_key(|one| one.idle.len())?;
        most.idle.first().map(|&(_, number)| number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        total: 60,
        idle: 6,
        per_address: 30,
        reserved: 20,
    };

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn limit() -> ConnectionLimit<u8> {
        ConnectionLimit::new(BOUNDS)
    }

    fn arrive(limit: &mut ConnectionLimit<u8>, last: u8) -> Result<Arrival<u8>, Full> {
        limit.arrive(address(last), false, last)
    }

    #[test]
    fn eve_pushes_out_her_own_silent_connections_and_bob_stays() {
        let mut limit = limit();
        arrive(&mut limit, 2).unwrap();
        for _ in 0..5 {
            assert!(arrive(&mut limit, 66).unwrap().evicted.is_none());
        }
        for _ in 0..100 {
            assert_eq!(arrive(&mut limit, 66).unwrap().evicted, Some(66));
        }
        assert_eq!(
            arrive(&mut limit, 3).unwrap().evicted,
            Some(66),
            "Carol is in"
        );
        assert_eq!(limit.len(), BOUNDS.idle);
        assert_eq!(limit.networks.get(&address(2)).unwrap().total, 1, "Bob");
    }

    #[test]
    fn a_connection_in_use_is_never_taken_away() {
        let mut limit = limit();
        let bob = arrive(&mut limit, 2).unwrap().number;
        limit.busy(bob);
        for _ in 0..100 {
            arrive(&mut limit, 2).unwrap();
        }
        assert!(limit.connections.contains_key(&bob));
        limit.idle(bob);
        for _ in 0..=BOUNDS.idle {
            arrive(&mut limit, 2).unwrap();
        }
        assert!(!limit.connections.contains_key(&bob), "he was the oldest");
    }

    #[test]
    fn two_addresses_cannot_take_all_places() {
        let mut limit = limit();
        let mut taken = 0;
        for eve in [66, 67] {
            while let Ok(arrival) = arrive(&mut limit, eve) {
                limit.busy(arrival.number);
                taken += 1;
            }
        }
        assert_eq!(taken, BOUNDS.total - BOUNDS.reserved);
        for last in 0..20 {
            let arrival = arrive(&mut limit, last).unwrap();
            limit.busy(arrival.number);
        }
        assert_eq!(arrive(&mut limit, 50).err(), Some(Full), "that was all");
    }

    #[test]
    fn an_address_has_its_share_and_a_proxy_brings_everybody() {
        let mut limit = limit();
        for _ in 0..BOUNDS.per_address {
            let arrival = arrive(&mut limit, 66).unwrap();
            limit.busy(arrival.number);
        }
        assert_eq!(arrive(&mut limit, 66).err(), Some(Full));
        assert!(limit.arrive(address(66), true, 66).is_ok());
    }

    #[test]
    fn who_comes_through_a_proxy_has_a_share_of_their_own() {
        let mut limit = limit();
        let proxy = address(1);
        let mut through_proxy = |client: u8| {
            let number = limit.arrive(proxy, true, client)?.number;
            let served = limit.busy_for(number, address(client));
            if served.is_err() {
                limit.leave(number);
            }
            served.map(|()| number)
        };
        let mut eve = Vec::new();
        while let Ok(number) = through_proxy(66) {
            eve.push(number);
        }
        assert_eq!(eve.len(), BOUNDS.per_address);
        let bob = through_proxy(2).unwrap();
        for client in 67..69 {
            while through_proxy(client).is_ok() {}
        }
        assert!(through_proxy(3).is_ok(), "there is a place for Carol");
        // What Bob's request is answered on is the proxy's again, for anybody's next one.
        limit.idle(bob);
        assert_eq!(limit.busy_for(bob, address(66)), Err(Full));
        assert_eq!(limit.busy_for(bob, address(4)), Ok(()));
        assert!(!limit.networks.contains_key(&address(2)));
    }

    #[test]
    fn a_subscriber_has_many_addresses_of_ipv6_and_one_share() {
        let mut limit = ConnectionLimit::new(Bounds {
            per_address: 1,
            ..BOUNDS
        });
        let mut arrive = |text: &str| {
            let arrival = limit.arrive(text.parse().unwrap(), false, 0)?;
            limit.busy(arrival.number);
            Ok::<_, Full>(())
        };
        assert!(arrive("2001:db8::1").is_ok());
        assert!(arrive("2001:db8::2").is_err());
        assert!(arrive("2001:db8:0:1::1").is_ok());
        assert!(arrive("192.0.2.1").is_ok());
        assert!(arrive("::ffff:192.0.2.1").is_err());
    }

    #[test]
    fn who_has_left_is_forgotten() {
        let mut limit = limit();
        let bob = arrive(&mut limit, 2).unwrap().number;
        assert_eq!(limit.leave(bob), Some(2));
        assert_eq!(limit.leave(bob), None);
        limit.idle(bob);
        assert!(limit.networks.is_empty() && limit.idle == 0);
    }
}
