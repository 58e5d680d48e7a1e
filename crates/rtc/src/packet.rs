//! Readers of what RTP packets carry, one for each payload format.

pub mod av1;
mod bits;
pub mod dependency;
pub mod h264;
pub mod rtp;
pub mod vp8;
pub mod vp9;
