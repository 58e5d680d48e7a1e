//! Deletes transcripts when they have been kept as long as the operator wants.

use crate::clock;
use crate::storage::{Database, transcripts};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How often it is looked for what is too old: a transcript is kept up to that much longer.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Not at once: a clock that is far ahead until it is set would delete everything.
const FIRST_AFTER: Duration = Duration::from_secs(600);

const DAY_MS: i64 = 86_400_000;

/// Works until `stop` turns true.
pub(crate) async fn run(database: Database, keep_days: u32, mut stop: watch::Receiver<bool>) {
    let first = Instant::from_std(clock::now() + FIRST_AFTER);
    let mut interval = tokio::time::interval_at(first, INTERVAL);
    loop {
        tokio::select! {
            _ = interval.tick() => {
                let clocks_ms = [clock::now_unix_ms(), clock::system_unix_ms()];
                purge(&database, keep_days, clocks_ms).await;
            }
            () = stopped(&mut stop) => return,
        }
    }
}

/// Returns when it is said to stop, or when nobody is left who could say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// By the clock that is behind: the steady one keeps a time that was wrong at its start while meetings go
/// on, and the system's may be set wrong at any moment.
async fn purge(database: &Database, keep_days: u32, [steady_ms, system_ms]: [i64; 2]) {
    let now_ms = steady_ms.min(system_ms);
    let before_ms = now_ms - i64::from(keep_days) * DAY_MS;
    match transcripts::purge(database, before_ms).await {
        Ok(0) => {}
        Ok(meetings) => tracing::info!(meetings, keep_days, "deleted what was kept long enough"),
        Err(error) => tracing::error!(%error, "old transcripts could not be deleted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::meetings;
    use crate::storage::testing::on_both;
    use visio_protocol::names::RoomName;

    #[tokio::test]
    async fn a_transcript_is_deleted_after_its_days_and_not_before() {
        on_both(async |database| {
            let meet = async |room: &str| {
                let room = RoomName::new(room);
                let meeting = meetings::open_or_find(&database, &room, 0).await.unwrap();
                meetings::end(&database, &meeting.id, 1_000).await.unwrap();
                meeting.id
            };
            let (one, two) = (meet("RM_1").await, meet("RM_2").await);
            let (not_yet, over) = (30 * DAY_MS + 1_000, 30 * DAY_MS + 1_001);
            for clocks_ms in [[not_yet, not_yet], [not_yet, i64::MAX], [i64::MAX, not_yet]] {
                purge(&database, 30, clocks_ms).await;
            }
            assert!(
                transcripts::delete(&database, &one).await.unwrap(),
                "not yet"
            );
            purge(&database, 30, [over, over]).await;
            assert!(!transcripts::delete(&database, &two).await.unwrap(), "gone");
        })
        .await;
    }
}
