//! Whether the database is whole: asked at the start, by `visio doctor` and by `/readyz`.

use super::database::{Database, Pool, on_pool};
use super::error::{StorageError, Trouble};
use super::location::Location;
use super::{meetings, migrations};
use crate::clock;
use sqlx::AssertSqlSafe;
use std::time::Duration;

/// Problems of a damaged file that are named; SQLite may find one on each page.
const QUICK_CHECK: &str = "PRAGMA quick_check(1)";
/// How long the answer of a rehearsal holds: strangers may ask whether the server is ready as often
/// as they like, and each rehearsal makes writers wait.
const REHEARSAL_HOLDS: Duration = Duration::from_secs(1);

/// Refuses a file that somebody emptied: SQLite would take it for a new database.
pub(super) fn check_not_emptied(location: &Location) -> Result<(), StorageError> {
    let Location::Sqlite(path) = location else {
        return Ok(());
    };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() == 0 => {
            let path = path.clone();
            Err(StorageError::Emptied { path })
        }
        _ => Ok(()),
    }
}

/// Reads a whole SQLite database and compares its structure: a second for each gigabyte or so.
/// PostgreSQL checks its pages as it reads them.
pub(super) async fn check_pages(pool: &Pool) -> Result<(), StorageError> {
    let Pool::Sqlite(pool) = pool else {
        return Ok(());
    };
    let (found,): (String,) = sqlx::query_as(QUICK_CHECK).fetch_one(pool).await?;
    if found == "ok" {
        Ok(())
    } else {
        // SQLite writes a heading and a line for each problem.
        Err(StorageError::Damaged(found.replace('\n', " ")))
    }
}

/// Refuses a database that says it was brought to this schema and lacks a table of it.
pub(super) async fn check_tables(pool: &Pool) -> Result<(), StorageError> {
    for table in migrations::tables() {
        let read = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT 1) AS one");
        let read = AssertSqlSafe(read);
        let read = on_pool!(pool, pool => sqlx::query(read).execute(pool).await.map(|_| ()));
        match read {
            Ok(()) => {}
            Err(error) => {
                return Err(match StorageError::from(error) {
                    lost if lost.trouble() == Trouble::Refused => StorageError::TableLost(table),
                    other => other,
                });
            }
        }
    }
    Ok(())
}

/// Whether somebody could join now: the statements of a join, taken back.
pub async fn rehearse_join(database: &Database) -> Result<(), Trouble> {
    let mut rehearsed = database.rehearsed().lock().await;
    let before = *rehearsed;
    if let Some((at, result)) = before
        && at.elapsed() < REHEARSAL_HOLDS
    {
        return result;
    }
    let result = meetings::rehearse_join(database).await;
    let trouble = result.as_ref().map_err(StorageError::trouble).copied();
    if let Err(error) = &result
        && before.map(|(_, trouble)| trouble) != Some(trouble)
    {
        tracing::error!(%error, "the database cannot take a meeting");
    }
    *rehearsed = Some((clock::now(), trouble));
    trouble
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::{on_both, room, sqlite_in};
    use crate::storage::{MasterKey, meetings, open, rooms};
    use std::path::Path;

    fn location(folder: &Path) -> Location {
        Location::Sqlite(folder.join("visio.db"))
    }

    async fn refusal(folder: &Path) -> StorageError {
        let key = MasterKey::load_or_create(&folder.join("master.key")).unwrap();
        let opened = open(&location(folder), key).await;
        opened.expect_err("it is not whole")
    }

    #[tokio::test]
    async fn a_database_that_somebody_emptied_does_not_become_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        sqlite_in(folder.path()).await.close().await;
        std::fs::write(folder.path().join("visio.db"), "").unwrap();
        let refused = refusal(folder.path()).await;
        assert!(matches!(refused, StorageError::Emptied { .. }), "{refused}");
        assert!(refused.to_string().contains("Restore"), "{refused}");
    }

    #[tokio::test]
    async fn a_damaged_page_or_header_is_noticed_at_the_start() {
        let whole = tempfile::tempdir().unwrap();
        let database = sqlite_in(whole.path()).await;
        for _ in 0..500 {
            rooms::create(&database, &"x".repeat(60), None, 0)
                .await
                .unwrap();
        }
        database.close().await;
        let good = std::fs::read(whole.path().join("visio.db")).unwrap();
        for at in [0, 4096, good.len() / 2 / 4096 * 4096] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::copy(
                whole.path().join("master.key"),
                folder.path().join("master.key"),
            )
            .unwrap();
            let mut bad = good.clone();
            bad[at..at + 1000].fill(0x5a);
            std::fs::write(folder.path().join("visio.db"), bad).unwrap();
            let refused = refusal(folder.path()).await;
            assert_eq!(refused.trouble(), Trouble::Damaged, "{at}: {refused}");
        }
    }

    #[tokio::test]
    async fn a_cut_database_is_noticed_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let database = sqlite_in(folder.path()).await;
        database.close().await;
        let file = folder.path().join("visio.db");
        let length = std::fs::metadata(&file).unwrap().len();
        let cut = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
        cut.set_len(length / 2).unwrap();
        let refused = refusal(folder.path()).await;
        assert_eq!(refused.trouble(), Trouble::Damaged, "{refused}");
    }

    #[tokio::test]
    async fn a_lost_table_is_named() {
        on_both(async |database| {
            for table in ["lines", "meetings", "rooms"] {
                database.drop_table(table).await;
                let lost = check_tables(database.pool()).await.unwrap_err();
                assert!(lost.to_string().contains(table), "{lost}");
            }
            let unready = rehearse_join(&database).await;
            assert_eq!(unready, Err(Trouble::Refused));
        })
        .await;
    }

    #[tokio::test]
    async fn nothing_is_promised_on_a_file_that_was_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let database = sqlite_in(folder.path()).await;
        assert_eq!(rehearse_join(&database).await, Ok(()));
        assert!(rooms::create(&database, "", None, 0).await.is_ok());
        std::fs::remove_file(folder.path().join("visio.db")).unwrap();
        let refused = rooms::create(&database, "", None, 0).await.unwrap_err();
        assert_eq!(refused.trouble(), Trouble::FileGone);
        let refused = meetings::open_or_find(&database, &room(), 0).await;
        assert_eq!(refused.unwrap_err().trouble(), Trouble::FileGone);
        std::fs::write(folder.path().join("visio.db"), "another").unwrap();
        let refused = rooms::create(&database, "", None, 0).await.unwrap_err();
        assert_eq!(refused.trouble(), Trouble::FileGone, "replaced");
    }
}
