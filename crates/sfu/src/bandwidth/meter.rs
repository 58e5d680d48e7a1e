//! How many bits per second a stream carries: over a sliding second, and smoothed, because what
//! a publisher sends is never still and layers are chosen by it.

use std::time::{Duration, Instant};

/// Length of one bucket; the window is [`BUCKETS`] of them.
const BUCKET_MS: u64 = 250;
const BUCKETS: usize = 4;
const WINDOW_MS: u64 = BUCKET_MS * BUCKETS as u64;

/// With each bucket the reading goes that part of the way to another rate: what lasts is believed in
/// seconds, the burst of a keyframe or a pause of the encoder is not.
const SMOOTHING: u64 = 4;

/// Counts bytes in buckets of a quarter second.
#[derive(Debug)]
pub(crate) struct Meter {
    started: Instant,
    buckets: [u64; BUCKETS],
    newest: u64,
    /// When the stream began, or began again after a silence.
    began_ms: u64,
    /// `None` before the first bucket of a stream is full.
    smoothed_bps: Option<u64>,
}

impl Meter {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            started: now,
            buckets: [0; BUCKETS],
            newest: 0,
            began_ms: 0,
            smoothed_bps: None,
        }
    }

    pub(crate) fn add(&mut self, now: Instant, bytes: usize) {
        self.advance(now);
        if self.is_silent() {
            self.began_ms = self.elapsed_ms(now);
            self.smoothed_bps = None;
        }
        if let Some(bucket) = self.buckets.get_mut(slot(self.newest)) {
            *bucket += bytes as u64;
        }
    }

    /// The rate, and 0 for a stream that was silent for the last second.
    pub(crate) fn bits_per_second(&mut self, now: Instant) -> u64 {
        self.advance(now);
        if self.is_silent() {
            return 0;
        }
        let measured = self.measured_bps(self.elapsed_ms(now));
        self.smoothed_bps.unwrap_or(measured)
    }

    fn elapsed_ms(&self, now: Instant) -> u64 {
        let elapsed: Duration = now.saturating_duration_since(self.started);
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }

    fn is_silent(&self) -> bool {
        self.buckets.iter().all(|&bucket| bucket == 0)
    }

    /// The rate over the last second, or over the time since the stream began if that is shorter.
    fn measured_bps(&self, at_ms: u64) -> u64 {
        let bytes: u64 = self.buckets.iter().sum();
        let counted_ms = at_ms.saturating_sub(self.began_ms);
        bytes * 8 * 1000 / counted_ms.clamp(BUCKET_MS, WINDOW_MS)
    }

    fn advance(&mut self, now: Instant) {
        let current = self.elapsed_ms(now) / BUCKET_MS;
        let passed = current.saturating_sub(self.newest).min(BUCKETS as u64);
        for step in 1..=passed {
            self.smooth(self.newest + step);
            if let Some(bucket) = self.buckets.get_mut(slot(self.newest + step)) {
                *bucket = 0;
            }
        }
        self.newest = self.newest.max(current);
    }

    /// The buckets before `bucket` are full.
    fn smooth(&mut self, bucket: u64) {
        let at_ms = bucket * BUCKET_MS;
        let measured = self.measured_bps(at_ms);
        // The keyframe with which a stream begins is no part of its rate for longer than it is seen.
        let is_young = at_ms.saturating_sub(self.began_ms) < WINDOW_MS;
        self.smoothed_bps = Some(match self.smoothed_bps.filter(|_| !is_young) {
            Some(before) if measured > before => before + (measured - before) / SMOOTHING,
            Some(before) => before - (before - measured) / SMOOTHING,
            None => measured,
        });
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

    #[test]
    fn a_stream_that_begins_late_reads_as_its_rate_from_the_first_bucket_on() {
        let start = Instant::now();
        let mut meter = Meter::new(start);
        for step in 500..540 {
            meter.add(start + Duration::from_millis(step * 10), 1250);
        }
        let rate = meter.bits_per_second(start + Duration::from_millis(5_395));
        assert!(
            (900_000..=1_250_000).contains(&rate),
            "1 Mbit/s read as {rate}"
        );
    }

    #[test]
    fn a_rate_that_swings_by_a_third_reads_as_nearly_steady() {
        let start = Instant::now();
        let mut meter = Meter::new(start);
        let mut readings = Vec::new();
        for step in 0..2_000_u64 {
            let now = start + Duration::from_millis(step * 10);
            // One second at 1.33, one at 0.67 Mbit/s.
            let bytes = if step / 100 % 2 == 0 { 1_662 } else { 838 };
            meter.add(now, bytes);
            if step > 600 {
                readings.push(meter.bits_per_second(now));
            }
        }
        let (least, most) = (readings.iter().min(), readings.iter().max());
        assert!(
            least
                .zip(most)
                .is_some_and(|(least, most)| most - least < 300_000),
            "{least:?} to {most:?}"
        );
    }
}
