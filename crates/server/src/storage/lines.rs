//! Lines: what was said, sealed with the key of its meeting and written in groups.

use super::database::{Database, on_pool};
use super::error::StorageError;
use super::seal::SealingKey;
use super::{meetings, transcripts};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use visio_protocol::names::{Identity, MeetingId, SegmentId};

const LIST: &str = "SELECT number, segment, started_at_ms, ended_at_ms, sealed FROM lines \
     WHERE meeting = $1 AND number > $2 ORDER BY started_at_ms, segment";
const INSERT: &str = "INSERT INTO lines \
     (meeting, segment, started_at_ms, ended_at_ms, sealed) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const COUNT: &str = "SELECT COUNT(*) FROM lines WHERE meeting = $1";
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[LIST, INSERT, COUNT];

/// A final line on its way into the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLine {
    pub meeting: MeetingId,
    /// Unique within the meeting: a line that is inserted again is not stored again.
    pub segment: SegmentId,
    pub identity: Identity,
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
    /// Counts up in the order in which lines were stored.
    pub number: i64,
    pub segment: SegmentId,
    pub identity: Identity,
    pub name: String,
    pub track: String,
    pub started_at_ms: i64,
    pub ended_at_ms: i64,
    pub language: String,
    pub text: String,
}

/// Stores those lines that lie within a period in which their transcript is kept, all or none of
/// them; when this returns they survive the loss of power. One transaction: a disk that takes ten
/// milliseconds to make bytes durable does so once for many speakers. Returns the segments of those
/// that are stored.
pub async fn insert(
    database: &Database,
    lines: &[NewLine],
) -> Result<BTreeSet<SegmentId>, StorageError> {
    let mut sealed = Vec::with_capacity(lines.len());
    for line in lines {
        if is_covered(database, line).await? {
            match meetings::key(database, &line.meeting).await {
                Ok(key) => sealed.push(seal(&key, line)),
                // It stays so, and must not hold up the lines of other meetings.
                Err(StorageError::Sealed) => {
                    tracing::error!(
                        meeting = %line.meeting,
                        "a line is lost: the key of its meeting cannot be opened. Restore database \
                         and master.key from the same backup"
                    );
                }
                Err(error) => return Err(error),
            }
        }
    }
    on_pool!(database.pool_to_write()?, pool => {
        let mut transaction = pool.begin().await?;
        for line in &sealed {
            let stored = sqlx::query(INSERT)
                .bind(line.meeting.as_str())
                .bind(line.segment.as_str())
                .bind(line.started_at_ms)
                .bind(line.ended_at_ms)
                .bind(&line.sealed)
                .execute(&mut *transaction)
                .await;
            stored.map_err(|error| refused(database, &line.meeting, error))?;
        }
        transaction.commit().await?;
    });
    Ok(sealed.into_iter().map(|line| line.segment).collect())
}

/// Whether the transcript was kept all the while the line was spoken. A line that began before the
/// start or goes on after the stop holds words that nobody agreed to keep.
async fn is_covered(database: &Database, line: &NewLine) -> Result<bool, StorageError> {
    let (covering,): (i64,) = on_pool!(database.pool(), pool => {
        sqlx::query_as(transcripts::COVERS)
            .bind(line.meeting.as_str())
            .bind(line.started_at_ms)
            .bind(line.ended_at_ms)
            .fetch_one(pool)
            .await?
    });
    Ok(covering > 0)
}

