//! What is done with sound: who speaks, and what transcription hears.

pub(crate) mod active_speakers;
pub(crate) mod redundancy;
pub mod tap;
pub(crate) mod taps;
