//! What the delay allows: additive increase near the capacity of the link, multiplicative far from it,
//! and decrease to a part of what arrives (draft-ietf-rmcat-gcc-02 section 5.5).

use super::throughput::Throughput;
use super::{ESTIMATE_BPS_MAX, ESTIMATE_BPS_MIN};

/// The part of what arrives that is sent after over-use (`beta`).
const DECREASE: f64 = 0.85;
/// Growth in a second far from the capacity of the link (`eta`), the most near to it, and the most
/// beyond it: a queue must show before much is in it.
const FAR_GROWTH: f64 = 0.08;
const NEAR_GROWTH_MAX: f64 = 0.08;
const BEYOND_GROWTH_MAX: f64 = 0.025;
/// Near the capacity a packet of so many bits is added in each response time, that is the round trip
/// and so much for detection.
const PACKET_BITS: f64 = 9_600.0;
const DETECTION_US: f64 = 100_000.0;
/// Growth ends at so much of what the link is known to carry, until more than that arrives.
const BEYOND_FACTOR: f64 = 1.045;
/// Growth ends at so much of what arrives: more would be an opinion about a rate that nobody tried.
const UNTRIED_FACTOR: f64 = 1.5;
const UNTRIED_BPS: f64 = 10_000.0;
/// Over-use is severe if less of what is sent arrives at once, or if packets wait longer: the link
/// carries far less than it did.
const SEVERE_PASSING: f64 = 0.8;
const SEVERE_QUEUE_US: i64 = 150_000;
/// Sending less than this part of the estimate says nothing about the estimate.
const LIMITED_SHARE: f64 = 0.65;
/// A queue longer than this is drained: so much of the estimate is sent until it is gone.
const DRAIN_QUEUE_US: i64 = 120_000;
const DRAIN_SHARE: f64 = 0.6;
const DRAIN_US_MAX: i64 = 3_000_000;
/// For so long after a decrease a queue that shrinks is watched. Sending less drains a sixth of the
/// time that passes at the most, and so much is noise.
const RECONSIDER_US: i64 = 400_000;
const DRAINED_PART: i64 = 6;
const RECONSIDER_QUEUE_US: i64 = 15_000;
/// A probe that finds less lowers the estimate no further than to this.
const EXCEEDED_SHARE: f64 = 0.9;
/// The weight of one over-use in the capacity of the link, and its deviations that are near to it.
const CAPACITY_WEIGHT: f64 = 0.05;
const CAPACITY_DEVIATIONS: f64 = 3.0;
/// Bounds of the deviation, relative to the capacity: growth must be able to leave them.
const CAPACITY_DEVIATION_MIN: f64 = 0.007;
const CAPACITY_DEVIATION_MAX: f64 = 0.012;

/// What the queue and the acknowledged packets say at over-use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// Over a fifth of a second, and over half a second.
    pub(super) short: Throughput,
    pub(super) long: Throughput,
    pub(super) queue_us: i64,
}

impl Evidence {
    /// Whether the link carries far less than is sent.
    pub(super) fn is_severe(&self) -> bool {
        let passing = self.long.received_bps / self.long.sent_bps;
        passing < SEVERE_PASSING || self.queue_us > SEVERE_QUEUE_US
    }
}

/// What bounds an increase.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    pub(super) received_bps: f64,
    pub(super) desired_bps: f64,
    pub(super) round_trip_us: f64,
}

/// The estimate of the delay-based half.
pub(super) struct RateControl {
    estimate_bps: f64,
    capacity: Option<LinkCapacity>,
    decreased_us: Option<i64>,
    increased_us: Option<i64>,
    draining_until_us: Option<i64>,
    mild: Option<Mild>,
}

/// What held before a decrease for over-use that was not severe.
#[derive(Clone, Copy)]
struct Mild {
    decreased_us: i64,
    queue_us: i64,
    estimate_bps: f64,
    capacity: Option<LinkCapacity>,
}

impl RateControl {
    pub(super) fn new(estimate_bps: f64) -> Self {
        Self {
            estimate_bps,
            capacity: None,
            decreased_us: None,
            increased_us: None,
            draining_until_us: None,
            mild: None,
        }
    }

    pub(super) fn estimate_bps(&self) -> f64 {
        self.estimate_bps
    }

    /// What may be sent, which is less than the estimate while a queue drains.
    pub(super) fn allowed_bps(&self) -> f64 {
        let share = self.draining_until_us.map_or(1.0, |_| DRAIN_SHARE);
        (self.estimate_bps * share).max(ESTIMATE_BPS_MIN)
    }

    pub(super) fn draining_until_us(&self) -> Option<i64> {
        self.draining_until_us
    }

    pub(super) fn decreased_us(&self) -> Option<i64> {
        self.decreased_us
    }

    /// Something better than growth or over-use says what the link carries.
    pub(super) fn set(&mut self, bps: f64) {
        self.estimate_bps = bps.clamp(ESTIMATE_BPS_MIN, ESTIMATE_BPS_MAX);
        self.increased_us = None;
    }

