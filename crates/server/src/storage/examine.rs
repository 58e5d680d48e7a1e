//! A look at a database that changes nothing in it: who examines may be another user than who serves.

use super::database::{Pool, on_pool, open_postgres};
use super::error::StorageError;
use super::keys;
use super::location::Location;
use super::seal::MasterKey;
use super::{integrity, meetings, migrations};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use std::cmp::Ordering;
use std::path::Path;
use std::str::FromStr as _;

const SQLITE_HAS_SCHEMA: &str =
    "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
const POSTGRES_HAS_SCHEMA: &str = "SELECT COUNT(*) FROM information_schema.tables \
     WHERE table_schema = current_schema() AND table_name = '_sqlx_migrations'";
const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success";

/// What a database says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// "SQLite" or "PostgreSQL".
    pub engine: &'static str,
    /// The schema that is there; 0 where nothing is.
    pub schema_version: i64,
    /// The schema that this program works with.
    pub schema_wanted: i64,
    /// The newest time in it: a clock that is behind it was turned back.
    pub newest_time_ms: Option<i64>,
}

/// Looks at a database and at whether the master key is the one it was written under; `None` where
/// there is no key yet.
pub async fn examine(
    location: &Location,
    master_key: Option<&MasterKey>,
) -> Result<Examination, StorageError> {
    integrity::check_not_emptied(location)?;
    let pool = match location {
        Location::Sqlite(path) => look_at_sqlite(path).await?,
        Location::Postgres(url) => {
            let options = PgConnectOptions::from_str(url)?;
            open_postgres(options.options([("default_transaction_read_only", "on")])).await?
        }
    };
    let examined = examine_pool(&pool, master_key).await;
    on_pool!(&pool, pool => pool.close().await);
    examined
}

async fn examine_pool(
    pool: &Pool,
    master_key: Option<&MasterKey>,
) -> Result<Examination, StorageError> {
    integrity::check_pages(pool).await?;
    let schema_version = schema_version(pool).await?;
    if schema_version == migrations::newest() {
        integrity::check_tables(pool).await?;
    }
    let mut newest_time_ms = None;
    if schema_version > 0 {
        keys::compare(pool, master_key).await?;
        newest_time_ms = meetings::newest_time_ms(pool).await?;
    }
    Ok(Examination {
        engine: pool.engine(),
        schema_version,
        schema_wanted: migrations::newest(),
        newest_time_ms,
    })
}

async fn schema_version(pool: &Pool) -> Result<i64, StorageError> {
    let (tables,): (i64,) = match pool {
        Pool::Sqlite(pool) => sqlx::query_as(SQLITE_HAS_SCHEMA).fetch_one(pool).await?,
        Pool::Postgres(pool) => sqlx::query_as(POSTGRES_HAS_SCHEMA).fetch_one(pool).await?,
    };
    if tables == 0 {
        return Ok(0);
    }
    let (version,) = on_pool!(pool, pool => sqlx::query_as(VERSION).fetch_one(pool).await?);
    Ok(version)
}

/// Refuses a database that this program cannot work with as it is.
pub(super) async fn check_schema(pool: &Pool) -> Result<(), StorageError> {
    let (there, wanted) = (schema_version(pool).await?, migrations::newest());
    match there.cmp(&wanted) {
        _ if there == 0 => Err(StorageError::SchemaMissing),
        Ordering::Less => Err(StorageError::SchemaOlder { there, wanted }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(StorageError::SchemaNewer { there, wanted }),
    }
}

async fn look_at_sqlite(path: &Path) -> Result<Pool, StorageError> {
    // SQLite makes two files beside a database that it reads, unless it is told that nobody
    // writes. A process that writes has made them already.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(!has_log(path));
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    Ok(Pool::Sqlite(pool))
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    Path::new(&log).exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::{empty_on_both, on_both, room, sqlite_in};
    use aws_lc_rs::digest::{SHA256, digest};
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    #[tokio::test]
    async fn an_older_database_stays_as_old_as_it_was() {
        on_both(async |database| {
            let pool = database.pool();
            let seen = examine_pool(pool, Some(database.master_key()))
                .await
                .unwrap();
            assert_eq!(seen.schema_version, seen.schema_wanted);
            on_pool!(pool, pool => {
                sqlx::query("DELETE FROM _sqlx_migrations").execute(pool).await.unwrap();
            });
            for _ in 0..2 {
                let seen = examine_pool(pool, None).await.unwrap();
                assert_eq!(
                    (seen.schema_version, seen.schema_wanted),
                    (0, migrations::newest())
                );
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_tool_takes_the_schema_of_its_own_program_alone_and_leaves_every_other() {
        empty_on_both(async |pool| {
            let refused = async || check_schema(&pool).await.unwrap_err().to_string();
            let newest = migrations::newest();
            assert!(refused().await.contains("no server has used it yet"));
            let first = migrations::up_to(pool.dialect(), 1).await.unwrap();
            on_pool!(&pool, pool => first.run(pool).await.unwrap());
            let older = format!("is at 1, and this program works with {newest}");
            for _ in 0..2 {
                assert!(refused().await.contains(&older), "{}", refused().await);
            }
            let newer = migrations::migrator(pool.dialect()).await.unwrap();
            on_pool!(&pool, pool => newer.run(pool).await.unwrap());
            assert!(check_schema(&pool).await.is_ok());
            let rename =
                format!("UPDATE _sqlx_migrations SET version = 99 WHERE version = {newest}");
            let rename = sqlx::AssertSqlSafe(rename);
            on_pool!(&pool, pool => sqlx::query(rename).execute(pool).await.map(|_| ())).unwrap();
            assert!(
                refused().await.contains("newer visio"),
                "{}",
                refused().await
            );
        })
        .await;
    }

    #[tokio::test]
    async fn a_lost_or_other_master_key_is_noticed() {
        on_both(async |database| {
            let folder = tempfile::tempdir().unwrap();
            let other = MasterKey::load_or_create(&folder.path().join("other.key")).unwrap();
            for key in [None, Some(&other)] {
                let refused = examine_pool(database.pool(), key).await;
                assert!(
                    matches!(refused, Err(StorageError::OtherMasterKey)),
                    "{refused:?}"
                );
            }
        })
        .await;
    }

    /// The files with their digests: a failure prints them, and a page of SQLite is long.
    fn content(folder: &Path) -> BTreeMap<PathBuf, String> {
        let files = std::fs::read_dir(folder).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        paths
            .map(|path| {
                let digest = digest(&SHA256, &std::fs::read(&path).unwrap());
                (path, format!("{digest:?}"))
            })
            .collect()
    }

    #[tokio::test]
    async fn looking_changes_no_byte_while_the_server_runs_and_while_it_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("visio.db"));
        let database = sqlite_in(folder.path()).await;
        let key = database.master_key().clone();
        meetings::open_or_find(&database, &room(), 7_000)
            .await
            .unwrap();
        let seen = examine(&location, Some(&key)).await.unwrap();
        assert_eq!((seen.engine, seen.newest_time_ms), ("SQLite", Some(7_000)));
        database.close().await;
        let before = content(folder.path());
        let seen = examine(&location, Some(&key)).await.unwrap();
        assert_eq!(seen.newest_time_ms, Some(7_000));
        assert_eq!(content(folder.path()), before);
    }
}
