//! What an [`crate::Sfu`] is told once, at its start.

use crate::output::Protocol;
use std::net::SocketAddr;

/// Settings of one worker.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where clients can reach this worker: one host candidate each.
    pub addresses: Vec<(Protocol, SocketAddr)>,
    /// What a link is believed to carry before it has been measured.
    pub initial_bitrate_bps: u64,
}
