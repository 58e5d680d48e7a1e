//! Lines: what was said, sealed with the key of its meeting and written in groups.

use super::database::{Database, on_pool};
use super::error::StorageError;
use super::meetings;
use super::seal::SealingKey;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

const LIST: &str = "SELECT segment, started_at_ms, ended_at_ms, sealed FROM lines \
     WHERE meeting = $1 ORDER BY started_at_ms, segment";
const INSERT: &str = "INSERT INTO lines \
     (meeting, segment, started_at_ms, ended_at_ms, sealed) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const COUNT: &str = "SELECT COUNT(*) FROM lines WHERE meeting = $1";
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[LIST, INSERT, COUNT];

/// A final line on its way into the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLine {
    pub meeting: String,
    /// Unique within the meeting: a line that is inserted again is not stored again.
    pub segment: String,
    pub identity: String,
    pub name: String,
    pub track: String,
    pub started_at_ms: i64,
    pub ended_at_ms: i64,
    /// ISO 639-1; empty where it is not known.
    pub language: String,
    pub text: String,
}

/// A line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub segment: String,
    pub identity: String,
    pub name: String,
    pub track: String,
    pub started_at_ms: i64,
    pub ended_at_ms: i64,
    pub language: String,
    pub text: String,
}

/// Stores lines, all or none; when this returns they survive the loss of power. One transaction: a
/// disk that takes ten milliseconds to make bytes durable does so once for many speakers.
pub async fn insert(database: &Database, lines: &[NewLine]) -> Result<(), StorageError> {
    let mut sealed = Vec::with_capacity(lines.len());
    for line in lines {
        let key = meetings::key(database, &line.meeting).await?;
        sealed.push(seal(&key, line));
    }
    on_pool!(database.pool_to_write()?, pool => {
        let mut transaction = pool.begin().await?;
        for line in &sealed {
            let stored = sqlx::query(INSERT)
                .bind(&line.meeting)
                .bind(&line.segment)
                .bind(line.started_at_ms)
                .bind(line.ended_at_ms)
                .bind(&line.sealed)
                .execute(&mut *transaction)
                .await;
            stored.map_err(|error| refused(database, &line.meeting, error))?;
        }
        transaction.commit().await?;
    });
    Ok(())
}

/// A meeting can be deleted while its key is still remembered: then only the row tells.
fn refused(database: &Database, meeting: &str, error: sqlx::Error) -> StorageError {
    let is_orphan = error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation);
    if is_orphan {
        database.forget_key(meeting);
        StorageError::NoSuchMeeting
    } else {
        error.into()
    }
}

/// All lines of a meeting in the order in which they began.
pub async fn list(database: &Database, meeting: &str) -> Result<Vec<Line>, StorageError> {
    let key = meetings::key(database, meeting).await?;
    let rows: Vec<Row> = on_pool!(database.pool(), pool => {
        sqlx::query_as(LIST).bind(meeting).fetch_all(pool).await?
    });
    rows.into_iter()
        .map(|row| open(&key, meeting, row))
        .collect()
}

/// How many lines a meeting has.
pub async fn count(database: &Database, meeting: &str) -> Result<i64, StorageError> {
    let (count,) = on_pool!(database.pool(), pool => {
        sqlx::query_as(COUNT).bind(meeting).fetch_one(pool).await?
    });
    Ok(count)
}

/// What must not be read by who has the database alone.
#[derive(Serialize, Deserialize)]
struct Spoken<'a> {
    identity: Cow<'a, str>,
    name: Cow<'a, str>,
    track: Cow<'a, str>,
    language: Cow<'a, str>,
    text: Cow<'a, str>,
}

type Row = (String, i64, i64, Vec<u8>);

struct SealedLine {
    meeting: String,
    segment: String,
    started_at_ms: i64,
    ended_at_ms: i64,
    sealed: Vec<u8>,
}

fn seal(key: &SealingKey, line: &NewLine) -> SealedLine {
    let spoken = Spoken {
        identity: Cow::Borrowed(&line.identity),
        name: Cow::Borrowed(&line.name),
        track: Cow::Borrowed(&line.track),
        language: Cow::Borrowed(&line.language),
        text: Cow::Borrowed(&line.text),
    };
    #[expect(clippy::expect_used, reason = "strings always have a form in JSON")]
    let spoken = serde_json::to_vec(&spoken).expect("a line is JSON");
    SealedLine {
        meeting: line.meeting.clone(),
        segment: line.segment.clone(),
        started_at_ms: line.started_at_ms,
        ended_at_ms: line.ended_at_ms,
        sealed: key.seal(&place(&line.meeting, &line.segment), &spoken),
    }
}

