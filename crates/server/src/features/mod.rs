//! What people and programs ask of the API: one folder a subject, none knows another.
//!
//! A folder holds one file for each operation: types, documentation, handler and tests.

pub mod rooms;
pub mod server;
pub mod transcripts;
