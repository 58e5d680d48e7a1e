//! Transcripts: when they are kept, who may read them, and how they are deleted.

use super::database::{Database, on_pool};
use super::error::StorageError;
use super::meetings::{self, Meeting};
use crate::codes::{Code, digest_of_typed};
use visio_protocol::names::{Identity, MeetingId};

const START: &str = "INSERT INTO transcript_periods (meeting, started_at_ms, deletion_digest) \
     VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const STOP: &str = "UPDATE transcript_periods SET ended_at_ms = $2 \
     WHERE meeting = $1 AND ended_at_ms IS NULL";
const IS_KEPT: &str =
    "SELECT COUNT(*) FROM transcript_periods WHERE meeting = $1 AND ended_at_ms IS NULL";
const IS_DELETED_BY: &str =
    "SELECT COUNT(*) FROM transcript_periods WHERE meeting = $1 AND deletion_digest = $2";
const HAS_PERIOD: &str = "SELECT COUNT(*) FROM transcript_periods WHERE meeting = $1";
pub(super) const COVERS: &str = "SELECT COUNT(*) FROM transcript_periods WHERE meeting = $1 \
     AND started_at_ms <= $2 AND (ended_at_ms IS NULL OR ended_at_ms > $3)";
const GRANT: &str = "INSERT INTO transcript_readers (code_digest, meeting) VALUES ($1, $2) \
     ON CONFLICT (code_digest) DO UPDATE SET revoked_at_ms = \
     CASE WHEN transcript_readers.revoked_at_ms <= $3 THEN NULL \
     ELSE transcript_readers.revoked_at_ms END RETURNING revoked_at_ms";
const REVOKE: &str = "INSERT INTO transcript_readers (code_digest, meeting, revoked_at_ms) \
     SELECT $1, id, $3 FROM meetings WHERE id = $2 \
     ON CONFLICT (code_digest) DO UPDATE SET revoked_at_ms = excluded.revoked_at_ms";
const REVOKE_DELETION: &str =
    "UPDATE transcript_periods SET deletion_digest = NULL WHERE deletion_digest = $1";
const FIND_BY_CODE: &str =
    "SELECT meeting FROM transcript_readers WHERE code_digest = $1 AND revoked_at_ms IS NULL";
const COUNT_READ: &str = "UPDATE transcript_readers SET reads = reads + 1 \
     WHERE code_digest = $1 AND (reads = 0 OR $2 = 0)";
const COUNT_READS: &str =
    "SELECT CAST(COALESCE(SUM(reads), 0) AS BIGINT) FROM transcript_readers WHERE meeting = $1";
const DELETE_BY_CODE: &str = "DELETE FROM meetings WHERE ended_at_ms IS NOT NULL AND id = \
     (SELECT meeting FROM transcript_periods WHERE deletion_digest = $1) RETURNING id";
const DELETE: &str = "DELETE FROM meetings WHERE id = $1";
const PURGE: &str = "DELETE FROM meetings WHERE ended_at_ms < $1";
const LIST: &str = "SELECT meetings.id, meetings.started_at_ms, meetings.ended_at_ms, COUNT(*) \
     FROM meetings JOIN lines ON lines.meeting = meetings.id \
     GROUP BY meetings.id, meetings.started_at_ms, meetings.ended_at_ms \
     ORDER BY meetings.started_at_ms, meetings.id";
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    START,
    IS_DELETED_BY,
    STOP,
    IS_KEPT,
    HAS_PERIOD,
    COVERS,
    GRANT,
    REVOKE,
    REVOKE_DELETION,
    FIND_BY_CODE,
    COUNT_READ,
    COUNT_READS,
    DELETE_BY_CODE,
    DELETE,
    PURGE,
    LIST,
];

/// Starts to keep a transcript. Returns the code that deletes it to who was the first to start it in
/// the meeting, as often as they ask: who starts it later has no right to what others said before.
/// `starter` is `None` where it starts by itself.
pub async fn start(
    database: &Database,
    meeting: &MeetingId,
    starter: Option<&Identity>,
    now_ms: i64,
) -> Result<Option<Code>, StorageError> {
    let code = match starter {
        Some(identity) => Some(deletion_code(database, meeting, identity).await?),
        None => None,
    };
    let digest = match exists(database, meeting).await? {
        true => None,
        false => code.as_ref().map(Code::digest),
    };
    on_pool!(database.pool(), pool => {
        sqlx::query(START)
            .bind(meeting.as_str())
            .bind(now_ms)
            .bind(digest)
            .execute(pool)
            .await?;
    });
    match code {
        Some(code) if is_deleted_by(database, meeting, &code).await? => Ok(Some(code)),
        _ => Ok(None),
    }
}