fn open(
    key: &SealingKey,
    meeting: &str,
    (segment, started_at_ms, ended_at_ms, sealed): Row,
) -> Result<Line, StorageError> {
    let spoken = key.open(&place(meeting, &segment), &sealed)?;
    let spoken: Spoken<'_> = serde_json::from_slice(&spoken).map_err(|_| StorageError::Sealed)?;
    Ok(Line {
        identity: spoken.identity.into_owned(),
        name: spoken.name.into_owned(),
        track: spoken.track.into_owned(),
        language: spoken.language.into_owned(),
        text: spoken.text.into_owned(),
        segment,
        started_at_ms,
        ended_at_ms,
    })
}

/// Binds a sealed line to where it stands, so that lines cannot be moved or swapped.
fn place(meeting: &str, segment: &str) -> Vec<u8> {
    [meeting.as_bytes(), b"\0", segment.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::on_both;

    fn line(meeting: &str, segment: &str, started_at_ms: i64, text: &str) -> NewLine {
        NewLine {
            meeting: meeting.to_owned(),
            segment: segment.to_owned(),
            identity: "identity-of-alice".to_owned(),
            name: "Alice".to_owned(),
            track: "TR_1".to_owned(),
            started_at_ms,
            ended_at_ms: started_at_ms + 500,
            language: "en".to_owned(),
            text: text.to_owned(),
        }
    }

    #[tokio::test]
    async fn what_alice_said_is_read_back_in_order_and_once() {
        on_both(async |database| {
            let meeting = meetings::open_or_find(&database, "RM_1", 0)
                .await
                .unwrap()
                .id;
            let second = line(&meeting, "b", 2_000, "How are you?");
            let first = line(&meeting, "a", 1_000, "Good morning — “Grüß Gott” 👋");
            insert(&database, &[second, first.clone()]).await.unwrap();
            insert(&database, &[first]).await.unwrap();
            let lines = list(&database, &meeting).await.unwrap();
            let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(texts, ["Good morning — “Grüß Gott” 👋", "How are you?"]);
            assert_eq!(lines[0].name, "Alice");
        })
        .await;
    }

    #[tokio::test]
    async fn hundreds_of_lines_at_once_are_all_there() {
        on_both(async |database| {
            let meeting = meetings::open_or_find(&database, "RM_1", 0)
                .await
                .unwrap()
                .id;
            let words: Vec<_> = (0..300)
                .map(|at| line(&meeting, &format!("s{at}"), at, "word"))
                .collect();
            insert(&database, &words).await.unwrap();
            assert_eq!(list(&database, &meeting).await.unwrap().len(), 300);
        })
        .await;
    }

    #[tokio::test]
    async fn a_line_of_no_meeting_is_refused_and_does_not_harm_its_neighbours() {
        on_both(async |database| {
            let meeting = meetings::open_or_find(&database, "RM_1", 0)
                .await
                .unwrap()
                .id;
            let lost = insert(&database, &[line("MT_none", "a", 0, "lost")]).await;
            assert!(matches!(lost, Err(StorageError::NoSuchMeeting)));
            insert(&database, &[line(&meeting, "a", 0, "kept")])
                .await
                .unwrap();
            assert_eq!(list(&database, &meeting).await.unwrap().len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_line_of_a_meeting_that_was_deleted_since_is_refused_like_one_of_none() {
        on_both(async |database| {
            let meeting = meetings::open_or_find(&database, "RM_1", 0)
                .await
                .unwrap()
                .id;
            insert(&database, &[line(&meeting, "a", 0, "before")])
                .await
                .unwrap();
            meetings::delete(&database, &meeting).await;
            for _ in 0..2 {
                let lost = insert(&database, &[line(&meeting, "b", 0, "after")]).await;
                assert!(matches!(lost, Err(StorageError::NoSuchMeeting)), "{lost:?}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn eve_reads_the_database_and_finds_no_word_and_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let database = crate::storage::testing::sqlite_in(folder.path()).await;
        let meeting = meetings::open_or_find(&database, "RM_1", 0).await.unwrap();
        insert(&database, &[line(&meeting.id, "a", 0, "canary-word")])
            .await
            .unwrap();
        let code = meeting.transcript.to_string().replace('-', "");
        database.close().await;
        let mut bytes = Vec::new();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
        }
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("RM_1"), "the scan reads the database at all");
        for secret in ["canary-word", "Alice", "identity-of-alice", code.as_str()] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
