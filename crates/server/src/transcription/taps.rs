//! The queue between media and transcription: bounded, and media never waits for it.

use super::desk::Desk;
use super::metrics;
use super::pool::Pool;
use crate::clock;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};
use visio_sfu::tap::{TapEvent, TapId};

/// Packets waiting: 4 s of fifty microphones. Full means that the transcription thread does not
/// get on; packets are dropped and counted, and captions have holes.
const WAITING_MAX: usize = 10_000;

/// The thread looks this often whether it is to stop, when no packet and no deadline wakes it.
const LOOK: Duration = Duration::from_millis(200);

/// While too much waits to be recognised, the thread looks this often whether it may go on.
const FULL_LOOK: Duration = Duration::from_millis(20);

/// The queue's ends that are still to be given away.
pub(super) struct Taps {
    sender: SyncSender<(u16, TapEvent)>,
    next_worker: AtomicU16,
}

/// One media worker's way in. Never blocks.
pub struct TapSender {
    worker: u16,
    sender: SyncSender<(u16, TapEvent)>,
    /// Openings and closings that found the queue full: these are late, never lost. As many as
    /// the worker has taps, at most.
    late: VecDeque<TapEvent>,
}

/// Starts the thread that decodes.
pub(super) fn start(pool: &Arc<Pool>) -> Taps {
    let (sender, receiver) = sync_channel(WAITING_MAX);
    let pool = Arc::clone(pool);
    super::pool::spawn("captions-taps", move || run(&pool, &receiver));
    Taps {
        sender,
        next_worker: AtomicU16::new(0),
    }
}

impl Taps {
    pub(super) fn sender(&self) -> TapSender {
        let worker = self.next_worker.fetch_add(1, Ordering::Relaxed);
        TapSender {
            worker,
            sender: self.sender.clone(),
            late: VecDeque::new(),
        }
    }
}

impl TapSender {
    /// Hands on an event, or drops a packet when the queue is full.
    pub fn offer(&mut self, event: TapEvent) {
        let is_packet = matches!(event, TapEvent::Packet { .. });
        if !is_packet {
            self.late.push_back(event);
            self.send_late();
        } else if !self.send_late() || self.sender.try_send((self.worker, event)).is_err() {
            metrics::packet_dropped();
        }
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
                // The transcription has ended; nobody wants events any more.
                Err(TrySendError::Disconnected(_)) => self.late.clear(),
            }
        }
        true
    }
}

fn run(pool: &Pool, events: &Receiver<(u16, TapEvent)>) {
    let mut wait = LOOK;
    while !pool.is_stopping() {
        let event = match events.recv_timeout(wait) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let now = clock::now();
        let (deadline, full) = pool.with(|desk| {
            if let Some((worker, event)) = event {
                take(desk, now, worker, event);
            }
            desk.tick(now);
            (desk.deadline(), desk.is_full())
        });
        let until = deadline.map(|deadline| deadline.saturating_duration_since(now));
        wait = until.map_or(LOOK, |until| until.min(LOOK));
        if full {
            wait_for_room(pool);
        }
    }
    // What lies in the queue was said before the end.
    for (worker, event) in events.try_iter() {
        pool.with(|desk| take(desk, clock::now(), worker, event));
    }
    pool.close();
}

/// Hands an event to the desk. A panic ends the tap that it came from and no other.
fn take(desk: &mut Desk, now: Instant, worker: u16, event: TapEvent) {
    let tap = tap_of(&event);
    let mut guarded = |event| catch_unwind(AssertUnwindSafe(|| desk.tapped(now, worker, event)));
    if guarded(event).is_err() {
        tracing::error!("the transcription of one microphone ended by a panic");
        // Should its end panic as well, it is stuck but harms nobody.
        let _ = guarded(TapEvent::Closed { tap });
    }
}

fn tap_of(event: &TapEvent) -> TapId {
    match event {
        TapEvent::Opened { tap, .. }
        | TapEvent::Updated { tap, .. }
        | TapEvent::Packet { tap, .. }
        | TapEvent::Closed { tap } => *tap,
    }
}

fn wait_for_room(pool: &Pool) {
    while pool.with(|desk| desk.is_full()) && !pool.is_stopping() {
        std::thread::sleep(FULL_LOOK);
    }
}
