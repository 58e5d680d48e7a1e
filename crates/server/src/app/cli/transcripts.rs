//! `visio transcripts`

use super::{Failure, SettingsArgs, duration_s, terminal};
use crate::clock;
use crate::config::Plan;
use crate::start_error::StartError;
use crate::storage::{self, Database, Location, MasterKey, transcripts};
use clap::Subcommand;
use std::fmt::Write as _;
use visio_protocol::names::MeetingId;

#[derive(Subcommand)]
pub(super) enum TranscriptsCommand {
    /// List the meetings with a transcript: their ids, times and numbers of lines
    List,
    /// Delete one meeting with its transcript; the server may be running
    Delete {
        /// The id of the meeting, as `visio transcripts list` shows it
        meeting: String,
    },
    /// Delete all meetings, with their transcripts, that ended long ago; the server may be running
    Purge {
        /// How long ago, such as 12h or 30d
        #[arg(long, value_name = "AGE", value_parser = duration_s)]
        older: i64,
    },
}

pub(super) fn run(settings: &SettingsArgs, command: TranscriptsCommand) -> Result<(), Failure> {
    let plan = settings.plan()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let database = open(&plan).await?;
        let done = carry_out(&database, command).await;
        database.close().await;
        terminal::say(&done?)
    })
}

async fn carry_out(database: &Database, command: TranscriptsCommand) -> Result<String, Failure> {
    match command {
        TranscriptsCommand::List => Ok(table(&transcripts::list(database).await?)),
        TranscriptsCommand::Delete { meeting } => {
            if !transcripts::delete(database, &MeetingId::new(&*meeting)).await? {
                let text =
                    "there is no such meeting. `visio transcripts list` shows which there are";
                return Err(text.into());
            }
            Ok(format!("Deleted {meeting} and its transcript.\n"))
        }
        TranscriptsCommand::Purge { older } => {
            let before_ms = clock::now_unix_ms() - older * 1000;
            let purged = transcripts::purge(database, before_ms).await?;
            Ok(format!(
                "Deleted {purged} meetings that ended before {}.\n",
                clock::rfc3339(before_ms)
            ))
        }
    }
}

/// Opens what is there, and makes nothing where nothing is: a wrong folder is a mistake.
async fn open(plan: &Plan) -> Result<Database, Failure> {
    if let Location::Sqlite(path) = &plan.database
        && !path.exists()
    {
        let text = format!(
            "there is no database at {}. Name the data folder of the server with --data",
            path.display()
        );
        return Err(text.into());
    }
    let key = match &plan.master_key {
        Some(text) => MasterKey::from_setting(&text.0)?,
        None => MasterKey::load(&plan.master_key_file())?,
    };
    let opened = storage::open_beside_server(&plan.database, key).await;
    Ok(opened.map_err(|source| StartError::database(&plan.database, source))?)
}

fn table(stored: &[transcripts::Stored]) -> String {
    if stored.is_empty() {
        return "There are no transcripts.\n".to_owned();
    }
    let mut text = format!(
        "{:<28} {:<25} {:<25} {:>6}\n",
        "MEETING", "STARTED", "ENDED", "LINES"
    );
    for one in stored {
        let ended = one
            .ended_at_ms
            .map_or("going on".to_owned(), clock::rfc3339);
        let started = clock::rfc3339(one.started_at_ms);
        let _ = writeln!(
            text,
            "{:<28} {started:<25} {ended:<25} {:>6}",
            one.meeting, one.lines
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, plan};
    use crate::storage::meetings;
    use crate::storage::testing::{locations, on_both, room};

    #[tokio::test]
    async fn an_operator_deletes_beside_the_server_that_holds_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.data.folder = folder.path().display().to_string();
        let plan = plan(settings).unwrap();
        let key = MasterKey::load_or_create(&plan.master_key_file()).unwrap();
        for database in locations(folder.path()).await {
            let none_yet = storage::open_beside_server(&database, key.clone()).await;
            let refused = none_yet.map(|_| ()).unwrap_err().to_string();
            assert!(refused.contains("no server has used it yet"), "{refused}");
            let server = storage::open(&database, key.clone()).await.unwrap();
            let enter = async || meetings::open_or_find(&server, &room(), 0).await.unwrap();
            let meeting = enter().await.id;
            let plan = Plan {
                database,
                ..plan.clone()
            };
            let tool = open(&plan).await.unwrap();
            let delete = TranscriptsCommand::Delete {
                meeting: meeting.to_string(),
            };
            carry_out(&tool, delete).await.unwrap();
            assert_ne!(enter().await.id, meeting, "the server finds it no more");
            let list = TranscriptsCommand::List;
            carry_out(&tool, list).await.unwrap();
            tool.close().await;
        }
    }

    #[tokio::test]
    async fn an_operator_lists_deletes_and_purges() {
        on_both(async |database| {
            let now_ms = clock::now_unix_ms();
            let hour_ms = 3_600_000;
            let meet = async |started_ms: i64| {
                let meeting = meetings::open_or_find(&database, &room(), started_ms).await;
                let meeting = meeting.unwrap().id;
                meetings::end(&database, &meeting, started_ms + 1)
                    .await
                    .unwrap();
                meeting
            };
            let (old, recent) = (
                meet(now_ms - 3 * hour_ms).await,
                meet(now_ms - hour_ms).await,
            );
            let run = async |command| carry_out(&database, command).await;
            let purge = TranscriptsCommand::Purge { older: 2 * 3600 };
            let said = run(purge).await.unwrap();
            assert!(said.starts_with("Deleted 1 meetings"), "{said}");
            let delete = |meeting: &str| TranscriptsCommand::Delete {
                meeting: meeting.to_owned(),
            };
            assert!(run(delete(&old)).await.is_err(), "it was purged");
            assert!(run(delete(&recent)).await.is_ok());
            let listed = run(TranscriptsCommand::List).await.unwrap();
            assert_eq!(listed, "There are no transcripts.\n");
        })
        .await;
    }
}
