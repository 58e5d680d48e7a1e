//! Audio on its way to an engine.

use crate::Options;
use std::sync::Arc;
use std::time::Instant;

/// Numbers the jobs of one track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// Audio to be recognised, on any thread.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub id: JobId,
    pub samples: Arc<[f32]>,
    pub options: Options,
    /// When the last of the samples was spoken.
    pub spoken: Instant,
}
