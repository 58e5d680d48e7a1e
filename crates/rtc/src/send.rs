//! What is sent to one peer, and when.

pub mod header;
pub mod history;
pub mod pacer;
