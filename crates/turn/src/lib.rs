//! TURN (RFC 8656) for clients that reach the media workers no other way: what one of them says goes
//! into its `Session` with the time, and out comes a `Step` for who owns the sockets.
//!
//! Contract: everything here is pure and reads hostile bytes. The only peers are the media workers'
//! own sockets, so that it relays to nobody else. It does not know about meetings or who is in one.

#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod allocation;
mod auth;
mod frame;
mod key;
mod peers;
mod session;
mod stun;
#[cfg(test)]
mod tests;
mod visitor;

pub use allocation::LIFETIME;
pub use auth::REALM;
pub use frame::{FRAME_BYTES_MAX, Frame, Malformed, frame, is_first_byte};
pub use key::Key;
pub use peers::{Family, Peers};
pub use session::{Relay, Session, Step, Wanted};
pub use stun::{
    ALLOCATION_QUOTA_REACHED, Attribute, Class, INSUFFICIENT_CAPACITY, Message, Method, Writer,
};
pub use visitor::{Heard, Visitor};