/// A meeting can be deleted between the look at its periods and the insertion: then only the
/// missing row says so.
fn refused(database: &Database, meeting: &MeetingId, error: sqlx::Error) -> StorageError {
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

/// The lines of a meeting that were stored after the line number `after`, in the order in which
/// they began; 0 lists all.
pub async fn list(
    database: &Database,
    meeting: &MeetingId,
    after: i64,
) -> Result<Vec<Line>, StorageError> {
    let key = meetings::key(database, meeting).await?;
    let rows: Vec<Row> = on_pool!(database.pool(), pool => {
        sqlx::query_as(LIST).bind(meeting.as_str()).bind(after).fetch_all(pool).await?
    });
    rows.into_iter()
        .map(|row| open(&key, meeting, row))
        .collect()
}

/// How many lines a meeting has.
pub async fn count(database: &Database, meeting: &MeetingId) -> Result<i64, StorageError> {
    let (count,) = on_pool!(database.pool(), pool => {
        sqlx::query_as(COUNT).bind(meeting.as_str()).fetch_one(pool).await?
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

type Row = (i64, String, i64, i64, Vec<u8>);

struct SealedLine {
    meeting: MeetingId,
    segment: SegmentId,
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
        sealed: key.seal(&associated_data(&line.meeting, &line.segment), &spoken),
    }
}

fn open(
    key: &SealingKey,
    meeting: &MeetingId,
    (number, segment, started_at_ms, ended_at_ms, sealed): Row,
) -> Result<Line, StorageError> {
    let segment = SegmentId::new(segment);
    let spoken = key.open(&associated_data(meeting, &segment), &sealed)?;
    let spoken: Spoken<'_> = serde_json::from_slice(&spoken).map_err(|_| StorageError::Sealed)?;
    Ok(Line {
        number,
        identity: Identity::new(spoken.identity),
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
fn associated_data(meeting: &MeetingId, segment: &SegmentId) -> Vec<u8> {
    [meeting.as_bytes(), b"\0", segment.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::{on_both, room};
    use visio_protocol::names::RoomName;

    fn line(meeting: &MeetingId, segment: &str, started_at_ms: i64, text: &str) -> NewLine {
        NewLine {
            meeting: meeting.clone(),
            segment: SegmentId::new(segment),
            identity: Identity::new("identity-of-alice"),
            name: "Alice".to_owned(),
            track: "TR_1".to_owned(),
            started_at_ms,
            ended_at_ms: started_at_ms + 500,
            language: "en".to_owned(),
            text: text.to_owned(),
        }
    }

    /// A meeting whose transcript is kept from its beginning.
    async fn kept_meeting(database: &Database) -> MeetingId {
        let meeting = meetings::open_or_find(database, &room(), 0)
            .await
            .unwrap()
            .id;
        transcripts::start(database, &meeting, Some(&Identity::new("alice")), 0)
            .await
            .unwrap();
        meeting
    }

    #[tokio::test]
    async fn what_alice_said_is_read_back_in_order_and_once() {
        on_both(async |database| {
            let meeting = kept_meeting(&database).await;
            let second = line(&meeting, "b", 2_000, "How are you?");
            let first = line(&meeting, "a", 1_000, "Good morning — “Grüß Gott” 👋");
            insert(&database, &[second, first.clone()]).await.unwrap();
            insert(&database, &[first]).await.unwrap();
            let lines = list(&database, &meeting, 0).await.unwrap();
            let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(texts, ["Good morning — “Grüß Gott” 👋", "How are you?"]);
            assert_eq!(lines[0].name, "Alice");
        })
        .await;
    }

    #[tokio::test]
    async fn hundreds_of_lines_at_once_are_all_there() {
        on_both(async |database| {
            let meeting = kept_meeting(&database).await;
            let words: Vec<_> = (0..300)
                .map(|at| line(&meeting, &format!("s{at}"), at, "word"))
                .collect();
            insert(&database, &words).await.unwrap();
            assert_eq!(list(&database, &meeting, 0).await.unwrap().len(), 300);
        })
        .await;
    }

    #[tokio::test]
    async fn only_what_was_said_between_start_and_stop_is_stored() {
        on_both(async |database| {
            let meeting = meetings::open_or_find(&database, &room(), 0).await;
            let meeting = meeting.unwrap().id;
            let before = line(&meeting, "before anybody started it", 0, "private");
            assert!(insert(&database, &[before]).await.unwrap().is_empty());
            transcripts::start(&database, &meeting, Some(&Identity::new("alice")), 1_000)
                .await
                .unwrap();
            transcripts::stop(&database, &meeting, 5_000).await.unwrap();
            transcripts::start(&database, &meeting, Some(&Identity::new("alice")), 9_000)
                .await
                .unwrap();
            let said = [
                (999, "begins before the start"),
                (1_000, "from the start"),
                (4_499, "until the stop"),
                (4_500, "ends with the stop"),
                (8_999, "while it was stopped"),
                (9_000, "after the second start"),
            ];
            let said = said.map(|(at_ms, text)| line(&meeting, text, at_ms, text));
            let kept = insert(&database, &said).await.unwrap();
            let stored = list(&database, &meeting, 0).await.unwrap();
            let texts: Vec<_> = stored.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(
                texts,
                ["from the start", "until the stop", "after the second start"]
            );
            let stored = stored.into_iter().map(|line| line.segment);
            assert_eq!(kept, stored.collect());
        })
        .await;
    }

    #[tokio::test]
    async fn who_reads_on_asks_for_what_was_stored_since() {
        on_both(async |database| {
            let meeting = kept_meeting(&database).await;
            insert(&database, &[line(&meeting, "b", 2_000, "late")])
                .await
                .unwrap();
            let last = list(&database, &meeting, 0).await.unwrap()[0].number;
            assert!(list(&database, &meeting, last).await.unwrap().is_empty());
            insert(&database, &[line(&meeting, "a", 1_000, "early")])
                .await
                .unwrap();
            let since = list(&database, &meeting, last).await.unwrap();
            assert_eq!(since.len(), 1);
            assert_eq!(
                since[0].text, "early",
                "stored later, though it began before"
            );
            assert!(since[0].number > last);
        })
        .await;
    }

    #[tokio::test]
    async fn a_line_of_a_meeting_that_is_not_there_or_was_deleted_harms_no_other() {
        on_both(async |database| {
            let meeting = kept_meeting(&database).await;
            insert(&database, &[line(&meeting, "a", 0, "before")])
                .await
                .unwrap();
            let other = meetings::open_or_find(&database, &RoomName::new("RM_2"), 0)
                .await
                .unwrap()
                .id;
            transcripts::start(&database, &other, Some(&Identity::new("alice")), 0)
                .await
                .unwrap();
            transcripts::delete(&database, &meeting).await.unwrap();
            let said = [
                line(&MeetingId::new("MT_none"), "a", 0, "lost"),
                line(&meeting, "b", 0, "deleted"),
                line(&other, "a", 0, "kept"),
            ];
            assert_eq!(insert(&database, &said).await.unwrap().len(), 1);
            assert_eq!(list(&database, &other, 0).await.unwrap().len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn eve_reads_the_database_and_finds_no_word_and_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let database = crate::storage::testing::sqlite_in(folder.path()).await;
        let meeting = kept_meeting(&database).await;
        let said = line(&meeting, "a", 0, "canary-word");
        assert_eq!(insert(&database, &[said]).await.unwrap().len(), 1);
        let code = transcripts::grant(&database, &meeting, &Identity::new("bob"), 0)
            .await
            .unwrap();
        let code = code.unwrap().to_string().replace('-', "");
        database.close().await;
        let mut bytes = Vec::new();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
        }
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text.contains(&*room()),
            "the scan reads the database at all"
        );
        for secret in ["canary-word", "Alice", "identity-of-alice", code.as_str()] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
