//! How much is done for packets that come from where no transport is known to be.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// So many transports are tried in that time, and so many for packets from one IP address: each costs about
/// 2 µs, for the tag of a packet that fits a path.
const TRIES_MAX: u32 = 4_000;
const TRIES_PER_IP_MAX: u32 = 1_000;
const WINDOW: Duration = Duration::from_millis(500);
/// Of so many IP addresses is remembered where to go on.
const IPS_MAX: usize = 1_024;

/// Bounds what they cost.
#[derive(Default)]
pub(crate) struct UnknownSources {
    since: Option<Instant>,
    tries: u32,
    searches: BTreeMap<IpAddr, Search>,
}

/// The search for who sends from an unknown port of an IP address.
#[derive(Default)]
struct Search {
    tries: u32,
    /// Behind this port it goes on.
    behind: u16,
}

impl UnknownSources {
    /// Behind which port transports may be tried for a packet; `None` for now.
    pub(crate) fn search(&mut self, now: Instant, ip: IpAddr) -> Option<u16> {
        let is_over = |since: Instant| now.saturating_duration_since(since) >= WINDOW;
        if self.since.is_none_or(is_over) {
            (self.since, self.tries) = (Some(now), 0);
            self.searches.values_mut().for_each(|one| one.tries = 0);
        }
        if self.searches.len() >= IPS_MAX && !self.searches.contains_key(&ip) {
            self.searches.clear();
        }
        let search = self.searches.entry(ip).or_default();
        let may_try = self.tries < TRIES_MAX && search.tries < TRIES_PER_IP_MAX;
        may_try.then_some(search.behind)
    }

    /// So many transports were tried, the last one at that port.
    pub(crate) fn tried(&mut self, ip: IpAddr, count: u32, last: u16) {
        self.tries += count;
        let search = self.searches.entry(ip).or_default();
        (search.tries, search.behind) = (search.tries + count, last);
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// How many are tried for packets from an IP address.
    fn tries(sources: &mut UnknownSources, now: Instant, ip: IpAddr) -> u32 {
        let mut count = 0;
        while let Some(behind) = sources.search(now, ip) {
            sources.tried(ip, 1, behind.wrapping_add(1));
            count += 1;
        }
        count
    }

    #[test]
    fn who_sends_much_from_one_ip_address_leaves_the_others_theirs() {
        let now = Instant::now();
        let mut sources = UnknownSources::default();
        assert_eq!(tries(&mut sources, now, ip(1)), TRIES_PER_IP_MAX);
        assert_eq!(tries(&mut sources, now, ip(2)), TRIES_PER_IP_MAX);
        let all: u32 = (3..99).map(|last| tries(&mut sources, now, ip(last))).sum();
        assert_eq!(all, TRIES_MAX - 2 * TRIES_PER_IP_MAX);
        assert_eq!(tries(&mut sources, now + WINDOW / 2, ip(1)), 0);
        assert_eq!(tries(&mut sources, now + WINDOW, ip(1)), TRIES_PER_IP_MAX);
    }

    #[test]
    fn each_search_goes_on_where_it_was() {
        let now = Instant::now();
        let mut sources = UnknownSources::default();
        sources.tried(ip(1), 64, 4_063);
        sources.tried(ip(2), 1, 9);
        assert_eq!(sources.search(now, ip(1)), Some(4_063));
        for last in 0..2_000_u32 {
            let [.., high, low] = last.to_be_bytes();
            sources.search(now, IpAddr::from([10, 0, high, low]));
        }
        assert!(sources.searches.len() <= IPS_MAX);
    }
}
