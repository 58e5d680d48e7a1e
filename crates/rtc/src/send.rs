//! What is sent to one peer, and when.

pub mod pacer;
