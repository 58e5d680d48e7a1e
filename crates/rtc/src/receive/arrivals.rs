//! When the packets of a connection came, all its streams together, and the feedback on them
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use super::wrap::{begin, extend, low16, low32};
use crate::rtcp::{FeedbackHead, Full, Writer};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;

/// Feedback is sent after this long, as libwebrtc does it, if what came is worth it…
const INTERVAL_MIN: Duration = Duration::from_millis(50);
/// … and after this long in any case.
const INTERVAL_MAX: Duration = Duration::from_millis(250);
/// Feedback may take one octet in so many of what it speaks of: 5 %.
const OCTETS_PER_FEEDBACK_OCTET: usize = 20;
/// What feedback costs on the wire: IP, UDP and SRTCP, the head, and a status for some packets.
const FEEDBACK_OCTETS: usize = 68;
/// Numbers that are held at once. A step by more, be it ahead or back, begins anew: what was not
/// told by then is not told.
const NUMBERS_MAX: u64 = 4_096;
/// Who comes after those that were told is still told for so long (500 ms, in ticks of 250 µs).
const LATE_TICKS: u32 = 2_000;

/// The arrivals of one connection.
#[derive(Debug, Clone)]
pub struct Arrivals {
    /// Where ticks are counted from.
    epoch: Instant,
    window: Option<Window>,
    pending: Option<Pending>,
    feedback_count: u8,
}

/// Numbers that lie next to each other.
#[derive(Debug, Clone)]
struct Window {
    /// The number of the first slot.
    start: u64,
    /// When each came, in ticks of 250 µs; `None` if it did not.
    slots: VecDeque<Option<u32>>,
    /// The first number that the next feedback speaks of.
    next: u64,
}

/// What came since the last feedback.
#[derive(Debug, Clone, Copy)]
struct Pending {
    since: Instant,
    octets: usize,
}

impl Arrivals {
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            window: None,
            pending: None,
            feedback_count: 0,
        }
    }

    /// Notes a packet by its transport-wide number; `octets` are those of its datagram.
    pub fn received(&mut self, now: Instant, sequence: u16, octets: usize) {
        let ticks = self.ticks(now);
        let window = self
            .window
            .get_or_insert_with(|| Window::new(begin(sequence)));
        if !window.insert(sequence, ticks) {
            return;
        }
        let pending = self.pending.get_or_insert(Pending {
            since: now,
            octets: 0,
        });
        pending.octets = pending.octets.saturating_add(octets);
    }

    /// When feedback is due; `None` while there is nothing to tell.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let pending = self.pending?;
        let worth_it = pending.octets >= FEEDBACK_OCTETS * OCTETS_PER_FEEDBACK_OCTET;
        let interval = if worth_it { INTERVAL_MIN } else { INTERVAL_MAX };
        Some(pending.since + interval)
    }

    /// Writes a feedback packet if one is due, and says so. What finds no room in it is due at once.
    pub fn poll(
        &mut self,
        now: Instant,
        sender_ssrc: u32,
        media_ssrc: u32,
        writer: &mut Writer<'_>,
    ) -> Result<bool, Full> {
        let ticks = self.ticks(now);
        let due = self.deadline().is_some_and(|due| due <= now);
        let Some(window) = self.window.as_mut().filter(|_| due) else {
            return Ok(false);
        };
        let head = FeedbackHead {
            sender_ssrc,
            media_ssrc,
            base_sequence: low16(window.next),
            feedback_count: self.feedback_count,
        };
        let told = writer.transport_feedback(&head, window.untold())?;
        self.feedback_count = self.feedback_count.wrapping_add(1);
        window.next += u64::from(told);
        window.forget(ticks);
        if window.untold().flatten().next().is_none() {
            self.pending = None;
        }
        Ok(true)
    }

    fn ticks(&self, now: Instant) -> u32 {
        let passed = now.saturating_duration_since(self.epoch);
        let whole = passed.as_secs().wrapping_mul(4_000);
        low32(whole.wrapping_add(u64::from(passed.subsec_micros()) / 250))
    }
}

impl Window {
    fn new(first: u64) -> Self {
        Self {
            start: first,
            slots: VecDeque::new(),
            next: first,
        }
    }

    /// Whether this is worth telling: not if it came before, or is older than what is held.
    fn insert(&mut self, sequence: u16, ticks: u32) -> bool {
        let number = extend(self.end().saturating_sub(1), sequence);
        if number.abs_diff(self.end()) > NUMBERS_MAX {
            *self = Self::new(begin(sequence));
            return self.insert(sequence, ticks);
        }
        while self.end() <= number {
            self.slots.push_back(None);
        }
        self.shorten_to(NUMBERS_MAX);
        let at = number.checked_sub(self.start);
        let at = at.and_then(|at| usize::try_from(at).ok());
        let Some(slot) = at.and_then(|at| self.slots.get_mut(at)) else {
            return false;
        };
        if slot.is_some() {
            return false;
        }
        *slot = Some(ticks);
        self.next = self.next.min(number);
        true
    }

    /// The number behind the last slot.
    fn end(&self) -> u64 {
        self.start + u64::try_from(self.slots.len()).unwrap_or_default()
    }

    /// What the next feedback speaks of.
    fn untold(&self) -> impl Iterator<Item = Option<u32>> + Clone {
        let told = usize::try_from(self.next - self.start).unwrap_or(usize::MAX);
        self.slots.range(told.min(self.slots.len())..).copied()
    }

    fn shorten_to(&mut self, numbers: u64) {
        while self.end() - self.start > numbers {
            self.slots.pop_front();
            self.start += 1;
        }
        self.next = self.next.max(self.start);
    }

    /// Lets go of what was told, up to the last that came too long ago.
    fn forget(&mut self, now: u32) {
        let mut forgotten = self.start;
        for (number, slot) in (self.start..self.next).zip(&self.slots) {
            match slot {
                Some(ticks) if now.wrapping_sub(*ticks) > LATE_TICKS => forgotten = number + 1,
                Some(_) => break,
                None => {}
            }
        }
        self.shorten_to(self.end() - forgotten);
    }
}
