//! Meetings: who met when in which room, and the key to what was said.

use super::database::{Database, Pool, on_pool};
use super::error::StorageError;
use super::rooms;
use super::seal::SealingKey;
use crate::codes::Code;
use visio_protocol::names::{MeetingId, RoomName};

/// How long a meeting that a crash or an outage left open waits for somebody to come back. Long
/// enough for a server to be restarted, or for a whole office to lose its network.
pub const GRACE_MS: i64 = 300_000;

const FIND_OPEN: &str = "UPDATE meetings SET last_seen_at_ms = $2 \
     WHERE room = $1 AND ended_at_ms IS NULL AND last_seen_at_ms >= $3 \
     RETURNING id, room, started_at_ms, ended_at_ms";
const INSERT: &str = "INSERT INTO meetings \
     (id, room, wrapped_key, started_at_ms, last_seen_at_ms) \
     VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING";
const TOUCH: &str =
    "UPDATE meetings SET last_seen_at_ms = $2 WHERE id = $1 AND ended_at_ms IS NULL";
const END: &str = "UPDATE meetings SET ended_at_ms = $2, last_seen_at_ms = $2 \
     WHERE id = $1 AND ended_at_ms IS NULL";
const END_FORGOTTEN_IN: &str = "UPDATE meetings SET ended_at_ms = last_seen_at_ms \
     WHERE room = $1 AND ended_at_ms IS NULL AND last_seen_at_ms < $2";
const END_FORGOTTEN: &str = "UPDATE meetings SET ended_at_ms = last_seen_at_ms \
     WHERE ended_at_ms IS NULL AND last_seen_at_ms < $1";
/// A transcript is kept no longer than its meeting.
const END_PERIODS: &str = "UPDATE transcript_periods SET ended_at_ms = \
     (SELECT ended_at_ms FROM meetings WHERE meetings.id = transcript_periods.meeting) \
     WHERE ended_at_ms IS NULL AND meeting IN \
     (SELECT id FROM meetings WHERE ended_at_ms IS NOT NULL)";
#[cfg(test)]
const CURRENT: &str = "SELECT id, room, started_at_ms, ended_at_ms FROM meetings \
     WHERE room = $1 AND ended_at_ms IS NULL";
const FIND: &str = "SELECT id, room, started_at_ms, ended_at_ms FROM meetings WHERE id = $1";
const WRAPPED_KEY: &str = "SELECT wrapped_key FROM meetings WHERE id = $1";
const NEWEST_KEY: &str =
    "SELECT id, wrapped_key FROM meetings ORDER BY started_at_ms DESC, id LIMIT 1";
const NEWEST_TIME: &str = "SELECT MAX(last_seen_at_ms) FROM meetings";
const NEWEST_OPEN_TIME: &str =
    "SELECT MAX(last_seen_at_ms) FROM meetings WHERE ended_at_ms IS NULL";
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    FIND_OPEN,
    INSERT,
    TOUCH,
    END,
    END_FORGOTTEN_IN,
    END_FORGOTTEN,
    END_PERIODS,
    CURRENT,
    FIND,
    WRAPPED_KEY,
    NEWEST_KEY,
    NEWEST_TIME,
    NEWEST_OPEN_TIME,
];

/// A meeting as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    pub id: MeetingId,
    pub room: RoomName,
    pub started_at_ms: i64,
    pub ended_at_ms: Option<i64>,
}

/// The meeting of this room that somebody enters: the open one (also one that a crash left open a
/// moment ago), or a new one. A meeting that ended is over: who enters later starts another.
pub async fn open_or_find(
    database: &Database,
    room: &RoomName,
    now_ms: i64,
) -> Result<Meeting, StorageError> {
    if let Some(meeting) = find_seen_since(database, room, now_ms, now_ms - GRACE_MS).await? {
        return Ok(meeting);
    }
    end_forgotten_in(database, room, now_ms).await?;
    insert(database, room, now_ms).await?;
    // Of two who come first at once, the unique index lets one insert; both find that row.
    find_seen_since(database, room, now_ms, now_ms - GRACE_MS)
        .await?
        .ok_or(StorageError::NoSuchMeeting)
}

/// The open meeting of a room where people are at this moment, however long ago that was last noted:
/// the database may have been away, or the clock may have been set.
pub async fn find_going_on(
    database: &Database,
    room: &RoomName,
    now_ms: i64,
) -> Result<Option<Meeting>, StorageError> {
    find_seen_since(database, room, now_ms, i64::MIN).await
}

/// The meeting of this room that has not ended, if there is one.
#[cfg(test)]
pub async fn current(
    database: &Database,
    room: &RoomName,
) -> Result<Option<Meeting>, StorageError> {
    let row: Option<Row> = on_pool!(database.pool(), pool => {
        sqlx::query_as(CURRENT).bind(room.as_str()).fetch_optional(pool).await?
    });
    Ok(row.map(from_row))
}

