//! How long packets wait in the bottleneck: the least delay of late above the least delay known.
//!
//! Sent and arrival times are of two clocks; only their difference above its own minimum is used, so
//! neither the offset of the clocks nor a slow drift counts. A minimum over a fifth of a second hides
//! jitter, where single packets are late, and shows a queue, where all are.

use super::inter_arrival::GroupDelta;

/// The least delay of late is of so much time.
const RECENT_US: i64 = 200_000;
/// The least delay known is of so much time: a path that became longer is believed after it.
const BASE_US: i64 = 30_000_000;
/// The weight of one group in the jitter (RFC 3550 section 6.4.1), and of one window in the wobble.
const WEIGHT: f64 = 1.0 / 16.0;
/// A queue is built only by what is above this and a multiple of the wobble.
const NOISE_US: f64 = 10_000.0;
const WOBBLES: f64 = 2.5;
/// The weight of one window in the level, and what jitter explains of it: more is a queue.
const LEVEL_WEIGHT: f64 = 1.0 / 32.0;
const LEVEL_JITTERS: f64 = 2.0;

/// Delays of one path.
pub(super) struct QueueDelay {
    recent: Minimum,
    base: Minimum,
    jitter_us: f64,
    /// How the least delay differs from one window to the next, and the last of these windows.
    wobble_us: f64,
    window: Option<(i64, i64)>,
    windows: f64,
    /// Where the least delay of late mostly is: jitter hides the bottom from most windows.
    level_us: f64,
}

impl Default for QueueDelay {
    fn default() -> Self {
        Self {
            recent: Minimum::over(RECENT_US),
            base: Minimum::over(BASE_US),
            jitter_us: 0.0,
            wobble_us: 0.0,
            window: None,
            windows: 0.0,
            level_us: 0.0,
        }
    }
}

impl QueueDelay {
    pub(super) fn packet(&mut self, sent_us: i64, arrival_us: i64) {
        let delay_us = arrival_us - sent_us;
        self.recent.put(arrival_us, delay_us);
        self.base.put(arrival_us, delay_us);
        let (since_us, least_us) = *self.window.get_or_insert((arrival_us, delay_us));
        if arrival_us - since_us >= RECENT_US
            && let Some(recent_us) = self.recent.get()
        {
            let change_us = (recent_us - least_us).abs() as f64;
            self.windows += 1.0;
            let weight = 1.0 / self.windows;
            self.wobble_us += (change_us - self.wobble_us) * weight.max(WEIGHT);
            self.window = Some((arrival_us, recent_us));
            let standing_us = self.standing_us() as f64;
            self.level_us += (standing_us - self.level_us) * weight.max(LEVEL_WEIGHT);
            self.level_us = self
                .level_us
                .min(LEVEL_JITTERS * self.jitter_us.max(self.wobble_us));
        }
    }

    pub(super) fn group(&mut self, delta: GroupDelta) {
        let change_us = (delta.arrival_us - delta.sent_us).abs() as f64;
        self.jitter_us += (change_us - self.jitter_us) * WEIGHT;
    }

    /// What every packet of late waited at least.
    pub(super) fn standing_us(&self) -> i64 {
        match (self.recent.get(), self.base.get()) {
            (Some(recent), Some(base)) => recent - base,
            _ => 0,
        }
    }

    pub(super) fn jitter_us(&self) -> f64 {
        self.jitter_us
    }

    /// Whether a queue stands that is longer than this and than the wobble explains.
    pub(super) fn is_longer_than(&self, bound_us: f64) -> bool {
        self.standing_us() as f64 > bound_us + self.level_us + WOBBLES * self.wobble_us
    }

    /// Whether a queue stands at all.
    pub(super) fn is_standing(&self) -> bool {
        self.is_longer_than(NOISE_US)
    }

    /// The path is another one: what is known of its delay is void.
    pub(super) fn restart(&mut self) {
        self.recent = Minimum::over(RECENT_US);
        self.base = Minimum::over(BASE_US);
        (self.window, self.windows) = (None, 0.0);
    }
}

/// The least value within a window, in quarters of it.
struct Minimum {
    quarter_us: i64,
    current: i64,
    quarters: [Option<i64>; 4],
}

impl Minimum {
    fn over(window_us: i64) -> Self {
        Self {
            quarter_us: window_us / 4,
            current: i64::MIN,
            quarters: [None; 4],
        }
    }

    fn put(&mut self, at_us: i64, value: i64) {
        let quarter = at_us.div_euclid(self.quarter_us);
        let passed = quarter.saturating_sub(self.current);
        if passed > 0 {
            let passed = usize::try_from(passed).unwrap_or(usize::MAX);
            let passed = passed.min(self.quarters.len());
            self.quarters.rotate_right(passed);
            for void in self.quarters.iter_mut().take(passed) {
                *void = None;
            }
            self.current = quarter;
        }
        if let Some(newest) = self.quarters.first_mut() {
            *newest = Some(newest.map_or(value, |least| least.min(value)));
        }
    }

    fn get(&self) -> Option<i64> {
        self.quarters.iter().flatten().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_stands_where_all_packets_are_late() {
        let mut delay = QueueDelay::default();
        for at in 0..100 {
            delay.packet(at * 10_000, 70_000 + at * 10_000);
        }
        assert_eq!(delay.standing_us(), 0);
        for at in 100..150 {
            let late_us = if at % 3 == 0 { 0 } else { 80_000 };
            delay.packet(at * 10_000, 70_000 + at * 10_000 + late_us);
        }
        assert!(!delay.is_standing(), "every third is in time");
        for at in 150..200 {
            delay.packet(at * 10_000, 150_000 + at * 10_000);
        }
        assert_eq!(delay.standing_us(), 80_000);
        assert!(delay.is_standing());
    }

    #[test]
    fn a_longer_path_is_believed_in_the_end() {
        let mut delay = QueueDelay::default();
        delay.packet(0, 0);
        for at in 1..400 {
            delay.packet(at * 100_000, at * 100_000 + 50_000);
        }
        assert_eq!(delay.standing_us(), 0);
    }
}
