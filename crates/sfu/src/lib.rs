//! The data plane: peers, demultiplexing, forwarding, layers, bitrate. One [`Sfu`] per core.
//!
//! Contract: an [`Sfu`] is a pure state machine. Feed it datagrams, what clients ask and the
//! passing of time; then drain [`Sfu::poll`] until it is empty, and wake it again at
//! [`Sfu::deadline`]. It reads no clock and touches no socket. Everything of a meeting lives in
//! one [`Sfu`]: there is no lock and no queue between a packet that arrives and the packets that
//! leave because of it.
//!
//! It does not know about permissions (that is the meeting's), sockets, HTTP, the database or
//! what is said in the audio it forwards.

#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod audio;
mod bandwidth;
mod call;
mod data;
mod demux;
mod forward;
mod negotiation;
mod output;
mod parts;
mod settings;
mod sfu;
mod timers;
mod transport;
mod unknown_sources;

pub use audio::tap;
pub use output::{
    ClientMessage, Datagram, MeetingSetup, Output, Packet, PipelinedJoin, Presence, Protocol,
    Request, ResourceCounts, Resumption, SharedNotice, Summary,
};
pub use settings::Settings;
pub use sfu::Sfu;
pub use transport::probe;
