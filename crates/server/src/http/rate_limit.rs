//! How often one address may ask: a bucket of tokens each, in a bounded table.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Addresses remembered; when there are more, those whose bucket is full again are forgotten, and
/// then all.
const ADDRESSES_MAX: usize = 50_000;

/// An office behind one address; nobody makes two rooms a second for long.
const CREATE: Rate = Rate {
    burst: 120,
    per_minute: 120,
};
/// Enough for a lecture hall behind one address; codes cannot be guessed at any rate.
const JOIN: Rate = Rate {
    burst: 600,
    per_minute: 600,
};

/// The limits of the API.
pub struct RateLimits {
    pub create: RateLimit,
    pub join: RateLimit,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            create: RateLimit::new(CREATE),
            join: RateLimit::new(JOIN),
        }
    }
}

/// How much at once and how much over time.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub burst: u32,
    pub per_minute: u32,
}

/// One limit for all addresses.
pub struct RateLimit {
    rate: Rate,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

struct Bucket {
    /// In thousandths, so that a fraction of a second counts.
    tokens_milli: i64,
    filled_at_ms: i64,
}

impl RateLimit {
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: Mutex::new(HashMap::new()),
        }
    }

    /// Takes one token of this address; the seconds to wait if there is none.
    pub fn take(&self, address: IpAddr, now_ms: i64) -> Result<(), u32> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX {
            self.forget(&mut buckets, now_ms);
        }
        let full = Bucket {
            tokens_milli: i64::from(self.rate.burst) * 1000,
            filled_at_ms: now_ms,
        };
        let bucket = buckets.entry(subscriber(address)).or_insert(full);
        bucket.tokens_milli = self.level(bucket, now_ms);
        bucket.filled_at_ms = now_ms;
        if bucket.tokens_milli < 1000 {
            return Err(60_u32.div_ceil(self.rate.per_minute.max(1)));
        }
        bucket.tokens_milli -= 1000;
        Ok(())
    }

    fn level(&self, bucket: &Bucket, now_ms: i64) -> i64 {
        let since_ms = now_ms.saturating_sub(bucket.filled_at_ms).max(0);
        let gained = since_ms.saturating_mul(i64::from(self.rate.per_minute)) / 60;
        bucket
            .tokens_milli
            .saturating_add(gained)
            .min(i64::from(self.rate.burst) * 1000)
    }

    fn forget(&self, buckets: &mut HashMap<IpAddr, Bucket>, now_ms: i64) {
        let full = i64::from(self.rate.burst) * 1000;
        buckets.retain(|_, bucket| self.level(bucket, now_ms) < full);
        if buckets.len() >= ADDRESSES_MAX {
            buckets.clear();
        }
    }
}

/// One subscriber has one IPv4 address, or at least a /64 of IPv6 (RFC 6177) to choose from.
pub(super) fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((u128::from(v6) & !u128::from(u64::MAX)).to_be_bytes()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 66));
    const BOB: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn eve_is_slowed_down_and_bob_is_not() {
        let limit = RateLimit::new(Rate {
            burst: 3,
            per_minute: 60,
        });
        for _ in 0..3 {
            assert_eq!(limit.take(EVE, 0), Ok(()));
        }
        assert_eq!(limit.take(EVE, 0), Err(1));
        assert_eq!(limit.take(BOB, 0), Ok(()));
        assert_eq!(limit.take(EVE, 999), Err(1));
        assert_eq!(limit.take(EVE, 1_000), Ok(()));
    }

    #[test]
    fn slow_asking_never_runs_dry_however_often_it_is_refused() {
        let limit = RateLimit::new(Rate {
            burst: 1,
            per_minute: 60,
        });
        let granted = (0..100)
            .filter(|step| limit.take(EVE, step * 100).is_ok())
            .count();
        assert_eq!(granted, 10);
    }

    #[test]
    fn eve_cannot_dodge_by_the_addresses_of_her_own_network() {
        let limit = RateLimit::new(Rate {
            burst: 1,
            per_minute: 1,
        });
        assert!(limit.take("2001:db8::1".parse().unwrap(), 0).is_ok());
        assert!(limit.take("2001:db8::ffff:2".parse().unwrap(), 0).is_err());
        assert!(limit.take("2001:db8:0:1::1".parse().unwrap(), 0).is_ok());
        assert!(limit.take("::ffff:192.0.2.66".parse().unwrap(), 0).is_ok());
        assert!(limit.take(EVE, 0).is_err());
    }

    #[test]
    fn a_million_addresses_do_not_fill_the_memory() {
        let limit = RateLimit::new(Rate {
            burst: 1,
            per_minute: 1,
        });
        for address in 0..200_000_u32 {
            let _ = limit.take(IpAddr::from(address.to_be_bytes()), 0);
        }
        assert!(limit.buckets.lock().unwrap().len() <= ADDRESSES_MAX);
    }

    #[test]
    fn a_clock_that_is_turned_back_locks_nobody_out_for_long() {
        let limit = RateLimit::new(Rate {
            burst: 1,
            per_minute: 60,
        });
        assert!(limit.take(EVE, 10_000_000).is_ok());
        assert!(limit.take(EVE, 0).is_err());
        assert!(limit.take(EVE, 1_000).is_ok());
    }
}
