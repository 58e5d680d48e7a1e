//! What a room is like when its meeting opens: asked of the database, not of the token.

use super::events::MeetingEvents;
use super::lifecycle;
use crate::clock;
use crate::storage::rooms::TranscriptDefault;
use crate::storage::{Database, StorageError, meetings, rooms, transcripts};
use visio_meeting::{Config, RoomOptions, TokenOverrides};
use visio_protocol::names::{MeetingId, RoomName};
use visio_sfu::MeetingSetup;

/// Reaching it refuses the next to join. More than a single machine forwards in one room.
const PARTICIPANTS_MAX: usize = 1000;

/// An opened meeting that nobody enters is forgotten after that long.
const EMPTY_TIMEOUT_SECONDS: u32 = 300;

/// How long the meeting waits for somebody to come back after the last one left.
const DEPARTURE_TIMEOUT_SECONDS: u32 = 20;

/// The meeting to open in `room`. A room that only a token names is kept nowhere and has no
/// captions; so is every room while the database does not answer, because media comes first.
pub(super) async fn meeting_setup(
    database: &Database,
    default: TranscriptDefault,
    events: &MeetingEvents,
    room: &RoomName,
    options: RoomOptions,
) -> MeetingSetup {
    let stored = match stored(database, default, events, room).await {
        Ok(stored) => stored,
        Err(error) => {
            tracing::error!(%error, "a meeting opens without its row: no transcript is kept");
            None
        }
    };
    MeetingSetup {
        config: Config {
            room: room.clone(),
            metadata: String::new(),
            participants_max: PARTICIPANTS_MAX,
            empty_timeout_seconds: EMPTY_TIMEOUT_SECONDS,
            departure_timeout_seconds: DEPARTURE_TIMEOUT_SECONDS,
            transcribe: stored.is_some(),
            transcript_kept: stored.as_ref().is_some_and(|stored| stored.transcript_kept),
            token_overrides: TokenOverrides::default(),
        }
        .with(options),
        meeting_id: stored.map(|stored| stored.meeting),
    }
}

/// The row of a meeting, and whether its transcript is being kept.
struct Stored {
    meeting: MeetingId,
    transcript_kept: bool,
}

async fn stored(
    database: &Database,
    default: TranscriptDefault,
    events: &MeetingEvents,
    room: &RoomName,
) -> Result<Option<Stored>, StorageError> {
    let Some(room) = rooms::find(database, room).await? else {
        return Ok(None);
    };
    let now_ms = clock::now_unix_ms();
    let meeting = meeting(database, events, &room.id, now_ms).await?;
    let starts_on = room.transcript.unwrap_or(default) == TranscriptDefault::On;
    // Who stopped it stopped it: a meeting that goes on after an outage does not start it again.
    if starts_on && !transcripts::exists(database, &meeting).await? {
        transcripts::start(database, &meeting, None, now_ms).await?;
    }
    Ok(Some(Stored {
        transcript_kept: transcripts::is_kept(database, &meeting).await?,
        meeting,
    }))
}

/// The row of the meeting that somebody enters: of the one that goes on, else of an open one whose
/// people a restart sent away, else of a new one.
async fn meeting(
    database: &Database,
    events: &MeetingEvents,
    room: &RoomName,
    now_ms: i64,
) -> Result<MeetingId, StorageError> {
    if events.room(room).meeting.is_some()
        && let Some(going_on) = meetings::find_going_on(database, room, now_ms).await?
    {
        return Ok(going_on.id);
    }
    // A meeting that ended a moment ago, or while the database was away, has ended when it did, and who
    // was removed from it was.
    for change in events.waiting(room) {
        lifecycle::note(database, &change).await?;
    }
    Ok(meetings::open_or_find(database, room, now_ms).await?.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::on_both;
    use visio_meeting::Event;
    use visio_protocol::names::Identity;

    async fn enter(
        database: &Database,
        default: TranscriptDefault,
        room: &RoomName,
    ) -> MeetingSetup {
        let events = MeetingEvents::default();
        meeting_setup(database, default, &events, room, RoomOptions::default()).await
    }

    #[tokio::test]
    async fn who_enters_after_an_outage_is_in_the_meeting_that_goes_on() {
        on_both(async |database| {
            let (row, _) = rooms::create(&database, "", None, 0).await.unwrap();
            let going_on = meetings::open_or_find(&database, &row.id, 0).await.unwrap();
            let events = MeetingEvents::default();
            let happens = |event, at_ms| {
                events.apply(row.id.clone(), Some(going_on.id.clone()), &event, at_ms);
            };
            happens(Event::Started, 0);
            let now_ms = 2 * meetings::GRACE_MS;
            let entered = meeting(&database, &events, &row.id, now_ms).await.unwrap();
            assert_eq!(entered, going_on.id);
            // The next one begins before the database has learned of a removal and of the end.
            let dave = Identity::new("dave");
            let removed = Event::Removed {
                identity: dave.clone(),
                before_unix_s: now_ms / 1_000,
            };
            happens(removed, now_ms - 2);
            happens(Event::Ended, now_ms - 1);
            let next = meeting(&database, &events, &row.id, now_ms).await.unwrap();
            assert_ne!(next, going_on.id);
            let over = meetings::find(&database, &going_on.id).await.unwrap();
            assert_eq!(over.unwrap().ended_at_ms, Some(now_ms - 1));
            let code = transcripts::grant(&database, &going_on.id, &dave, 0).await;
            assert!(code.unwrap().is_none(), "he reads nothing");
        })
        .await;
    }

    #[tokio::test]
    async fn a_transcript_starts_by_itself_only_where_the_room_or_the_server_says_so() {
        use TranscriptDefault::{Ask, Off, On};
        on_both(async |database| {
            for (server, room, kept) in [
                (Off, None, false),
                (Ask, None, false),
                (On, None, true),
                (On, Some(Off), false),
                (On, Some(Ask), false),
                (Off, Some(On), true),
            ] {
                let (row, _) = rooms::create(&database, "", room, 0).await.unwrap();
                let setup = enter(&database, server, &row.id).await;
                assert!(setup.config.transcribe, "captions need no transcript");
                assert_eq!(setup.config.transcript_kept, kept, "{server:?} {room:?}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_started_or_stopped_stays_so_over_an_outage() {
        on_both(async |database| {
            let on = Some(TranscriptDefault::On);
            let (row, _) = rooms::create(&database, "", on, 0).await.unwrap();
            let off = TranscriptDefault::Off;
            let first = enter(&database, off, &row.id).await;
            let second = enter(&database, off, &row.id).await;
            assert!(first.config.transcript_kept && second.config.transcript_kept);
            let stopped_at_ms = clock::now_unix_ms() + 1;
            transcripts::stop(&database, &first.meeting_id.clone().unwrap(), stopped_at_ms)
                .await
                .unwrap();
            let back = enter(&database, off, &row.id).await;
            assert_eq!(back.meeting_id, first.meeting_id);
            assert!(!back.config.transcript_kept);
        })
        .await;
    }

    #[tokio::test]
    async fn a_room_that_only_a_token_names_has_no_captions() {
        on_both(async |database| {
            let setup = enter(&database, TranscriptDefault::On, &RoomName::new("made up")).await;
            assert!(!setup.config.transcribe && !setup.config.transcript_kept);
        })
        .await;
    }
}
