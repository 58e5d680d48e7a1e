//! The receiving half of a connection: what is reported of the streams that come, asked for again and filled in.
//!
//! Time is an argument. Nothing here writes by itself: where there is a `deadline`, a `poll` follows.

pub mod arrivals;
pub mod capture;
pub mod nack;
pub mod recovery;
pub mod reports;
mod wrap;
