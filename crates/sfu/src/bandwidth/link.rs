//! How good the link to a peer is: loss and round trip, in the steps of LiveKit.

use std::time::Duration;
use visio_meeting::Quality;

/// How often it is published.
pub(crate) const QUALITY_INTERVAL: Duration = Duration::from_secs(5);

/// The last measurements of one link.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LinkQuality {
    loss: f32,
    round_trip: Duration,
    lost: bool,
}

impl LinkQuality {
    pub(crate) fn measured(&mut self, loss: Option<f32>, round_trip: Option<Duration>) {
        self.loss = loss.unwrap_or(self.loss);
        self.round_trip = round_trip.unwrap_or(self.round_trip);
    }

    /// ICE received nothing for long. Statistics still arrive, but they are of the past.
    pub(crate) fn lost(&mut self) {
        self.lost = true;
    }

    /// ICE receives from the remote end.
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

    fn quality(loss: f32, round_trip_ms: u64) -> Quality {
        let mut link = LinkQuality::default();
        link.measured(Some(loss), Some(Duration::from_millis(round_trip_ms)));
        link.quality().0
    }

    #[test]
    fn loss_and_delay_cost_quality() {
        assert_eq!(quality(0.0, 20), Quality::Excellent);
        assert_eq!(quality(0.05, 100), Quality::Good);
        assert_eq!(quality(0.3, 100), Quality::Poor);
        assert_eq!(quality(0.0, 900), Quality::Poor);
    }

    #[test]
    fn a_silent_link_is_lost_until_packets_arrive_again() {
        let mut link = LinkQuality::default();
        link.lost();
        assert_eq!(link.quality().0, Quality::Lost);
        link.measured(None, None);
        assert_eq!(link.quality().0, Quality::Lost, "nothing was measured");
        link.found();
        assert_eq!(link.quality().0, Quality::Excellent);
    }
}
