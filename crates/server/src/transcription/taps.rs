//! The thread that takes what the taps of all media workers hand on.

use super::TapEvents;
use super::desk::Desk;
use super::pool::Pool;
use crate::clock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};
use visio_sfu::tap::{TapEvent, TapId};

/// The thread looks this often whether it is to stop, when no packet and no deadline wakes it.
const LOOK: Duration = Duration::from_millis(200);

/// While too much waits to be recognised, the thread looks this often whether it may go on.
const FULL_LOOK: Duration = Duration::from_millis(20);

/// Starts the thread that decodes.
pub(super) fn start(pool: &Arc<Pool>, events: TapEvents) {
    let pool = Arc::clone(pool);
    super::pool::spawn("captions-taps", move || run(&pool, &events));
}

fn run(pool: &Pool, events: &TapEvents) {
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
