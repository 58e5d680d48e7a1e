//! What every request passes: listeners, TLS, limits, extractors, the error body; and the page.

pub mod address;
pub(crate) mod assets;
pub(crate) mod bearer;
pub(crate) mod body;
pub mod certificate;
pub mod challenges;
pub mod connections;
pub mod error;
mod forwarded;
pub mod listen;
pub mod metrics;
pub mod pem;
mod prefixed;
pub(crate) mod protect;
pub mod rate_limit;
pub mod roots;
pub mod tls;
pub(crate) mod typed_code;
mod write_timeout;

#[cfg(test)]
pub(crate) mod authority;
