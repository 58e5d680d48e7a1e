//! Keeps the meetings in the database in step with those that go on.

use super::Calls;
use super::events::{Change, Dated};
use super::meeting_log::MeetingLog;
use crate::clock;
use crate::storage::{Database, StorageError, meetings, transcripts};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use visio_protocol::names::RoomName;

/// How often it is noted who is still there: what a crash may shorten a meeting by.
const TOUCH_INTERVAL: Duration = Duration::from_secs(30);

/// What the system's clock may differ from the steady one before the operator is told.
const CLOCK_SET_MS: i64 = 2_000;

/// How long it waits after the database refused.
const RETRY: Duration = Duration::from_secs(1);

/// Works until `stop` turns true, then writes what happened before. What the database refuses is
/// late, never lost.
pub(crate) async fn keep(database: Database, calls: Calls, mut stop: watch::Receiver<bool>) {
    // Not at once: people come back after a restart before their meeting counts as forgotten.
    let first = Instant::from_std(clock::now() + TOUCH_INTERVAL);
    let mut touch = tokio::time::interval_at(first, TOUCH_INTERVAL);
    let mut log = MeetingLog::default();
    let mut refused = false;
    let mut ahead_ms = 0;
    let mut sweep_due = false;
    loop {
        tokio::select! {
            () = calls.events.added(), if !refused => {}
            () = tokio::time::sleep(RETRY), if refused => {}
            _ = touch.tick() => {
                ahead_ms = note_clock(ahead_ms);
                sweep_due = true;
            }
            () = stopped(&mut stop) => break,
        }
        refused = !round(&database, &calls, &mut log, &mut sweep_due).await;
    }
    while !write_all(&database, &calls, &mut log).await {
        tokio::time::sleep(RETRY).await;
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Writes what waits, and then sweeps if that is due; returns whether all is written. What ended while
/// the database was away ended then, not when the database last heard of it.
async fn round(database: &Database, calls: &Calls, log: &mut MeetingLog, due: &mut bool) -> bool {
    if !write_all(database, calls, log).await {
        return false;
    }
    if std::mem::take(due) {
        log_failure(sweep(database, calls).await);
    }
    true
}

/// Writes what waits; returns whether all of it is written.
async fn write_all(database: &Database, calls: &Calls, log: &mut MeetingLog) -> bool {
    while let Some((room, changes)) = calls.events.take() {
        for (at, change) in changes.iter().enumerate() {
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
    room: &RoomName,
    dated: &Dated,
    present: usize,
) -> Result<(), StorageError> {
    note(database, dated).await?;
    match &dated.change {
        Change::Started => log.started(room, dated.meeting.clone(), dated.at_ms, present),
        Change::Seen | Change::Removed { .. } => log.seen(room, present),
        Change::Ended => log.ended(database, room, dated.at_ms).await,
    }
    Ok(())
}

/// Tells the database what happened; the same if it is told again.
pub(super) async fn note(database: &Database, dated: &Dated) -> Result<(), StorageError> {
    let Some(meeting) = &dated.meeting else {
        return Ok(());
    };
    match &dated.change {
        Change::Started | Change::Seen => meetings::touch(database, meeting, dated.at_ms).await,
        // Who was removed does not read what was said, not even afterwards.
        Change::Removed {
            identity,
            before_ms,
        } => transcripts::revoke(database, meeting, identity, *before_ms).await,
        Change::Ended => meetings::end(database, meeting, dated.at_ms).await,
    }
}

async fn sweep(database: &Database, calls: &Calls) -> Result<(), StorageError> {
    let now_ms = clock::now_unix_ms();
    let going_on = calls.events.going_on();
    // Before the others are ended: the database may have been away.
    for meeting in &going_on {
        meetings::touch(database, meeting, now_ms).await?;
    }
    let ended = meetings::end_forgotten(database, now_ms).await?;
    if ended > 0 {
        tracing::info!(ended, "ended meetings that nobody came back to");
    }
    let newest_ms = meetings::newest_open_time_ms(database).await?;
    if going_on.is_empty() && newest_ms.is_none_or(|newest_ms| newest_ms <= clock::system_unix_ms())
    {
        clock::follow_system(0);
    }
    Ok(())
}

/// Tells when somebody has set the system's clock, and by how much it is ahead of the steady one.
fn note_clock(former_ahead_ms: i64) -> i64 {
    let ahead_ms = clock::system_unix_ms() - clock::now_unix_ms();
    if (ahead_ms - former_ahead_ms).abs() > CLOCK_SET_MS {
        tracing::warn!(
            ahead_s = ahead_ms / 1000,
            "the clock of this machine was set: meetings that go on keep the time they began with"
        );
    }
    ahead_ms
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
    use crate::storage::testing::{on_both, room, sqlite_in};
    use visio_meeting::Event;
    use visio_protocol::names::{Identity, MeetingId};

    /// A start and an end through the same door as a worker's.
    fn happen(calls: &Calls, meeting: &MeetingId, event: &Event) {
        let mut events = calls.worker_events(0);
        events.event(room(), Some(meeting.clone()), event.clone());
    }

    async fn open(database: &Database) -> MeetingId {
        let now_ms = clock::now_unix_ms();
        let meeting = meetings::open_or_find(database, &room(), now_ms).await;
        meeting.unwrap().id
    }

    #[tokio::test]
    async fn a_meeting_is_opened_and_ended_as_people_come_and_go() {
        on_both(async |database| {
            let calls = Calls::detached(database.clone());
            let (stop, stopped) = watch::channel(false);
            let keeper = tokio::spawn(keep(database.clone(), calls.clone(), stopped));
            let meeting = open(&database).await;
            happen(&calls, &meeting, &Event::Started);
            happen(&calls, &meeting, &Event::Ended);
            stop.send(true).unwrap();
            keeper.await.unwrap();
            let next = meetings::current(&database, &room()).await.unwrap();
            assert_eq!(next, None, "it ended");
        })
        .await;
    }

    #[tokio::test]
    async fn what_happened_before_the_stop_is_written() {
        on_both(async |database| {
            let meeting = open(&database).await;
            let calls = Calls::detached(database.clone());
            happen(&calls, &meeting, &Event::Ended);
            let (_stop, stopped) = watch::channel(true);
            keep(database.clone(), calls, stopped).await;
            assert_eq!(meetings::current(&database, &room()).await.unwrap(), None);
        })
        .await;
    }

    #[tokio::test]
    async fn dave_is_removed_and_does_not_read_what_was_said() {
        on_both(async |database| {
            let meeting = open(&database).await;
            let read = async |identity: &str, is_removed| {
                let identity = Identity::new(identity);
                let code = transcripts::grant(&database, &meeting, &identity, 0)
                    .await
                    .unwrap()
                    .unwrap();
                let calls = Calls::detached(database.clone());
                if is_removed {
                    let before_unix_s = clock::now_unix_s();
                    let removed = Event::Removed {
                        identity,
                        before_unix_s,
                    };
                    happen(&calls, &meeting, &removed);
                }
                assert!(write_all(&database, &calls, &mut MeetingLog::default()).await);
                let code = code.to_string();
                let found = transcripts::find_by_typed_code(&database, &code).await;
                found.unwrap().is_some()
            };
            assert!(read("bob", false).await);
            assert!(!read("dave", true).await);
        })
        .await;
    }

    #[tokio::test]
    async fn a_meeting_that_the_server_interrupts_goes_on_after_its_restart() {
        on_both(async |database| {
            let now_ms = clock::now_unix_ms();
            let meeting = open(&database).await;
            transcripts::start(&database, &meeting, Some(&Identity::new("alice")), now_ms)
                .await
                .unwrap();
            let calls = Calls::detached(database.clone());
            happen(&calls, &meeting, &Event::Interrupted);
            assert!(write_all(&database, &calls, &mut MeetingLog::default()).await);
            let back = meetings::open_or_find(&database, &room(), now_ms + 60_000).await;
            assert_eq!(back.unwrap().id, meeting);
            assert!(transcripts::is_kept(&database, &meeting).await.unwrap());
        })
        .await;
    }

    #[tokio::test]
    async fn an_end_that_the_database_refused_is_written_when_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let database = sqlite_in(folder.path()).await;
        let id = open(&database).await;
        let away = sqlite_in(folder.path()).await;
        away.close().await;
        let calls = Calls::detached(database.clone());
        happen(&calls, &id, &Event::Ended);
        let at_ms = clock::now_unix_ms();
        let mut log = MeetingLog::default();
        assert!(!write_all(&away, &calls, &mut log).await);
        let open = meetings::current(&database, &room()).await.unwrap();
        assert!(open.is_some());
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(write_all(&database, &calls, &mut log).await);
        let ended = meetings::find(&database, &id).await.unwrap().unwrap();
        let ended_at_ms = ended.ended_at_ms.unwrap();
        assert!(ended_at_ms <= at_ms, "as of when it ended");
    }

    #[tokio::test]
    async fn a_meeting_that_ended_during_an_outage_ended_then() {
        on_both(async |database| {
            let ended_at_ms = clock::now_unix_ms();
            let last_heard_ms = ended_at_ms - 2 * meetings::GRACE_MS;
            let opened = meetings::open_or_find(&database, &room(), last_heard_ms).await;
            let meeting = opened.unwrap().id;
            transcripts::start(&database, &meeting, None, last_heard_ms)
                .await
                .unwrap();
            let calls = Calls::detached(database.clone());
            happen(&calls, &meeting, &Event::Ended);
            assert!(round(&database, &calls, &mut MeetingLog::default(), &mut true).await);
            let found = meetings::find(&database, &meeting).await.unwrap().unwrap();
            assert!(found.ended_at_ms >= Some(ended_at_ms));
        })
        .await;
    }

    #[tokio::test]
    async fn after_an_outage_the_meetings_that_go_on_are_not_forgotten() {
        on_both(async |database| {
            let long_ago_ms = clock::now_unix_ms() - 2 * meetings::GRACE_MS;
            let mut going_on = Vec::new();
            let calls = Calls::detached(database.clone());
            for name in ["RM_2", "RM_3"] {
                let room = RoomName::new(name);
                let meeting = meetings::open_or_find(&database, &room, long_ago_ms).await;
                let meeting = meeting.unwrap().id;
                let mut events = calls.worker_events(0);
                events.event(room, Some(meeting.clone()), Event::Started);
                going_on.push(meeting);
            }
            // Somebody enters a third room before anything else happens.
            open(&database).await;
            sweep(&database, &calls).await.unwrap();
            for meeting in &going_on {
                let found = meetings::find(&database, meeting).await.unwrap().unwrap();
                assert_eq!(found.ended_at_ms, None);
            }
        })
        .await;
    }
}
