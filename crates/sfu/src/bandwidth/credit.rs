//! Credit: a picture that is sent before it is known whether the link carries it.

use std::time::{Duration, Instant};
use visio_meeting::TrackId;

/// So long probes have to show that the link carries the picture.
const PATIENCE: Duration = Duration::from_secs(3);

/// An estimate that falls below so much of what it was says that the link does not.
const FALLEN_PERCENT: u64 = 90;

/// The picture that has credit, and what the estimate was since.
#[derive(Debug)]
pub(super) struct Credit {
    pub(super) track: TrackId,
    highest_bps: u64,
    has_fallen: bool,
    /// Since when it costs something and something is known of the link.
    since: Option<Instant>,
}

impl Credit {
    pub(super) fn new(track: TrackId, estimate_bps: u64) -> Self {
        Self {
            track,
            highest_bps: estimate_bps,
            has_fallen: false,
            since: None,
        }
    }

    /// Returns whether the link is seen not to carry the picture.
    pub(super) fn estimated(&mut self, estimate_bps: u64) -> bool {
        self.highest_bps = self.highest_bps.max(estimate_bps);
        self.has_fallen |= estimate_bps < self.highest_bps / 100 * FALLEN_PERCENT;
        self.has_fallen
    }

    /// Something is known of the link, and the picture costs something.
    pub(super) fn counts_from(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    pub(super) fn is_spent(&self, now: Instant) -> bool {
        self.has_fallen || self.since.is_some_and(|since| now >= since + PATIENCE)
    }
}
