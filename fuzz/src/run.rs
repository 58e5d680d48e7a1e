//! Runs targets and turns a panic or a long silence into a finding.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::mutate::{Chance, mutated};
use crate::{Target, corpus};

/// An input that takes longer than this lets one sender hold up everybody.
const INPUT_TIME_MAX: Duration = Duration::from_millis(500);

const ATTEMPTS_AT_SLOW: usize = 3;

/// An input that broke a promise.
#[derive(Debug)]
pub struct Finding {
    pub input: Vec<u8>,
    pub what: String,
}

/// Everything that is kept for the target, then mutations until `goes_on` says stop; returns how
/// many inputs were tried.
pub fn explore(
    target: &Target,
    seed: u64,
    mut goes_on: impl FnMut(u64) -> bool,
) -> Result<u64, Finding> {
    let mut seeds = (target.seeds)();
    seeds.extend(corpus::load(target.name));
    for input in &seeds {
        attempt(target, input)?;
    }
    let mut chance = Chance::new(seed);
    let mut tried = 0;
    while goes_on(tried) {
        attempt(target, &mutated(&seeds, &mut chance))?;
        tried += 1;
    }
    Ok(tried)
}

/// One input. A slow one is tried again: a busy machine is slow once, a slow parser always.
pub fn attempt(target: &Target, input: &[u8]) -> Result<(), Finding> {
    let mut taken = Duration::MAX;
    for _ in 0..ATTEMPTS_AT_SLOW {
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.check)(input)));
        if let Err(panic) = outcome {
            return Err(Finding {
                input: input.to_vec(),
                what: message(panic.as_ref()),
            });
        }
        taken = taken.min(started.elapsed());
        if taken <= INPUT_TIME_MAX {
            return Ok(());
        }
    }
    Err(Finding {
        input: input.to_vec(),
        what: format!("takes {} ms", taken.as_millis()),
    })
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a text")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRITTLE: Target = Target {
        name: "brittle",
        seeds: || vec![vec![0; 4]],
        check: |input| assert!(input.len() < 6, "too long"),
        share: 1,
    };

    #[test]
    fn a_broken_promise_is_found_and_its_input_told() {
        let finding = explore(&BRITTLE, 1, |tried| tried < 1000).unwrap_err();
        assert!(finding.input.len() >= 6);
        assert_eq!(finding.what, "too long");
    }
}
