//! The payload descriptor of VP8 (RFC 7741 section 4.2), and the counters in it, which can be replaced.

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

/// Bits of a picture id: whether it has 15 of them, and those of its first octet.
const IS_LONG: u8 = 0x80;
const PICTURE_ID_SHORT_MAX: u16 = 0x7f;
/// The bits of the key index beside those of the temporal layer.
const KEY_MAX: u8 = 0x1f;
/// Where the counters begin, and how many octets they take at most.
const COUNTERS_AT: usize = 2;
const COUNTERS_OCTETS_MAX: usize = 4;

/// The counters of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    pub picture_id: Option<u16>,
    pub tl0: Option<u8>,
    pub key: Option<u8>,
    /// Whether the picture id has 15 bits.
    is_long: bool,
    /// The octet of temporal layer and key index, where there is one.
    layer: Option<u8>,
}

/// Counters that take the place of those of a payload, in as many octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    octets: [u8; COUNTERS_OCTETS_MAX],
    length: usize,
}

impl Counters {
    /// Reads the descriptor of a payload; `None` if it is cut short.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let flags = payload.first()?;
        let mut none = Self {
            picture_id: None,
            tl0: None,
            key: None,
            is_long: false,
            layer: None,
        };
        if flags & EXTENDED == 0 {
            return Some(none);
        }
        let (extensions, mut rest) = payload.get(1..)?.split_first()?;
        let mut next = || {
            let (&octet, behind) = rest.split_first()?;
            rest = behind;
            Some(octet)
        };
        if extensions & HAS_PICTURE_ID != 0 {
            let first = next()?;
            none.is_long = first & IS_LONG != 0;
            none.picture_id = Some(if none.is_long {
                u16::from_be_bytes([first & !IS_LONG, next()?])
            } else {
                u16::from(first)
            });
        }
        if extensions & HAS_TL0 != 0 {
            none.tl0 = Some(next()?);
        }
        if extensions & (HAS_TID | HAS_KEY) != 0 {
            let layer = next()?;
            none.layer = Some(layer);
            none.key = (extensions & HAS_KEY != 0).then_some(layer & KEY_MAX);
        }
        Some(none)
    }

    /// Other counters for those that the payload has; `None` where one needs more bits than it has
    /// there.
    #[must_use]
    pub fn patch(&self, picture_id: u16, tl0: u8, key: u8) -> Option<Patch> {
        let mut patch = Patch {
            octets: [0; COUNTERS_OCTETS_MAX],
            length: 0,
        };
        if self.picture_id.is_some() {
            let [high, low] = picture_id.to_be_bytes();
            match (self.is_long, picture_id) {
                (true, _) => {
                    patch.push(high | IS_LONG);
                    patch.push(low);
                }
                (false, ..=PICTURE_ID_SHORT_MAX) => patch.push(low),
                (false, _) => return None,
            }
        }
        if self.tl0.is_some() {
            patch.push(tl0);
        }
        if let Some(layer) = self.layer {
            let key = self.key.map_or(layer & KEY_MAX, |_| key & KEY_MAX);
            patch.push(layer & !KEY_MAX | key);
        }
        Some(patch)
    }
}

impl Patch {
    fn push(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
    }

    /// Writes the counters into the payload that they were made for.
    pub fn apply(&self, payload: &mut [u8]) {
        let places = payload.get_mut(COUNTERS_AT..).unwrap_or_default();
        let octets = self.octets.iter().take(self.length);
        places
            .iter_mut()
            .zip(octets)
            .for_each(|(place, octet)| *place = *octet);
    }
}

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

    /// Each descriptor with its counters, and what it becomes when they are 300, 7 and 9.
    #[test]
    fn counters_are_read_and_replaced_where_they_are() {
        type Case<'a> = (&'a [u8], [Option<u16>; 3], Option<&'a [u8]>);
        let cases: [Case<'_>; 6] = [
            (&[0x10, 5], [None; 3], Some(&[0x10, 5])),
            (
                &[0x90, 0xf0, 0x81, 0x02, 0x03, 0xc4, 5],
                [Some(0x102), Some(3), Some(4)],
                Some(&[0x90, 0xf0, 0x81, 0x2c, 7, 0xc9, 5]),
            ),
            (&[0x90, 0x80, 0x11, 5], [Some(0x11), None, None], None),
            (
                &[0x90, 0x60, 0x03, 0xc4, 5],
                [None, Some(3), None],
                Some(&[0x90, 0x60, 7, 0xc4, 5]),
            ),
            (
                &[0x90, 0x10, 0x44, 5],
                [None, None, Some(4)],
                Some(&[0x90, 0x10, 0x49, 5]),
            ),
            (&[0x90, 0x00, 5], [None; 3], Some(&[0x90, 0x00, 5])),
        ];
        for (payload, [picture_id, tl0, key], expected) in cases {
            let counters = Counters::parse(payload).unwrap();
            let of = |octet: Option<u8>| octet.map(u16::from);
            let read = [counters.picture_id, of(counters.tl0), of(counters.key)];
            assert_eq!(read, [picture_id, tl0, key], "{payload:x?}");
            let mut patched = payload.to_vec();
            let patch = counters.patch(300, 7, 9);
            patch.iter().for_each(|patch| patch.apply(&mut patched));
            let patched = patch.map(|_| &patched[..]);
            assert_eq!(patched, expected, "{payload:x?}");
        }
    }

    #[test]
    fn a_short_picture_id_is_replaced_by_a_short_one() {
        let mut payload = [0x90, 0x80, 0x11, 5];
        let counters = Counters::parse(&payload).unwrap();
        counters.patch(0x7f, 0, 0).unwrap().apply(&mut payload);
        assert_eq!(payload, [0x90, 0x80, 0x7f, 5]);
    }

    #[test]
    fn a_descriptor_that_is_cut_short_has_no_counters() {
        let all = [0x90, 0xf0, 0x81, 0x02, 0x03, 0x04];
        for length in 0..all.len() {
            assert_eq!(Counters::parse(&all[..length]), None, "{length}");
        }
        assert!(Counters::parse(&all).is_some());
    }
}
