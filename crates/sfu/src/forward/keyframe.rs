//! Where a decoder can begin: the first packet of a keyframe, per codec.

use crate::transport::format::Codec;
use visio_rtc::packet::{av1, h264, vp8, vp9};

/// Whether `payload` is a packet from which a decoder can begin.
pub(crate) fn starts_keyframe(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Opus | Codec::Pcmu => true,
        Codec::Vp8 => vp8::starts_keyframe(payload),
        Codec::Vp9 => vp9::starts_keyframe(payload),
        Codec::H264 => h264::starts_keyframe(payload),
        Codec::Av1 => av1::starts_keyframe(payload),
    }
}
