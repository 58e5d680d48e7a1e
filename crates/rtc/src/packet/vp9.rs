//! The payload descriptor of VP9 (RFC 9628 section 4.2).

/// Bits of the first octet.
const HAS_PICTURE_ID: u8 = 0x80;
const IS_PREDICTED: u8 = 0x40;
const HAS_LAYERS: u8 = 0x20;
const IS_FLEXIBLE: u8 = 0x10;
const STARTS_FRAME: u8 = 0x08;
const ENDS_FRAME: u8 = 0x04;
const HAS_STRUCTURE: u8 = 0x02;

/// In flexible mode a picture refers to at most that many.
const REFERENCES_MAX: usize = 3;

/// What the descriptor of one packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Of 7 or 15 bits.
    pub picture_id: Option<u16>,
    /// Whether the frame needs pictures before its own.
    pub is_predicted: bool,
    /// A frame is one spatial layer of a picture.
    pub starts_frame: bool,
    pub ends_frame: bool,
    pub layers: Option<Layers>,
    /// How many spatial layers the stream has from here on, where it says so.
    pub spatial_layers: Option<u8>,
}

/// The layers of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layers {
    pub temporal_id: u8,
    pub spatial_id: u8,
    /// Whether the frame needs that of the next lower spatial layer in the same picture.
    pub uses_lower: bool,
}

impl Descriptor {
    /// `None` if the payload is cut short in it, or breaks its rules.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let mut octets = payload.iter().copied();
        let flags = octets.next()?;
        let has = |bit| flags & bit != 0;
        let picture_id = if has(HAS_PICTURE_ID) {
            Some(picture_id(&mut octets)?)
        } else {
            None
        };
        let layers = if has(HAS_LAYERS) {
            let layers = octets.next()?;
            if !has(IS_FLEXIBLE) {
                // The index of the picture in the lowest temporal layer (TL0PICIDX).
                octets.next()?;
            }
            Some(Layers {
                temporal_id: layers >> 5,
                spatial_id: layers >> 1 & 0x07,
                uses_lower: layers & 1 != 0,
            })
        } else {
            None
        };
        if has(IS_FLEXIBLE) && has(IS_PREDICTED) {
            skip_references(&mut octets)?;
        }
        let spatial_layers = if has(HAS_STRUCTURE) {
            Some(structure(&mut octets)?)
        } else {
            None
        };
        Some(Self {
            picture_id,
            is_predicted: has(IS_PREDICTED),
            starts_frame: has(STARTS_FRAME),
            ends_frame: has(ENDS_FRAME),
            layers,
            spatial_layers,
        })
    }
}

/// Whether a decoder can begin with this packet: the start of a frame that is not predicted, in the
/// base spatial layer.
#[must_use]
pub fn starts_keyframe(payload: &[u8]) -> bool {
    Descriptor::parse(payload).is_some_and(|descriptor| {
        let is_base = descriptor
            .layers
            .is_none_or(|layers| layers.spatial_id == 0);
        is_base && descriptor.starts_frame && !descriptor.is_predicted
    })
}

fn picture_id(octets: &mut impl Iterator<Item = u8>) -> Option<u16> {
    let first = octets.next()?;
    if first & 0x80 == 0 {
        return Some(first.into());
    }
    Some(u16::from_be_bytes([first & 0x7f, octets.next()?]))
}

/// Each reference says whether another follows.
fn skip_references(octets: &mut impl Iterator<Item = u8>) -> Option<()> {
    for _ in 0..REFERENCES_MAX {
        if octets.next()? & 1 == 0 {
            return Some(());
        }
    }
    None
}

/// How many spatial layers a scalability structure (section 4.2.1) has.
fn structure(octets: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let flags = octets.next()?;
    let layers = (flags >> 5) + 1;
    if flags & 0x10 != 0 {
        // The width and the height of each, two octets each.
        (0..layers * 4).try_for_each(|_| octets.next().map(|_| ()))?;
    }
    if flags & 0x08 != 0 {
        for _ in 0..octets.next()? {
            let references = octets.next()? >> 2 & 0x03;
            (0..references).try_for_each(|_| octets.next().map(|_| ()))?;
        }
    }
    Some(layers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframes_begin_in_the_base_layer() {
        assert!(starts_keyframe(&[0x08, 0x00]));
        assert!(
            starts_keyframe(&[0xa8, 0x80, 0x01, 0x00, 0x05]),
            "spatial layer 0"
        );
        assert!(
            !starts_keyframe(&[0xa8, 0x80, 0x01, 0x02, 0x05]),
            "spatial layer 1"
        );
        assert!(!starts_keyframe(&[0x48, 0x00]), "predicted");
        assert!(!starts_keyframe(&[0xa8]), "cut short");
    }

    #[test]
    fn the_start_of_a_keyframe_says_how_many_spatial_layers_follow() {
        // I, L, F, B and V; three layers with their sizes, no description of pictures.
        let sizes = [0, 240, 0, 135, 1, 224, 1, 14, 3, 192, 2, 28];
        let payload = [&[0xba, 0x92, 0x34, 0x00, 0x50][..], &sizes].concat();
        let expected = Descriptor {
            picture_id: Some(0x1234),
            is_predicted: false,
            starts_frame: true,
            ends_frame: false,
            layers: Some(Layers {
                temporal_id: 0,
                spatial_id: 0,
                uses_lower: false,
            }),
            spatial_layers: Some(3),
        };
        assert_eq!(Descriptor::parse(&payload), Some(expected));
        for length in 0..payload.len() {
            assert_eq!(Descriptor::parse(&payload[..length]), None, "{length}");
        }
    }

    #[test]
    fn layers_and_references_are_read_in_both_modes() {
        let flexible = [0xf4, 0x05, 0x4b, 0x03, 0x02];
        let descriptor = Descriptor::parse(&flexible).unwrap();
        assert!(descriptor.is_predicted && descriptor.ends_frame);
        let layers = Layers {
            temporal_id: 2,
            spatial_id: 5,
            uses_lower: true,
        };
        assert_eq!(descriptor.layers, Some(layers));
        assert_eq!(descriptor.picture_id, Some(5));
        assert_eq!(Descriptor::parse(&[0xf4, 5, 0x4b, 3, 3, 3, 3]), None);
        // Two pictures in the structure, the second with two references.
        let structure = [0x2a, 0x00, 0x09, 0x08, 2, 0x00, 0x28, 1, 2];
        let descriptor = Descriptor::parse(&structure).unwrap();
        assert_eq!(descriptor.spatial_layers, Some(1));
        assert_eq!(Descriptor::parse(&structure[..8]), None);
    }
}
