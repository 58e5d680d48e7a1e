//! `visio config`

use super::{Failure, SettingsArgs, terminal};
use crate::config;
use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum ConfigCommand {
    /// Say whether the settings are right, and what is wrong
    Check,
    /// Print the settings in force and where each comes from, secrets hidden
    Print,
    /// Print what every setting means
    Reference,
}

pub(super) fn run(settings: &SettingsArgs, command: &ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Check => {
            settings.plan()?;
            terminal::say("The settings are right.\n")
        }
        ConfigCommand::Print => {
            let (settings, origins) = settings.load()?;
            let plan = config::plan(settings.clone())?;
            terminal::say(&config::printed(&settings, &origins, &plan))
        }
        ConfigCommand::Reference => terminal::say(&config::markdown()),
    }
}
