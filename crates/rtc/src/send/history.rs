//! The packets of one stream that were sent not long ago, for a receiver that asks for them again
//! (RFC 4585 section 6.2.1), and those that wait for the pacer.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A receiver asks within a few round trips; what is older it has given up.
const LIFETIME: Duration = Duration::from_secs(2);
/// Packets that are kept: 2 s at 5 Mbit/s.
const PACKETS_MAX: usize = 1_024;
/// Padding is made of one of so many packets.
const PADDING_CHOICE: usize = 8;

/// The packets of a stream, by their number before it is cut to 16 bits.
#[derive(Debug)]
pub struct History<T> {
    /// In the order of their numbers.
    packets: VecDeque<Kept<T>>,
}

#[derive(Debug)]
struct Kept<T> {
    sequence: u64,
    came: Instant,
    /// Whether it was sent; else it waits.
    is_sent: bool,
    /// When it was last sent again.
    resent: Option<Instant>,
    /// Whether it waits to be sent again.
    is_asked: bool,
    bytes: usize,
    packet: T,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self {
            packets: VecDeque::new(),
        }
    }
}

impl<T> History<T> {
    /// Keeps a packet of so many bytes, and lets go of what is too old.
    pub fn keep(&mut self, now: Instant, sequence: u64, bytes: usize, packet: T) {
        self.prune(now);
        while self.packets.len() >= PACKETS_MAX {
            self.packets.pop_front();
        }
        let at = self.place(sequence);
        let kept = Kept {
            sequence,
            came: now,
            is_sent: false,
            resent: None,
            is_asked: false,
            bytes,
            packet,
        };
        match self.packets.get_mut(at) {
            Some(same) if same.sequence == sequence => *same = kept,
            _ => self.packets.insert(at, kept),
        }
    }

    /// Lets go of what is too old.
    pub fn prune(&mut self, now: Instant) {
        let is_old = |one: &Kept<T>| now.saturating_duration_since(one.came) > LIFETIME;
        while self.packets.front().is_some_and(is_old) {
            self.packets.pop_front();
        }
    }

    /// The packet leaves now; says whether it did before.
    pub fn leave(&mut self, now: Instant, sequence: u64) -> Option<(&T, bool)> {
        let at = self.place(sequence);
        let kept = self.packets.get_mut(at)?;
        if kept.sequence != sequence {
            return None;
        }
        let was_sent = std::mem::replace(&mut kept.is_sent, true);
        if was_sent {
            (kept.resent, kept.is_asked) = (Some(now), false);
        }
        Some((&kept.packet, was_sent))
    }

    /// A receiver misses the packet with these lowest 16 bits; its number and size if it is to be sent
    /// again: what was sent again less than a `round_trip` ago is on its way.
    pub fn missed(
        &mut self,
        now: Instant,
        lost: u16,
        round_trip: Duration,
    ) -> Option<(u64, usize)> {
        let newest = self.packets.back()?.sequence;
        let [.., high, low] = newest.to_be_bytes();
        let behind = u16::from_be_bytes([high, low]).wrapping_sub(lost);
        let sequence = newest.checked_sub(u64::from(behind))?;
        let at = self.place(sequence);
        let kept = self.packets.get_mut(at)?;
        let is_over = |sent: Instant| now.saturating_duration_since(sent) >= round_trip;
        let is_due = kept.is_sent && !kept.is_asked && kept.resent.is_none_or(is_over);
        if kept.sequence != sequence || !is_due {
            return None;
        }
        kept.is_asked = true;
        Some((sequence, kept.bytes))
    }

    /// It is not sent again after all.
    pub fn refuse(&mut self, sequence: u64) {
        let at = self.place(sequence);
        let kept = self.packets.get_mut(at);
        if let Some(kept) = kept.filter(|one| one.sequence == sequence) {
            kept.is_asked = false;
        }
    }

    /// Where the packet with this number stands, or would. Few numbers are missing, so it is found by
    /// counting back from the newest: each step of a search by halves would wait for memory.
    fn place(&self, sequence: u64) -> usize {
        let Some(newest) = self.packets.back() else {
            return 0;
        };
        let Some(behind) = newest.sequence.checked_sub(sequence) else {
            return self.packets.len();
        };
        let behind = usize::try_from(behind).unwrap_or(usize::MAX);
        let at = (self.packets.len() - 1).saturating_sub(behind);
        let missing = self.packets.range(at..);
        at + missing.take_while(|one| one.sequence < sequence).count()
    }