    /// A probe went beyond, or stopped at, what the link carries.
    pub(super) fn probed(&mut self, bps: f64, limit_bps: Option<f64>) {
        self.capacity = limit_bps.map(LinkCapacity::new);
        self.set(bps);
    }

    /// A probe found less than the estimate. Others may have been quick meanwhile, so that it is
    /// believed in part; on a link that is full its queue must drain as well.
    pub(super) fn exceeded(&mut self, bps: f64, is_link_full: bool) {
        let believed_bps = if is_link_full {
            EXCEEDED_SHARE * bps.max(self.estimate_bps)
        } else {
            bps.max(EXCEEDED_SHARE * self.estimate_bps)
        };
        self.set(self.estimate_bps.min(believed_bps));
    }

    /// What was taken for the capacity of the link was not.
    pub(super) fn forget_capacity(&mut self) {
        self.capacity = None;
    }

    /// Whether growth goes on slowly, towards what the link is known to carry.
    pub(super) fn is_capacity_known(&self) -> bool {
        self.capacity.is_some()
    }

    pub(super) fn decrease(&mut self, now_us: i64, evidence: Evidence) {
        let Evidence {
            short,
            long,
            queue_us,
        } = evidence;
        let is_severe = evidence.is_severe();
        let received_bps = if is_severe {
            short.received_bps
        } else {
            short.received_bps.max(long.received_bps)
        };
        let before = Some(Mild {
            decreased_us: now_us,
            queue_us,
            estimate_bps: self.estimate_bps,
            capacity: self.capacity,
        });
        let is_limited = received_bps < LIMITED_SHARE * self.estimate_bps;
        let mut target_bps = DECREASE * received_bps;
        if !is_severe {
            target_bps = target_bps.max(DECREASE * self.estimate_bps);
        }
        if is_severe || !is_limited {
            self.learn_capacity(received_bps);
        }
        self.increased_us = None;
        self.decreased_us = Some(now_us);
        self.mild = before.filter(|_| !is_severe);
        self.estimate_bps = self.estimate_bps.min(target_bps.max(ESTIMATE_BPS_MIN));
        if queue_us > DRAIN_QUEUE_US {
            let spare = 1.0 - DRAIN_SHARE * DECREASE;
            let drain_us = scaled(queue_us, 1.0 / spare).min(DRAIN_US_MAX);
            self.draining_until_us.get_or_insert(now_us + drain_us);
        }
    }

    /// Takes a decrease back if the queue was gone faster than sending less explains: it was jitter.
    pub(super) fn reconsider(&mut self, now_us: i64, queue_us: i64) {
        let Some(mild) = self.mild else {
            return;
        };
        let passed_us = now_us - mild.decreased_us;
        if passed_us > RECONSIDER_US {
            self.mild = None;
        } else if mild.queue_us - queue_us > RECONSIDER_QUEUE_US + passed_us / DRAINED_PART {
            self.mild = None;
            self.estimate_bps = self.estimate_bps.max(mild.estimate_bps);
            self.capacity = mild.capacity;
        }
    }

    /// Draining ends at its time.
    pub(super) fn drain(&mut self, now_us: i64) {
        self.draining_until_us = self.draining_until_us.filter(|until_us| now_us < *until_us);
    }

    /// The queue is gone.
    pub(super) fn drained(&mut self) {
        self.draining_until_us = None;
    }

    /// No growth for the time since the last report.
    pub(super) fn hold(&mut self, now_us: i64) {
        self.increased_us = Some(now_us);
    }

    /// Whether the estimate left behind what was known as the capacity of the link.
    pub(super) fn increase(&mut self, now_us: i64, growth: Growth) -> bool {
        let since_us = self.increased_us.replace(now_us).unwrap_or(now_us);
        let seconds = (now_us - since_us).clamp(0, 1_000_000) as f64 / 1e6;
        let untried_bps = UNTRIED_FACTOR * growth.received_bps + UNTRIED_BPS;
        let most_bps = untried_bps.min(UNTRIED_FACTOR * growth.desired_bps);
        let beyond = |capacity: LinkCapacity| BEYOND_FACTOR * capacity.mean_bps;
        let capacity = self
            .capacity
            .filter(|_| self.estimate_bps < growth.desired_bps);
        let most_bps = most_bps.min(capacity.map_or(most_bps, beyond));
        let far = self.estimate_bps * FAR_GROWTH;
        let per_second = self.capacity.map_or(far, |capacity| {
            let response_us = growth.round_trip_us + DETECTION_US;
            let near = PACKET_BITS * 1e6 / response_us;
            let most = if self.estimate_bps < capacity.mean_bps {
                NEAR_GROWTH_MAX
            } else {
                BEYOND_GROWTH_MAX
            };
            near.min(self.estimate_bps * most)
        });
        let grown_bps = self.estimate_bps + per_second * seconds;
        self.estimate_bps = self.estimate_bps.max(grown_bps.min(most_bps));
        let upper_bps = self.capacity.map(LinkCapacity::upper_bps);
        let is_beyond = upper_bps.is_some_and(|upper_bps| growth.received_bps > upper_bps);
        if is_beyond {
            self.capacity = Some(LinkCapacity::new(growth.received_bps));
        }
        is_beyond
    }

