//! The queue by which audio leaves the workers: bounded, and media never waits for it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use visio_sfu::tap::{TapEvent, TapId};

/// Packets waiting: 4 s of fifty microphones. Full means that the listener does not get on;
/// packets are dropped and counted, and captions have holes.
const WAITING_MAX: usize = 10_000;

/// The workers' end, from which each gets its own.
pub struct Taps(SyncSender<(u16, TapEvent)>);

/// One worker's way out. Never blocks.
pub struct TapSender {
    worker: u16,
    sender: SyncSender<(u16, TapEvent)>,
    /// Openings and closings that found the queue full: these are late, never lost. As many as
    /// the worker has taps, at most.
    late: VecDeque<TapEvent>,
    /// Opened and not closed.
    open: BTreeSet<TapId>,
}

/// Events come out with the number of their worker, which alone makes a tap's id unique.
pub fn tap_queue() -> (Taps, Receiver<(u16, TapEvent)>) {
    let (sender, receiver) = sync_channel(WAITING_MAX);
    (Taps(sender), receiver)
}

impl Taps {
    pub fn sender(&self, worker: u16) -> TapSender {
        TapSender {
            worker,
            sender: self.0.clone(),
            late: VecDeque::new(),
            open: BTreeSet::new(),
        }
    }
}

impl TapSender {
    /// Hands on an event, or drops a packet when the queue is full. Where nobody listens any more
    /// or captions are off, everything is dropped.
    pub(super) fn offer(&mut self, event: TapEvent) {
        match event {
            TapEvent::Opened { tap, .. } => drop(self.open.insert(tap)),
            TapEvent::Closed { tap } => drop(self.open.remove(&tap)),
            _ => {}
        }
        let is_packet = matches!(event, TapEvent::Packet { .. });
        if !is_packet {
            self.late.push_back(event);
            self.send_late();
        } else if !self.send_late() || self.is_full_for(event) {
            metrics::counter!("visio_captions_packets_dropped_total").increment(1);
        }
    }

    /// Closes what is open: its meetings are gone.
    pub(super) fn close_all(&mut self) {
        for tap in std::mem::take(&mut self.open) {
            self.offer(TapEvent::Closed { tap });
        }
    }

    fn is_full_for(&self, packet: TapEvent) -> bool {
        let sent = self.sender.try_send((self.worker, packet));
        matches!(sent, Err(TrySendError::Full(_)))
    }

    /// Whether nothing is late any more.
    fn send_late(&mut self) -> bool {
        while let Some(event) = self.late.pop_front() {
            match self.sender.try_send((self.worker, event)) {
                Ok(()) => {}
                Err(TrySendError::Full((_, event))) => {
                    self.late.push_front(event);
                    return false;
                }
                Err(TrySendError::Disconnected(_)) => self.late.clear(),
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u64) -> TapEvent {
        TapEvent::Packet {
            tap: TapId(1),
            sequence,
            timestamp: 0,
            received: crate::clock::now(),
            payload: Vec::new().into(),
        }
    }

    #[test]
    fn a_closing_that_finds_the_queue_full_is_late_and_not_lost() {
        let (taps, receiver) = tap_queue();
        let mut sender = taps.sender(0);
        for sequence in 0..=WAITING_MAX as u64 {
            sender.offer(packet(sequence));
        }
        sender.offer(TapEvent::Closed { tap: TapId(1) });
        assert_eq!(receiver.try_iter().count(), WAITING_MAX, "one was dropped");
        sender.offer(packet(0));
        let events: Vec<TapEvent> = receiver.try_iter().map(|(_, event)| event).collect();
        assert!(matches!(
            events[..],
            [TapEvent::Closed { .. }, TapEvent::Packet { .. }]
        ));
    }

    #[test]
    fn nothing_piles_up_where_captions_are_off() {
        let (taps, receiver) = tap_queue();
        drop(receiver);
        let mut sender = taps.sender(0);
        for _ in 0..3 {
            sender.offer(TapEvent::Closed { tap: TapId(1) });
            sender.offer(packet(0));
        }
        assert!(sender.late.is_empty());
    }
}