    /// One of the newest packets that were sent, of which padding of about so many bytes can be made.
    #[must_use]
    pub fn padding(&self, bytes: usize) -> Option<&T> {
        let sent = self.packets.iter().rev().filter(|one| one.is_sent);
        let choice = sent.take(PADDING_CHOICE);
        let best = choice.min_by_key(|one| one.bytes.abs_diff(bytes));
        best.map(|one| &one.packet)
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(50);

    fn sent(now: Instant, sequences: impl IntoIterator<Item = u64>) -> History<u64> {
        let mut history = History::default();
        for sequence in sequences {
            history.keep(now, sequence, 1_000, sequence);
            assert_eq!(history.leave(now, sequence), Some((&sequence, false)));
        }
        history
    }

    #[test]
    fn what_is_missed_is_found_by_the_lowest_bits_of_its_number() {
        let now = Instant::now();
        let mut history = sent(now, 65_530..65_540);
        for (lost, sequence) in [(65_531, 65_531), (65_535, 65_535), (0, 65_536), (3, 65_539)] {
            let found = history.missed(now, lost, ROUND_TRIP);
            assert_eq!(found, Some((sequence, 1_000)));
        }
        assert_eq!(history.missed(now, 4, ROUND_TRIP), None, "not sent yet");
        assert_eq!(history.missed(now, 60_000, ROUND_TRIP), None, "never kept");
    }

    #[test]
    fn what_waits_or_is_on_its_way_is_not_sent_again() {
        let now = Instant::now();
        let mut history = sent(now, [1]);
        history.keep(now, 2, 1_000, 2);
        assert_eq!(history.missed(now, 2, ROUND_TRIP), None, "waits");
        assert!(history.missed(now, 1, ROUND_TRIP).is_some());
        assert_eq!(history.missed(now, 1, ROUND_TRIP), None, "waits again");
        history.refuse(1);
        assert!(history.missed(now, 1, ROUND_TRIP).is_some());
        assert_eq!(history.leave(now, 1), Some((&1, true)));
        let soon = now + ROUND_TRIP / 2;
        assert_eq!(history.missed(soon, 1, ROUND_TRIP), None, "on its way");
        assert!(history.missed(now + ROUND_TRIP, 1, ROUND_TRIP).is_some());
        assert_eq!(history.leave(now, 7), None);
    }

    #[test]
    fn old_packets_and_too_many_are_let_go() {
        let now = Instant::now();
        let mut history = sent(now, 0..2_000);
        assert_eq!(history.packets.len(), PACKETS_MAX);
        let later = now + LIFETIME + ROUND_TRIP;
        history.keep(later, 2_000, 1_000, 2_000);
        assert_eq!(history.packets.len(), 1);
    }

    #[test]
    fn a_late_packet_takes_its_place() {
        let now = Instant::now();
        let history = sent(now, [5, 7, 6, 7]);
        let numbers: Vec<u64> = history.packets.iter().map(|one| one.sequence).collect();
        assert_eq!(numbers, [5, 6, 7]);
    }

    #[test]
    fn packets_are_found_whatever_numbers_are_missing() {
        let now = Instant::now();
        let numbers = [3, 4, 9, 10, 11, 40, 41, 90];
        let mut history = sent(now, numbers);
        for sequence in 0..100 {
            let found = history.leave(now, sequence).map(|(&packet, _)| packet);
            let is_kept = numbers.contains(&sequence);
            assert_eq!(found, is_kept.then_some(sequence));
        }
        for late in [0, 5, 39, 89, u64::MAX] {
            history.keep(now, late, 1_000, late);
        }
        let kept = history.packets.iter().map(|one| one.sequence);
        assert!(kept.is_sorted() && history.packets.len() == numbers.len() + 5);
    }

    #[test]
    fn padding_is_made_of_a_packet_of_about_that_size() {
        let now = Instant::now();
        let mut history = History::default();
        assert_eq!(history.padding(500), None);
        for (sequence, bytes) in [(1, 1_200), (2, 400), (3, 100)] {
            history.keep(now, sequence, bytes, sequence);
        }
        assert_eq!(history.padding(500), None, "none was sent");
        for sequence in 1..=3 {
            history.leave(now, sequence);
        }
        assert_eq!(history.padding(500), Some(&2));
        assert_eq!(history.padding(5_000), Some(&1));
    }
}
