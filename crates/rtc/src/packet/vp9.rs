//! The payload descriptor of VP9 (RFC 9628 section 4.2).

/// Whether a decoder can begin with this packet: not inter-picture predicted (P = 0) and start of a
/// frame (B = 1), in the base spatial layer, as far as the descriptor carries layer indices (L = 1).
#[must_use]
pub fn starts_keyframe(payload: &[u8]) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframes_begin_in_the_base_layer() {
        assert!(starts_keyframe(&[0x08, 0x00]));
        assert!(
            starts_keyframe(&[0xa8, 0x80, 0x01, 0x00]),
            "spatial layer 0"
        );
        assert!(
            !starts_keyframe(&[0xa8, 0x80, 0x01, 0x02]),
            "spatial layer 1"
        );
        assert!(!starts_keyframe(&[0x48, 0x00]), "predicted");
        assert!(!starts_keyframe(&[0xa8]), "cut short");
    }
}
