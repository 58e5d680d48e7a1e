//! What was said in a meeting, to read and to keep.

pub mod export_transcript;
pub mod transcript;

use crate::http::rate_limit::RateLimits;
use crate::storage::Database;
use std::sync::Arc;

/// What the operations on transcripts work with. Cheap to clone.
#[derive(Clone)]
pub struct Transcripts {
    pub database: Database,
    pub limits: Arc<RateLimits>,
}
