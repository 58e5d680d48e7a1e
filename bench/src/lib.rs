//! What a forwarded packet and a meeting cost, measured at the server's process from outside.
//!
//! Two loads exist: synthetic participants that join a real server over LiveKit's protocol
//! ([`crowd`]), and the same packets through the least forwarder that could work ([`floor`]).
//! Both are measured in the same run, and the ratio is what counts: nanoseconds differ from
//! machine to machine. The floor has static keys and no ICE, DTLS, RTCP, retransmission or
//! congestion control, so it is a limit and not a rival.

pub mod crowd;
pub mod flood;
pub mod floor;
pub mod forward;
pub mod meeting;
pub mod memory;
pub mod participant;
pub mod process;
pub mod report;
pub mod server;
pub mod shape;
pub mod signal;

/// A bench ends at the first thing that goes wrong, with a sentence about it.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
