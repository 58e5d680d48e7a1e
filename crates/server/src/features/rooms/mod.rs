//! Rooms and the way into them.

pub mod create_room;
pub mod get_room;
pub mod join_room;

use crate::calls::Calls;
use crate::clock;
use crate::http::error::ApiError;
use crate::http::rate_limit::RateLimits;
use crate::storage::Database;
use crate::storage::rooms::{self as rows, TranscriptDefault};
use std::net::IpAddr;
use std::sync::Arc;
use visio_protocol::token::ApiKeys;

/// What the operations on rooms work with. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    pub database: Database,
    pub calls: Calls,
    pub keys: Arc<ApiKeys>,
    pub limits: Arc<RateLimits>,
    /// How meetings start in rooms that do not say it.
    pub transcript: TranscriptDefault,
}

impl Rooms {
    /// The room that a typed code opens. Codes that open none are counted.
    async fn opened_by(&self, typed: &str, address: IpAddr) -> Result<rows::Room, ApiError> {
        let found = rows::find_by_typed_code(&self.database, typed).await?;
        found.ok_or_else(|| {
            let taken = self.limits.wrong_code.take(address, clock::now_unix_ms());
            taken.map_or_else(ApiError::too_many_requests, |()| ApiError::room_not_found())
        })
    }
}
