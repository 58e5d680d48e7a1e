//! LiveKit's messages and tokens: data only, read from hostile bytes and written back.
//!
//! Contract: every function is a plain translation of its arguments. It does not know about
//! meetings, media, sockets, the clock or the database; callers pass "now" and randomness.

pub mod data;
pub mod ids;
pub mod join;
pub mod limits;
pub mod names;
pub mod text;
pub mod token;

pub use livekit_protocol as wire;
