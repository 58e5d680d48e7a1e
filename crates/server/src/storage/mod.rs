//! What must outlive the process: rooms, meetings and lines, in SQLite or PostgreSQL.
//!
//! One module per table, plain functions, one SQL text for both engines. Callers give the time and
//! get an answer only when it is durable.

mod database;
mod error;
mod examine;
mod keys;
pub mod lines;
pub mod meetings;
mod migrations;
pub mod rooms;
mod seal;

#[cfg(test)]
pub(crate) mod testing;

pub use database::{Database, Location};
pub use error::StorageError;
pub use examine::{Examination, examine};
pub use seal::{MasterKey, MasterKeyError};

use crate::entropy::random_bytes;

/// Connects, brings the schema up to date and checks that the master key is the right one.
pub async fn open(location: &Location, master_key: MasterKey) -> Result<Database, StorageError> {
    let database = Database::connect(location, master_key).await?;
    keys::check_master_key(&database).await?;
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
    use super::database::Pool;
    use super::error::StorageError;
    use super::testing::{on_both, sqlite_in};
    use super::{Location, MasterKey, keys, lines, meetings, open, rooms};
    use sqlx::{Executor as _, SqlStr};

    #[tokio::test]
    async fn every_statement_is_understood_by_both_engines() {
        let statements = [
            keys::STATEMENTS,
            lines::STATEMENTS,
            meetings::STATEMENTS,
            rooms::STATEMENTS,
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
    async fn another_master_key_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        sqlite_in(folder.path()).await.close().await;
        let other = MasterKey::load_or_create(&folder.path().join("other.key")).unwrap();
        let location = Location::Sqlite(folder.path().join("visio.db"));
        let refused = open(&location, other).await.err().unwrap();
        assert!(matches!(refused, StorageError::OtherMasterKey), "{refused}");
    }
}