/// Notes that somebody is in a meeting.
pub async fn touch(
    database: &Database,
    meeting: &MeetingId,
    now_ms: i64,
) -> Result<(), StorageError> {
    on_pool!(database.pool(), pool => {
        sqlx::query(TOUCH).bind(meeting.as_str()).bind(now_ms).execute(pool).await?;
    });
    Ok(())
}

/// Ends a meeting that has not ended.
pub async fn end(
    database: &Database,
    meeting: &MeetingId,
    now_ms: i64,
) -> Result<(), StorageError> {
    on_pool!(database.pool(), pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(END).bind(meeting.as_str()).bind(now_ms).execute(&mut *transaction).await?;
        sqlx::query(END_PERIODS).execute(&mut *transaction).await?;
        transaction.commit().await?;
    });
    Ok(())
}

/// Ends every meeting that nobody was seen in for [`GRACE_MS`], as of when somebody last was.
pub async fn end_forgotten(database: &Database, now_ms: i64) -> Result<u64, StorageError> {
    let ended = on_pool!(database.pool(), pool => {
        let mut transaction = pool.begin().await?;
        let forgotten = sqlx::query(END_FORGOTTEN).bind(now_ms - GRACE_MS);
        let ended = forgotten.execute(&mut *transaction).await?.rows_affected();
        sqlx::query(END_PERIODS).execute(&mut *transaction).await?;
        transaction.commit().await?;
        ended
    });
    Ok(ended)
}

/// The same in one room: who enters it knows nothing of those who are in others.
async fn end_forgotten_in(
    database: &Database,
    room: &RoomName,
    now_ms: i64,
) -> Result<(), StorageError> {
    on_pool!(database.pool_to_write()?, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(END_FORGOTTEN_IN)
            .bind(room.as_str())
            .bind(now_ms - GRACE_MS)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(END_PERIODS).execute(&mut *transaction).await?;
        transaction.commit().await?;
    });
    Ok(())
}

/// When somebody was last seen in a meeting that has not ended: what is stored of it is not older.
pub async fn newest_open_time_ms(database: &Database) -> Result<Option<i64>, StorageError> {
    let row: (Option<i64>,) = on_pool!(database.pool(), pool => {
        sqlx::query_as(NEWEST_OPEN_TIME).fetch_one(pool).await?
    });
    Ok(row.0)
}

/// The meeting with this id.
pub async fn find(database: &Database, id: &MeetingId) -> Result<Option<Meeting>, StorageError> {
    let row: Option<Row> = on_pool!(database.pool(), pool => {
        sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(pool).await?
    });
    Ok(row.map(from_row))
}

