//! All tracks, the audio that waits to be decoded and the passes that wait for a thread.
//!
//! *"Take every packet with the time, feed what [`Scheduler::next_input`] gives, run what
//! [`Scheduler::next_job`] gives on any thread, hand the outcome back, and deliver what
//! [`Scheduler::poll`] gives."* Decoding and recognition are shared fairly between meetings and within
//! one between its participants; too much of one is dropped from that one.

mod fair;
mod load;
mod passes;

pub use load::Load;

use crate::audio::allowance::Allowance;
use crate::audio::decode::duration;
use crate::{EngineError, Input, Job, JobId, Language, Line, Output as Asked, Recognition};
use crate::{Packet, Speaker, Track};
use fair::FairQueue;
use load::{FINAL_WAIT_MAX, Loads, PARTIAL_WAIT_MAX};
use passes::{Next, Passes, WaitingFinal, WaitingPartial};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

/// Packets that wait to be decoded: 16 s of fifty microphones (50 MB at most). Each meeting that has
/// any gets an equal part; with more, its packets are dropped and counted.
const PACKETS_WAITING_MAX: usize = 40_000;

/// Whose a track is: shares are per meeting, and in it per participant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Owner {
    meeting: Arc<str>,
    participant: Arc<str>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Output<K> {
    Line(K, Line),
    /// How a meeting gets on, when that changes, and now and then while it is not in time.
    Load(Arc<str>, Load),
    /// The track has closed and all that was said on it has become lines.
    Ended(K),
}

/// What was dropped or lost since it was last asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets of senders that run ahead of the clock.
    pub packets_refused: u64,
    /// Packets for which the decoder had no time.
    pub packets_dropped: u64,
    /// Partial passes that were due, and whose utterance ended before a thread was free.
    pub partials_dropped: u64,
    /// Final passes of those who have too much waiting.
    pub finals_dropped: u64,
    /// Utterances of which no text is left.
    pub lost: u64,
}

struct Tap {
    owner: Owner,
    track: Track,
    allowance: Allowance,
    deadline: Option<Instant>,
    /// Whether it waits for a partial pass.
    waits: bool,
    closed: bool,
}

/// Everything under way; `K` names a track.
pub struct Scheduler<K> {
    taps: BTreeMap<K, Tap>,
    intake: FairQueue<Arc<str>, (K, Input)>,
    deadlines: BTreeSet<(Instant, K)>,
    passes: Passes<K>,
    loads: Loads,
    outputs: VecDeque<Output<K>>,
    counts: Counts,
}

impl<K: Copy + Ord> Default for Scheduler<K> {
    fn default() -> Self {
        Self {
            taps: BTreeMap::new(),
            intake: FairQueue::default(),
            deadlines: BTreeSet::new(),
            passes: Passes::default(),
            loads: Loads::default(),
            outputs: VecDeque::new(),
            counts: Counts::default(),
        }
    }
}

impl<K: Copy + Ord> Scheduler<K> {
    /// Opens a track of somebody in a meeting, under a key that was never used before. Fails only when the
    /// decoder finds no memory.
    pub fn open(
        &mut self,
        now: Instant,
        key: K,
        meeting: &str,
        speaker: Speaker,
        language: Option<Language>,
    ) -> Result<(), EngineError> {
        let owner = Owner {
            meeting: meeting.into(),
            participant: speaker.participant.as_str().into(),
        };
        let track = Track::new(speaker, language)?;
        self.loads.opened(now, &owner.meeting);
        let tap = Tap {
            owner,
            track,
            allowance: Allowance::default(),
            deadline: None,
            waits: false,
            closed: false,
        };
        self.taps.insert(key, tap);
        Ok(())
    }

    /// Takes a packet, to be decoded in its meeting's turn.
    pub fn packet(&mut self, now: Instant, key: K, packet: Packet) {
        let Some(tap) = self.taps.get_mut(&key) else {
            return;
        };
        if !tap.allowance.take(now, &packet) {
            self.counts.packets_refused += 1;
            return;
        }
        let meeting = &tap.owner.meeting;
        let part = PACKETS_WAITING_MAX / self.intake.owners().max(1);
        if self.intake.len_of(meeting) >= part {
            self.counts.packets_dropped += 1;
            self.loads.lost(now, meeting);
            return;
        }
        let cost = u64::try_from(duration(&packet).as_micros()).unwrap_or(u64::MAX);
        self.intake
            .push(meeting, cost.max(1), (key, Input::Packet(packet)));
    }

    /// No more packets will come on a track.
    pub fn close(&mut self, key: K) {
        if let Some(tap) = self.taps.get(&key) {
            // Behind the packets that still wait.
            let meeting = Arc::clone(&tap.owner.meeting);
            self.intake.push(&meeting, 0, (key, Input::Closed));
        }
    }

    /// Ends what is being said on every track.
    pub fn close_all(&mut self) {
        let keys: Vec<K> = self.taps.keys().copied().collect();
        keys.into_iter().for_each(|key| self.close(key));
    }

    /// What a track is to be fed next: a deadline that has passed, else a packet.
    pub fn next_input(&mut self, now: Instant) -> Option<(K, Input)> {
        if let Some((deadline, key)) = self.deadlines.first().copied()
            && deadline <= now
        {
            return Some((key, Input::Tick));
        }
        let (meeting, cost, input) = self.intake.pop()?;
        self.intake.charge(&meeting, cost);
        Some(input)
    }

