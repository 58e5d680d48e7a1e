//! The receiving half of a connection: what is reported of the streams that come, and asked for again.
//!
//! Time is an argument. Nothing here writes by itself: where there is a `deadline`, a `poll` follows.

pub mod arrivals;
pub mod nack;
pub mod reports;
mod wrap;
