//! The `visio` command.

use clap::Parser as _;
use std::process::ExitCode;
use visio_server::app::cli::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
