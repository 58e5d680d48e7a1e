//! What was said in a meeting: started and stopped by who is in it, read by who was there.

mod caller;
pub mod current_transcript;
pub mod delete_transcript;
pub mod export_transcript;
mod keeping;
pub(crate) mod purge;
pub mod start_transcript;
pub mod stop_transcript;
mod stored_transcript;
pub mod transcript;

use crate::calls::Calls;
use crate::clock;
use crate::http::error::ApiError;
use crate::http::rate_limit::RateLimits;
use crate::storage::Database;
pub use keeping::Switches;
use std::net::IpAddr;
use std::sync::Arc;
use visio_protocol::token::ApiKeys;

/// What the operations on transcripts work with. Cheap to clone.
#[derive(Clone)]
pub struct Transcripts {
    pub database: Database,
    pub calls: Calls,
    pub keys: Arc<ApiKeys>,
    pub limits: Arc<RateLimits>,
    pub switches: Switches,
}

impl Transcripts {
    /// The answer to a code that opens nothing, which is counted against guessing.
    fn wrong_code(&self, address: IpAddr) -> ApiError {
        let taken = self.limits.wrong_code.take(address, clock::now_unix_ms());
        taken.map_or_else(ApiError::too_many_requests, |()| {
            ApiError::transcript_not_found()
        })
    }
}