/// Does what a join does to the database and takes it back.
pub(super) async fn rehearse_join(database: &Database) -> Result<(), StorageError> {
    let (id, room) = (new_id(), super::new_id("RM_"));
    let wrapped = database.master_key().wrap(&id, &SealingKey::random());
    let code = Code::random().digest();
    let found: Option<(Vec<u8>,)> = on_pool!(database.pool_to_write()?, pool => {
        let mut transaction = pool.begin().await?;
        // SQLite gives the right to write only to a transaction that has read nothing older.
        sqlx::query(INSERT)
            .bind(id.as_str())
            .bind(&room)
            .bind(&wrapped)
            .bind(0_i64)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(rooms::FIND_BY_CODE).bind(&code).fetch_optional(&mut *transaction).await?;
        sqlx::query(FIND_OPEN)
            .bind(&room)
            .bind(0_i64)
            .bind(0_i64)
            .fetch_optional(&mut *transaction)
            .await?;
        let found = sqlx::query_as(WRAPPED_KEY)
            .bind(id.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.rollback().await?;
        found
    });
    let (wrapped,) = found.ok_or(StorageError::NoSuchMeeting)?;
    database.master_key().unwrap(&id, &wrapped).map(|_| ())
}

/// Refuses a master key that does not open the newest meeting.
pub(super) async fn verify_newest_key(database: &Database) -> Result<(), StorageError> {
    let newest: Option<(String, Vec<u8>)> = on_pool!(database.pool(), pool => {
        sqlx::query_as(NEWEST_KEY).fetch_optional(pool).await?
    });
    match newest {
        Some((id, wrapped)) => {
            let opened = database.master_key().unwrap(&MeetingId::new(id), &wrapped);
            opened.map(|_| ()).map_err(|_| StorageError::OtherMasterKey)
        }
        None => Ok(()),
    }
}

/// The newest time in the database: a clock that is behind it was turned back.
pub(super) async fn newest_time_ms(pool: &Pool) -> Result<Option<i64>, StorageError> {
    let row: (Option<i64>,) = on_pool!(pool, pool => {
        sqlx::query_as(NEWEST_TIME).fetch_one(pool).await?
    });
    Ok(row.0)
}

/// The key to what was said in a meeting.
pub(super) async fn key(
    database: &Database,
    meeting: &MeetingId,
) -> Result<SealingKey, StorageError> {
    if let Some(key) = database.cached_key(meeting) {
        return Ok(key);
    }
    let row: Option<(Vec<u8>,)> = on_pool!(database.pool(), pool => {
        sqlx::query_as(WRAPPED_KEY).bind(meeting.as_str()).fetch_optional(pool).await?
    });
    let (wrapped,) = row.ok_or(StorageError::NoSuchMeeting)?;
    let key = database.master_key().unwrap(meeting, &wrapped)?;
    database.cache_key(meeting, &key);
    Ok(key)
}

/// The open meeting of a room, if somebody was seen in it at `oldest_ms` or later: noted as seen now.
async fn find_seen_since(
    database: &Database,
    room: &RoomName,
    now_ms: i64,
    oldest_ms: i64,
) -> Result<Option<Meeting>, StorageError> {
    let row: Option<Row> = on_pool!(database.pool_to_write()?, pool => {
        sqlx::query_as(FIND_OPEN)
            .bind(room.as_str())
            .bind(now_ms)
            .bind(oldest_ms)
            .fetch_optional(pool)
            .await?
    });
    Ok(row.map(from_row))
}

async fn insert(database: &Database, room: &RoomName, now_ms: i64) -> Result<(), StorageError> {
    let id = new_id();
    let key = SealingKey::random();
    let wrapped = database.master_key().wrap(&id, &key);
    on_pool!(database.pool_to_write()?, pool => {
        sqlx::query(INSERT)
            .bind(id.as_str())
            .bind(room.as_str())
            .bind(&wrapped)
            .bind(now_ms)
            .execute(pool)
            .await?;
    });
    Ok(())
}

fn new_id() -> MeetingId {
    MeetingId::new(super::new_id("MT_"))
}

type Row = (String, String, i64, Option<i64>);

fn from_row((id, room, started_at_ms, ended_at_ms): Row) -> Meeting {
    Meeting {
        id: MeetingId::new(id),
        room: RoomName::new(room),
        started_at_ms,
        ended_at_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::{on_both, room};

    #[tokio::test]
    async fn alice_opens_the_meeting_and_bob_finds_the_same() {
        on_both(async |database| {
            let alice = open_or_find(&database, &room(), 1_000).await.unwrap();
            let bob = open_or_find(&database, &room(), 2_000).await.unwrap();
            assert_eq!(alice, bob);
            let elsewhere = open_or_find(&database, &RoomName::new("RM_2"), 2_000)
                .await
                .unwrap();
            assert_ne!(alice.id, elsewhere.id);
        })
        .await;
    }

    #[tokio::test]
    async fn twenty_people_who_come_first_at_once_are_in_one_meeting() {
        on_both(async |database| {
            let joins: Vec<_> = (0..20)
                .map(|_| {
                    let database = database.clone();
                    tokio::spawn(async move { open_or_find(&database, &room(), 1_000).await })
                })
                .collect();
            let mut met = std::collections::BTreeSet::new();
            for join in joins {
                met.insert(join.await.unwrap().unwrap().id);
            }
            assert_eq!(met.len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_meeting_that_ended_is_not_opened_again() {
        on_both(async |database| {
            let first = open_or_find(&database, &room(), 0).await.unwrap();
            end(&database, &first.id, 1_000).await.unwrap();
            let next = open_or_find(&database, &room(), 1_001).await.unwrap();
            assert_ne!(next.id, first.id);
            let over = find(&database, &first.id).await.unwrap().unwrap();
            assert_eq!(over.ended_at_ms, Some(1_000));
        })
        .await;
    }

    #[tokio::test]
    async fn who_enters_long_after_a_crash_starts_another_meeting() {
        on_both(async |database| {
            let crashed = open_or_find(&database, &room(), 0).await.unwrap();
            let next = open_or_find(&database, &room(), GRACE_MS + 1)
                .await
                .unwrap();
            assert_ne!(next.id, crashed.id);
            let over = find(&database, &crashed.id).await.unwrap().unwrap();
            assert_eq!(over.ended_at_ms, Some(0));
        })
        .await;
    }

    #[tokio::test]
    async fn a_meeting_that_a_crash_left_open_is_found_again_or_ended_when_it_was_last_seen() {
        on_both(async |database| {
            let open = open_or_find(&database, &room(), 0).await.unwrap();
            touch(&database, &open.id, 5_000).await.unwrap();
            assert_eq!(end_forgotten(&database, 5_000 + GRACE_MS).await.unwrap(), 0);
            assert_eq!(
                open_or_find(&database, &room(), 6_000).await.unwrap().id,
                open.id
            );
            assert_eq!(end_forgotten(&database, 6_001 + GRACE_MS).await.unwrap(), 1);
            let ended = find(&database, &open.id).await.unwrap().unwrap();
            assert_eq!(ended.ended_at_ms, Some(6_000));
            assert_eq!(newest_time_ms(database.pool()).await.unwrap(), Some(6_000));
        })
        .await;
    }
}
