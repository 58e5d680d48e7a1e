//! How often one address may ask for one thing: a bucket of tokens each, in a bounded table.

use crate::network::network_of;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Buckets remembered; when there are more, those whose bucket is full again are forgotten, and
/// then all.
const BUCKETS_MAX: usize = 50_000;

/// An office behind one address, on the morning of its first day. Rows stay for ever: one address adds
/// at most some megabytes a day.
const CREATE: Rate = Rate {
    burst: 200,
    per_minute: 10,
};
/// Of one room from one address: a lecture hall that comes in at once, and once more after its
/// network was gone.
const JOIN: Rate = Rate {
    burst: 4_000,
    per_minute: 4_000,
};
/// Of one meeting from one address: each reads and opens all lines.
const TRANSCRIPT: Rate = Rate {
    burst: 600,
    per_minute: 600,
};
/// Codes that open nothing. Nobody types so many; those that open something are not counted, so that
/// who guesses locks out nobody else behind the same address.
const WRONG_CODE: Rate = Rate {
    burst: 120,
    per_minute: 60,
};

/// The limits of the API. Looking at a room has none: it is as cheap as any answer.
pub struct RateLimits {
    pub create: RateLimit,
    pub join: RateLimit,
    pub transcript: RateLimit,
    pub wrong_code: RateLimit,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            create: RateLimit::new(CREATE),
            join: RateLimit::new(JOIN),
            transcript: RateLimit::new(TRANSCRIPT),
            wrong_code: RateLimit::new(WRONG_CODE),
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
    buckets: Mutex<HashMap<Key, Bucket>>,
}

/// An address, and what it asks for: its room or meeting, or nothing in particular.
type Key = (IpAddr, String);

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
        self.take_for(address, "", now_ms)
    }

    /// The same with a bucket for each `subject`, so that who floods one drains no other.
    pub fn take_for(&self, address: IpAddr, subject: &str, now_ms: i64) -> Result<(), u32> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            self.forget(&mut buckets, now_ms);
        }
        let full = Bucket {
            tokens_milli: i64::from(self.rate.burst) * 1000,
            filled_at_ms: now_ms,
        };
        let bucket = buckets
            .entry((network_of(address), subject.to_owned()))
            .or_insert(full);
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

    fn forget(&self, buckets: &mut HashMap<Key, Bucket>, now_ms: i64) {
        let full = i64::from(self.rate.burst) * 1000;
        buckets.retain(|_, bucket| self.level(bucket, now_ms) < full);
        if buckets.len() >= BUCKETS_MAX {
            buckets.clear();
        }
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
    fn eve_floods_one_room_and_bob_gets_into_another_from_the_same_address() {
        let limit = RateLimit::new(Rate {
            burst: 1,
            per_minute: 1,
        });
        assert!(limit.take_for(EVE, "hers", 0).is_ok());
        assert!(limit.take_for(EVE, "hers", 0).is_err());
        assert!(limit.take_for(EVE, "his", 0).is_ok());
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
        assert!(limit.buckets.lock().unwrap().len() <= BUCKETS_MAX);
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
