//! The dependency descriptor read back from bits written by its specification.

use super::*;

/// Writes fields that are not aligned to bytes.
#[derive(Default)]
struct Writer(Vec<bool>);

impl Writer {
    fn put(mut self, count: u8, value: u32) -> Self {
        self.0
            .extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn bytes(self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            let values = bits.iter().enumerate();
            values.map(|(at, &bit)| u8::from(bit) << (7 - at)).sum()
        };
        self.0.chunks(8).map(byte).collect()
    }
}

/// The first packet of a stream of two spatial layers that need each other at keyframes only:
/// a keyframe and a later frame of each, one decode target and one chain a layer.
fn first_packet() -> Writer {
    let packet = Writer::default().put(1, 1).put(1, 0).put(6, 62).put(16, 7);
    let flags = packet.put(5, 0b11000);
    let templates = flags.put(6, 62).put(5, 1).put(8, 0b00_10_00_11);
    let indications = [0b10_10, 0b10_00, 0b00_10, 0b00_10];
    let templates = indications
        .into_iter()
        .fold(templates, |writer, targets| writer.put(4, targets));
    // Each is announced by a bit: nothing; two back; one back; two back.
    let references = templates
        .put(1, 0)
        .put(6, 0b10_0010)
        .put(6, 0b10_0000)
        .put(6, 0b10_0010);
    // Two of at most two chains: the numbers 0 to 2 take one bit or two.
    let chains = references.put(2, 0b11).put(1, 0).put(1, 1).put(32, 0);
    let sizes = chains.put(1, 1).put(16, 319).put(16, 179);
    sizes.put(16, 639).put(16, 359).put(2, 0b01)
}

fn structure() -> Structure {
    let first = Descriptor::parse(&first_packet().bytes(), None).unwrap();
    first.structure.unwrap()
}

#[test]
fn the_first_packet_tells_how_the_stream_is_made() {
    let first = Descriptor::parse(&first_packet().bytes(), None).unwrap();
    assert!(first.starts_frame && !first.ends_frame);
    assert_eq!((first.frame_number, first.frame.spatial_id), (7, 0));
    assert_eq!(first.active_targets, Some(0b01), "the upper layer is off");
    let structure = first.structure.unwrap();
    assert_eq!(structure.spatial_layers(), 2);
    assert_eq!(structure.active_spatial_layers(0b01), 1);
    assert_eq!(structure.active_spatial_layers(u32::MAX), 2);
    assert_eq!(structure.active_spatial_layers(0), 0);
    assert!(structure.begins_layer(&first.frame));
    assert_eq!(first.frame.references().count(), 0);
}

#[test]
fn later_packets_name_a_template_and_say_what_differs() {
    let structure = structure();
    // The third template, whose id has run over: the upper layer of the keyframe.
    let upper = Descriptor::parse(&[0x40, 0, 8], Some(&structure)).unwrap();
    assert_eq!((upper.frame.spatial_id, upper.frame.temporal_id), (1, 0));
    assert!(!upper.starts_frame && upper.ends_frame && upper.structure.is_none());
    assert_eq!(upper.frame.references().collect::<Vec<_>>(), [1]);
    assert!(structure.begins_layer(&upper.frame));
    let own = Writer::default().put(8, 0).put(16, 9).put(5, 0b00111);
    let own = own
        .put(4, 0b01_11)
        .put(6, 0b01_0010)
        .put(10, 0b10_0000_1111);
    let own = own.put(2, 0).put(16, 0).bytes();
    let own = Descriptor::parse(&own, Some(&structure)).unwrap();
    assert_eq!(own.frame.indication(0), Indication::Discardable);
    assert_eq!(own.frame.indication(1), Indication::Required);
    assert_eq!(own.frame.indication(99), Indication::Absent);
    assert!(!structure.begins_layer(&own.frame));
    assert_eq!(own.frame.references().collect::<Vec<_>>(), [3, 16]);
}

#[test]
fn what_is_cut_short_or_names_nothing_is_not_read() {
    let bytes = first_packet().bytes();
    for length in 0..bytes.len() {
        assert_eq!(Descriptor::parse(&bytes[..length], None), None, "{length}");
    }
    assert_eq!(Descriptor::parse(&[0x40, 0, 8], None), None, "no structure");
    let structure = structure();
    for template in (2..62).map(|id| 0x80 | id) {
        let packet = [template, 0, 8];
        assert_eq!(Descriptor::parse(&packet, Some(&structure)), None);
    }
}

#[test]
fn too_many_layers_references_and_templates_are_not_read() {
    let structure = structure();
    let references = |count| {
        let own = Writer::default().put(24, 0).put(5, 0b00010);
        let own = (0..count).fold(own, |own, _| own.put(6, 0b01_0000));
        let bytes = own.put(2, 0).bytes();
        Descriptor::parse(&bytes, Some(&structure)).map(|one| one.frame.references().count())
    };
    assert_eq!(references(8), Some(8));
    assert_eq!(references(9), None);
    for (next_layer, templates) in [(0, 65), (1, 9), (2, 5)] {
        let packet = Writer::default().put(24, 0).put(5, 0b10000).put(11, 0);
        let packet = (1..templates).fold(packet, |packet, _| packet.put(2, next_layer));
        let rest = packet.put(2, 3).bytes();
        let bytes = [rest, vec![0; 400]].concat();
        assert_eq!(Descriptor::parse(&bytes, None), None, "{next_layer}");
    }
}

#[test]
fn frame_numbers_are_read_and_replaced_without_a_structure() {
    let mut packet = [0x80, 0x12, 0x34, 0xff];
    assert_eq!(frame_number(&packet), Some(0x1234));
    set_frame_number(&mut packet, 0xabcd);
    assert_eq!(packet, [0x80, 0xab, 0xcd, 0xff]);
    assert_eq!(frame_number(&packet[..2]), None);
    set_frame_number(&mut packet[..2], 0);
    assert_eq!(packet, [0x80, 0xab, 0xcd, 0xff]);
}
