//! Audio to lines: decode, find the voice, cut it into utterances, recognise, say what was said.
//!
//! The contract in one sentence: *"Give a [`Track`] every packet with the time, run each
//! [`Job`] it asks for on any thread, hand the outcome back, and it answers with [`Line`]s;
//! the same inputs give the same lines."* Nothing here reads a clock, a file or a socket.
//!
//! This crate does not know about rooms, databases, clients or threads: the server owns the
//! pool that runs the jobs and decides what a line is shown to.

mod audio;
pub mod engine;
mod finals;
mod language;
mod live;
mod queue;
mod track;

pub use audio::red::{RedError, primary};
pub use audio::reorder::Packet;
pub use engine::{EngineError, Options, Pass, Recogniser, Recognition, Word};
pub use language::Language;
pub use queue::{Next, Queue};
pub use track::{Input, Job, JobId, Line, Output, Speaker, Track};

/// Every sample in this crate is mono at this rate: what the voice detector and Whisper take.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Samples in one millisecond at [`SAMPLE_RATE_HZ`].
const SAMPLES_PER_MS: usize = 16;
