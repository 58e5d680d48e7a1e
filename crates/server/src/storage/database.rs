//! The connection to SQLite or PostgreSQL, opened once and handed to everybody.

use super::error::StorageError;
use super::migrations;
use super::seal::{MasterKey, SealingKey};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Statements under way at once; more wait. A statement takes well under a millisecond.
const CONNECTIONS_MAX: u32 = 8;
/// How long a request waits for a connection before it is answered "try again".
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a writer of SQLite waits for the other writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Meeting keys held in memory; when there are more, all are forgotten and read again.
const CACHED_KEYS_MAX: usize = 1024;

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    Sqlite(PathBuf),
    Postgres(String),
}

#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

impl Pool {
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
    keys: Mutex<HashMap<String, SealingKey>>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Database")
            .field(&self.pool().engine())
            .finish()
    }
}

impl Database {
    /// Connects and brings the schema up to date.
    pub(super) async fn connect(
        location: &Location,
        master_key: MasterKey,
    ) -> Result<Self, StorageError> {
        let pool = match location {
            Location::Sqlite(path) => open_sqlite(path).await?,
            Location::Postgres(url) => open_postgres(PgConnectOptions::from_str(url)?).await?,
        };
        Self::from_pool(pool, master_key).await
    }

    pub(super) async fn from_pool(pool: Pool, key: MasterKey) -> Result<Self, StorageError> {
        let migrator = migrations::migrator().await?;
        on_pool!(&pool, pool => migrator.run(pool).await?);
        let keys = Mutex::new(HashMap::new());
        Ok(Self(Arc::new(Inner {
            pool,
            master_key: key,
            keys,
        })))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StorageError> {
        on_pool!(self.pool(), pool => sqlx::query("SELECT 1").execute(pool).await.map(|_| ()))?;
        Ok(())
    }

    /// Closes all connections once what they do is done.
    pub async fn close(&self) {
        on_pool!(self.pool(), pool => pool.close().await);
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.0.pool
    }

    pub(super) fn master_key(&self) -> &MasterKey {
        &self.0.master_key
    }

    pub(super) fn cached_key(&self, meeting: &str) -> Option<SealingKey> {
        self.0
            .keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(meeting)
            .cloned()
    }

    pub(super) fn forget_key(&self, meeting: &str) {
        let mut keys = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.remove(meeting);
    }

    pub(super) fn cache_key(&self, meeting: &str, key: &SealingKey) {
        let mut keys = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= CACHED_KEYS_MAX {
            keys.clear();
        }
        keys.insert(meeting.to_owned(), key.clone());
    }
}

async fn open_sqlite(path: &Path) -> Result<Pool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged survives the loss of power, not only of the process.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await?;
    Ok(Pool::Sqlite(pool))
}

pub(super) async fn open_postgres(options: PgConnectOptions) -> Result<Pool, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await?;
    Ok(Pool::Postgres(pool))
}
