//! How many connections one address may hold at once.

use super::rate_limit::subscriber;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Connections of one address at once. A company behind one address has thousands; the next one is
/// closed at once, so that a single address cannot take all places of the house.
const PER_ADDRESS_MAX: usize = 2_500;

/// Who holds how many places.
pub struct Places {
    held: Mutex<HashMap<IpAddr, usize>>,
    max: usize,
    /// All the world comes through these.
    proxies: Vec<IpAddr>,
}

/// A place, free again when this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    pub fn new(proxies: &[IpAddr]) -> Arc<Self> {
        Self::with_max(PER_ADDRESS_MAX, proxies)
    }

    fn with_max(max: usize, proxies: &[IpAddr]) -> Arc<Self> {
        Arc::new(Self {
            held: Mutex::default(),
            max,
            proxies: proxies.to_vec(),
        })
    }

    /// A place for one more connection of this address. Proxies and this machine itself take as
    /// many as they like.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let exact = address.to_canonical();
        let is_free = exact.is_loopback() || self.proxies.contains(&exact);
        let address = subscriber(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(address).or_default();
        if *count >= self.max && !is_free {
            return None;
        }
        *count += 1;
        let places = Arc::clone(self);
        Some(Place { places, address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self
            .places
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
impl Places {
    /// How many places are taken, by whomever.
    pub(super) fn taken(&self) -> usize {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn eve_takes_her_places_and_leaves_bob_his() {
        let places = Places::with_max(2, &[]);
        let eve = || places.take(address("192.0.2.66"));
        let (first, second) = (eve(), eve());
        assert!(first.is_some() && second.is_some());
        assert!(eve().is_none());
        assert!(places.take(address("::ffff:192.0.2.66")).is_none());
        assert!(places.take(address("192.0.2.2")).is_some(), "Bob");
        drop(first);
        assert!(eve().is_some(), "a place is free again");
        drop(second);
        assert!(
            places.held.lock().unwrap().is_empty(),
            "nobody is remembered"
        );
    }

    #[test]
    fn a_subscriber_has_many_addresses_of_ipv6_and_one_share() {
        let places = Places::with_max(1, &[]);
        let _eve = places.take(address("2001:db8::1"));
        assert!(places.take(address("2001:db8::2")).is_none());
        assert!(places.take(address("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn a_proxy_brings_everybody() {
        let places = Places::with_max(1, &[address("10.0.0.1")]);
        for through in ["10.0.0.1", "127.0.0.1"] {
            let _first = places.take(address(through));
            assert!(places.take(address(through)).is_some(), "{through}");
        }
    }
}
