//! RTP headers as they are written: the fixed part (RFC 3550 section 5.1) and the extensions that a
//! section has negotiated (RFC 8285).

use crate::packet::rtp::{ONE_BYTE_PROFILE, TWO_BYTE_PROFILE};

/// The one-byte form has ids up to that, and values of 1 to 16 octets.
const ONE_BYTE_ID_MAX: u8 = 14;
const ONE_BYTE_OCTETS_MAX: usize = 16;
const VERSION: u8 = 2 << 6;
const HAS_PADDING: u8 = 1 << 5;
const HAS_EXTENSIONS: u8 = 1 << 4;
const MARKER: u8 = 1 << 7;

/// The ids under which a section's extensions were negotiated (RFC 8285 section 5); 0 for one that
/// was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtensionIds {
    pub mid: u8,
    pub transport_sequence: u8,
    pub audio_level: u8,
    pub video_orientation: u8,
    pub dependency: u8,
}

/// What extensions say of a packet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extensions<'a> {
    /// The section's identification tag (RFC 9143), until the remote end has seen it.
    pub mid: Option<&'a [u8]>,
    /// Counts the packets of a connection (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    pub transport_sequence: Option<u16>,
    /// Level and voice activity, as they are on the wire (RFC 6464 section 3).
    pub audio_level: Option<u8>,
    /// Rotation of the picture (3GPP TS 26.114 section 7.4.5).
    pub video_orientation: Option<u8>,
    /// The dependency descriptor (AV1 RTP specification, appendix A).
    pub dependency: Option<&'a [u8]>,
}

/// The fields of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    pub has_padding: bool,
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
}

/// Appends a header to `out`. Extensions without an id are left out.
pub fn write(out: &mut Vec<u8>, fields: &Fields, ids: ExtensionIds, extensions: &Extensions<'_>) {
    let sequence = extensions.transport_sequence.map(u16::to_be_bytes);
    let level = extensions.audio_level.map(|level| [level]);
    let orientation = extensions.video_orientation.map(|rotation| [rotation]);
    let values = [
        (ids.mid, extensions.mid),
        (
            ids.transport_sequence,
            sequence.as_ref().map(|two| &two[..]),
        ),
        (ids.audio_level, level.as_ref().map(|one| &one[..])),
        (
            ids.video_orientation,
            orientation.as_ref().map(|one| &one[..]),
        ),
        (ids.dependency, extensions.dependency),
    ];
    let present = values
        .into_iter()
        .filter_map(|(id, value)| Some((id, value.filter(|_| id != 0)?)));
    let has_any = present.clone().next().is_some();
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    out.push(VERSION | flag(fields.has_padding, HAS_PADDING) | flag(has_any, HAS_EXTENSIONS));
    out.push(fields.payload_type & !MARKER | flag(fields.marker, MARKER));
    out.extend(fields.sequence.to_be_bytes());
    out.extend(fields.timestamp.to_be_bytes());
    out.extend(fields.ssrc.to_be_bytes());
    if has_any {
        write_extensions(out, present);
    }
}

fn write_extensions<'a>(out: &mut Vec<u8>, present: impl Iterator<Item = (u8, &'a [u8])> + Clone) {
    let fits = |(id, value): (u8, &[u8])| {
        id <= ONE_BYTE_ID_MAX && (1..=ONE_BYTE_OCTETS_MAX).contains(&value.len())
    };
    let is_short = present.clone().all(fits);
    let profile = if is_short {
        ONE_BYTE_PROFILE
    } else {
        TWO_BYTE_PROFILE
    };
    out.extend(profile.to_be_bytes());
    let length_at = out.len();
    out.extend([0, 0]);
    let begin = out.len();
    for (id, value) in present {
        let Ok(length) = u8::try_from(value.len()) else {
            continue;
        };
        if is_short {
            out.push(id << 4 | length.saturating_sub(1));
        } else {
            out.extend([id, length]);
        }
        out.extend_from_slice(value);
    }
    while !(out.len() - begin).is_multiple_of(4) {
        out.push(0);
    }
    let words = u16::try_from((out.len() - begin) / 4).unwrap_or_default();
    if let Some(length) = out.get_mut(length_at..begin) {
        length.copy_from_slice(&words.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::rtp::Header;
    use proptest::prelude::*;

    const FIELDS: Fields = Fields {
        has_padding: false,
        marker: true,
        payload_type: 111,
        sequence: 7,
        timestamp: 9,
        ssrc: 11,
    };
    const IDS: ExtensionIds = ExtensionIds {
        mid: 4,
        transport_sequence: 3,
        audio_level: 1,
        video_orientation: 0,
        dependency: 12,
    };

    fn read(packet: &[u8]) -> (Header, Vec<(u8, Vec<u8>)>) {
        let header = Header::parse(packet).unwrap();
        let found = header.extensions(packet);
        (
            header,
            found.map(|one| (one.id, one.data.to_vec())).collect(),
        )
    }

    #[test]
    fn what_is_written_is_read() {
        let mut packet = Vec::new();
        let extensions = Extensions {
            mid: Some(b"0"),
            transport_sequence: Some(0x1234),
            audio_level: Some(0x85),
            video_orientation: Some(1),
            dependency: None,
        };
        let padded = Fields {
            has_padding: true,
            ..FIELDS
        };
        write(&mut packet, &padded, IDS, &extensions);
        let (header, found) = read(&packet);
        assert!(header.has_padding && header.marker);
        assert_eq!((header.payload_type, header.sequence), (111, 7));
        assert_eq!((header.timestamp, header.ssrc), (9, 11));
        assert_eq!(header.length, packet.len());
        let expected = [(4, b"0".to_vec()), (3, vec![0x12, 0x34]), (1, vec![0x85])];
        assert_eq!(found, expected, "orientation was not negotiated");
    }

    #[test]
    fn a_long_value_takes_the_two_byte_form() {
        let mut packet = Vec::new();
        let long = [7; 40];
        let extensions = Extensions {
            transport_sequence: Some(1),
            dependency: Some(&long),
            ..Extensions::default()
        };
        write(&mut packet, &FIELDS, IDS, &extensions);
        assert_eq!(read(&packet).1, [(3, vec![0, 1]), (12, long.to_vec())]);
    }

    #[test]
    fn without_extensions_it_has_twelve_octets() {
        let mut packet = Vec::new();
        let tagged = Extensions {
            mid: Some(b"0"),
            ..Extensions::default()
        };
        write(&mut packet, &FIELDS, ExtensionIds::default(), &tagged);
        assert_eq!((packet.len(), read(&packet).1), (12, vec![]));
    }

    proptest! {
        #[test]
        fn any_values_are_read_as_written(
            mid in prop::collection::vec(any::<u8>(), 0..20),
            dependency in prop::collection::vec(any::<u8>(), 0..60),
            sequence in any::<u16>(),
        ) {
            let mut packet = Vec::new();
            let extensions = Extensions {
                mid: Some(&mid),
                transport_sequence: Some(sequence),
                dependency: Some(&dependency),
                ..Extensions::default()
            };
            write(&mut packet, &FIELDS, IDS, &extensions);
            let (header, found) = read(&packet);
            prop_assert_eq!(header.length, packet.len());
            let sequence = sequence.to_be_bytes().to_vec();
            prop_assert_eq!(found, vec![(4, mid), (3, sequence), (12, dependency)]);
        }
    }
}
