//! Readers of what arrives: which protocol it is of, RTP's header, and one for each payload format.

pub mod av1;
mod bits;
pub mod class;
pub mod dependency;
pub mod h264;
pub mod red;
pub mod rtp;
pub mod vp8;
pub mod vp9;
