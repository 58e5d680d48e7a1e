//! How good a line is: loss and round trip, told as LiveKit's steps.

use std::time::Duration;
use visio_meeting::Quality;

/// How often it is told.
pub(crate) const QUALITY_INTERVAL: Duration = Duration::from_secs(5);

/// The last measurements of one line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Line {
    loss: f32,
    round_trip: Duration,
    lost: bool,
}

impl Line {
    pub(crate) fn measured(&mut self, loss: Option<f32>, round_trip: Option<Duration>) {
        self.loss = loss.unwrap_or(self.loss);
        self.round_trip = round_trip.unwrap_or(self.round_trip);
    }

    /// ICE heard nothing for long. Statistics go on being told, but of the past.
    pub(crate) fn lost(&mut self) {
        self.lost = true;
    }

    /// ICE hears the remote end.
    pub(crate) fn found(&mut self) {
        self.lost = false;
    }

    /// The step and a score from 1 to 5, after the E-model (ITU-T G.107) for Opus: the delay
    /// beyond 160 ms and each percent of loss take off.
    pub(crate) fn quality(&self) -> (Quality, f32) {
        if self.lost {
            return (Quality::Lost, 1.0);
        }
        let delay_ms = self.round_trip.as_secs_f32() * 500.0 + 20.0;
        let delay_penalty = delay_ms / 40.0 + (delay_ms - 160.0).max(0.0) / 10.0;
        let rating = (93.2 - delay_penalty - self.loss * 100.0 * 2.5).clamp(0.0, 100.0);
        let score = 1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6;
        let quality = match score {
            score if score >= 4.1 => Quality::Excellent,
            score if score >= 3.5 => Quality::Good,
            _ => Quality::Poor,
        };
        (quality, score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(loss: f32, round_trip_ms: u64) -> Quality {
        let mut line = Line::default();
        line.measured(Some(loss), Some(Duration::from_millis(round_trip_ms)));
        line.quality().0
    }

    #[test]
    fn loss_and_delay_cost_quality() {
        assert_eq!(line(0.0, 20), Quality::Excellent);
        assert_eq!(line(0.05, 100), Quality::Good);
        assert_eq!(line(0.3, 100), Quality::Poor);
        assert_eq!(line(0.0, 900), Quality::Poor);
    }

    #[test]
    fn a_line_that_fell_silent_is_lost_until_it_is_heard_again() {
        let mut line = Line::default();
        line.lost();
        assert_eq!(line.quality().0, Quality::Lost);
        line.measured(None, None);
        assert_eq!(line.quality().0, Quality::Lost, "nothing was measured");
        line.found();
        assert_eq!(line.quality().0, Quality::Excellent);
    }
}
