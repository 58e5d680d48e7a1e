//! Whether a link is estimated to carry less than what is sent, by how much and for how long.

use std::time::{Duration, Instant};

/// An estimate that is a little lower is waited for: it is that for a moment after each keyframe.
const LITTLE_PERCENT: u64 = 115;
const PATIENCE: Duration = Duration::from_secs(2);

/// Least layers are kept longer while at least half of what they take is carried: for so long an
/// estimate is low that lets a queue drain.
const PAUSE_PATIENCE: Duration = Duration::from_secs(3);
const DROWNED_FACTOR: u64 = 2;

/// Since when a link is short.
#[derive(Debug, Default)]
pub(super) struct Shortage {
    since: Option<Instant>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fits,
    /// Better layers go.
    Lowers,
    /// Least layers go as well.
    Pauses,
}

impl Shortage {
    /// What `sent_bps` says, of which `least_bps` is for sound and least layers.
    pub(super) fn judge(
        &mut self,
        now: Instant,
        estimate_bps: u64,
        sent_bps: u64,
        least_bps: u64,
    ) -> Verdict {
        if sent_bps <= estimate_bps {
            self.since = None;
            return Verdict::Fits;
        }
        let lasted = now.saturating_duration_since(*self.since.get_or_insert(now));
        if is_drowned(estimate_bps, least_bps) || lasted >= PAUSE_PATIENCE {
            Verdict::Pauses
        } else if sent_bps > estimate_bps / 100 * LITTLE_PERCENT || lasted >= PATIENCE {
            Verdict::Lowers
        } else {
            Verdict::Fits
        }
    }
}

/// Whether a link carries less than half of this.
pub(super) fn is_drowned(estimate_bps: u64, bps: u64) -> bool {
    bps / DROWNED_FACTOR > estimate_bps
}
