//! What loss allows: loss of congestion falls when less is sent, loss of a bad radio link does not.
//!
//! Loss above what the link always loses is a suspicion. Then a little less is sent for a while: if the
//! loss stays, it belongs to the link and the estimate is back at once; if it falls, it was congestion
//! in a queue too short for delay to show, and the bound stays and rises slowly.

use super::ESTIMATE_BPS_MIN;

/// Loss is judged over so much time and so many packets, or over the longest time.
const WINDOW_US: i64 = 600_000;
const WINDOW_US_MAX: i64 = 2_000_000;
const PACKETS_MIN: u32 = 60;
/// Loss so far above that of the link is a suspicion (draft-ietf-rmcat-gcc-02 section 6 has 10 % for a
/// link that loses 2 %), and so many deviations, as few packets or bursts make them.
const SUSPICION: f64 = 0.06;
const DEVIATIONS: f64 = 2.0;
/// Loss so far above that of the link ends growth (2 % in section 6).
const HOLD: f64 = 0.02;
/// A test goes on for so many packets, or the longest time of a test.
const TEST_PACKETS_MIN: u32 = 150;
const TEST_US_MAX: i64 = 3_000_000;
/// What is sent during a test, as a part of what was sent, at least: unless more than so much is lost,
/// with which nothing is worth seeing.
const TEST_SHARE: f64 = 0.87;
const HEAVY_LOSS: f64 = 0.5;
/// The weight of a test in the loss of the link, and of a window in which less is lost. More is learned
/// from tests alone: else a queue that is filled slowly would look like a bad link.
const TEST_WEIGHT: f64 = 0.25;
const WINDOW_WEIGHT: f64 = 0.06;
/// What a bound rises in a window without congestion.
const RISE: f64 = 1.04;

/// What feedback said within a window.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    since_us: i64,
    received: u32,
    lost: u32,
}

/// What is sent to find out whose the loss is.
#[derive(Clone, Copy, Debug)]
struct Test {
    bound_bps: f64,
    /// What raised the suspicion: the loss to be seen again if it is the link's.
    loss: f64,
    /// The loss to be seen if it is congestion.
    loss_if_congested: f64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Free,
    /// Less is sent, but the window began before.
    Falling(Test),
    Testing(Test),
    Bound {
        bound_bps: f64,
    },
}

/// What else is known when a window ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions {
    /// The rates of what arrived.
    pub(super) sent_bps: f64,
    pub(super) received_bps: f64,
    /// Packets wait in a queue: the delay-based half decides, and the loss is not the link's.
    pub(super) has_queue: bool,
}

/// The loss of the link, and the bound if there is one.
#[derive(Debug)]
pub(super) struct LossControl {
    window: Window,
    link_loss: f64,
    deviation: f64,
    /// Of the last window.
    loss: f64,
    state: State,
}

impl Default for LossControl {
    fn default() -> Self {
        Self {
            window: Window::default(),
            link_loss: 0.0,
            deviation: 0.0,
            loss: 0.0,
            state: State::Free,
        }
    }
}

impl LossControl {
    pub(super) fn received(&mut self) {
        self.window.received += 1;
    }

    pub(super) fn lost(&mut self) {
        self.window.lost += 1;
    }

    pub(super) fn recovered(&mut self) {
        self.window.received += 1;
        self.window.lost = self.window.lost.saturating_sub(1);
    }

    pub(super) fn bound_bps(&self) -> Option<f64> {
        match self.state {
            State::Free => None,
            State::Falling(test) | State::Testing(test) => Some(test.bound_bps),
            State::Bound { bound_bps } => Some(bound_bps),
        }
    }

    pub(super) fn link_loss(&self) -> f64 {
        self.link_loss
    }

    /// Whether there is a bound, or more was lost of late than the link loses: no time to grow.
    pub(super) fn is_holding(&self) -> bool {
        self.bound_bps().is_some()
            || self.loss > self.link_loss + DEVIATIONS * self.deviation + HOLD
    }

    pub(super) fn is_testing(&self) -> bool {
        matches!(self.state, State::Falling(_) | State::Testing(_))
    }

    /// More than the bound was just carried.
    pub(super) fn release(&mut self) {
        self.state = State::Free;
    }

    /// Begins over with counting: what was lost in an outage says nothing.
    pub(super) fn restart(&mut self, now_us: i64) {
        self.window = Window {
            since_us: now_us,
            ..Window::default()
        };
        self.state = State::Free;
    }

    /// The loss of the window that ends with this report, if one ends.
    pub(super) fn report(
        &mut self,
        now_us: i64,
        estimate_bps: f64,
        with: Conditions,
    ) -> Option<f64> {
        let Window {
            since_us,
            received,
            lost,
        } = self.window;
        let (passed_us, packets) = (now_us - since_us, received + lost);
        let (packets_min, us_max) = if matches!(self.state, State::Testing(_)) {
            (TEST_PACKETS_MIN, TEST_US_MAX)
        } else {
            (PACKETS_MIN, WINDOW_US_MAX)
        };
        let is_full = passed_us >= WINDOW_US && packets >= packets_min;
        if packets == 0 || !is_full && passed_us < us_max {
            return None;
        }
        self.window = Window {
            since_us: now_us,
            ..Window::default()
        };
        let loss = f64::from(lost) / f64::from(packets);
        self.loss = loss;
        if packets >= PACKETS_MIN / 2 {
            self.judge(loss, f64::from(packets), estimate_bps, with);
        }
        Some(loss)
    }

