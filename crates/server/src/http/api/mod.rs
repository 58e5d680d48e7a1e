//! The API, one file per operation: listing this folder lists what it can do.

pub mod config;
pub mod create_room;
pub mod export_transcript;
pub mod get_room;
pub mod join_room;
pub mod transcript;
