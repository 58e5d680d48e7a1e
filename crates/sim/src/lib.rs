//! Whole meetings in virtual time: the server's own [`visio_sfu::Sfu`] and clients made of str0m,
//! joined by a network that loses, delays, doubles and reorders as a seed tells it.
//!
//! Contract: no socket is opened and nobody sleeps. A [`World`] jumps from one wake-up to the
//! next; what happens on the way is judged by oracles that know nothing of the server's insides:
//! a reference model of who is in and who may receive what ([`model`]), the numbering of every
//! received stream ([`continuity`]), the order of data packets ([`delivery`]), and at the end
//! that the server has forgotten everybody.
//!
//! A seed replays a run as far as decisions go: str0m draws names of sections, stream numbers and
//! DTLS keys of its own, so the bytes on the wire differ from run to run. Therefore nothing here
//! may depend on those bytes: losses are drawn from the moment and the place of a datagram, never
//! from what is in it, and the log tells people and tracks, no ids. `tests/replay.rs` holds that
//! two runs of one seed tell the same story.
//!
//! It does not know about sockets, HTTP, LiveKit's protobuf signalling or the database.

mod actions;
mod answers;
mod carry;
mod client;
mod connectivity;
pub mod continuity;
pub mod delivery;
mod dice;
mod hostile;
mod judge;
mod liveness;
pub mod media;
pub mod model;
mod negotiation;
mod network;
mod packets;
mod peer_connection;
mod walk;
mod weather;
mod websockets;
mod world;

pub use client::Guest;
pub use media::Kind;
pub use walk::{Walk, walk};
pub use weather::Weather;
pub use world::World;
