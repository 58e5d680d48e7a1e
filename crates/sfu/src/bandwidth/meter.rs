//! How many bits per second a stream carries, over a sliding second.

use std::time::{Duration, Instant};

/// Length of one bucket; the window is [`BUCKETS`] of them.
const BUCKET_MS: u64 = 250;
const BUCKETS: usize = 4;

/// Counts bytes in buckets of a quarter second.
#[derive(Debug)]
pub(crate) struct Meter {
    started: Instant,
    buckets: [u64; BUCKETS],
    newest: u64,
}

impl Meter {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            started: now,
            buckets: [0; BUCKETS],
            newest: 0,
        }
    }

    pub(crate) fn add(&mut self, now: Instant, bytes: usize) {
        self.advance(now);
        if let Some(bucket) = self.buckets.get_mut(slot(self.newest)) {
            *bucket += bytes as u64;
        }
    }

    /// The rate over the last second, or over the time since the start if that is shorter.
    pub(crate) fn bits_per_second(&mut self, now: Instant) -> u64 {
        self.advance(now);
        let bytes: u64 = self.buckets.iter().sum();
        let window_ms = BUCKET_MS * BUCKETS as u64;
        let elapsed = now.saturating_duration_since(self.started);
        let counted_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        bytes * 8 * 1000 / counted_ms.clamp(BUCKET_MS, window_ms)
    }

    fn advance(&mut self, now: Instant) {
        let elapsed: Duration = now.saturating_duration_since(self.started);
        let current = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX) / BUCKET_MS;
        let passed = current.saturating_sub(self.newest).min(BUCKETS as u64);
        for step in 1..=passed {
            if let Some(bucket) = self.buckets.get_mut(slot(self.newest + step)) {
                *bucket = 0;
            }
        }
        self.newest = self.newest.max(current);
        if passed == BUCKETS as u64 {
            self.buckets = [0; BUCKETS];
        }
    }
}

fn slot(bucket: u64) -> usize {
    usize::try_from(bucket % BUCKETS as u64).unwrap_or_default()
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_reads_as_its_rate() {
        let start = Instant::now();
        let mut meter = Meter::new(start);
        for step in 0..300 {
            meter.add(start + Duration::from_millis(step * 10), 1250);
        }
        let rate = meter.bits_per_second(start + Duration::from_millis(2_990));
        assert!(
            (900_000..=1_050_000).contains(&rate),
            "1 Mbit/s read as {rate}"
        );
    }

    #[test]
    fn a_stream_that_stops_reads_as_nothing_after_a_second() {
        let start = Instant::now();
        let mut meter = Meter::new(start);
        meter.add(start, 10_000);
        assert_eq!(meter.bits_per_second(start + Duration::from_secs(2)), 0);
    }
}