async fn is_deleted_by(
    database: &Database,
    meeting: &MeetingId,
    code: &Code,
) -> Result<bool, StorageError> {
    let (found,): (i64,) = on_pool!(database.pool(), pool => {
        sqlx::query_as(IS_DELETED_BY)
            .bind(meeting.as_str())
            .bind(code.digest())
            .fetch_one(pool)
            .await?
    });
    Ok(found > 0)
}

/// Stops to keep a transcript: lines that end later are not stored.
pub async fn stop(
    database: &Database,
    meeting: &MeetingId,
    now_ms: i64,
) -> Result<(), StorageError> {
    on_pool!(database.pool(), pool => {
        sqlx::query(STOP).bind(meeting.as_str()).bind(now_ms).execute(pool).await?;
    });
    Ok(())
}

/// Whether a transcript of this meeting is being kept.
pub async fn is_kept(database: &Database, meeting: &MeetingId) -> Result<bool, StorageError> {
    count(database, IS_KEPT, meeting).await
}

/// Whether a transcript of this meeting was ever started.
pub async fn exists(database: &Database, meeting: &MeetingId) -> Result<bool, StorageError> {
    count(database, HAS_PERIOD, meeting).await
}

async fn count(
    database: &Database,
    statement: &'static str,
    meeting: &MeetingId,
) -> Result<bool, StorageError> {
    let (found,): (i64,) = on_pool!(database.pool(), pool => {
        sqlx::query_as(statement).bind(meeting.as_str()).fetch_one(pool).await?
    });
    Ok(found > 0)
}

/// Gives a participant the code by which they read the transcript: the same one each time. `None` for
/// who was removed after their token was issued.
pub async fn grant(
    database: &Database,
    meeting: &MeetingId,
    identity: &Identity,
    token_issued_at_ms: i64,
) -> Result<Option<Code>, StorageError> {
    let code = reader_code(database, meeting, identity).await?;
    let (revoked_at_ms,): (Option<i64>,) = on_pool!(database.pool(), pool => {
        sqlx::query_as(GRANT)
            .bind(code.digest())
            .bind(meeting.as_str())
            .bind(token_issued_at_ms)
            .fetch_one(pool)
            .await?
    });
    Ok(revoked_at_ms.is_none().then_some(code))
}

/// Takes a participant's codes back, also one that was not given yet: what they could read opens
/// nothing, and what they started they delete no more.
pub async fn revoke(
    database: &Database,
    meeting: &MeetingId,
    identity: &Identity,
    now_ms: i64,
) -> Result<(), StorageError> {
    let reader = reader_code(database, meeting, identity).await?;
    let deletion = deletion_code(database, meeting, identity).await?;
    on_pool!(database.pool(), pool => {
        sqlx::query(REVOKE)
            .bind(reader.digest())
            .bind(meeting.as_str())
            .bind(now_ms)
            .execute(pool)
            .await?;
        sqlx::query(REVOKE_DELETION).bind(deletion.digest()).execute(pool).await?;
    });
    Ok(())
}

/// The code follows from the meeting's key and the identity, so that it need not be stored where a
/// reader of the database would find it.
async fn reader_code(
    database: &Database,
    meeting: &MeetingId,
    identity: &Identity,
) -> Result<Code, StorageError> {
    code(database, meeting, b"transcript reader\0", identity).await
}

async fn deletion_code(
    database: &Database,
    meeting: &MeetingId,
    identity: &Identity,
) -> Result<Code, StorageError> {
    code(database, meeting, b"transcript deletion\0", identity).await
}

async fn code(
    database: &Database,
    meeting: &MeetingId,
    purpose: &[u8],
    identity: &Identity,
) -> Result<Code, StorageError> {
    let key = meetings::key(database, meeting).await?;
    let derived = key.derive(&[purpose, identity.as_bytes()].concat());
    Ok(Code::from_bytes(&derived))
}

/// Counts that a transcript was read with a typed code: each time that it is read from the beginning,
/// and the first time in any case.
pub async fn count_read(
    database: &Database,
    typed: &str,
    reads_on: bool,
) -> Result<(), StorageError> {
    let digest = digest_of_typed(typed);
    on_pool!(database.pool(), pool => {
        sqlx::query(COUNT_READ)
            .bind(&digest)
            .bind(i64::from(reads_on))
            .execute(pool)
            .await?;
    });
    Ok(())
}

/// The meeting whose transcript a typed code opens.
pub async fn find_by_typed_code(
    database: &Database,
    typed: &str,
) -> Result<Option<Meeting>, StorageError> {
    let digest = digest_of_typed(typed);
    let row: Option<(String,)> = on_pool!(database.pool(), pool => {
        sqlx::query_as(FIND_BY_CODE).bind(&digest).fetch_optional(pool).await?
    });
    match row {
        Some((meeting,)) => meetings::find(database, &MeetingId::new(meeting)).await,
        None => Ok(None),
    }
}

