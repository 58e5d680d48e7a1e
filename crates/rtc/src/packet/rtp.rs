//! The header of an RTP packet (RFC 3550 section 5.1) and its extensions (RFC 8285).

/// RTP is version 2: the two highest bits of the first octet.
const VERSION: u8 = 2;
const FIXED_BYTES: usize = 12;

/// The profile of the one-byte form (RFC 8285 section 4.2).
pub(crate) const ONE_BYTE_PROFILE: u16 = 0xbede;
/// The profiles of the two-byte form: any in its lowest four bits (RFC 8285 section 4.3).
pub(crate) const TWO_BYTE_PROFILE: u16 = 0x1000;
/// In the one-byte form this id ends the list.
const STOP: u8 = 15;

/// The fields of a header that forwarding needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub has_padding: bool,
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// How many octets it takes, with contributing sources and extensions.
    pub length: usize,
    /// Where the extensions begin, behind their own header of four octets; `None` without any.
    extensions: Option<(u16, usize)>,
}

impl Header {
    /// Reads the header; `None` if it is no RTP or cut short.
    #[must_use]
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let (fixed, _) = packet.split_first_chunk::<FIXED_BYTES>()?;
        let [flags, type_, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *fixed;
        if flags >> 6 != VERSION {
            return None;
        }
        let sources_end = FIXED_BYTES + 4 * usize::from(flags & 0x0f);
        let (extensions, length) = if flags & 0x10 == 0 {
            (None, sources_end)
        } else {
            let (head, _) = packet.get(sources_end..)?.split_first_chunk::<4>()?;
            let [p0, p1, w0, w1] = *head;
            let begin = sources_end + 4;
            let words = usize::from(u16::from_be_bytes([w0, w1]));
            let profile = u16::from_be_bytes([p0, p1]);
            (Some((profile, begin)), begin + 4 * words)
        };
        (length <= packet.len()).then_some(Self {
            has_padding: flags & 0x20 != 0,
            marker: type_ & 0x80 != 0,
            payload_type: type_ & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
            length,
            extensions,
        })
    }

    /// The extensions of `packet`, whose header this is; unknown forms have none.
    pub fn extensions<'a>(
        &self,
        packet: &'a [u8],
    ) -> impl Iterator<Item = Extension<'a>> + use<'a> {
        let (profile, begin) = self.extensions.unwrap_or((0, self.length));
        let rest = packet.get(begin..self.length).unwrap_or_default();
        let form = match profile {
            ONE_BYTE_PROFILE => Form::OneByte,
            profile if profile & 0xfff0 == TWO_BYTE_PROFILE => Form::TwoByte,
            _ => Form::Unknown,
        };
        Extensions { rest, form }
    }
}

/// One extension of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    pub id: u8,
    pub data: &'a [u8],
}

#[derive(Clone, Copy)]
enum Form {
    OneByte,
    TwoByte,
    Unknown,
}

struct Extensions<'a> {
    rest: &'a [u8],
    form: Form,
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Extension<'a>> {
        // Octets of zero are padding between extensions.
        while let [0, rest @ ..] = self.rest {
            self.rest = rest;
        }
        let (id, length, behind) = match (self.form, self.rest) {
            (Form::OneByte, &[head, ref behind @ ..]) if head >> 4 != STOP => {
                (head >> 4, usize::from(head & 0x0f) + 1, behind)
            }
            (Form::TwoByte, &[id, length, ref behind @ ..]) => (id, usize::from(length), behind),
            _ => return None,
        };
        let (data, rest) = behind.split_at_checked(length)?;
        self.rest = rest;
        Some(Extension { id, data })
    }
}

/// What is before the padding, whose last octet counts it, in RTP and in RTCP (RFC 3550 sections 5.1
/// and 6.4.1); `None` if it were longer than all there is.
#[must_use]
pub fn without_padding(payload: &[u8]) -> Option<&[u8]> {
    let padding = usize::from(*payload.last()?);
    let length = payload.len().checked_sub(padding)?;
    payload.get(..length).filter(|_| padding > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One contributing source, then the one-byte form: id 1 with one octet, padding, id 2 with three.
    const WITH_EXTENSIONS: [u8; 32] = [
        0x91, 0xe0, 0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 1, 0xbe, 0xde, 0, 2, 0x10, 0xaa,
        0, 0x22, 1, 2, 3, 0, 0xff, 0xff, 0xff, 0xff,
    ];

    fn extensions(packet: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let header = Header::parse(packet).unwrap();
        let all = header.extensions(packet);
        all.map(|one| (one.id, one.data.to_vec())).collect()
    }

    #[test]
    fn a_header_is_read_with_its_extensions() {
        let header = Header::parse(&WITH_EXTENSIONS).unwrap();
        assert_eq!((header.payload_type, header.marker), (0x60, true));
        assert_eq!((header.sequence, header.timestamp), (0x1234, 9));
        assert_eq!((header.ssrc, header.length), (7, 28));
        let found = extensions(&WITH_EXTENSIONS);
        assert_eq!(found, [(1, vec![0xaa]), (2, vec![1, 2, 3])]);
    }

    #[test]
    fn the_two_byte_form_holds_empty_and_long_ones() {
        let mut packet = vec![0x90, 0x60, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, 0x10, 0x00, 0, 6];
        packet.extend([16, 0, 17, 20]);
        packet.extend([5; 20]);
        let found = extensions(&packet);
        assert_eq!(found, [(16, vec![]), (17, vec![5; 20])]);
    }

    #[test]
    fn a_stop_or_a_length_beyond_the_end_ends_the_list() {
        let mut packet = WITH_EXTENSIONS;
        packet[23] = 0xf2;
        assert_eq!(extensions(&packet), [(1, vec![0xaa])]);
        packet[23] = 0x2f;
        assert_eq!(extensions(&packet), [(1, vec![0xaa])]);
        packet[16] = 0;
        assert_eq!(extensions(&packet), [], "no form that is known");
    }

    #[test]
    fn what_is_cut_short_or_another_version_is_no_header() {
        for length in 0..28 {
            assert_eq!(Header::parse(&WITH_EXTENSIONS[..length]), None, "{length}");
        }
        let mut other = WITH_EXTENSIONS;
        other[0] &= 0x3f;
        assert_eq!(Header::parse(&other), None);
    }

    #[test]
    fn padding_is_counted_by_its_last_octet() {
        assert_eq!(without_padding(&[1, 2, 0, 2]), Some(&[1, 2][..]));
        assert_eq!(without_padding(&[3, 3, 3]), Some(&[][..]));
        assert_eq!(without_padding(&[1, 2, 4]), None, "longer than the payload");
        assert_eq!(without_padding(&[1, 2, 0]), None, "it counts itself");
        assert_eq!(without_padding(&[]), None);
    }

    proptest! {
        /// Whatever arrives: no panic, and all that is found lies within the packet.
        #[test]
        fn any_bytes_are_read(packet in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(header) = Header::parse(&packet) {
                prop_assert!(header.length <= packet.len());
                let found: usize = header.extensions(&packet).map(|one| one.data.len()).sum();
                prop_assert!(found <= header.length);
            }
        }
    }
}
