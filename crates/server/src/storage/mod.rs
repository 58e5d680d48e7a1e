//! What must outlive the process: rooms, meetings and lines, in SQLite or PostgreSQL.
//!
//! One module per table, plain functions, one SQL text for both engines. Callers give the time and
//! get an answer only when it is durable.

mod claim;
mod database;
mod error;
mod examine;
mod integrity;
mod keys;
pub mod lines;
mod location;
pub mod meetings;
mod migrations;
mod opened_file;
pub mod rooms;
mod seal;
pub mod transcripts;

#[cfg(test)]
pub(crate) mod testing;

pub use database::Database;
pub use error::{StorageError, Trouble};
pub use examine::{Examination, examine};
pub use integrity::rehearse_join;
pub use location::Location;
pub use seal::{MasterKey, MasterKeyError};

use crate::entropy::random_bytes;

/// Claims the database for this server, checks that it is whole, brings its schema up to date, checks that
/// the master key is the right one and that a meeting can be held.
pub async fn open(location: &Location, master_key: MasterKey) -> Result<Database, StorageError> {
    integrity::check_not_emptied(location)?;
    prepare(Database::claim(location, master_key).await?).await
}

/// Connects beside a server that may be running, and changes nothing. Refuses a database of another
/// schema or of another master key.
pub async fn open_beside_server(
    location: &Location,
    master_key: MasterKey,
) -> Result<Database, StorageError> {
    integrity::check_not_emptied(location)?;
    let database = Database::connect(location, master_key).await?;
    examine::check_schema(database.pool()).await?;
    keys::compare(database.pool(), Some(database.master_key())).await?;
    Ok(database)
}

async fn prepare(database: Database) -> Result<Database, StorageError> {
    integrity::check_pages(database.pool()).await?;
    database.migrate().await?;
    integrity::check_tables(database.pool()).await?;
    keys::check_master_key(&database).await?;
    meetings::rehearse_join(&database).await?;
    Ok(database)
}

/// A name for a row that says what it names and opens nothing.
fn new_id(prefix: &str) -> String {
    let bytes = random_bytes::<12>();
    bytes
        .iter()
        .fold(prefix.to_owned(), |id, byte| format!("{id}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::database::{Pool, on_pool};
    use super::error::StorageError;
    use super::testing::{empty_on_both, on_both, room, sqlite_in};
    use super::{Location, MasterKey, keys, lines, meetings, migrations, open, rooms, transcripts};
    use sqlx::{Executor as _, SqlStr};

    #[tokio::test]
    async fn every_statement_is_understood_by_both_engines() {
        let statements = [
            keys::STATEMENTS,
            lines::STATEMENTS,
            meetings::STATEMENTS,
            rooms::STATEMENTS,
            transcripts::STATEMENTS,
        ];
        on_both(async |database| {
            for statement in statements.into_iter().flatten() {
                let sql = SqlStr::from_static(statement);
                let prepared = match database.pool() {
                    Pool::Sqlite(pool) => pool.prepare(sql).await.map(|_| ()),
                    Pool::Postgres(pool) => pool.prepare(sql).await.map(|_| ()),
                };
                assert!(prepared.is_ok(), "{statement}: {prepared:?}");
            }
            let nonsense = SqlStr::from_static("SELECT nothing FROM nowhere");
            let prepared = match database.pool() {
                Pool::Sqlite(pool) => pool.prepare(nonsense).await.map(|_| ()),
                Pool::Postgres(pool) => pool.prepare(nonsense).await.map(|_| ()),
            };
            assert!(prepared.is_err(), "the engine checks what it prepares");
        })
        .await;
    }

    #[tokio::test]
    async fn a_lost_fingerprint_is_remembered_again_for_the_right_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("visio.db"));
        let database = sqlite_in(folder.path()).await;
        let right = database.master_key().clone();
        meetings::open_or_find(&database, &room(), 0).await.unwrap();
        let Pool::Sqlite(pool) = database.pool() else {
            unreachable!("it was opened as SQLite")
        };
        sqlx::query("DELETE FROM master_key")
            .execute(pool)
            .await
            .unwrap();
        database.close().await;
        let other = MasterKey::load_or_create(&folder.path().join("other.key")).unwrap();
        let refused = open(&location, other).await.err().unwrap();
        assert!(matches!(refused, StorageError::OtherMasterKey), "{refused}");
        assert!(open(&location, right).await.is_ok());
    }

    #[tokio::test]
    async fn another_master_key_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        sqlite_in(folder.path()).await.close().await;
        let other = MasterKey::load_or_create(&folder.path().join("other.key")).unwrap();
        let location = Location::Sqlite(folder.path().join("visio.db"));
        let refused = open(&location, other).await.err().unwrap();
        assert!(matches!(refused, StorageError::OtherMasterKey), "{refused}");
    }

    /// What the first version stored: a meeting that ended and one that goes on.
    const OLD: &str = "\
        INSERT INTO rooms VALUES ('RM_1', 'c', 'Team', TRUE, 1);\
        INSERT INTO meetings VALUES ('MT_1', 'RM_1', 'k', 'd', 10, 30, 30);\
        INSERT INTO meetings VALUES ('MT_2', 'RM_1', 'l', 'e', 40, 60, NULL);\
        INSERT INTO lines VALUES ('MT_1', 'a', 12, 14, 's');\
        INSERT INTO lines VALUES ('MT_1', 'b', 16, 18, 't');";

    #[tokio::test]
    async fn a_database_of_the_first_version_keeps_its_lines_and_their_readers() {
        empty_on_both(async |pool| {
            let first = migrations::up_to(pool.dialect(), 1).await.unwrap();
            on_pool!(&pool, pool => {
                first.run(pool).await.unwrap();
                sqlx::raw_sql(OLD).execute(pool).await.unwrap();
            });
            let newest = migrations::migrator(pool.dialect()).await.unwrap();
            on_pool!(&pool, pool => newest.run(pool).await.unwrap());
            for (question, answer) in [
                ("SELECT COUNT(*) FROM rooms WHERE transcript IS NULL", 1),
                ("SELECT COUNT(*) FROM meetings", 2),
                ("SELECT COUNT(*) FROM meetings WHERE ended_at_ms IS NULL", 1),
                ("SELECT number FROM lines WHERE segment = 'b'", 2),
                (
                    "SELECT COUNT(*) FROM transcript_readers WHERE revoked_at_ms IS NULL",
                    2,
                ),
                (
                    "SELECT ended_at_ms FROM transcript_periods WHERE meeting = 'MT_1'",
                    30,
                ),
                (
                    "SELECT ended_at_ms FROM transcript_periods WHERE meeting = 'MT_2'",
                    60,
                ),
            ] {
                let (found,): (i64,) = on_pool!(&pool, pool => {
                    sqlx::query_as(question).fetch_one(pool).await.unwrap()
                });
                assert_eq!(found, answer, "{question}");
            }
            let deleted = "DELETE FROM meetings WHERE id = 'MT_1'";
            on_pool!(&pool, pool => sqlx::query(deleted).execute(pool).await.map(|_| ())).unwrap();
            for table in [
                "SELECT COUNT(*) FROM lines",
                "SELECT COUNT(*) FROM transcript_readers WHERE meeting = 'MT_1'",
                "SELECT COUNT(*) FROM transcript_periods WHERE meeting = 'MT_1'",
            ] {
                let (left,): (i64,) = on_pool!(&pool, pool => {
                    sqlx::query_as(table).fetch_one(pool).await.unwrap()
                });
                assert_eq!(left, 0, "{table}: what belongs to a meeting goes with it");
            }
        })
        .await;
    }
}
