//! How many allocations there may be, and whose they are.

use crate::network::network_of;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use visio_turn::{ALLOCATION_QUOTA_REACHED, INSUFFICIENT_CAPACITY};

/// Of one credential: two connections, each over UDP, TCP and TLS from each network and family of addresses of
/// the client's, and once more while ICE restarts, before the former ones are given back. Reaching it refuses more.
pub(super) const PER_CREDENTIAL_MAX: usize = 48;
/// Of one address: a company behind it has hundreds of people. Reaching it refuses more.
const PER_NETWORK_MAX: usize = 4_096;
/// Of all: each takes a file. Reaching it refuses more.
const TOTAL_MAX: usize = 16_384;

/// Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Quota(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    total: usize,
    by_credential: BTreeMap<String, usize>,
    by_network: BTreeMap<IpAddr, usize>,
}

/// The place of one allocation.
pub(super) struct Place {
    quota: Quota,
    username: String,
    network: IpAddr,
}

impl Quota {
    /// A place for one more allocation, or the code that says why there is none. Proxies on this machine
    /// bring all the world.
    pub(super) fn take(&self, username: &str, client: IpAddr) -> Result<Place, u16> {
        let network = network_of(client);
        let mut taken = self.lock();
        let held = |count: Option<&usize>| count.copied().unwrap_or(0);
        if held(taken.by_credential.get(username)) >= PER_CREDENTIAL_MAX {
            return Err(ALLOCATION_QUOTA_REACHED);
        }
        let is_full_network = held(taken.by_network.get(&network)) >= PER_NETWORK_MAX;
        if taken.total >= TOTAL_MAX || (is_full_network && !network.is_loopback()) {
            return Err(INSUFFICIENT_CAPACITY);
        }
        taken.total += 1;
        *taken.by_credential.entry(username.to_owned()).or_default() += 1;
        *taken.by_network.entry(network).or_default() += 1;
        metrics::gauge!("visio_turn_allocations").increment(1.0);
        Ok(Place {
            quota: self.clone(),
            username: username.to_owned(),
            network,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn total(&self) -> usize {
        self.lock().total
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.quota.lock();
        taken.total -= 1;
        give_back(&mut taken.by_credential, &self.username);
        give_back(&mut taken.by_network, &self.network);
        metrics::gauge!("visio_turn_allocations").decrement(1.0);
    }
}

fn give_back<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_and_an_address_have_their_share_and_give_it_back() {
        let quota = Quota::default();
        let office: IpAddr = "192.0.2.1".parse().unwrap();
        let take = |name: &str, client| quota.take(name, client);
        let eve: Vec<Place> = (0..PER_CREDENTIAL_MAX)
            .map(|_| take("eve", office).ok().unwrap())
            .collect();
        assert_eq!(take("eve", office).err(), Some(ALLOCATION_QUOTA_REACHED));
        let mut places = Vec::new();
        for number in PER_CREDENTIAL_MAX..PER_NETWORK_MAX {
            places.push(take(&number.to_string(), office).ok().unwrap());
        }
        assert_eq!(take("bob", office).err(), Some(INSUFFICIENT_CAPACITY));
        assert!(take("bob", "192.0.2.2".parse().unwrap()).is_ok());
        drop(eve);
        assert!(take("bob", office).is_ok());
        drop(places);
        let taken = quota.lock();
        assert!(taken.by_credential.is_empty() && taken.by_network.is_empty());
    }
}
