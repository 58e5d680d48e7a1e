//! The connection to SQLite or PostgreSQL, opened once and handed to everybody.

use super::claim;
use super::error::{StorageError, Trouble};
use super::location::Location;
use super::migrations::{self, Dialect};
use super::opened_file::OpenedFile;
use super::seal::{MasterKey, SealingKey};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};
use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use visio_protocol::names::MeetingId;

/// Statements under way at once; more wait. A statement takes well under a millisecond.
const CONNECTIONS_MAX: u32 = 8;
/// How long a request waits for a connection before it is answered "try again".
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a writer of SQLite waits for the other writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Meeting keys held in memory; when there are more, all are forgotten and read again.
const CACHED_KEYS_MAX: usize = 1024;

#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

impl Pool {
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// "SQLite" or "PostgreSQL".
    pub(super) fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// Runs one expression on whichever pool there is: the same text, typed for both.
macro_rules! on_pool {
    ($pool:expr, $name:ident => $body:expr) => {
        match $pool {
            $crate::storage::database::Pool::Sqlite($name) => $body,
            $crate::storage::database::Pool::Postgres($name) => $body,
        }
    };
}
pub(super) use on_pool;

/// The database with the keys to what is in it. Cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    pool: Pool,
    master_key: MasterKey,
    keys: Mutex<HashMap<MeetingId, SealingKey>>,
    file: Option<OpenedFile>,
    rehearsed: tokio::sync::Mutex<Option<(Instant, Result<(), Trouble>)>>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Database")
            .field(&self.pool().engine())
            .finish()
    }
}

impl Database {
    /// Connects as the only server on this database, and changes nothing.
    pub(super) async fn claim(
        location: &Location,
        master_key: MasterKey,
    ) -> Result<Self, StorageError> {
        let pool = match location {
            Location::Sqlite(path) => open_sqlite(path).await?,
            Location::Postgres(url) => {
                let options = PgConnectOptions::from_str(url)?;
                Pool::Postgres(claim::open(postgres_pool(), options).await?)
            }
        };
        let file = OpenedFile::of(location);
        Ok(Self::from_pool(pool, file, master_key))
    }

    /// Connects beside the server of this database, and changes nothing.
    pub(super) async fn connect(
        location: &Location,
        master_key: MasterKey,
    ) -> Result<Self, StorageError> {
        let pool = match location {
            Location::Sqlite(path) if !path.exists() => return Err(StorageError::SchemaMissing),
            Location::Sqlite(path) => {
                let existing = sqlite(path).create_if_missing(false);
                Pool::Sqlite(sqlite_pool().connect_with(existing).await?)
            }
            Location::Postgres(url) => open_postgres(PgConnectOptions::from_str(url)?).await?,
        };
        let file = OpenedFile::of(location);
        Ok(Self::from_pool(pool, file, master_key))
    }

    pub(super) fn from_pool(pool: Pool, file: Option<OpenedFile>, master_key: MasterKey) -> Self {
        Self(Arc::new(Inner {
            pool,
            master_key,
            keys: Mutex::default(),
            file,
            rehearsed: tokio::sync::Mutex::default(),
        }))
    }

    /// Brings the schema up to date.
    pub(super) async fn migrate(&self) -> Result<(), StorageError> {
        let migrator = migrations::migrator(self.pool().dialect()).await?;
        on_pool!(self.pool(), pool => migrator.run(pool).await?);
        Ok(())
    }

    /// What the last rehearsal of a join found, and when.
    pub(super) fn rehearsed(&self) -> &tokio::sync::Mutex<Option<(Instant, Result<(), Trouble>)>> {
        &self.0.rehearsed
    }

    /// Closes all connections once what they do is done.
    pub async fn close(&self) {
        on_pool!(self.pool(), pool => pool.close().await);
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// The pool for what must outlive this process: refused where the file was deleted or replaced.
    pub(super) fn pool_to_write(&self) -> Result<&Pool, StorageError> {
        if let Some(file) = &self.0.file {
            file.check()?;
        }
        Ok(&self.0.pool)
    }

    /// Refuses where the file was deleted or replaced: what is written then is lost.
    pub fn check_kept(&self) -> Result<(), StorageError> {
        self.pool_to_write().map(|_| ())
    }

    pub(super) fn master_key(&self) -> &MasterKey {
        &self.0.master_key
    }

    pub(super) fn cached_key(&self, meeting: &MeetingId) -> Option<SealingKey> {
        self.keys().get(meeting).cloned()
    }

    pub(super) fn forget_key(&self, meeting: &MeetingId) {
        self.keys().remove(meeting);
    }

    pub(super) fn cache_key(&self, meeting: &MeetingId, key: &SealingKey) {
        let mut keys = self.keys();
        if keys.len() >= CACHED_KEYS_MAX {
            keys.clear();
        }
        keys.insert(meeting.clone(), key.clone());
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<MeetingId, SealingKey>> {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Database {
    /// What a careless hand does.
    pub(crate) async fn drop_table(&self, table: &'static str) {
        // SQLite lets the references to it dangle, PostgreSQL wants to be told.
        let references = match self.pool() {
            Pool::Sqlite(_) => "",
            Pool::Postgres(_) => "CASCADE",
        };
        let drop = sqlx::AssertSqlSafe(format!("DROP TABLE {table} {references}"));
        on_pool!(self.pool(), pool => sqlx::query(drop).execute(pool).await.map(|_| ())).unwrap();
    }
}

pub(super) async fn open_sqlite(path: &Path) -> Result<Pool, sqlx::Error> {
    let pool = sqlite_pool().connect_with(sqlite(path)).await?;
    Ok(Pool::Sqlite(pool))
}

fn sqlite(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged survives the loss of power, not only of the process.
        .synchronous(SqliteSynchronous::Full)
        // What is deleted is overwritten, not only marked as free.
        .pragma("secure_delete", "ON")
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
}

fn sqlite_pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_release(|connection, _| Box::pin(is_reusable(connection)))
}

/// Where the disk is full SQLite rolls back by itself, and the connection is taken for one in the middle of
/// a transaction: what is written on it next would wait for a commit that never comes, and lock all others out.
async fn is_reusable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback that is under way has been carried out when it answers.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

pub(super) async fn open_postgres(options: PgConnectOptions) -> Result<Pool, sqlx::Error> {
    let pool = postgres_pool().connect_with(options).await?;
    Ok(Pool::Postgres(pool))
}

fn postgres_pool() -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_after_sqlite_rolled_back_by_itself_is_committed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("visio.db");
        let open = || sqlite_pool().max_connections(1).connect_with(sqlite(&path));
        let (pool, other) = (open().await.unwrap(), open().await.unwrap());
        let table = sqlx::query("CREATE TABLE written (number INTEGER NOT NULL)");
        table.execute(&pool).await.unwrap();
        // As SQLite does where the disk is full, and then once more in good order.
        for statement in ["ROLLBACK", "INSERT INTO written VALUES (1)"] {
            let mut transaction = pool.begin().await.unwrap();
            let executed = sqlx::query(statement).execute(&mut *transaction).await;
            executed.unwrap();
            drop(transaction);
        }
        let kept = sqlx::query("INSERT INTO written VALUES (2)");
        kept.execute(&pool).await.unwrap();
        let seen: Vec<(i64,)> = sqlx::query_as("SELECT number FROM written")
            .fetch_all(&other)
            .await
            .unwrap();
        assert_eq!(seen, [(2,)]);
    }
}
