//! The passes that wait for a thread: by turns between meetings, in each between its participants, and
//! bounded for each.

use super::Owner;
use super::fair::{FairQueue, Turns};
use crate::{Job, SAMPLE_RATE_HZ};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Audio of one participant that waits for its final passes. With more, the newest utterance gets
/// none: somebody who talks alone is never recognised slower than that.
pub(super) const PARTICIPANT_WAITING_S_MAX: u64 = 90;

/// Audio of one meeting that waits for its final passes (19 MB). With more, the participant of whom
/// most waits loses the newest utterance.
pub(super) const MEETING_WAITING_S_MAX: u64 = 300;

/// Audio of all meetings together (230 MB). With more, the meeting of which most waits loses.
pub(super) const ALL_WAITING_S_MAX: u64 = 3_600;

/// What a pass costs at least: Whisper's encoder computes about as much for a word as for this much
/// audio. Else a share would be worth more to those who speak in single words.
const COST_SAMPLES_MIN: u64 = 8 * SAMPLE_RATE_HZ as u64;

/// A final pass that waits.
#[derive(Debug)]
pub(super) struct WaitingFinal<K> {
    pub(super) key: K,
    pub(super) job: Job,
    pub(super) since: Instant,
}

/// A track that is due for a partial pass.
#[derive(Debug)]
pub(super) struct WaitingPartial<K> {
    pub(super) key: K,
    pub(super) since: Instant,
}

/// What a free thread takes.
#[derive(Debug)]
pub(super) enum Next<K> {
    Final(WaitingFinal<K>),
    Partial(WaitingPartial<K>),
}

#[derive(Debug)]
pub(super) struct Passes<K> {
    turns: Turns<Arc<str>>,
    meetings: BTreeMap<Arc<str>, Meeting<K>>,
    /// How many passes wait.
    len: usize,
}

/// What waits of one meeting. What is kept comes first: partial passes are for what is left.
#[derive(Debug)]
struct Meeting<K> {
    finals: FairQueue<Arc<str>, WaitingFinal<K>>,
    partials: FairQueue<Arc<str>, WaitingPartial<K>>,
}

impl<K> Default for Passes<K> {
    fn default() -> Self {
        Self {
            turns: Turns::default(),
            meetings: BTreeMap::new(),
            len: 0,
        }
    }
}

impl<K> Passes<K> {
    /// Adds a final pass. Returns those for which there is no place any more: not always this one.
    pub(super) fn push_final(
        &mut self,
        owner: &Owner,
        pass: WaitingFinal<K>,
    ) -> Vec<(Owner, WaitingFinal<K>)> {
        let size = pass.job.samples.len() as u64;
        let finals = &mut self.meeting(owner).finals;
        finals.push(&owner.participant, size, pass);
        let mut dropped = Vec::new();
        if finals.size_of(&owner.participant) > samples(PARTICIPANT_WAITING_S_MAX) {
            let pass = finals.drop_newest(&owner.participant);
            dropped.extend(pass.map(|pass| (owner.clone(), pass)));
        }
        if finals.size() > samples(MEETING_WAITING_S_MAX) {
            dropped.extend(self.drop_of_largest(&owner.meeting));
        }
        if self.size() > samples(ALL_WAITING_S_MAX) {
            let by_size = self.meetings.iter();
            let largest = by_size.max_by_key(|(_, meeting)| meeting.finals.size());
            if let Some(largest) = largest.map(|(meeting, _)| Arc::clone(meeting)) {
                dropped.extend(self.drop_of_largest(&largest));
            }
        }
        self.len = self.len + 1 - dropped.len();
        dropped
    }

    /// Adds a track that is due for a partial pass and does not wait for one.
    pub(super) fn push_partial(&mut self, owner: &Owner, pass: WaitingPartial<K>) {
        let partials = &mut self.meeting(owner).partials;
        partials.push(&owner.participant, 0, pass);
        self.len += 1;
    }

    /// What is to be done next, and whose it is. [`Passes::charge`] says what it costs.
    pub(super) fn pop(&mut self) -> Option<(Owner, Next<K>)> {
        let meeting = Arc::clone(self.turns.next()?);
        let waiting = self.meetings.get_mut(&meeting)?;
        let next = match waiting.finals.pop() {
            Some((participant, _, pass)) => Some((participant, Next::Final(pass))),
            None => {
                let partial = waiting.partials.pop();
                partial.map(|(participant, _, pass)| (participant, Next::Partial(pass)))
            }
        };
        self.forget_if_empty(&meeting);
        self.len -= usize::from(next.is_some());
        next.map(|(participant, next)| {
            let owner = Owner {
                meeting,
                participant,
            };
            (owner, next)
        })
    }

    /// A pass over so much audio was taken by its owner.
    pub(super) fn charge(&mut self, owner: &Owner, pass: &Job) {
        let cost = (pass.samples.len() as u64).max(COST_SAMPLES_MIN);
        self.turns.charge(&owner.meeting, cost);
        if let Some(meeting) = self.meetings.get_mut(&owner.meeting) {
            meeting.finals.charge(&owner.participant, cost);
            meeting.partials.charge(&owner.participant, cost);
        }
    }

    /// Since when the oldest final and the oldest partial pass of a meeting wait.
    pub(super) fn waiting_since(&self, meeting: &Arc<str>) -> (Option<Instant>, Option<Instant>) {
        let Some(waiting) = self.meetings.get(meeting) else {
            return (None, None);
        };
        let finals = waiting.finals.firsts().map(|pass| pass.since);
        let partials = waiting.partials.firsts().map(|pass| pass.since);
        (finals.min(), partials.min())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.meetings.is_empty()
    }

    /// How many passes wait.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn size(&self) -> u64 {
        let meetings = self.meetings.values();
        meetings.map(|meeting| meeting.finals.size()).sum()
    }

    fn meeting(&mut self, owner: &Owner) -> &mut Meeting<K> {
        self.turns.wait(&owner.meeting);
        let meeting = self.meetings.entry(Arc::clone(&owner.meeting));
        meeting.or_insert_with(|| Meeting {
            finals: FairQueue::default(),
            partials: FairQueue::default(),
        })
    }

    fn drop_of_largest(&mut self, meeting: &Arc<str>) -> Option<(Owner, WaitingFinal<K>)> {
        let finals = &mut self.meetings.get_mut(meeting)?.finals;
        let participant = Arc::clone(finals.largest()?);
        let pass = finals.drop_newest(&participant)?;
        self.forget_if_empty(meeting);
        let owner = Owner {
            meeting: Arc::clone(meeting),
            participant,
        };
        Some((owner, pass))
    }

    fn forget_if_empty(&mut self, meeting: &Arc<str>) {
        let is_empty =
            |waiting: &Meeting<K>| waiting.finals.is_empty() && waiting.partials.is_empty();
        if self.meetings.get(meeting).is_some_and(is_empty) {
            self.meetings.remove(meeting);
            self.turns.leave(meeting);
        }
    }
}

fn samples(seconds: u64) -> u64 {
    seconds * u64::from(SAMPLE_RATE_HZ)
}
