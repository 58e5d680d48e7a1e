//! Puts packets back in order, waiting a moment for one that is late.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One received audio packet of one track.
#[derive(Debug, Clone)]
pub struct Packet {
    /// Sequence number, extended so that it never wraps.
    pub sequence: u64,
    /// RTP timestamp, 48 kHz (RFC 7587, section 4.1).
    pub timestamp: u32,
    pub received: Instant,
    /// Opus.
    pub payload: Arc<[u8]>,
}

/// How long a hole is kept open; then the missing packet counts as lost. A retransmission asked
/// for by NACK arrives within one round trip.
const HOLD: Duration = Duration::from_millis(150);

/// Packets held behind a hole; when there are more, the hole is given up at once.
const HELD_PACKETS_MAX: usize = 32;

/// A packet this far behind is no late packet: the sender has restarted its count.
const RESTART_PACKETS: u64 = 3000;

#[derive(Debug, Default)]
pub(crate) struct Reorder {
    next: Option<u64>,
    held: BTreeMap<u64, Packet>,
}

impl Reorder {
    /// Takes one packet; one that is too late, or a copy, is dropped.
    pub(crate) fn push(&mut self, packet: Packet) {
        match self.next {
            Some(next) if packet.sequence + RESTART_PACKETS < next => {
                self.held.clear();
                self.next = Some(packet.sequence);
            }
            Some(next) if packet.sequence < next => return,
            _ => {}
        }
        self.held.entry(packet.sequence).or_insert(packet);
    }

    /// The next packet in order, or the first behind a hole that has been open long enough.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Packet> {
        let (&sequence, _) = self.held.first_key_value()?;
        let in_order = self.next.is_none_or(|next| next == sequence);
        let given_up = self.held.len() > HELD_PACKETS_MAX
            || self.deadline().is_some_and(|deadline| now >= deadline);
        if !in_order && !given_up {
            return None;
        }
        self.next = Some(sequence + 1);
        self.held.remove(&sequence)
    }

    /// When the hole in front is given up.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.held
            .values()
            .map(|packet| packet.received + HOLD)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::tests::start;

    fn packet(sequence: u64, at: Instant) -> Packet {
        Packet {
            sequence,
            timestamp: 0,
            received: at,
            payload: Arc::from([]),
        }
    }

    fn popped(reorder: &mut Reorder, now: Instant) -> Vec<u64> {
        std::iter::from_fn(|| reorder.pop(now))
            .map(|packet| packet.sequence)
            .collect()
    }

    #[test]
    fn packets_in_order_pass_at_once_and_copies_are_dropped() {
        let (now, mut reorder) = (start(), Reorder::default());
        for sequence in [7, 8, 8, 9, 7] {
            reorder.push(packet(sequence, now));
        }
        assert_eq!(popped(&mut reorder, now), [7, 8, 9]);
        assert_eq!(reorder.deadline(), None);
    }

    #[test]
    fn a_retransmitted_packet_takes_its_place() {
        let (now, mut reorder) = (start(), Reorder::default());
        reorder.push(packet(1, now));
        assert_eq!(popped(&mut reorder, now), [1]);
        reorder.push(packet(3, now));
        assert!(popped(&mut reorder, now).is_empty());
        reorder.push(packet(2, now + Duration::from_millis(60)));
        assert_eq!(
            popped(&mut reorder, now + Duration::from_millis(60)),
            [2, 3]
        );
    }

    #[test]
    fn a_hole_is_given_up_at_its_deadline() {
        let (now, mut reorder) = (start(), Reorder::default());
        reorder.push(packet(1, now));
        assert_eq!(popped(&mut reorder, now), [1]);
        reorder.push(packet(4, now));
        assert!(popped(&mut reorder, now + HOLD - Duration::from_millis(1)).is_empty());
        assert_eq!(reorder.deadline(), Some(now + HOLD));
        assert_eq!(popped(&mut reorder, now + HOLD), [4]);
    }

    #[test]
    fn a_sender_that_restarts_its_count_is_followed() {
        let (now, mut reorder) = (start(), Reorder::default());
        reorder.push(packet(100_000, now));
        assert_eq!(popped(&mut reorder, now), [100_000]);
        reorder.push(packet(5, now));
        assert_eq!(popped(&mut reorder, now), [5]);
    }
}
