//! Walks of many seeds; a failing one prints how to walk it again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use visio_sim::{Walk, walk};

/// As many seeds are walked in every test run.
const SEEDS: u64 = 200;

/// What a seed had to say, if an oracle complained.
fn failure(seed: u64) -> (f64, Option<String>) {
    let world = walk(seed, Walk::default());
    let seconds = world.elapsed().as_secs_f64();
    if world.complaints().is_empty() {
        return (seconds, None);
    }
    let (story, complaints) = (world.story().join("\n"), world.complaints().join("\n"));
    let again =
        format!("VISIO_SEED={seed} cargo test -p visio-sim --test seeds one_seed -- --nocapture");
    (
        seconds,
        Some(format!("{story}\n\n{complaints}\n\n{again}\n")),
    )
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Claim: whatever people do in whatever weather, no oracle complains; `VISIO_SEEDS` walks more.
/// Could pass for nothing if walks did nothing: `tests/replay.rs` looks at what a walk receives.
#[test]
fn many_seeds() {
    let seeds = number_from("VISIO_SEEDS").unwrap_or(SEEDS);
    let first = number_from("VISIO_FIRST_SEED").unwrap_or(0);
    let (next, simulated_ms) = (AtomicU64::new(first), AtomicU64::new(0));
    #[expect(
        clippy::disallowed_methods,
        reason = "how long it really took is told, and decides nothing"
    )]
    let began = Instant::now();
    let failures = std::sync::Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds {
                        return;
                    }
                    let (seconds, failed) = failure(seed);
                    simulated_ms.fetch_add((seconds * 1000.0) as u64, Ordering::Relaxed);
                    failures
                        .lock()
                        .unwrap()
                        .extend(failed.map(|told| (seed, told)));
                }
            });
        }
    });
    let (simulated, real) = (
        simulated_ms.into_inner() as f64 / 1000.0,
        began.elapsed().as_secs_f64(),
    );
    println!(
        "{seeds} seeds: {simulated:.0} s simulated in {real:.1} s, {:.0} times as fast as life",
        simulated / real
    );
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    let numbers: Vec<u64> = failures.iter().map(|(seed, _)| *seed).collect();
    assert!(
        failures.is_empty(),
        "{} of {seeds} seeds fail: {numbers:?}\n{}",
        failures.len(),
        failures[0].1
    );
}

/// Walks the seed named by `VISIO_SEED` and tells its story.
#[test]
fn one_seed() {
    let seed = number_from("VISIO_SEED").unwrap_or(0);
    let world = walk(seed, Walk::default());
    println!(
        "{}\n{}",
        world.story().join("\n"),
        world.complaints().join("\n")
    );
    let (_, failed) = failure(seed);
    assert!(failed.is_none(), "{}", failed.unwrap());
}
