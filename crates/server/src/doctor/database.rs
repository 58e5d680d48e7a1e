//! The database, and what its times say of the clock.

use super::Finding;
use crate::clock;
use crate::config::Plan;
use crate::start_error::StartError;
use crate::storage::{Examination, Location, MasterKey, examine};
use std::cmp::Ordering;

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
    match examined(plan).await {
        Ok(seen) => {
            let times = times(&seen);
            vec![schema(&seen), times]
        }
        Err(error) => {
            let remedy = "see database.url and data.master_key in the configuration reference";
            vec![Finding::failure("Database", error.to_string(), remedy)]
        }
    }
}

async fn examined(plan: &Plan) -> Result<Examination, StartError> {
    let file = plan.master_key_file();
    let key = match &plan.master_key {
        Some(text) => Some(MasterKey::from_setting(&text.0)?),
        None if file.exists() => Some(MasterKey::load(&file)?),
        None => None,
    };
    examine(&plan.database, key.as_ref())
        .await
        .map_err(|source| StartError::database(&plan.database, source))
}

fn schema(seen: &Examination) -> Finding {
    let (there, wanted) = (seen.schema_version, seen.schema_wanted);
    let what = format!("Database ({})", seen.engine);
    let differs = format!("the schema is at {there}, this program wants {wanted}");
    match there.cmp(&wanted) {
        _ if there == 0 => Finding::ok(what, "empty, filled on the first start"),
        Ordering::Equal => Finding::ok(what, format!("version {there}")),
        Ordering::Less => Finding::warning(what, differs, "back it up; the next start changes it"),
        Ordering::Greater => {
            let remedy = "it was written by a newer visio: start that one, or restore a backup";
            Finding::failure(what, differs, remedy)
        }
    }
}

fn times(seen: &Examination) -> Finding {
    match seen.newest_time_ms {
        Some(newest_ms) if newest_ms > clock::now_unix_ms() + AHEAD_MS_MAX => Finding::warning(
            "Times in the database",
            format!(
                "the last meeting was at {}, which is to come",
                clock::rfc3339(newest_ms)
            ),
            "the clock was turned back or was wrong before: timedatectl set-ntp true",
        ),
        _ => Finding::ok("Times in the database", "none is to come"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet_plan;
    use super::*;
    use crate::storage::testing::{room, sqlite_in};
    use crate::storage::{meetings, rooms};

    /// `look` has a runtime of its own, so the tests are no part of one.
    fn run<T>(work: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn a_clock_that_was_turned_back_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let plan = quiet_plan(folder.path(), |_| {});
        run(async {
            let database = sqlite_in(folder.path()).await;
            let tomorrow_ms = clock::now_unix_ms() + 86_400_000;
            rooms::create(&database, "", None, tomorrow_ms)
                .await
                .unwrap();
            meetings::open_or_find(&database, &room(), tomorrow_ms)
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
    fn a_lost_master_key_is_a_failure_and_is_not_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let plan = quiet_plan(folder.path(), |_| {});
        run(async { sqlite_in(folder.path()).await.close().await });
        assert!(!look(&plan).iter().any(Finding::is_failure));
        std::fs::remove_file(plan.master_key_file()).unwrap();
        let findings = look(&plan);
        assert!(findings[0].is_failure(), "{findings:?}");
        assert!(!plan.master_key_file().exists(), "looking makes nothing");
    }

    #[test]
    fn the_schema_is_told_beside_the_one_that_is_wanted() {
        let at = |schema_version| {
            schema(&Examination {
                engine: "SQLite",
                schema_version,
                schema_wanted: 2,
                newest_time_ms: None,
            })
        };
        let older = format!("{:?}", at(1));
        assert!(older.contains("at 1, this program wants 2"), "{older}");
        assert!(!at(1).is_failure() && !at(2).is_failure() && !at(0).is_failure());
        assert!(at(3).is_failure());
    }

    #[test]
    fn a_file_that_is_no_database_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("visio.db"), "x".repeat(5_000)).unwrap();
        let findings = look(&quiet_plan(folder.path(), |_| {}));
        assert!(findings[0].is_failure(), "{findings:?}");
    }
}
