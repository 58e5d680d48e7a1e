//! The parts of the running server in order of stop: clients are told before anything ends that serves them.

use super::captions::Captions;
use crate::app::state::AppState;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How long the workers may take to tell their clients.
const TELL_CLIENTS: Duration = Duration::from_secs(5);
/// How long the database may take to finish what it is doing.
const CLOSE_DATABASE: Duration = Duration::from_secs(5);
/// How long the last words may take to be recognised and stored when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(20);
/// How long it may take to note the ends of the last meetings: without its database each waits in
/// vain, and the next start notes them as of when somebody was last seen.
const LAST_NOTES: Duration = Duration::from_secs(10);

/// Stops everything. `stop` is what the jobs and the listeners wait for, `keeper` notes the ends of meetings.
pub(super) async fn stop(
    app: &AppState,
    captions: Captions,
    stop: watch::Sender<bool>,
    mut listeners: JoinSet<()>,
    keeper: JoinHandle<()>,
) {
    tracing::info!("stopping: clients are told, the last words are stored");
    app.stopping.begin();
    in_time("tell the clients", TELL_CLIENTS, app.calls.shutdown()).await;
    captions.stop(LAST_WORDS).await;
    let _ = stop.send(true);
    while listeners.join_next().await.is_some() {}
    finish(keeper, LAST_NOTES).await;
    in_time("close the database", CLOSE_DATABASE, app.database.close()).await;
    tracing::info!("stopped");
}

/// A part that hangs must not hold up the stop.
async fn in_time(what: &str, within: Duration, step: impl Future<Output = ()>) {
    if tokio::time::timeout(within, step).await.is_err() {
        tracing::error!(
            what,
            within_s = within.as_secs(),
            "a step of the stop took too long"
        );
    }
}

/// Waits for the last notes, and gives them up rather than the stop.
async fn finish(mut keeper: JoinHandle<()>, within: Duration) {
    let Ok(ended) = tokio::time::timeout(within, &mut keeper).await else {
        keeper.abort();
        tracing::error!(
            within_s = within.as_secs(),
            "the ends of the last meetings could not be noted: the database does not answer"
        );
        return;
    };
    if let Err(error) = ended {
        tracing::error!(%error, "the ends of the last meetings could not be noted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[tokio::test]
    async fn the_stop_does_not_wait_for_ever_for_notes_that_nobody_takes() {
        let began = clock::now();
        let stuck = tokio::spawn(std::future::pending());
        finish(stuck, Duration::from_millis(20)).await;
        assert!(began.elapsed() < Duration::from_secs(5));
        let (written, mut was_written) = tokio::sync::oneshot::channel();
        let quick = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = written.send(());
        });
        finish(quick, Duration::from_secs(5)).await;
        assert!(
            was_written.try_recv().is_ok(),
            "it waited for what could end"
        );
    }
}
