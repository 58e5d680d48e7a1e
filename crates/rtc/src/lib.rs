//! RTP as it is on the wire, for one connection at a time: packets, their payloads, and the pace at
//! which they leave.
//!
//! Contract: everything here is pure and reads hostile bytes; what cannot be read is `None` or an
//! error, never a panic. It does not know about participants, tracks or meetings.

#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

pub mod congestion;
pub mod packet;
pub mod receive;
pub mod rtcp;
pub mod send;
pub mod srtp;
