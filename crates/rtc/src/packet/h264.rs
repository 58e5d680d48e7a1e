//! The NAL units of H.264 (RFC 6184), as far as they say where a decoder can begin.

const IDR: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// Whether a decoder can begin with this packet (RFC 6184 section 5.2): an IDR slice or a sequence
/// parameter set, single, aggregated (STAP-A) or at the head of a fragment (FU-A).
#[must_use]
pub fn starts_keyframe(payload: &[u8]) -> bool {
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

/// Whether nothing that a decoder needs for the keyframe comes before this packet: it has the sequence
/// parameters, alone or first in a STAP-A.
#[must_use]
pub fn has_sequence_parameters(payload: &[u8]) -> bool {
    let is_one = |byte: &u8| byte & 0x1f == SEQUENCE_PARAMETERS;
    match payload.first().map(|byte| byte & 0x1f) {
        Some(SEQUENCE_PARAMETERS) => true,
        Some(STAP_A) => payload.get(3).is_some_and(is_one),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframes_are_found_alone_aggregated_and_fragmented() {
        assert!(starts_keyframe(&[0x65]));
        assert!(has_sequence_parameters(&[0x67]));
        assert!(has_sequence_parameters(&[0x78, 0x00, 0x10, 0x67]));
        assert!(!has_sequence_parameters(&[0x65]), "they came before");
        assert!(!has_sequence_parameters(&[0x7c, 0x85]), "they came before");
        assert!(starts_keyframe(&[0x78, 0x00, 0x10, 0x67]));
        assert!(starts_keyframe(&[0x7c, 0x85]));
        assert!(!starts_keyframe(&[0x7c, 0x05]), "the middle of a fragment");
        assert!(!starts_keyframe(&[0x41]), "a predicted slice");
    }
}
