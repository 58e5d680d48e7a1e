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

mod allocate;
mod call;
mod channels;
mod demux;
mod dependency;
mod downtrack;
mod keyframe;
mod layer;
mod level;
mod meter;
mod output;
mod peer;
mod publication;
mod quality;
mod rewrite;
mod sdp;
mod settings;
mod sfu;
pub mod tap;
mod transport;

pub use output::{
    ClientMessage, Datagram, Entrance, Holdings, Opening, Output, Packet, Request, Resumption,
    Summary,
};
pub use settings::Settings;
pub use sfu::Sfu;
pub use str0m::net::{Protocol, TcpType};
