//! The `visio` command.

use clap::Parser as _;
use std::process::ExitCode;
use visio_server::cli::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
