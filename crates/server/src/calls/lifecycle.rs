//! Keeps the meetings in the database in step with those that go on.

use super::Calls;
use super::events::{Change, Dated};
use super::meeting_log::MeetingLog;
use crate::clock;
use crate::storage::{Database, StorageError, meetings};
use std::time::Duration;
use tokio::sync::watch;

/// How often it is noted who is still there: what a crash may shorten a meeting by.
const TOUCH_INTERVAL: Duration = Duration::from_secs(30);

/// How long it waits after the database refused.
const RETRY: Duration = Duration::from_secs(1);

/// Works until `stop` turns true, then writes what happened before. What the database refuses is
/// late, never lost.
pub(crate) async fn keep(database: Database, calls: Calls, mut stop: watch::Receiver<bool>) {
    let mut touch = tokio::time::interval(TOUCH_INTERVAL);
    let mut log = MeetingLog::default();
    let mut refused = false;
    loop {
        tokio::select! {
            () = calls.events.added(), if !refused => {}
            () = tokio::time::sleep(RETRY), if refused => {}
            _ = touch.tick() => log_failure(sweep(&database, &calls).await),
            () = stopped(&mut stop) => break,
        }
        refused = !write_all(&database, &calls, &mut log).await;
    }
    while !write_all(&database, &calls, &mut log).await {
        tokio::time::sleep(RETRY).await;
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Writes what waits; returns whether all of it is written.
async fn write_all(database: &Database, calls: &Calls, log: &mut MeetingLog) -> bool {
    while let Some((room, changes)) = calls.events.take() {
        for (at, &change) in changes.iter().enumerate() {
            let present = calls.participant_count(&room);
            let written = write(database, log, &room, change, present).await;
            let is_away = matches!(written, Err(StorageError::Database(_)));
            log_failure(written);
            if is_away {
                calls
                    .events
                    .put_back(room, changes.get(at..).unwrap_or_default());
                return false;
            }
        }
    }
    true
}

async fn write(
    database: &Database,
    log: &mut MeetingLog,
    room: &str,
    (change, at_ms): Dated,
    present: usize,
) -> Result<(), StorageError> {
    match change {
        Change::Started => {
            let meeting = meetings::open_or_find(database, room, at_ms).await?;
            log.started(room, meeting.id, at_ms, present);
            Ok(())
        }
        Change::Seen => {
            log.seen(room, present);
            meetings::touch(database, room, at_ms).await
        }
        Change::Ended => {
            meetings::end(database, room, at_ms).await?;
            log.ended(database, room, at_ms).await;
            Ok(())
        }
    }
}

async fn sweep(database: &Database, calls: &Calls) -> Result<(), StorageError> {
    let now_ms = clock::now_unix_ms();
    for room in calls.rooms().await {
        meetings::touch(database, &room.name, now_ms).await?;
    }
    let ended = meetings::end_forgotten(database, now_ms).await?;
    if ended > 0 {
        tracing::info!(ended, "ended meetings that nobody came back to");
    }
    Ok(())
}

/// The database is asked again: nothing is lost but a time of the sweep.
fn log_failure(result: Result<(), StorageError>) {
    if let Err(error) = result {
        tracing::error!(%error, "the state of a meeting could not be noted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::EventSink as _;
    use crate::storage::testing::{on_both, sqlite_in};
    use visio_meeting::Event;

    /// A start and an end through the same door as a worker's.
    fn happen(calls: &Calls, event: &Event) {
        calls
            .worker_events(0)
            .event("RM_1".to_owned(), event.clone());
    }

    async fn ended_at(database: &Database, code: &str) -> Option<i64> {
        let found = meetings::find_by_typed_transcript(database, code).await;
        found.unwrap().unwrap().ended_at_ms
    }

    #[tokio::test]
    async fn a_meeting_is_opened_and_ended_as_people_come_and_go() {
        on_both(async |database| {
            let calls = Calls::detached(database.clone());
            let (stop, stopped) = watch::channel(false);
            let keeper = tokio::spawn(keep(database.clone(), calls.clone(), stopped));
            happen(&calls, &Event::Started);
            happen(&calls, &Event::Ended);
            stop.send(true).unwrap();
            keeper.await.unwrap();
            let now_ms = clock::now_unix_ms();
            let found = meetings::open_or_find(&database, "RM_1", now_ms)
                .await
                .unwrap();
            assert!(
                (0..10_000).contains(&(now_ms - found.started_at_ms)),
                "it goes on"
            );
            meetings::end(&database, "RM_1", now_ms).await.unwrap();
            let later_ms = now_ms + meetings::GRACE_MS + 1;
            let next = meetings::open_or_find(&database, "RM_1", later_ms)
                .await
                .unwrap();
            assert_ne!(next.id, found.id);
        })
        .await;
    }

    #[tokio::test]
    async fn what_happened_before_the_stop_is_written() {
        on_both(async |database| {
            let opened = meetings::open_or_find(&database, "RM_1", clock::now_unix_ms()).await;
            let code = opened.unwrap().transcript.to_string();
            let calls = Calls::detached(database.clone());
            happen(&calls, &Event::Ended);
            let (_stop, stopped) = watch::channel(true);
            keep(database.clone(), calls, stopped).await;
            assert!(ended_at(&database, &code).await.is_some());
        })
        .await;
    }

    #[tokio::test]
    async fn an_end_that_the_database_refused_is_written_when_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let database = sqlite_in(folder.path()).await;
        let opened = meetings::open_or_find(&database, "RM_1", clock::now_unix_ms()).await;
        let code = opened.unwrap().transcript.to_string();
        let away = sqlite_in(folder.path()).await;
        away.close().await;
        let calls = Calls::detached(database.clone());
        happen(&calls, &Event::Ended);
        let at_ms = clock::now_unix_ms();
        let mut log = MeetingLog::default();
        assert!(!write_all(&away, &calls, &mut log).await);
        assert_eq!(ended_at(&database, &code).await, None);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(write_all(&database, &calls, &mut log).await);
        let ended_at_ms = ended_at(&database, &code).await.unwrap();
        assert!(ended_at_ms <= at_ms, "as of when it ended");
    }
}
