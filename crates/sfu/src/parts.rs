//! The parts of a call. A function that works on a call takes those that it may touch.

mod out;
pub(crate) mod peer;
mod peers;
mod tracks;

pub(crate) use out::Out;
pub(crate) use peers::Peers;
pub(crate) use tracks::Tracks;
