//! The estimate for a peer without transport-wide feedback: by the loss that receiver reports tell
//! (draft-ietf-rmcat-gcc-02 section 6), no higher than the receiver's own estimate (REMB).

use super::{ESTIMATE_BPS_MAX, ESTIMATE_BPS_MIN};

/// Fractions of loss in 1/256 (RFC 3550 section 6.4.1): below 2 % the rate rises, above 10 % it falls.
const LOW: u8 = 5;
const HIGH: u8 = 26;
/// A rise is of 8 % in a second; reports come about once a second.
const RISE_PER_SECOND: f64 = 0.08;
/// Falls are so far apart at least: reports of several streams tell of the same loss.
const FALL_INTERVAL_US: i64 = 300_000;

/// The estimate by reports, and its bound.
pub(super) struct ReportedLoss {
    estimate_bps: f64,
    receiver_bps: f64,
    risen_us: Option<i64>,
    fallen_us: Option<i64>,
}

impl ReportedLoss {
    pub(super) fn new(estimate_bps: f64) -> Self {
        Self {
            estimate_bps,
            receiver_bps: ESTIMATE_BPS_MAX,
            risen_us: None,
            fallen_us: None,
        }
    }

    pub(super) fn estimate_bps(&self) -> f64 {
        self.estimate_bps
            .min(self.receiver_bps)
            .max(ESTIMATE_BPS_MIN)
    }

    pub(super) fn receiver_estimate(&mut self, bps: f64) {
        self.receiver_bps = bps;
    }

    pub(super) fn report(&mut self, now_us: i64, fraction_lost: u8, desired_bps: f64) {
        if fraction_lost > HIGH {
            let since_us = self
                .fallen_us
                .map_or(i64::MAX, |fallen_us| now_us - fallen_us);
            if since_us >= FALL_INTERVAL_US {
                let loss = f64::from(fraction_lost) / 256.0;
                let fallen_bps = self.estimate_bps() * (1.0 - 0.5 * loss);
                self.estimate_bps = fallen_bps.max(ESTIMATE_BPS_MIN);
                self.fallen_us = Some(now_us);
            }
        } else if fraction_lost < LOW && self.estimate_bps < desired_bps {
            let since_us = self.risen_us.map_or(0, |risen_us| now_us - risen_us);
            let seconds = since_us.clamp(0, 2_000_000) as f64 / 1e6;
            let risen_bps = self.estimate_bps() * (1.0 + RISE_PER_SECOND * seconds);
            self.estimate_bps = risen_bps.min(desired_bps);
        }
        self.risen_us = Some(now_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_let_the_estimate_rise_and_fall_and_the_receiver_bounds_it() {
        let mut reported = ReportedLoss::new(300_000.0);
        for second in 0..10 {
            reported.report(second * 1_000_000, 0, 1_000_000.0);
        }
        let risen_bps = reported.estimate_bps();
        assert!((590_000.0..610_000.0).contains(&risen_bps), "{risen_bps}");
        reported.report(10_000_000, 13, 1_000_000.0);
        assert!(
            (reported.estimate_bps() - risen_bps).abs() < 1.0,
            "5 % is held"
        );
        reported.report(11_000_000, 51, 1_000_000.0);
        reported.report(11_100_000, 51, 1_000_000.0);
        let fallen_bps = reported.estimate_bps();
        assert!((0.89..0.91).contains(&(fallen_bps / risen_bps)), "once");
        reported.receiver_estimate(200_000.0);
        assert!((reported.estimate_bps() - 200_000.0).abs() < 1.0);
    }

    #[test]
    fn nothing_rises_where_nobody_wants_more() {
        let mut reported = ReportedLoss::new(300_000.0);
        for second in 0..100 {
            reported.report(second * 1_000_000, 0, 0.0);
        }
        assert!((reported.estimate_bps() - 300_000.0).abs() < 1.0);
    }
}
