//! The aggregation header of AV1 (AV1 RTP specification section 4.4).

/// Whether a decoder can begin with this packet: N = 1 marks the first of a coded video sequence.
#[must_use]
pub fn starts_keyframe(payload: &[u8]) -> bool {
    payload
        .first()
        .is_some_and(|aggregation| aggregation & 0x08 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn av1_says_so_itself() {
        assert!(starts_keyframe(&[0x18]));
        assert!(!starts_keyframe(&[0x10]));
        assert!(!starts_keyframe(&[]));
    }
}
