//! The `visio` command.

use clap::Parser as _;
use std::process::ExitCode;
use visio_server::app::cli::{Cli, run};

/// Gives memory back when a crowd has left; the C library's keeps it (`bench.sh flood` measures
/// both). How soon stands in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    run(Cli::parse())
}