    /// Hands one input to a track and carries out what it asks for.
    pub fn feed(&mut self, now: Instant, key: K, input: Input) {
        let Some(tap) = self.taps.get_mut(&key) else {
            return;
        };
        tap.closed |= matches!(input, Input::Closed);
        tap.track.handle(now, input);
        while let Some(asked) = self.taps.get_mut(&key).and_then(|tap| tap.track.poll()) {
            match asked {
                Asked::Final(job) => self.ask_final(now, key, job),
                Asked::PartialDue => self.ask_partial(now, key),
                Asked::Line(line) => self.outputs.push_back(Output::Line(key, line)),
                Asked::Lost => self.counts.lost += 1,
            }
        }
        self.note_deadline(key);
        if self
            .taps
            .get(&key)
            .is_some_and(|tap| tap.closed && tap.track.is_settled())
        {
            self.abandon(key);
        }
    }

    /// Forgets a track with all that was said on it and is no line.
    pub fn abandon(&mut self, key: K) {
        let Some(tap) = self.taps.remove(&key) else {
            return;
        };
        if let Some(deadline) = tap.deadline {
            self.deadlines.remove(&(deadline, key));
        }
        self.loads.closed(&tap.owner.meeting);
        self.outputs.push_back(Output::Ended(key));
    }

    /// The job that a free thread does next.
    pub fn next_job(&mut self, now: Instant) -> Option<(K, Job)> {
        loop {
            let (owner, next) = self.passes.pop()?;
            let (key, job) = match next {
                Next::Final(waiting) => {
                    self.note_wait(now, &owner, waiting.since, FINAL_WAIT_MAX);
                    (waiting.key, Some(waiting.job))
                }
                Next::Partial(waiting) => {
                    self.note_wait(now, &owner, waiting.since, PARTIAL_WAIT_MAX);
                    (waiting.key, self.begin_partial(now, waiting.key))
                }
            };
            if let Some(job) = job {
                self.passes.charge(&owner, &job);
                return Some((key, job));
            }
        }
    }

    fn note_wait(&mut self, now: Instant, owner: &Owner, since: Instant, max: std::time::Duration) {
        if now.saturating_duration_since(since) > max {
            self.loads.late(now, &owner.meeting);
        }
    }

    fn begin_partial(&mut self, now: Instant, key: K) -> Option<Job> {
        let tap = self.taps.get_mut(&key)?;
        tap.waits = false;
        let job = tap.track.partial(now);
        self.counts.partials_dropped += u64::from(job.is_none());
        job
    }

    /// Takes the outcome of a job.
    pub fn recognised(
        &mut self,
        now: Instant,
        key: K,
        job: JobId,
        outcome: Result<Recognition, EngineError>,
    ) {
        self.feed(now, key, Input::Recognised { job, outcome });
    }

    /// Lets time pass for the meetings' loads; call it at [`Scheduler::deadline`].
    pub fn review(&mut self, now: Instant) {
        let passes = &self.passes;
        let reported = self
            .loads
            .review(now, |meeting| passes.waiting_since(meeting));
        let reported = reported.into_iter();
        self.outputs
            .extend(reported.map(|(meeting, load)| Output::Load(meeting, load)));
    }

    pub fn poll(&mut self) -> Option<Output<K>> {
        self.outputs.pop_front()
    }

    /// When there is something to do if nothing comes: an input to feed, or a review.
    pub fn deadline(&self) -> Option<Instant> {
        let track = self.deadlines.first().map(|(deadline, _)| *deadline);
        [track, self.loads.next_review()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether packets wait to be decoded.
    pub fn has_inputs(&self) -> bool {
        !self.intake.is_empty()
    }

    pub fn has_jobs(&self) -> bool {
        !self.passes.is_empty()
    }

    /// How many passes wait for a thread.
    pub fn jobs_waiting(&self) -> usize {
        self.passes.len()
    }

    /// Keeps of every unfinished line what was shown of it: there is no time for more.
    pub fn give_up(&mut self, now: Instant) {
        self.counts.packets_dropped += self.intake.len() as u64;
        self.intake = FairQueue::default();
        let keys: Vec<K> = self.taps.keys().copied().collect();
        for key in keys {
            self.feed(now, key, Input::Closed);
            self.feed(now, key, Input::GivenUp);
        }
        self.passes = Passes::default();
    }

    /// Whether every word that was said has become a line.
    pub fn is_settled(&self) -> bool {
        self.intake.is_empty() && self.taps.values().all(|tap| tap.track.is_settled())
    }

    /// What was dropped or lost since this was last asked.
    pub fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    fn ask_final(&mut self, now: Instant, key: K, job: Job) {
        let Some(tap) = self.taps.get(&key) else {
            return;
        };
        let waiting = WaitingFinal {
            key,
            job,
            since: now,
        };
        let owner = tap.owner.clone();
        for (owner, dropped) in self.passes.push_final(&owner, waiting) {
            self.counts.finals_dropped += 1;
            self.loads.lost(now, &owner.meeting);
            self.feed(now, dropped.key, Input::Dropped(dropped.job.id));
        }
    }

    /// Who waits already, perhaps since an earlier utterance, keeps the place and the time.
    fn ask_partial(&mut self, now: Instant, key: K) {
        if let Some(tap) = self.taps.get_mut(&key)
            && !tap.waits
        {
            tap.waits = true;
            let waiting = WaitingPartial { key, since: now };
            self.passes.push_partial(&tap.owner, waiting);
        }
    }

    fn note_deadline(&mut self, key: K) {
        let Some(tap) = self.taps.get_mut(&key) else {
            return;
        };
        let deadline = tap.track.deadline();
        if deadline != tap.deadline {
            if let Some(before) = tap.deadline {
                self.deadlines.remove(&(before, key));
            }
            self.deadlines
                .extend(deadline.map(|deadline| (deadline, key)));
            tap.deadline = deadline;
        }
    }
}

#[cfg(test)]
mod tests;
