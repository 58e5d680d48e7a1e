//! What a room is like when its meeting opens: asked of the database, not of the token.

use crate::clock;
use crate::storage::rooms::TranscriptDefault;
use crate::storage::{Database, StorageError, meetings, rooms, transcripts};
use visio_meeting::{Config, RoomOptions};
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
    room: &RoomName,
    options: RoomOptions,
) -> MeetingSetup {
    let stored = match stored(database, default, room).await {
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
    room: &RoomName,
) -> Result<Option<Stored>, StorageError> {
    let Some(room) = rooms::find(database, room).await? else {
        return Ok(None);
    };
    let now_ms = clock::now_unix_ms();
    let meeting = meetings::open_or_find(database, &room.id, now_ms).await?.id;
    let starts_on = room.transcript.unwrap_or(default) == TranscriptDefault::On;
    // Who stopped it stopped it: a meeting that goes on after an outage does not start it again.
    if starts_on && !transcripts::exists(database, &meeting).await? {
        transcripts::start(database, &meeting, now_ms).await?;
    }
    Ok(Some(Stored {
        transcript_kept: transcripts::is_kept(database, &meeting).await?,
        meeting,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::on_both;

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
                let setup = meeting_setup(&database, server, &row.id, RoomOptions::default()).await;
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
            let enter = async || {
                let options = RoomOptions::default();
                meeting_setup(&database, TranscriptDefault::Off, &row.id, options).await
            };
            let first = enter().await;
            assert!(first.config.transcript_kept && enter().await.config.transcript_kept);
            let stopped_at_ms = clock::now_unix_ms() + 1;
            transcripts::stop(&database, &first.meeting_id.clone().unwrap(), stopped_at_ms)
                .await
                .unwrap();
            let back = enter().await;
            assert_eq!(back.meeting_id, first.meeting_id);
            assert!(!back.config.transcript_kept);
        })
        .await;
    }

    #[tokio::test]
    async fn a_room_that_only_a_token_names_has_no_captions() {
        on_both(async |database| {
            let setup = meeting_setup(
                &database,
                TranscriptDefault::On,
                &RoomName::new("made up"),
                RoomOptions::default(),
            )
            .await;
            assert!(!setup.config.transcribe && !setup.config.transcript_kept);
        })
        .await;
    }
}
