//! What this server can do.

pub mod config;
