//! The shell of Visio and the only crate with I/O: command line, HTTP, sockets, database.
//!
//! Decisions are taken elsewhere: who may do what in `visio-meeting`, which packet goes where in
//! `visio-sfu`, what was said in `visio-speech`. This crate carries their inputs in and their
//! outputs out.

mod acme;
mod api_keys;
pub mod app;
mod background;
pub mod calls;
pub mod clock;
pub mod codes;
pub mod config;
mod connection_limit;
mod doctor;
pub mod entropy;
pub mod features;
pub mod files;
#[cfg(test)]
mod generated;
pub mod http;
pub mod media;
pub mod models;
mod network;
mod open_files;
pub mod roomservice;
mod secrets;
pub mod signalling;
pub mod start_error;
pub mod storage;
pub mod transcription;
pub mod turn;