/// How often the transcript of a meeting was read, by all readers together.
pub async fn reads(database: &Database, meeting: &MeetingId) -> Result<i64, StorageError> {
    let (reads,): (i64,) = on_pool!(database.pool(), pool => {
        sqlx::query_as(COUNT_READS).bind(meeting.as_str()).fetch_one(pool).await?
    });
    Ok(reads)
}

/// Deletes the transcript that a typed deletion code belongs to, once its meeting is over.
/// Returns whether there was one.
pub async fn delete_by_typed_code(database: &Database, typed: &str) -> Result<bool, StorageError> {
    let digest = digest_of_typed(typed);
    let row: Option<(String,)> = on_pool!(database.pool(), pool => {
        sqlx::query_as(DELETE_BY_CODE).bind(&digest).fetch_optional(pool).await?
    });
    let deleted = row.map(|(meeting,)| MeetingId::new(meeting));
    if let Some(meeting) = &deleted {
        database.forget_key(meeting);
    }
    Ok(deleted.is_some())
}

/// Deletes a meeting with all that was said in it. Returns whether there was one.
pub async fn delete(database: &Database, meeting: &MeetingId) -> Result<bool, StorageError> {
    let deleted = on_pool!(database.pool(), pool => {
        sqlx::query(DELETE).bind(meeting.as_str()).execute(pool).await?.rows_affected()
    });
    database.forget_key(meeting);
    Ok(deleted > 0)
}

/// Deletes every meeting that ended before `before_ms`, with all that was said in it.
pub async fn purge(database: &Database, before_ms: i64) -> Result<u64, StorageError> {
    let purged = on_pool!(database.pool(), pool => {
        sqlx::query(PURGE).bind(before_ms).execute(pool).await?.rows_affected()
    });
    Ok(purged)
}

/// A meeting with stored lines, as an operator's list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub meeting: MeetingId,
    pub started_at_ms: i64,
    pub ended_at_ms: Option<i64>,
    pub lines: i64,
}

