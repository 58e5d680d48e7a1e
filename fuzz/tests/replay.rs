//! Hostile bytes never panic: the corpus and some thousand mutations of a fixed seed, in every test run.
//!
//! It could pass for nothing if no valid input were among the seeds, so each target must have some
//! and each must say of them that they are valid: that is asserted inside the targets' checks.

use visio_fuzz::{Target, run, targets};

/// Enough to catch a parser that was broken as a whole, few enough for every test run.
const MUTATIONS: u64 = 2_000;

fn replay(target: &Target) {
    assert!(
        !(target.seeds)().is_empty(),
        "{} starts from nothing",
        target.name
    );
    if let Err(finding) = run::explore(target, 1, |tried| tried < MUTATIONS / target.share) {
        panic!(
            "{}: {} on {:02x?}",
            target.name, finding.what, finding.input
        );
    }
}

#[test]
fn eve_sends_what_no_parser_expects_and_breaks_nothing() {
    targets::ALL.iter().for_each(replay);
}

#[test]
fn eve_sends_every_first_byte_with_up_to_64_bytes_behind() {
    for target in targets::ALL {
        for length in (0..=64).step_by(usize::try_from(target.share).unwrap()) {
            for first in 0..=u8::MAX {
                let mut input = vec![0xa5; length];
                if let Some(byte) = input.first_mut() {
                    *byte = first;
                }
                let outcome = run::attempt(target, &input);
                assert!(outcome.is_ok(), "{}: {outcome:?}", target.name);
            }
        }
    }
}
