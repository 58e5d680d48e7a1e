//! What an [`crate::Sfu`] is told once, at its start.

use std::net::SocketAddr;
use str0m::net::Protocol;

/// Settings of one worker.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where clients can reach this worker: one host candidate each.
    pub addresses: Vec<(Protocol, SocketAddr)>,
    /// What a line is believed to carry before it has been measured.
    pub initial_bitrate_bps: u64,
}
