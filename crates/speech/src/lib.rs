//! Audio to lines: decode, find the voice, cut it into utterances, recognise, say what was said.
//!
//! The contract in one sentence: *"Give a [`Track`] every packet with the time, run each
//! [`Job`] it asks for on any thread, hand the outcome back, and it answers with [`Line`]s;
//! the same inputs give the same lines."* The [`Scheduler`] holds many tracks and shares decoder and
//! engines fairly between them. Nothing here reads a clock, a file or a socket.
//!
//! This crate does not know about rooms, databases, clients or threads: the server owns the
//! threads that run the jobs and decides what a line is shown to.

mod audio;
pub mod engine;
mod finals;
mod job;
mod language;
mod line;
mod live;
mod messages;
pub mod scheduler;
mod track;

pub use audio::reorder::Packet;
pub use engine::{EngineError, Options, Pass, Recogniser, Recognition, Word};
pub use job::{Job, JobId};
pub use language::Language;
pub use line::{Line, Speaker};
pub use messages::{Input, Output};
pub use scheduler::Scheduler;
pub use track::Track;

/// Every sample in this crate is mono at this rate: what the voice detector and Whisper take.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Samples in one millisecond at [`SAMPLE_RATE_HZ`].
const SAMPLES_PER_MS: usize = 16;
