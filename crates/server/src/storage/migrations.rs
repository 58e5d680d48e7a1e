//! The changes of the schema, in order, built into the program.

use sqlx::SqlStr;
use sqlx::error::BoxDynError;
use sqlx::migrate::{Migration, MigrationSource, MigrationType, Migrator};
use std::future::Future;
use std::pin::Pin;

/// Every change ever made, oldest first. A landed change is never edited: the database remembers
/// its checksum.
const CHANGES: &[(i64, &str, &str)] = &[(
    1,
    "rooms meetings lines",
    include_str!("../../../../migrations/0001_rooms_meetings_lines.sql"),
)];

/// What brings a database of any age to the schema of this program.
pub(super) async fn migrator() -> Result<Migrator, sqlx::migrate::MigrateError> {
    Migrator::new(BuiltIn).await
}

/// The newest version of the schema that this program knows.
pub(super) fn newest() -> i64 {
    CHANGES.last().map_or(0, |(version, ..)| *version)
}

/// The tables that the changes have made.
pub(super) fn tables() -> impl Iterator<Item = &'static str> {
    let lines = CHANGES.iter().flat_map(|(_, _, sql)| sql.lines());
    lines.filter_map(|line| {
        line.strip_prefix("CREATE TABLE ")?
            .split_whitespace()
            .next()
    })
}

#[derive(Debug)]
struct BuiltIn;

type Resolved = Result<Vec<Migration>, BoxDynError>;

impl MigrationSource<'static> for BuiltIn {
    fn resolve(self) -> Pin<Box<dyn Future<Output = Resolved> + Send>> {
        Box::pin(async {
            let change = |(version, what, sql): &(i64, &'static str, &'static str)| {
                Migration::new(
                    *version,
                    (*what).into(),
                    MigrationType::Simple,
                    SqlStr::from_static(sql),
                    false,
                )
            };
            Ok(CHANGES.iter().map(change).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_known_by_name() {
        let known: Vec<_> = tables().collect();
        for table in ["rooms", "meetings", "lines", "master_key"] {
            assert!(known.contains(&table), "{table}: {known:?}");
        }
    }
}