    fn learn_capacity(&mut self, received_bps: f64) {
        match &mut self.capacity {
            Some(capacity) if received_bps >= capacity.lower_bps() => capacity.learn(received_bps),
            capacity => *capacity = Some(LinkCapacity::new(received_bps)),
        }
    }
}

fn scaled(time_us: i64, factor: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "microseconds of a queue, times less than 3"
    )]
    let scaled = (time_us as f64 * factor) as i64;
    scaled
}

/// What arrived at over-use: its moving average and relative deviation (section 5.5).
#[derive(Clone, Copy)]
struct LinkCapacity {
    mean_bps: f64,
    deviation: f64,
}

impl LinkCapacity {
    fn new(mean_bps: f64) -> Self {
        Self {
            mean_bps,
            deviation: CAPACITY_DEVIATION_MIN,
        }
    }

    fn learn(&mut self, bps: f64) {
        let error = (bps - self.mean_bps) / self.mean_bps.max(1.0);
        self.mean_bps += CAPACITY_WEIGHT * (bps - self.mean_bps);
        let deviation = self.deviation + CAPACITY_WEIGHT * (error.abs() - self.deviation);
        self.deviation = deviation.clamp(CAPACITY_DEVIATION_MIN, CAPACITY_DEVIATION_MAX);
    }

    fn upper_bps(self) -> f64 {
        self.mean_bps * (1.0 + CAPACITY_DEVIATIONS * self.deviation)
    }

    fn lower_bps(self) -> f64 {
        self.mean_bps * (1.0 - CAPACITY_DEVIATIONS * self.deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(sent_bps: f64, received_bps: f64, queue_us: i64) -> Evidence {
        let rates = Throughput {
            sent_bps,
            received_bps,
        };
        Evidence {
            short: rates,
            long: rates,
            queue_us,
        }
    }

    fn grow(rate: &mut RateControl, from: i64, seconds: i64, received_bps: f64) {
        for tenth in from * 10..(from + seconds) * 10 {
            let growth = Growth {
                received_bps,
                desired_bps: 5e6,
                round_trip_us: 50_000.0,
            };
            rate.increase(tenth * 100_000, growth);
        }
    }

    #[test]
    fn a_link_that_became_thin_is_followed_at_once_and_its_queue_drained() {
        let mut rate = RateControl::new(2e6);
        rate.decrease(0, evidence(2e6, 300e3, 500_000));
        assert!((rate.estimate_bps() - 255e3).abs() < 1.0);
        assert!(rate.allowed_bps() < 160e3, "while the queue drains");
        rate.drain(1_100_000);
        assert!((rate.allowed_bps() - 255e3).abs() < 1.0);
    }

    #[test]
    fn an_estimate_that_is_not_tried_falls_in_steps() {
        let mut rate = RateControl::new(2e6);
        rate.decrease(0, evidence(100e3, 98e3, 40_000));
        assert!((rate.estimate_bps() - 1.7e6).abs() < 1.0);
    }

    #[test]
    fn a_queue_that_is_gone_too_soon_was_jitter() {
        let mut rate = RateControl::new(1e6);
        rate.decrease(0, evidence(1e6, 0.98e6, 60_000));
        rate.reconsider(100_000, 50_000);
        assert!(rate.estimate_bps() < 0.9e6, "as sending less explains");
        rate.reconsider(200_000, 0);
        assert!((rate.estimate_bps() - 1e6).abs() < 1.0);
    }

    #[test]
    fn growth_is_fast_far_from_the_capacity_and_stops_beyond_it() {
        let mut rate = RateControl::new(1e6);
        grow(&mut rate, 0, 5, 1e6);
        assert!((1.4e6..1.5e6).contains(&rate.estimate_bps()));
        rate.decrease(5_000_000, evidence(1.1e6, 1e6, 40_000));
        grow(&mut rate, 6, 20, 0.99e6);
        let stopped_bps = rate.estimate_bps();
        assert!((1.0e6..1.3e6).contains(&stopped_bps), "{stopped_bps}");
        grow(&mut rate, 26, 20, 1.4e6);
        assert!(rate.estimate_bps() > stopped_bps, "more arrives");
    }

    #[test]
    fn nothing_grows_far_beyond_what_is_sent_or_desired() {
        let mut rate = RateControl::new(1e6);
        grow(&mut rate, 0, 60, 100e3);
        assert!((rate.estimate_bps() - 1e6).abs() < 1.0);
        rate.increase(
            61_000_000,
            Growth {
                received_bps: 1e6,
                desired_bps: 0.0,
                round_trip_us: 50_000.0,
            },
        );
        assert!((rate.estimate_bps() - 1e6).abs() < 1.0);
    }
}
