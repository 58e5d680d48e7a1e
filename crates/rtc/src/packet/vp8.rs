//! The payload descriptor of VP8 (RFC 7741 section 4.2).

/// Bits of the first octet.
const EXTENDED: u8 = 0x80;
const START_OF_PARTITION: u8 = 0x10;
const PARTITION: u8 = 0x07;
/// Bits of the octet of extensions.
const HAS_PICTURE_ID: u8 = 0x80;
const HAS_TL0: u8 = 0x40;
const HAS_TID: u8 = 0x20;
const HAS_KEY: u8 = 0x10;
/// The first bit of the frame (RFC 7741 section 4.3): 0 for a keyframe.
const INVERSE_KEY: u8 = 0x01;

/// Whether a decoder can begin with this packet: the start of the first partition of a keyframe.
#[must_use]
pub fn starts_keyframe(payload: &[u8]) -> bool {
    let Some(&flags) = payload.first() else {
        return false;
    };
    let starts = flags & START_OF_PARTITION != 0 && flags & PARTITION == 0;
    starts
        && descriptor_bytes(payload)
            .and_then(|length| payload.get(length))
            .is_some_and(|frame| frame & INVERSE_KEY == 0)
}

/// How long the descriptor is; `None` if the payload is cut short in it.
fn descriptor_bytes(payload: &[u8]) -> Option<usize> {
    let flags = payload.first()?;
    if flags & EXTENDED == 0 {
        return Some(1);
    }
    let extensions = payload.get(1)?;
    let mut length = 2;
    if extensions & HAS_PICTURE_ID != 0 {
        length += if payload.get(length)? & 0x80 == 0 {
            1
        } else {
            2
        };
    }
    length += usize::from(extensions & HAS_TL0 != 0);
    length += usize::from(extensions & (HAS_TID | HAS_KEY) != 0);
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframes_start_a_first_partition_whose_inverse_flag_is_clear() {
        assert!(starts_keyframe(&[0x10, 0x00]));
        assert!(!starts_keyframe(&[0x10, 0x01]), "an interframe");
        assert!(!starts_keyframe(&[0x00, 0x00]), "a continuation");
        assert!(!starts_keyframe(&[0x11, 0x00]), "the second partition");
        assert!(!starts_keyframe(&[]), "nothing");
        assert!(!starts_keyframe(&[0x10]), "a descriptor alone");
    }

    #[test]
    fn the_frame_begins_behind_all_that_is_extended() {
        let all = [0x90, 0xf0, 0x81, 0x02, 0x03, 0x04];
        assert!(starts_keyframe(&[&all[..], &[0x10]].concat()));
        assert!(!starts_keyframe(&[&all[..], &[0x11]].concat()));
        assert!(!starts_keyframe(&all), "cut short");
        let short_picture_id = [0x90, 0x80, 0x01, 0x00];
        assert!(starts_keyframe(&short_picture_id));
    }
}
