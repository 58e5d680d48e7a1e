//! The command line: one file per command.

mod config;
mod models;
mod serve;
mod terminal;
mod token;
mod transcripts;

use crate::app::router;
use crate::config::{ConfigError, Flags, Origins, Plan, Settings, load, plan};
use crate::{doctor, files};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Video meetings with captions and transcripts, on your own server.
#[derive(Parser)]
#[command(name = "visio", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct SettingsArgs {
    /// Read settings from this file; without it visio.toml is read if it is there
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set one setting, such as --set media.udp_port=9000
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// The data folder, short for --set data.folder=FOLDER
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (what happens without a command, too)
    Serve(serve::ServeArgs),
    /// Make access tokens that every LiveKit client takes
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Look after the speech models
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Look after what is kept of meetings
    #[command(subcommand)]
    Transcripts(transcripts::TranscriptsCommand),
    /// Look at the settings
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Check ports, network, TLS, models, disk, clock and database, and say what to do
    Doctor,
    /// Print the description of the HTTP API
    Openapi,
}

/// Does what was asked. Everything that fails says what to do on standard error.
pub fn run(cli: Cli) -> ExitCode {
    let settings = cli.settings;
    files::make_private_by_default();
    match cli
        .command
        .unwrap_or_else(|| Command::Serve(serve::ServeArgs::default()))
    {
        Command::Serve(args) => finish(serve::run(settings, args)),
        Command::Token(command) => finish(token::run(&settings, command)),
        Command::Models(command) => finish(models::run(&settings, command)),
        Command::Transcripts(command) => finish(transcripts::run(&settings, command)),
        Command::Config(command) => finish(config::run(&settings, &command)),
        Command::Doctor => match settings.plan() {
            Ok(plan) => doctor::run(&plan),
            Err(error) => finish(Err(error.into())),
        },
        Command::Openapi => finish(terminal::say(&router::openapi())),
    }
}

/// A hundred years: longer is a slip of the finger.
const DURATION_S_MAX: i64 = 36_500 * 86_400;

/// What every command fails with: a text for people.
type Failure = Box<dyn std::error::Error>;

fn finish(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&format!("visio: {error}"));
            ExitCode::FAILURE
        }
    }
}

impl SettingsArgs {
    fn load(&self) -> Result<(Settings, Origins), ConfigError> {
        let mut set = self.set.clone();
        let data = self.data.iter();
        set.extend(data.map(|folder| ("data.folder".to_owned(), folder.clone())));
        let file = self.config.clone();
        load(&Flags { file, set }, std::env::vars())
    }

    fn plan(&self) -> Result<Plan, ConfigError> {
        plan(self.load()?.0)
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// A length of time as people write it: `90s`, `30m`, `6h`, `7d`, or seconds without a unit.
fn duration_s(text: &str) -> Result<i64, String> {
    let unit = text.chars().last().filter(char::is_ascii_alphabetic);
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match unit {
        None | Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        Some(_) => return Err("write a number and s, m, h or d".to_owned()),
    };
    let seconds = number.parse::<i64>().ok();
    seconds
        .and_then(|number| number.checked_mul(factor))
        .filter(|seconds| (1..=DURATION_S_MAX).contains(seconds))
        .ok_or_else(|| "write between 1s and 36500d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        let cli = Cli::parse_from(["visio", "--set", "media.workers=2"]);
        assert!(cli.command.is_none());
        assert_eq!(
            cli.settings.set,
            [("media.workers".to_owned(), "2".to_owned())]
        );
        assert!(Cli::try_parse_from(["visio", "--set", "media.workers"]).is_err());
    }

    #[test]
    fn the_unit_of_systemd_starts_this_program_and_locks_it_in() {
        let unit = include_str!("../../../../../deploy/visio.service");
        let values = |key: &str| -> Vec<&str> {
            let lines = unit.lines().filter_map(|line| line.split_once('='));
            lines
                .filter(|(found, _)| *found == key)
                .map(|(_, value)| value)
                .collect()
        };
        let [command] = values("ExecStart")[..] else {
            panic!("one command")
        };
        let cli = Cli::try_parse_from(command.split_whitespace()).unwrap();
        assert!(matches!(cli.command, Some(Command::Serve(_))));
        assert_eq!(cli.settings.data.as_deref(), Some("/var/lib/visio"));
        for (key, value) in [
            ("User", "visio"),
            ("StateDirectory", "visio"),
            ("StateDirectoryMode", "0700"),
            ("UMask", "0077"),
            ("LimitCORE", "0"),
            ("CapabilityBoundingSet", ""),
            ("NoNewPrivileges", "yes"),
            ("MemoryDenyWriteExecute", "yes"),
            ("PrivateDevices", "yes"),
            ("PrivateTmp", "yes"),
            ("ProtectHome", "yes"),
            ("ProtectKernelModules", "yes"),
            ("ProtectKernelTunables", "yes"),
            ("ProtectSystem", "strict"),
            ("RestrictNamespaces", "yes"),
            ("RestrictSUIDSGID", "yes"),
            ("SystemCallArchitectures", "native"),
        ] {
            assert_eq!(values(key), [value], "{key}");
        }
        let files: u64 = values("LimitNOFILE")[0].parse().unwrap();
        assert!(files >= crate::open_files::WANTED);
    }

    #[test]
    fn settings_may_stand_behind_the_command() {
        let cli = Cli::parse_from(["visio", "serve", "--data", "/srv/visio"]);
        assert_eq!(
            cli.settings.plan().unwrap().data_folder,
            PathBuf::from("/srv/visio")
        );
    }

    #[test]
    fn lengths_of_time_are_numbers_with_a_unit() {
        assert_eq!(duration_s("90"), Ok(90));
        assert_eq!(duration_s("7d"), Ok(604_800));
        for wrong in ["", "0s", "-1h", "1w", "h", "99999999999999999d", "1.5h"] {
            assert!(duration_s(wrong).is_err(), "{wrong}");
        }
    }
}
