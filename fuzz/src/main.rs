//! `visio-fuzz`: every target for a while; what breaks is kept in the corpus and reported.

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use visio_fuzz::{corpus, run, targets};

#[derive(Debug, Parser)]
struct Arguments {
    /// How long each target is fuzzed.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Repeats a run; without it every run is another.
    #[arg(long)]
    seed: Option<u64>,
    /// Only this target.
    #[arg(long)]
    target: Option<String>,
}

#[expect(clippy::print_stdout, reason = "the report is what the command is for")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let today = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let seed = arguments.seed.unwrap_or(today);
    let chosen = |name: &str| {
        arguments
            .target
            .as_deref()
            .is_none_or(|wanted| wanted == name)
    };
    let mut broken = 0;
    for target in targets::ALL.iter().filter(|target| chosen(target.name)) {
        let end = Instant::now() + Duration::from_secs(arguments.seconds);
        match run::explore(target, seed, |_| Instant::now() < end) {
            Ok(tried) => println!(
                "{:<16} {tried:>10} inputs, nothing found (seed {seed})",
                target.name
            ),
            Err(finding) => {
                broken += 1;
                println!("{:<16} BROKEN: {}", target.name, finding.what);
                match corpus::keep(target.name, &finding.input) {
                    Ok(path) => println!(
                        "  kept in {}; `cargo test -p visio-fuzz` replays it",
                        path.display()
                    ),
                    Err(error) => println!(
                        "  could not be kept: {error}; the input is {:?}",
                        finding.input
                    ),
                }
            }
        }
    }
    println!("{} targets, {broken} broken", targets::ALL.len());
    ExitCode::from(u8::from(broken > 0))
}