    fn judge(&mut self, loss: f64, packets: f64, estimate_bps: f64, with: Conditions) {
        let chance = (self.link_loss * (1.0 - self.link_loss) / packets).sqrt();
        let usual = self.link_loss + DEVIATIONS * self.deviation.max(chance);
        let is_suspect = !with.has_queue && loss > usual + SUSPICION;
        self.state = match self.state {
            State::Free | State::Bound { .. } if is_suspect => {
                let bound_bps = self.bound_bps().unwrap_or(estimate_bps);
                State::Falling(Test::of(loss, bound_bps.min(estimate_bps), with))
            }
            State::Free => {
                if loss < self.link_loss {
                    self.learn(loss, WINDOW_WEIGHT);
                }
                State::Free
            }
            State::Falling(test) => State::Testing(test),
            State::Testing(test) if test.is_refuted_by(loss) => {
                self.learn(test.loss, TEST_WEIGHT);
                self.link_loss = self.link_loss.max(loss.min(test.loss));
                State::Free
            }
            State::Testing(Test { bound_bps, .. }) => State::Bound { bound_bps },
            State::Bound { bound_bps } if bound_bps * RISE > estimate_bps => State::Free,
            State::Bound { bound_bps } => State::Bound {
                bound_bps: bound_bps * RISE,
            },
        };
    }

    fn learn(&mut self, loss: f64, weight: f64) {
        let error = loss - self.link_loss;
        self.link_loss += error * weight;
        self.deviation += (error.abs() - self.deviation) * weight;
    }
}

impl Test {
    fn of(loss: f64, estimate_bps: f64, with: Conditions) -> Self {
        let sent_bps = with.sent_bps / (1.0 - loss).max(0.1);
        let is_tried = sent_bps > super::TRIED_SHARE * estimate_bps;
        let sent_bps = if is_tried { estimate_bps } else { sent_bps };
        let least_share = if loss > HEAVY_LOSS { 0.0 } else { TEST_SHARE };
        let bound_bps = with.received_bps.max(least_share * sent_bps);
        let bound_bps = bound_bps.max(ESTIMATE_BPS_MIN);
        Self {
            bound_bps,
            loss,
            loss_if_congested: 1.0 - with.received_bps / bound_bps,
        }
    }

    fn is_refuted_by(self, loss: f64) -> bool {
        loss > f64::midpoint(self.loss, self.loss_if_congested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window of 200 packets of which so many are lost, sent at a rate of 1 Mbit/s or at the bound.
    fn window(control: &mut LossControl, at: i64, lost: u32) {
        for packet in 0..200 {
            if packet < lost {
                control.lost();
            } else {
                control.received();
            }
        }
        let sent_bps = control.bound_bps().unwrap_or(1e6);
        let share = 1.0 - f64::from(lost) / 200.0;
        let conditions = Conditions {
            sent_bps: sent_bps * share,
            received_bps: sent_bps * share,
            has_queue: false,
        };
        control.report(at * 1_000_000, 1e6, conditions);
    }

    #[test]
    fn loss_that_stays_when_less_is_sent_is_the_links() {
        let mut control = LossControl::default();
        window(&mut control, 1, 20);
        assert!(control.is_testing());
        assert!(control.bound_bps().is_some_and(|bps| bps >= 870e3));
        window(&mut control, 2, 20);
        window(&mut control, 3, 20);
        assert_eq!(control.bound_bps(), None);
        assert!((control.link_loss() - 0.1).abs() < 0.01);
        window(&mut control, 4, 24);
        assert_eq!(control.bound_bps(), None, "it is known");
        window(&mut control, 5, 60);
        assert!(control.is_testing(), "more than is known");
    }

    #[test]
    fn loss_that_goes_when_less_is_sent_is_congestion() {
        let mut control = LossControl::default();
        window(&mut control, 1, 40);
        window(&mut control, 2, 10);
        window(&mut control, 3, 2);
        assert!(!control.is_testing());
        let bound_bps = control.bound_bps().unwrap();
        window(&mut control, 4, 0);
        assert!(control.bound_bps().is_some_and(|bps| bps > bound_bps));
        for at in 5..12 {
            window(&mut control, at, 0);
        }
        assert_eq!(control.bound_bps(), None, "the bound rose to the estimate");
    }

    #[test]
    fn heavy_loss_bounds_to_what_arrives() {
        let mut control = LossControl::default();
        window(&mut control, 1, 140);
        assert!(control.bound_bps().is_some_and(|bps| bps < 310e3));
    }

    #[test]
    fn loss_with_a_queue_is_left_to_the_delay() {
        let mut control = LossControl::default();
        for _ in 0..100 {
            control.lost();
            control.received();
        }
        let conditions = Conditions {
            sent_bps: 1e6,
            received_bps: 1e6,
            has_queue: true,
        };
        assert_eq!(control.report(1_000_000, 1e6, conditions), Some(0.5));
        assert_eq!(control.bound_bps(), None);
    }
}
