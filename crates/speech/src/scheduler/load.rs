//! Whether a meeting's words come in time, late, or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Somebody who waits this long for a partial pass sees captions stand still.
pub(super) const PARTIAL_WAIT_MAX: Duration = Duration::from_secs(3);

/// A final pass that waits this long makes a late line.
pub(super) const FINAL_WAIT_MAX: Duration = Duration::from_secs(6);

/// How long after the last late pass a meeting counts as late.
pub(super) const LATE_FOR: Duration = Duration::from_secs(5);

/// How long after the last words lost a meeting counts as losing words.
pub(super) const LOSING_FOR: Duration = Duration::from_secs(30);

/// Meetings are looked at this often: nobody notices a delay that is shorter.
const REVIEW_EVERY: Duration = Duration::from_millis(500);

/// A meeting that is not in time is reported again this often, for those who joined meanwhile.
const TELL_AGAIN: Duration = Duration::from_secs(5);

/// How the recognition of a meeting's words gets on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Load {
    #[default]
    InTime,
    /// Captions come late.
    Late,
    /// More is said in this meeting than its share allows: some words were dropped.
    Losing,
}

/// What is known of each meeting's load.
#[derive(Debug, Default)]
pub(super) struct Loads {
    meetings: BTreeMap<Arc<str>, Known>,
    next_review: Option<Instant>,
}

#[derive(Debug, Default)]
struct Known {
    /// Its open tracks.
    tracks: usize,
    last_late: Option<Instant>,
    last_lost: Option<Instant>,
    reported: Load,
    reported_at: Option<Instant>,
}

impl Loads {
    pub(super) fn opened(&mut self, now: Instant, meeting: &Arc<str>) {
        self.known(meeting).tracks += 1;
        self.next_review.get_or_insert(now + REVIEW_EVERY);
    }

    pub(super) fn closed(&mut self, meeting: &Arc<str>) {
        let known = self.known(meeting);
        known.tracks = known.tracks.saturating_sub(1);
    }

    pub(super) fn late(&mut self, now: Instant, meeting: &Arc<str>) {
        self.known(meeting).last_late = Some(now);
    }

    pub(super) fn lost(&mut self, now: Instant, meeting: &Arc<str>) {
        self.known(meeting).last_lost = Some(now);
    }

    pub(super) fn next_review(&self) -> Option<Instant> {
        self.next_review
    }

    /// Looks at every meeting, if it is time: those whose load must be reported.
    pub(super) fn review(
        &mut self,
        now: Instant,
        waiting_since: impl Fn(&Arc<str>) -> (Option<Instant>, Option<Instant>),
    ) -> Vec<(Arc<str>, Load)> {
        if self.next_review.is_none_or(|next| now < next) {
            return Vec::new();
        }
        let mut reported = Vec::new();
        for (meeting, known) in &mut self.meetings {
            let load = known.load(now, waiting_since(meeting));
            if known.must_be_reported(now, load) {
                (known.reported, known.reported_at) = (load, Some(now));
                reported.push((Arc::clone(meeting), load));
            }
        }
        self.meetings
            .retain(|_, known| known.tracks > 0 || known.reported != Load::InTime);
        self.next_review = (!self.meetings.is_empty()).then_some(now + REVIEW_EVERY);
        reported
    }

    fn known(&mut self, meeting: &Arc<str>) -> &mut Known {
        self.meetings.entry(Arc::clone(meeting)).or_default()
    }
}

impl Known {
    fn load(&self, now: Instant, waiting: (Option<Instant>, Option<Instant>)) -> Load {
        let for_longer = |since: Option<Instant>, than: Duration| {
            since.is_some_and(|since| now.saturating_duration_since(since) > than)
        };
        let (finals, partials) = waiting;
        let was = |at: Option<Instant>, within: Duration| at.is_some() && !for_longer(at, within);
        if was(self.last_lost, LOSING_FOR) {
            Load::Losing
        } else if for_longer(finals, FINAL_WAIT_MAX)
            || for_longer(partials, PARTIAL_WAIT_MAX)
            || was(self.last_late, LATE_FOR)
        {
            Load::Late
        } else {
            Load::InTime
        }
    }

    fn must_be_reported(&self, now: Instant, load: Load) -> bool {
        let is_old = |at: Instant| now.saturating_duration_since(at) >= TELL_AGAIN;
        load != self.reported || (load != Load::InTime && self.reported_at.is_none_or(is_old))
    }
}
