//! HTTP: the page, the API, LiveKit's services, health; everything that answers a request.

pub mod address;
pub mod api;
mod assets;
mod body;
pub mod certificate;
pub mod error;
mod health;
pub mod listen;
pub mod metrics;
pub mod places;
mod protect;
pub mod rate_limit;
mod router;
mod steady;
pub mod tls;
mod twirp;
mod typed_code;

#[cfg(test)]
mod stories;
#[cfg(test)]
pub(crate) mod testing;

pub use router::{metrics_router, openapi, router};
