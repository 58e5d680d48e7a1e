//! The signals that an operator sends.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The exit status of a program that a second signal ended, as shells have it (128 + SIGINT).
const EXIT_AT_ONCE: i32 = 130;

/// SIGTERM and SIGINT, caught from when this is made.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// SIGHUP, which ends a program that does not catch it. Where TLS is on it means "read the
/// certificate again"; where it is off, nothing.
pub(super) fn hang_up() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

impl Signals {
    pub(super) fn catch() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one of them. A second one ends the process at once.
    pub(super) async fn stop(mut self) {
        self.received().await;
        tokio::spawn(async move {
            self.received().await;
            std::process::exit(EXIT_AT_ONCE);
        });
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
