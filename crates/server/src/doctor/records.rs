//! The database, and what its times say of the clock.

use super::Finding;
use crate::clock;
use crate::config::Plan;
use crate::serve::open_database;
use crate::storage::{Database, Location, meetings};

/// Clocks of two machines on one database may differ by this much.
const AHEAD_MS_MAX: i64 = 300_000;

pub(super) fn look(plan: &Plan) -> Vec<Finding> {
    if let Location::Sqlite(path) = &plan.database
        && !path.exists()
    {
        return vec![Finding::ok("Database", "SQLite, made on the first start")];
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(database(plan)),
        Err(error) => vec![Finding::failure("Database", error.to_string(), "try again")],
    }
}

async fn database(plan: &Plan) -> Vec<Finding> {
    match open_database(plan).await {
        Ok(database) => {
            let engine = format!(
                "{}, version {}",
                database.engine(),
                database.schema_version()
            );
            let times = times(&database).await;
            database.close().await;
            vec![Finding::ok("Database", engine), times]
        }
        Err(error) => {
            let remedy = "see database.url and data.master_key in the configuration reference";
            vec![Finding::failure("Database", error.to_string(), remedy)]
        }
    }
}

async fn times(database: &Database) -> Finding {
    let now_ms = clock::now_unix_ms();
    match meetings::newest_time_ms(database).await {
        Ok(Some(newest_ms)) if newest_ms > now_ms + AHEAD_MS_MAX => Finding::warning(
            "Times in the database",
            format!(
                "the last meeting was at {}, which is to come",
                clock::rfc3339(newest_ms)
            ),
            "the clock was turned back or was wrong before: timedatectl set-ntp true",
        ),
        Ok(_) => Finding::ok("Times in the database", "none is to come"),
        Err(error) => Finding::failure(
            "Times in the database",
            error.to_string(),
            "restore a backup",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet_plan;
    use super::*;
    use crate::storage::rooms;

    #[test]
    fn a_clock_that_was_turned_back_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let plan = quiet_plan(folder.path(), |_| {});
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let database = open_database(&plan).await.unwrap();
            let tomorrow_ms = clock::now_unix_ms() + 86_400_000;
            rooms::create(&database, "", true, tomorrow_ms)
                .await
                .unwrap();
            meetings::open_or_find(&database, "RM_1", tomorrow_ms)
                .await
                .unwrap();
            database.close().await;
        });
        let findings = look(&plan);
        assert!(
            format!("{findings:?}").contains("turned back"),
            "{findings:?}"
        );
    }

    #[test]
    fn a_file_that_is_no_database_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("visio.db"), "x".repeat(5_000)).unwrap();
        let findings = look(&quiet_plan(folder.path(), |_| {}));
        assert!(findings[0].is_failure(), "{findings:?}");
    }
}
