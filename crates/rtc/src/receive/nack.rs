//! Which packets of one stream are asked for again, and when (RFC 4585 section 6.2.1).
//!
//! Only missing numbers are held, in rising order: a stream that loses nothing costs a comparison
//! for each packet. A stream whose losses are not repaired has no [`Losses`].

use super::wrap::{begin, extend, low16};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;

/// Whoever is late by less, and by fewer packets, was overtaken and not lost.
const REORDER: Duration = Duration::from_millis(10);
const REORDER_PACKETS: u64 = 3;
/// A step by more is another beginning, or an outage that only a keyframe mends.
const STEP_MAX: u64 = 1_000;
/// As many numbers are held; of more the oldest are given up.
const MISSING_MAX: usize = 1_000;
/// The least time between two requests: a shorter round trip is not worth a second answer.
const ROUND_TRIP_MIN: Duration = Duration::from_millis(20);
/// Whoever did not come for so many requests does not come.
const REQUESTS_MAX: u32 = 10;
/// Whoever is missing for longer comes too late to be played.
const PATIENCE: Duration = Duration::from_secs(1);

/// The numbers that a stream lacks.
#[derive(Debug, Clone, Default)]
pub struct Losses {
    highest: Option<u64>,
    /// Rising; those that are settled wait for the ones before them.
    missing: VecDeque<Missing>,
    /// The first number that was not asked for yet, if any below the highest was not.
    unasked: u64,
    /// Where the stream begins anew if the next packet says so too.
    restart: Option<u64>,
    due: Option<Instant>,
    /// What `poll` gave last.
    wanted: Vec<u16>,
}

#[derive(Debug, Clone)]
struct Missing {
    number: u64,
    since: Instant,
    /// When it is asked for next.
    due: Instant,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// How often it was asked for.
    Missing { requests: u32 },
    /// It came or was given up.
    Settled,
}

/// What a packet is to its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The highest number so far.
    Newest,
    /// It was missing.
    Filled,
    /// It is there already, or was given up.
    Known,
    /// It is out of all order: nothing before it is asked for, and only a keyframe helps.
    Restart,
}

impl Losses {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a packet, be it the first time that it was sent or again (RTX, by its original number).
    pub fn received(&mut self, now: Instant, sequence: u16) -> Arrival {
        let Some(highest) = self.highest else {
            self.begin(begin(sequence));
            return Arrival::Newest;
        };
        let number = extend(highest, sequence);
        if number > highest + STEP_MAX {
            self.begin(number);
            return Arrival::Restart;
        }
        if number + STEP_MAX < highest {
            return self.far_behind(number);
        }
        self.restart = None;
        if number > highest {
            self.advance(now, highest, number);
            Arrival::Newest
        } else {
            self.settle(number)
        }
    }

    /// A keyframe begins with this packet, which is noted already: nothing before it is of use.
    pub fn keyframe(&mut self, sequence: u16) {
        let Some(highest) = self.highest else {
            return;
        };
        let first = extend(highest, sequence);
        while self.missing.front().is_some_and(|m| m.number < first) {
            self.missing.pop_front();
        }
    }

    /// When `poll` has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.due.filter(|_| !self.missing.is_empty())
    }

    /// The numbers to ask for now, rising (they may wrap), as [`crate::rtcp::Writer::nack`] takes
    /// them. Each counts as asked for; it is given again when more than a round trip has passed, a
    /// quarter of it more each time.
    pub fn poll(&mut self, now: Instant, round_trip: Duration) -> &[u16] {
        self.wanted.clear();
        self.due = None;
        let highest = self.highest.unwrap_or_default();
        self.unasked = highest;
        for missing in &mut self.missing {
            missing.expire(now);
            let State::Missing { requests } = missing.state else {
                continue;
            };
            if missing.is_due(now, highest) {
                self.wanted.push(low16(missing.number));
                missing.asked(now, round_trip.max(ROUND_TRIP_MIN));
            } else if requests == 0 {
                self.unasked = self.unasked.min(missing.number);
            }
            self.due = Some(self.due.map_or(missing.due, |due| due.min(missing.due)));
        }
        self.forget_settled();
        &self.wanted
    }

    fn begin(&mut self, number: u64) {
        self.highest = Some(number);
        self.missing.clear();
        self.unasked = number;
        self.restart = None;
        self.due = None;
    }

    /// One packet far behind is a straggler; two in a row have begun anew.
    fn far_behind(&mut self, number: u64) -> Arrival {
        if self.restart == Some(number) {
            self.begin(begin(low16(number)));
            return Arrival::Restart;
        }
        self.restart = Some(number + 1);
        Arrival::Known
    }

    fn advance(&mut self, now: Instant, highest: u64, number: u64) {
        self.highest = Some(number);
        let due = now + REORDER;
        if self.missing.is_empty() {
            self.due = None;
        }
        for lacking in highest + 1..number {
            self.due = Some(self.due.map_or(due, |before| before.min(due)));
            self.missing.push_back(Missing {
                number: lacking,
                since: now,
                due,
                state: State::Missing { requests: 0 },
            });
        }
        let surplus = self.missing.len().saturating_sub(MISSING_MAX);
        self.missing.drain(..surplus);
        self.hasten(now, number);
    }

    /// A number that enough packets have overtaken is asked for without waiting.
    fn hasten(&mut self, now: Instant, highest: u64) {
        if self.unasked + REORDER_PACKETS > highest {
            return;
        }
        let unasked = self.unasked;
        let first = self.missing.partition_point(|m| m.number < unasked);
        let unsettled = |m: &&Missing| m.state != State::Settled;
        let next = self.missing.range(first..).find(unsettled);
        self.unasked = next.map_or(highest, |missing| missing.number);
        if self.unasked + REORDER_PACKETS <= highest {
            self.due = Some(now);
        }
    }

    fn settle(&mut self, number: u64) -> Arrival {
        let found = self.missing.binary_search_by_key(&number, |m| m.number);
        let missing = found.ok().and_then(|at| self.missing.get_mut(at));
        let Some(missing) = missing.filter(|m| m.state != State::Settled) else {
            return Arrival::Known;
        };
        missing.state = State::Settled;
        self.forget_settled();
        Arrival::Filled
    }

    fn forget_settled(&mut self) {
        let settled = |m: &Missing| m.state == State::Settled;
        while self.missing.front().is_some_and(settled) {
            self.missing.pop_front();
        }
    }
}

impl Missing {
    fn is_due(&self, now: Instant, highest: u64) -> bool {
        let overtaken = self.state == State::Missing { requests: 0 }
            && self.number + REORDER_PACKETS <= highest;
        now >= self.due || overtaken
    }

    fn asked(&mut self, now: Instant, round_trip: Duration) {
        if let State::Missing { requests } = &mut self.state {
            self.due = now + round_trip + round_trip / 4 * *requests;
            *requests += 1;
        }
    }

    fn expire(&mut self, now: Instant) {
        let State::Missing { requests } = self.state else {
            return;
        };
        let in_vain = requests >= REQUESTS_MAX && now >= self.due;
        if in_vain || now.saturating_duration_since(self.since) > PATIENCE {
            self.state = State::Settled;
        }
    }
}
