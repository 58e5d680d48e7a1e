//! Rooms and the way into them.

pub mod create_room;
pub mod get_room;
pub mod join_room;

use crate::calls::Calls;
use crate::http::rate_limit::RateLimits;
use crate::storage::Database;
use std::sync::Arc;
use visio_protocol::token::ApiKeys;

/// What the operations on rooms work with. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    pub database: Database,
    pub calls: Calls,
    pub keys: Arc<ApiKeys>,
    pub limits: Arc<RateLimits>,
}
