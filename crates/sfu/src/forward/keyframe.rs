//! Where a decoder can begin: the first packet of a keyframe, per codec.

use crate::transport::format::Codec;
use crate::transport::vp8;

/// Whether `payload` is a packet from which a decoder can begin.
pub(crate) fn starts_keyframe(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Opus | Codec::Pcmu => true,
        Codec::Vp8 => vp8::starts_keyframe(payload),
        Codec::Vp9 => vp9(payload),
        Codec::H264 => h264(payload),
        Codec::Av1 => av1(payload),
    }
}

/// RFC 9628 section 4.2: not inter-picture predicted (P = 0) and start of a frame (B = 1), in the
/// base spatial layer, as far as the descriptor carries layer indices (L = 1).
fn vp9(payload: &[u8]) -> bool {
    let Some(&flags) = payload.first() else {
        return false;
    };
    let (predicted, begins) = (flags & 0x40 != 0, flags & 0x08 != 0);
    if predicted || !begins {
        return false;
    }
    if flags & 0x20 == 0 {
        return true;
    }
    let mut layers_at = 1;
    if flags & 0x80 != 0 {
        let Some(&picture) = payload.get(1) else {
            return false;
        };
        layers_at += if picture & 0x80 == 0 { 1 } else { 2 };
    }
    payload
        .get(layers_at)
        .is_some_and(|layers| (layers >> 1) & 0x07 == 0)
}

/// RFC 6184 section 5.2: an IDR slice or a sequence parameter set, single, aggregated (STAP-A)
/// or at the head of a fragment (FU-A).
fn h264(payload: &[u8]) -> bool {
    const IDR: u8 = 5;
    const SEQUENCE_PARAMETERS: u8 = 7;
    const STAP_A: u8 = 24;
    const FU_A: u8 = 28;
    let begins = |byte: &u8| matches!(byte & 0x1f, IDR | SEQUENCE_PARAMETERS);
    match payload.first().map(|byte| byte & 0x1f) {
        Some(IDR | SEQUENCE_PARAMETERS) => true,
        Some(STAP_A) => payload.get(3).is_some_and(begins),
        Some(FU_A) => payload
            .get(1)
            .is_some_and(|head| head & 0x80 != 0 && begins(head)),
        _ => false,
    }
}

/// AV1 RTP specification section 4.4: N = 1 marks the first packet of a coded video sequence.
fn av1(payload: &[u8]) -> bool {
    payload
        .first()
        .is_some_and(|aggregation| aggregation & 0x08 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vp8_keyframes_start_a_first_partition_whose_inverse_flag_is_clear() {
        assert!(starts_keyframe(Codec::Vp8, &[0x10, 0x00]));
        assert!(!starts_keyframe(Codec::Vp8, &[0x10, 0x01]), "an interframe");
        assert!(
            !starts_keyframe(Codec::Vp8, &[0x00, 0x00]),
            "a continuation"
        );
        assert!(!starts_keyframe(Codec::Vp8, &[]), "nothing");
    }

    #[test]
    fn vp9_keyframes_begin_in_the_base_layer() {
        assert!(starts_keyframe(Codec::Vp9, &[0x08, 0x00]));
        assert!(
            starts_keyframe(Codec::Vp9, &[0xa8, 0x80, 0x01, 0x00]),
            "spatial layer 0"
        );
        assert!(
            !starts_keyframe(Codec::Vp9, &[0xa8, 0x80, 0x01, 0x02]),
            "spatial layer 1"
        );
        assert!(!starts_keyframe(Codec::Vp9, &[0x48, 0x00]), "predicted");
        assert!(!starts_keyframe(Codec::Vp9, &[0xa8]), "cut short");
    }

    #[test]
    fn h264_keyframes_are_found_alone_aggregated_and_fragmented() {
        assert!(starts_keyframe(Codec::H264, &[0x65]));
        assert!(starts_keyframe(Codec::H264, &[0x78, 0x00, 0x10, 0x67]));
        assert!(starts_keyframe(Codec::H264, &[0x7c, 0x85]));
        assert!(
            !starts_keyframe(Codec::H264, &[0x7c, 0x05]),
            "the middle of a fragment"
        );
        assert!(!starts_keyframe(Codec::H264, &[0x41]), "a predicted slice");
    }

    #[test]
    fn av1_says_so_itself() {
        assert!(starts_keyframe(Codec::Av1, &[0x18]));
        assert!(!starts_keyframe(Codec::Av1, &[0x10]));
    }
}
