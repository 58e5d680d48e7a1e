//! Whether the delay grows: a line through the last groups' delays against a threshold that adapts
//! (draft-ietf-rmcat-gcc-02 sections 5.3 to 5.5, with a regression for the filter, as in libwebrtc).

use super::inter_arrival::GroupDelta;
use std::collections::VecDeque;

/// Groups on the line.
const WINDOW: usize = 20;
/// How much of the delay so far stays in the next point.
const SMOOTHING: f64 = 0.9;
/// From a slope to the scale of the threshold.
const GAIN: f64 = 4.0;
/// Deltas beyond which the line is trusted no further.
const DELTAS_MAX: f64 = 60.0;
/// The threshold in ms (section 5.4: `del_var_th`), its bounds, and its gains for each ms.
const THRESHOLD_START_MS: f64 = 12.5;
const THRESHOLD_MS_MIN: f64 = 6.0;
const THRESHOLD_MS_MAX: f64 = 600.0;
const GAIN_UP: f64 = 0.0087;
const GAIN_DOWN: f64 = 0.039;
/// A spike so far above the threshold moves it not (section 5.4).
const SPIKE_MS: f64 = 15.0;
/// The longest step of the threshold in one go.
const STEP_MS_MAX: f64 = 100.0;
/// The delay must grow for so long before it is over-use (section 5.5: `overuse_time_th`).
const OVERUSE_MS: f64 = 10.0;

/// What the sender does to the link (section 5.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Usage {
    #[default]
    Normal,
    Overuse,
    Underuse,
}

/// The line and the detector on top of it.
pub(super) struct Trendline {
    points: VecDeque<(f64, f64)>,
    first_arrival_us: Option<i64>,
    accumulated_ms: f64,
    smoothed_ms: f64,
    deltas: f64,
    slope: f64,
    threshold_ms: f64,
    over_ms: Option<f64>,
    overs: u32,
    trend_before: f64,
    usage: Usage,
}

impl Default for Trendline {
    fn default() -> Self {
        Self {
            points: VecDeque::new(),
            first_arrival_us: None,
            accumulated_ms: 0.0,
            smoothed_ms: 0.0,
            deltas: 0.0,
            slope: 0.0,
            threshold_ms: THRESHOLD_START_MS,
            over_ms: None,
            overs: 0,
            trend_before: 0.0,
            usage: Usage::Normal,
        }
    }
}

impl Trendline {
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Forgets the line, not the threshold.
    pub(super) fn restart(&mut self) {
        *self = Self {
            threshold_ms: self.threshold_ms,
            ..Self::default()
        };
    }

    pub(super) fn group(&mut self, delta: GroupDelta) {
        let first_us = *self.first_arrival_us.get_or_insert(delta.arrived_at_us);
        self.deltas = (self.deltas + 1.0).min(DELTAS_MAX);
        self.accumulated_ms += ms(delta.arrival_us - delta.sent_us);
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.accumulated_ms;
        if self.points.len() == WINDOW {
            self.points.pop_front();
        }
        let at_ms = ms(delta.arrived_at_us - first_us);
        self.points.push_back((at_ms, self.smoothed_ms));
        if self.points.len() == WINDOW {
            self.slope = slope(&self.points).unwrap_or(self.slope);
        }
        self.detect(ms(delta.sent_us));
    }

    fn detect(&mut self, passed_ms: f64) {
        if self.deltas < 2.0 {
            return;
        }
        let trend_ms = self.deltas * self.slope * GAIN;
        if trend_ms > self.threshold_ms {
            let over_ms = self
                .over_ms
                .map_or(passed_ms / 2.0, |over| over + passed_ms);
            self.over_ms = Some(over_ms);
            self.overs += 1;
            if over_ms > OVERUSE_MS && self.overs > 1 && self.slope >= self.trend_before {
                (self.over_ms, self.overs) = (Some(0.0), 0);
                self.usage = Usage::Overuse;
            }
        } else {
            (self.over_ms, self.overs) = (None, 0);
            let is_under = trend_ms < -self.threshold_ms;
            self.usage = if is_under {
                Usage::Underuse
            } else {
                Usage::Normal
            };
        }
        self.trend_before = self.slope;
        self.adapt(trend_ms.abs(), passed_ms);
    }

    fn adapt(&mut self, trend_ms: f64, passed_ms: f64) {
        if trend_ms > self.threshold_ms + SPIKE_MS {
            return;
        }
        let gain = if trend_ms < self.threshold_ms {
            GAIN_DOWN
        } else {
            GAIN_UP
        };
        let step_ms = passed_ms.min(STEP_MS_MAX);
        self.threshold_ms += gain * (trend_ms - self.threshold_ms) * step_ms;
        self.threshold_ms = self.threshold_ms.clamp(THRESHOLD_MS_MIN, THRESHOLD_MS_MAX);
    }
}

fn ms(microseconds: i64) -> f64 {
    microseconds as f64 / 1000.0
}

/// The slope of the least squares; `None` if all points stand above each other.
fn slope(points: &VecDeque<(f64, f64)>) -> Option<f64> {
    let count = points.len() as f64;
    let sum = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (sum(|point| point.0), sum(|point| point.1));
    let products = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y));
    let squares: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    (squares > 0.0).then(|| products.sum::<f64>() / squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group every 20 ms, each `growth_us` later than the one before.
    fn run(trendline: &mut Trendline, groups: i64, growth_us: i64) {
        let start_us = trendline.points.len() as i64;
        for at in 1..=groups {
            trendline.group(GroupDelta {
                sent_us: 20_000,
                arrival_us: 20_000 + growth_us,
                arrived_at_us: start_us + at * (20_000 + growth_us),
            });
        }
    }

    #[test]
    fn a_delay_that_grows_is_overuse_and_one_that_shrinks_is_underuse() {
        let mut trendline = Trendline::default();
        run(&mut trendline, 40, 0);
        assert_eq!(trendline.usage(), Usage::Normal);
        run(&mut trendline, 30, 2_000);
        assert_eq!(trendline.usage(), Usage::Overuse);
        trendline.restart();
        assert_eq!(trendline.usage(), Usage::Normal);
        run(&mut trendline, 40, -2_000);
        assert_eq!(trendline.usage(), Usage::Underuse);
    }

    #[test]
    fn the_threshold_follows_a_steady_trend_and_falls_back() {
        let mut trendline = Trendline::default();
        run(&mut trendline, 100, 1_500);
        assert!(trendline.threshold_ms > THRESHOLD_START_MS);
        run(&mut trendline, 100, 0);
        assert!(trendline.threshold_ms < THRESHOLD_START_MS);
    }
}
