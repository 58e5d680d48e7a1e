//! What a room is like when its meeting opens: asked of the database, not of the token.

use crate::clock;
use crate::storage::{Database, meetings, rooms};
use visio_meeting::{Config, RoomOptions};
use visio_sfu::Opening;

/// Reaching it refuses the next to join. More than a single machine forwards in one room.
const PARTICIPANTS_MAX: usize = 1000;

/// An opened meeting that nobody enters is forgotten after that long.
const EMPTY_TIMEOUT_SECONDS: u32 = 300;

/// How long the meeting waits for somebody to come back after the last one left.
const DEPARTURE_TIMEOUT_SECONDS: u32 = 20;

/// The meeting to open in `room`. A room that only a token names is kept nowhere and not
/// transcribed; so is every room while the database does not answer, because media comes first.
pub(super) async fn opening(database: &Database, room: &str, options: RoomOptions) -> Opening {
    let record = match record(database, room).await {
        Ok(record) => record,
        Err(error) => {
            tracing::error!(%error, "a meeting opens without its record: no transcript is kept");
            None
        }
    };
    Opening {
        config: Config {
            room: room.to_owned(),
            metadata: String::new(),
            participants_max: PARTICIPANTS_MAX,
            empty_timeout_seconds: EMPTY_TIMEOUT_SECONDS,
            departure_timeout_seconds: DEPARTURE_TIMEOUT_SECONDS,
            transcribe: record.is_some(),
        }
        .with(options),
        record: record.unwrap_or_default(),
    }
}

/// The name under which the meeting's lines are stored, if they are to be.
async fn record(
    database: &Database,
    room: &str,
) -> Result<Option<String>, crate::storage::StorageError> {
    let known = rooms::find(database, room).await?;
    if !known.is_some_and(|room| room.transcription) {
        return Ok(None);
    }
    let meeting = meetings::open_or_find(database, room, clock::now_unix_ms()).await?;
    Ok(Some(meeting.id))
}
