//! Keeps the meetings in the database in step with those that go on.

use super::{Calls, MeetingEvent};
use crate::clock;
use crate::storage::{Database, StorageError, meetings};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How often it is noted who is still there: what a crash may shorten a meeting by.
const TOUCH_INTERVAL: Duration = Duration::from_secs(30);

/// Works until `stop` turns true, then writes what it was told before.
pub(crate) async fn keep(
    database: Database,
    calls: Calls,
    mut events: mpsc::Receiver<MeetingEvent>,
    mut stop: watch::Receiver<bool>,
) {
    let mut touch = tokio::time::interval(TOUCH_INTERVAL);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => log_failure(note(&database, event).await),
                None => break,
            },
            _ = touch.tick() => log_failure(look_round(&database, &calls).await),
            () = told(&mut stop) => break,
        }
    }
    while let Ok(event) = events.try_recv() {
        log_failure(note(&database, event).await);
    }
}

async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn note(database: &Database, event: MeetingEvent) -> Result<(), StorageError> {
    let now_ms = clock::now_unix_ms();
    match event {
        MeetingEvent::Started { room } => meetings::open_or_find(database, &room, now_ms)
            .await
            .map(|_| ()),
        MeetingEvent::ParticipantJoined { room, .. }
        | MeetingEvent::ParticipantLeft { room, .. } => {
            meetings::touch(database, &room, now_ms).await
        }
        MeetingEvent::Ended { room } => meetings::end(database, &room, now_ms).await,
    }
}

async fn look_round(database: &Database, calls: &Calls) -> Result<(), StorageError> {
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

/// The database is asked again at the next event or look: nothing is lost but a time.
fn log_failure(result: Result<(), StorageError>) {
    if let Err(error) = result {
        tracing::error!(%error, "the state of a meeting could not be noted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::on_both;

    #[tokio::test]
    async fn a_meeting_is_opened_and_ended_as_people_come_and_go() {
        on_both(async |database| {
            let (told, events) = mpsc::channel(8);
            let (_stop, stopped) = watch::channel(false);
            let calls = Calls::detached(database.clone());
            let keeper = tokio::spawn(keep(database.clone(), calls, events, stopped));
            let room = "RM_1".to_owned();
            let identity = "alice".to_owned();
            told.send(MeetingEvent::Started { room: room.clone() })
                .await
                .unwrap();
            let joined = MeetingEvent::ParticipantJoined {
                room: room.clone(),
                identity,
            };
            told.send(joined).await.unwrap();
            told.send(MeetingEvent::Ended { room: room.clone() })
                .await
                .unwrap();
            drop(told);
            keeper.await.unwrap();
            let now_ms = clock::now_unix_ms();
            let found = meetings::open_or_find(&database, &room, now_ms)
                .await
                .unwrap();
            assert!(
                (0..10_000).contains(&(now_ms - found.started_at_ms)),
                "it goes on"
            );
            meetings::end(&database, &room, now_ms).await.unwrap();
            let later_ms = now_ms + meetings::GRACE_MS + 1;
            let next = meetings::open_or_find(&database, &room, later_ms)
                .await
                .unwrap();
            assert_ne!(next.id, found.id);
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_told_before_the_stop_is_written() {
        on_both(async |database| {
            let opened = meetings::open_or_find(&database, "RM_1", clock::now_unix_ms()).await;
            let code = opened.unwrap().transcript.to_string();
            let (told, events) = mpsc::channel(8);
            told.send(MeetingEvent::Ended {
                room: "RM_1".to_owned(),
            })
            .await
            .unwrap();
            let (stop, stopped) = watch::channel(true);
            keep(
                database.clone(),
                Calls::detached(database.clone()),
                events,
                stopped,
            )
            .await;
            drop((told, stop));
            let found = meetings::find_by_typed_transcript(&database, &code)
                .await
                .unwrap();
            assert!(found.unwrap().ended_at_ms.is_some());
        })
        .await;
    }
}