/// Every meeting with stored lines, oldest first.
pub async fn list(database: &Database) -> Result<Vec<Stored>, StorageError> {
    let rows: Vec<(String, i64, Option<i64>, i64)> = on_pool!(database.pool(), pool => {
        sqlx::query_as(LIST).fetch_all(pool).await?
    });
    let stored = rows.into_iter();
    Ok(stored
        .map(|(meeting, started_at_ms, ended_at_ms, lines)| Stored {
            meeting: MeetingId::new(meeting),
            started_at_ms,
            ended_at_ms,
            lines,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::{on_both, room};

    async fn open(database: &Database) -> MeetingId {
        let meeting = meetings::open_or_find(database, &room(), 0).await;
        meeting.unwrap().id
    }

    fn named(name: &str) -> Identity {
        Identity::new(name)
    }

    /// The code of somebody whose token does not say when it was issued.
    async fn granted(database: &Database, meeting: &MeetingId, name: &str) -> Code {
        let code = grant(database, meeting, &named(name), 0).await;
        code.unwrap().unwrap()
    }

    /// Opens a transcript as a page does.
    async fn read(database: &Database, typed: &str, reads_on: bool) -> Option<Meeting> {
        let found = find_by_typed_code(database, typed).await.unwrap()?;
        count_read(database, typed, reads_on).await.unwrap();
        Some(found)
    }

    #[tokio::test]
    async fn a_removed_starter_deletes_nothing_and_a_first_look_is_counted_wherever_it_begins() {
        on_both(async |database| {
            let meeting = open(&database).await;
            let deletion = start(&database, &meeting, Some(&named("alice")), 1_000).await;
            let deletion = deletion.unwrap().unwrap().to_string();
            revoke(&database, &meeting, &named("alice"), 1_500)
                .await
                .unwrap();
            meetings::end(&database, &meeting, 2_000).await.unwrap();
            assert!(!delete_by_typed_code(&database, &deletion).await.unwrap());
            let bobs = granted(&database, &meeting, "bob").await.to_string();
            for (reads_on, expected) in [(true, 1), (true, 1), (false, 2), (false, 3)] {
                assert!(read(&database, &bobs, reads_on).await.is_some());
                assert_eq!(reads(&database, &meeting).await.unwrap(), expected);
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_transcript_is_kept_from_start_to_stop() {
        on_both(async |database| {
            let meeting = open(&database).await;
            assert!(!is_kept(&database, &meeting).await.unwrap());
            assert!(!exists(&database, &meeting).await.unwrap());
            let first = start(&database, &meeting, Some(&named("alice")), 1_000)
                .await
                .unwrap();
            assert!(first.is_some());
            assert!(is_kept(&database, &meeting).await.unwrap());
            let again = start(&database, &meeting, Some(&named("alice")), 2_000)
                .await
                .unwrap();
            assert_eq!(again, first, "the first answer may have been lost");
            stop(&database, &meeting, 3_000).await.unwrap();
            assert!(!is_kept(&database, &meeting).await.unwrap());
            assert!(exists(&database, &meeting).await.unwrap());
            let eves = start(&database, &meeting, Some(&named("eve")), 4_000)
                .await
                .unwrap();
            assert_eq!(eves, None, "what Alice started is not hers to delete");
            assert!(is_kept(&database, &meeting).await.unwrap());
            meetings::end(&database, &meeting, 5_000).await.unwrap();
            assert!(!is_kept(&database, &meeting).await.unwrap(), "it ended");
        })
        .await;
    }

    #[tokio::test]
    async fn each_participant_reads_by_a_code_of_their_own_until_it_is_revoked() {
        on_both(async |database| {
            let meeting = open(&database).await;
            let bobs = granted(&database, &meeting, "bob").await;
            assert_eq!(granted(&database, &meeting, "bob").await, bobs);
            let daves = granted(&database, &meeting, "dave").await;
            assert_ne!(bobs, daves);
            let reads_id = async |code: &Code| {
                let found = read(&database, &code.to_string(), false).await;
                found.map(|meeting| meeting.id)
            };
            assert_eq!(reads_id(&daves).await, Some(meeting.clone()));
            revoke(&database, &meeting, &named("dave"), 1_500)
                .await
                .unwrap();
            assert_eq!(reads_id(&daves).await, None);
            assert_eq!(reads_id(&bobs).await, Some(meeting.clone()));
            assert_eq!(reads(&database, &meeting).await.unwrap(), 2);
            for (issued_at_ms, is_granted) in [(0, false), (1_499, false), (1_500, true)] {
                let code = grant(&database, &meeting, &named("dave"), issued_at_ms).await;
                assert_eq!(code.unwrap().is_some(), is_granted, "{issued_at_ms}");
            }
            // Also who never asked for the code before.
            revoke(&database, &meeting, &named("eve"), 1_500)
                .await
                .unwrap();
            let eves = grant(&database, &meeting, &named("eve"), 0).await.unwrap();
            assert_eq!(eves, None);
            revoke(&database, &MeetingId::new("deleted"), &named("eve"), 0)
                .await
                .unwrap_err();
            assert_eq!(
                reads_id(&daves).await,
                Some(meeting.clone()),
                "let in again"
            );
        })
        .await;
    }

    #[tokio::test]
    async fn cve_40_eve_finds_no_transcript_by_guessing() {
        on_both(async |database| {
            let meeting = open(&database).await;
            let code = granted(&database, &meeting, "bob").await.to_string();
            let wrong = Code::random().to_string();
            for typed in [&*meeting, "RM_1", "", &wrong, "bob", &code[1..]] {
                let found = read(&database, typed, false).await;
                assert_eq!(found, None, "{typed}");
            }
            assert!(read(&database, &code, true).await.is_some());
        })
        .await;
    }

    #[tokio::test]
    async fn only_the_code_of_who_started_it_deletes_a_transcript_and_only_after_the_end() {
        on_both(async |database| {
            let meeting = open(&database).await;
            let deletion = start(&database, &meeting, Some(&named("alice")), 1_000)
                .await
                .unwrap()
                .unwrap();
            let readers = granted(&database, &meeting, "bob").await;
            let delete = async |code: &Code| {
                let deleted = delete_by_typed_code(&database, &code.to_string()).await;
                deleted.unwrap()
            };
            assert!(!delete(&deletion).await, "it goes on");
            meetings::end(&database, &meeting, 2_000).await.unwrap();
            assert!(!delete(&readers).await, "reading is not deleting");
            assert!(delete(&deletion).await);
            let typed = readers.to_string();
            assert_eq!(read(&database, &typed, false).await, None);
            assert!(!delete(&deletion).await, "it is gone");
        })
        .await;
    }

    #[tokio::test]
    async fn what_ended_too_long_ago_is_purged_and_the_rest_stays() {
        on_both(async |database| {
            let old = open(&database).await;
            meetings::end(&database, &old, 1_000).await.unwrap();
            let recent = open(&database).await;
            meetings::end(&database, &recent, 2_000).await.unwrap();
            let open = open(&database).await;
            assert_eq!(purge(&database, 1_000).await.unwrap(), 0);
            assert_eq!(purge(&database, 1_001).await.unwrap(), 1);
            let found =
                async |id: &MeetingId| meetings::find(&database, id).await.unwrap().is_some();
            assert!(!found(&old).await);
            assert!(found(&recent).await && found(&open).await);
            assert_eq!(purge(&database, i64::MAX).await.unwrap(), 1, "not the open");
            assert!(delete(&database, &open).await.unwrap());
            assert!(!delete(&database, &open).await.unwrap());
        })
        .await;
    }
}
