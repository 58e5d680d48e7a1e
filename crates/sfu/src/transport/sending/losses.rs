//! How much of what was sent did not arrive, as the remote end says.

use visio_rtc::congestion::Told;

/// From that share of lost packets on they are many, if they are so many of which feedback tells; and for
/// so many questions afterwards, which are asked every two seconds.
const MANY: f32 = 0.03;
const LOST_MIN: u32 = 3;
const QUESTIONS: u32 = 5;

/// What became of packets since the last question.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Losses {
    pub(super) told: Told,
    /// The greatest fraction of a receiver report, in 1/256: for who sends no transport-wide feedback.
    pub(super) reported: Option<u8>,
    /// For so many questions they still count as many.
    many: u32,
}

impl Losses {
    /// The share since the last question; `None` if nothing is known.
    pub(super) fn take(&mut self) -> Option<f32> {
        let share = self.share();
        let is_reported = self.told.received + self.told.lost == 0;
        let are_enough = is_reported || self.told.lost >= self.told.recovered + LOST_MIN;
        let many = if are_enough && share.is_some_and(|share| share >= MANY) {
            QUESTIONS
        } else {
            self.many.saturating_sub(1)
        };
        *self = Self {
            many,
            ..Self::default()
        };
        share
    }

    pub(super) fn are_many(&self) -> bool {
        self.many > 0
    }

    fn share(&self) -> Option<f32> {
        let Told {
            received,
            lost,
            recovered,
        } = self.told;
        if received + lost > 0 {
            let lost = lost.saturating_sub(recovered);
            return Some(lost as f32 / (received + lost + recovered) as f32);
        }
        let fraction = self.reported?;
        Some(f32::from(fraction) / 256.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_counts_as_much_for_a_while() {
        let mut losses = Losses::default();
        assert_eq!((losses.take(), losses.are_many()), (None, false));
        for (received, lost, share) in [(98, 2, 0.02), (30, 2, 0.0625)] {
            (losses.told.received, losses.told.lost) = (received, lost);
            assert_eq!((losses.take(), losses.are_many()), (Some(share), false));
        }
        losses.reported = Some(64);
        assert_eq!((losses.take(), losses.are_many()), (Some(0.25), true));
        for _ in 1..QUESTIONS {
            assert_eq!((losses.take(), losses.are_many()), (None, true));
        }
        assert_eq!((losses.take(), losses.are_many()), (None, false));
    }
}
