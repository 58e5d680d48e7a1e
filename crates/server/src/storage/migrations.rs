//! The changes of the schema, in order, built into the program.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;
use sqlx::migrate::{MigrateError, Migration, MigrationSource, MigrationType, Migrator};
use std::future::Future;
use std::pin::Pin;

/// Which engine a change is written for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// A change of the schema, in the words of each engine.
struct Change {
    version: i64,
    what: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const ROOMS_MEETINGS_LINES: &str =
    include_str!("../../../../migrations/0001_rooms_meetings_lines.sql");

/// Every change ever made, oldest first. A landed change is never edited: the database remembers
/// its checksum.
const CHANGES: &[Change] = &[
    Change {
        version: 1,
        what: "rooms meetings lines",
        sqlite: ROOMS_MEETINGS_LINES,
        postgres: ROOMS_MEETINGS_LINES,
    },
    Change {
        version: 2,
        what: "transcripts",
        sqlite: include_str!("../../../../migrations/0002_transcripts.sqlite.sql"),
        postgres: include_str!("../../../../migrations/0002_transcripts.postgres.sql"),
    },
];

/// What brings a database of any age to the schema of this program.
pub(super) async fn migrator(dialect: Dialect) -> Result<Migrator, MigrateError> {
    up_to(dialect, newest()).await
}

/// What brings an older database to `version`.
pub(super) async fn up_to(dialect: Dialect, version: i64) -> Result<Migrator, MigrateError> {
    let changes = CHANGES.iter().filter(|change| change.version <= version);
    let migrations = changes.map(|change| {
        let sql = match dialect {
            Dialect::Sqlite => change.sqlite,
            Dialect::Postgres => change.postgres,
        };
        Migration::new(
            change.version,
            change.what.into(),
            MigrationType::Simple,
            SqlStr::from_static(sql),
            false,
        )
    });
    Migrator::new(BuiltIn(migrations.collect())).await
}

/// The newest version of the schema that this program knows.
pub(super) fn newest() -> i64 {
    CHANGES.last().map_or(0, |change| change.version)
}

/// The tables that the changes have made.
pub(super) fn tables() -> impl Iterator<Item = &'static str> {
    // SQLite's changes make tables under other names first; both engines end with the same ones.
    let lines = CHANGES.iter().flat_map(|change| change.postgres.lines());
    lines.filter_map(|line| {
        line.strip_prefix("CREATE TABLE ")?
            .split_whitespace()
            .next()
    })
}

#[derive(Debug)]
struct BuiltIn(Vec<Migration>);

type Resolved = Result<Vec<Migration>, BoxDynError>;

impl MigrationSource<'static> for BuiltIn {
    fn resolve(self) -> Pin<Box<dyn Future<Output = Resolved> + Send>> {
        Box::pin(async { Ok(self.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_known_by_name() {
        let known: Vec<_> = tables().collect();
        for table in [
            "rooms",
            "meetings",
            "lines",
            "master_key",
            "transcript_readers",
        ] {
            assert!(known.contains(&table), "{table}: {known:?}");
        }
    }
}
