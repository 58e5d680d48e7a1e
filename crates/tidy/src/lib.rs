//! Rules of the house that no lint sees: each looks at the whole tree and returns complaints.
//!
//! A rule is a pure function from files to complaints, so that every one of them has a test
//! beside it that shows it failing on a made-up tree. `tests/house.rs` applies all of them to
//! the real one.

pub mod code;
pub mod dependencies;
pub mod direction;
pub mod features;
pub mod floors;
pub mod graph;
pub mod hidden;
pub mod leaks;
pub mod map;
pub mod migrations;
pub mod names;
pub mod opening;
pub mod programs;
pub mod purity;
pub mod sizes;
pub mod tree;

pub use tree::File;

/// One breach of one rule: where, and what to do about it.
pub type Complaint = String;
