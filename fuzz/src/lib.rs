//! Mutation fuzzing of every parser of hostile bytes, on the stable compiler and from a seed.
//!
//! It has no coverage to guide it, so that it runs wherever the house builds: it starts from valid
//! messages, knows their formats' tricks (lengths, varints, splices) and checks more than "did not
//! panic": each target states what must hold of whatever comes out. `make fuzz` runs it for a
//! while; `cargo test` replays the corpus and some thousand mutations of a fixed seed.

pub mod corpus;
pub mod mutate;
pub mod run;
pub mod targets;
pub mod world;

/// A parser, valid inputs to begin with, and what must hold of its answer to any bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Panics when a promise of the parser is broken.
    pub check: fn(&[u8]),
    /// Gets one in this many of a test run's mutations: more for what takes longer.
    pub share: u64,
}
