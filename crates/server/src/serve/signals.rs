//! The signals by which an operator stops the server.

use tokio::signal::unix::{SignalKind, signal};

/// The exit status of a program that a second signal ended, as shells have it (128 + SIGINT).
const EXIT_AT_ONCE: i32 = 130;

/// Waits for SIGTERM or SIGINT. A second one ends the process at once.
pub(super) async fn wait() {
    received().await;
    tokio::spawn(async {
        received().await;
        std::process::exit(EXIT_AT_ONCE);
    });
}

async fn received() {
    let (terminate, interrupt) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    match (terminate, interrupt) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "signals cannot be received: only killing ends this server");
            std::future::pending().await
        }
    }
}
