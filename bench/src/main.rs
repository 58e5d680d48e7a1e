//! `visio-bench forward|meeting|memory|flood`: one command for each figure of the README.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use visio_bench::server::{Program, Setup};
use visio_bench::{flood, forward, meeting, memory};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
    /// First of the ports that the measured server uses.
    #[arg(long, global = true, default_value_t = 16_000)]
    port: u16,
    /// Measured seconds, after the warm-up.
    #[arg(long, global = true, default_value_t = 10)]
    seconds: u64,
    /// livekit-server, to be measured beside by `forward` and `meeting`.
    #[arg(long, global = true)]
    livekit: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// CPU for each forwarded packet beside the floor forwarder.
    Forward {
        #[arg(long, value_delimiter = ',', default_values_t = [10, 30, 60])]
        subscribers: Vec<usize>,
    },
    /// The floor forwarder alone: is this machine quiet enough to measure on?
    Floor {
        #[arg(long, value_delimiter = ',', default_values_t = [10, 30, 60])]
        subscribers: Vec<usize>,
    },
    /// CPU and memory of meetings of 2, 10, 50 and 150.
    Meeting {
        #[arg(long, value_delimiter = ',', default_values_t = [2, 10, 50])]
        participants: Vec<usize>,
    },
    /// Memory of a crowd that does not read, alone and under a flood of changes, and after it left.
    Flood {
        /// Rounds of joins and leaves.
        #[arg(long, default_value_t = 20)]
        rounds: usize,
    },
    /// Memory at rest, without and with models.
    Memory {
        #[arg(long, default_value = "data/models")]
        models: PathBuf,
    },
}

#[expect(clippy::print_stderr, reason = "a person reads why the bench ended")]
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("visio-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> visio_bench::Result<()> {
    let arguments = Arguments::parse();
    let setup = Setup {
        program: Program::Visio,
        port: arguments.port,
        workers: 0,
        captions: false,
        models: None,
    };
    let duration = Duration::from_secs(arguments.seconds);
    let livekit = arguments.livekit.map(Program::LiveKit);
    let programs: Vec<Program> = [Program::Visio].into_iter().chain(livekit).collect();
    match arguments.bench {
        // One worker: the cost of a packet, not of passing it between cores.
        Bench::Forward { subscribers } => forward::run(
            &Setup {
                workers: 1,
                ..setup
            },
            &programs,
            &subscribers,
            duration,
        ),
        Bench::Floor { subscribers } => forward::run_floor(&subscribers, duration),
        Bench::Meeting { participants } => meeting::run(&setup, &programs, &participants, duration),
        Bench::Flood { rounds } => flood::run(&setup, rounds),
        Bench::Memory { models } => memory::run(&setup, &models),
    }
}
