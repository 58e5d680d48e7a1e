//! Rooms: lasting places with a link.

use super::database::{Database, on_pool};
use super::error::StorageError;
use crate::codes::{Code, digest_of_typed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use visio_protocol::names::RoomName;

const INSERT: &str = "INSERT INTO rooms (id, code_digest, name, transcript, created_at_ms) \
     VALUES ($1, $2, $3, $4, $5)";
pub(super) const FIND_BY_CODE: &str =
    "SELECT id, name, transcript, created_at_ms FROM rooms WHERE code_digest = $1";
const FIND: &str = "SELECT id, name, transcript, created_at_ms FROM rooms WHERE id = $1";
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[INSERT, FIND_BY_CODE, FIND];

/// Whether a meeting keeps a transcript when it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TranscriptDefault {
    /// Nothing is kept until somebody in the meeting starts it.
    #[default]
    Off,
    /// As off, and who comes first is asked whether to start it.
    Ask,
    /// It is kept from the beginning.
    On,
}

impl TranscriptDefault {
    fn column(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Ask => "ask",
            Self::On => "on",
        }
    }

    fn from_column(text: &str) -> Option<Self> {
        [Self::Off, Self::Ask, Self::On]
            .into_iter()
            .find(|one| one.column() == text)
    }
}

/// A room as it is stored. Its `id` is what LiveKit calls the room's name; it opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    pub id: RoomName,
    pub name: String,
    /// How its meetings start; `None` follows the setting of the server.
    pub transcript: Option<TranscriptDefault>,
    pub created_at_ms: i64,
}

/// Makes a room and the code that opens it.
pub async fn create(
    database: &Database,
    name: &str,
    transcript: Option<TranscriptDefault>,
    now_ms: i64,
) -> Result<(Room, Code), StorageError> {
    let code = Code::random();
    let room = Room {
        id: RoomName::new(super::new_id("RM_")),
        name: name.to_owned(),
        transcript,
        created_at_ms: now_ms,
    };
    on_pool!(database.pool_to_write()?, pool => {
        sqlx::query(INSERT)
            .bind(room.id.as_str())
            .bind(code.digest())
            .bind(&room.name)
            .bind(room.transcript.map(TranscriptDefault::column))
            .bind(room.created_at_ms)
            .execute(pool)
            .await?;
    });
    Ok((room, code))
}

/// The room that a typed code opens. What is no code takes as long to be refused as a wrong one.
pub async fn find_by_typed_code(
    database: &Database,
    typed: &str,
) -> Result<Option<Room>, StorageError> {
    let digest = digest_of_typed(typed);
    let row: Option<Row> = on_pool!(database.pool(), pool => {
        sqlx::query_as(FIND_BY_CODE).bind(&digest).fetch_optional(pool).await?
    });
    Ok(row.map(from_row))
}

/// The room with this id; none for rooms that LiveKit clients make up by a token.
pub async fn find(database: &Database, id: &RoomName) -> Result<Option<Room>, StorageError> {
    let row: Option<Row> = on_pool!(database.pool(), pool => {
        sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(pool).await?
    });
    Ok(row.map(from_row))
}

type Row = (String, String, Option<String>, i64);

fn from_row((id, name, transcript, created_at_ms): Row) -> Room {
    Room {
        id: RoomName::new(id),
        name,
        transcript: transcript
            .as_deref()
            .and_then(TranscriptDefault::from_column),
        created_at_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::on_both;

    #[tokio::test]
    async fn alice_makes_a_room_and_bob_finds_it_by_its_code() {
        on_both(async |database| {
            let (room, code) = create(&database, "Café ☕", Some(TranscriptDefault::Ask), 1_000)
                .await
                .unwrap();
            let typed = code.to_string().to_uppercase().replace('-', " ");
            assert_eq!(
                find_by_typed_code(&database, &typed).await.unwrap(),
                Some(room.clone())
            );
            assert_eq!(find(&database, &room.id).await.unwrap(), Some(room));
        })
        .await;
    }

    #[tokio::test]
    async fn cve_40_eve_finds_nothing_by_guessing() {
        on_both(async |database| {
            let (room, _) = create(&database, "", None, 1_000).await.unwrap();
            let wrong = Code::random().to_string();
            for typed in [
                "",
                "x",
                room.id.as_str(),
                wrong.as_str(),
                "' OR 1=1 --",
                "\0",
            ] {
                assert_eq!(
                    find_by_typed_code(&database, typed).await.unwrap(),
                    None,
                    "{typed:?}"
                );
            }
        })
        .await;
    }
}
