//! One stream of three spatial layers on its way to one subscriber: what passes, under which numbers.

use super::Reader;
use crate::forward::downtrack::{Candidate, Downtrack, Verdict};
use crate::forward::layer::EncodedLayer;
use crate::transport::format::Codec;
use proptest::prelude::*;
use std::time::Instant;
use visio_fixtures::svc::{SvcCamera, SvcPacket};
use visio_meeting::{MediaKind, ParticipantId};

const ALICE: ParticipantId = ParticipantId(1);

/// What Alice's client describes her packets with.
const BY_DEPENDENCIES: bool = true;
const BY_PAYLOAD: bool = false;

/// What Chromium sent: two keyframes and the pictures behind each.
const CAPTURED: [(Codec, &str); 2] = [
    (Codec::Vp9, include_str!("captured/vp9_l3t3_key.txt")),
    (Codec::Av1, include_str!("captured/av1_l3t3.txt")),
];

/// A subscriber.
struct Bob {
    now: Instant,
    codec: Codec,
    has_dependencies: bool,
    reader: Reader,
    downtrack: Downtrack,
    /// What he gets; `None` for what the server filled a gap with.
    got: Vec<(u64, bool, Option<SvcPacket>)>,
    /// How many packets made the server ask for a keyframe.
    awaited: usize,
}

impl Bob {
    #[expect(
        clippy::disallowed_methods,
        reason = "any moment will do: only differences to it matter"
    )]
    fn watching(best: usize, has_dependencies: bool) -> Self {
        let mut bob = Self {
            now: Instant::now(),
            codec: Codec::Vp9,
            has_dependencies,
            reader: Reader::default(),
            downtrack: Downtrack::new(ALICE, MediaKind::Video),
            got: Vec::new(),
            awaited: 0,
        };
        bob.wants(best);
        bob
    }

    fn wants(&mut self, best: usize) {
        self.downtrack.allowance = Some(best);
        self.downtrack.select_layer(&[], [true; 3]);
    }

    fn take(&mut self, packet: &SvcPacket) {
        let descriptor = self.has_dependencies.then_some(&packet.descriptor[..]);
        let reading = self.reader.read(self.codec, descriptor, &packet.payload);
        let layer = reading.frame.map_or(0, |frame| frame.spatial);
        let verdict = self.downtrack.take(
            self.now,
            &Candidate {
                layer: EncodedLayer { encoding: 0, layer },
                frame: reading.frame.as_ref(),
                begins: self.codec.starts_keyframe(&packet.payload),
                captured: None,
                clock_rate_hz: 90_000,
                sequence: packet.sequence,
                timestamp: packet.timestamp,
                marker: packet.marker,
                vp8: None,
                frame_number: (descriptor.and_then(visio_rtc::packet::dependency::frame_number)),
            },
        );
        match verdict {
            Verdict::Send(out) => {
                let packet = Some(packet.clone());
                self.got.push((out.sequence, out.marker, packet));
            }
            Verdict::Fill(out) => self.got.push((out.sequence, out.marker, None)),
            Verdict::Await(_) => self.awaited += 1,
            Verdict::Drop => {}
        }
    }

    fn see(&mut self, camera: &mut SvcCamera, keyframes: &[bool]) {
        for &is_key in keyframes {
            for packet in camera.picture(is_key) {
                self.take(&packet);
            }
        }
    }

    /// The best layer of each picture that he got since the last time, with whether it ended with
    /// a marker and had no other.
    fn pictures(&mut self) -> Vec<(usize, bool)> {
        let got = std::mem::take(&mut self.got);
        let packets: Vec<(u32, usize, bool)> = got
            .into_iter()
            .filter_map(|(_, marker, packet)| {
                packet.map(|packet| (packet.timestamp, packet.spatial_id, marker))
            })
            .collect();
        let pictures = packets.chunk_by(|one, other| one.0 == other.0);
        pictures
            .map(|picture| {
                let best = picture.iter().map(|&(_, spatial, _)| spatial).max();
                let (last, others) = picture.split_last().unwrap();
                (best.unwrap(), last.2 && !others.iter().any(|one| one.2))
            })
            .collect()
    }
}

#[test]
fn who_has_little_gets_the_lowest_layers_without_a_gap_in_whole_pictures() {
    for (best, share_percent) in [(0, 7), (1, 26), (2, 100)] {
        for described in [BY_DEPENDENCIES, BY_PAYLOAD] {
            let mut bob = Bob::watching(best, described);
            let mut camera = SvcCamera::default();
            let mut sent = 0;
            for picture in 0..60 {
                for packet in camera.picture(picture == 0) {
                    sent += packet.payload.len();
                    bob.take(&packet);
                }
            }
            let bytes = bob.got.iter().filter_map(|(_, _, packet)| packet.as_ref());
            let bytes: usize = bytes.map(|packet| packet.payload.len()).sum();
            assert!(bytes * 100 <= sent * share_percent, "{bytes} of {sent}");
            let numbers: Vec<u64> = bob.got.iter().map(|(number, ..)| *number).collect();
            assert!(numbers.windows(2).all(|two| two[0] + 1 == two[1]));
            assert_eq!(bob.pictures(), [(best, true); 60]);
            assert_eq!(bob.awaited, 0, "nobody waits for what is not wanted");
        }
    }
}

/// The packets of a capture, with the layers that `reader` finds.
fn captured(text: &str, codec: Codec, mut reader: Reader) -> Vec<SvcPacket> {
    let bytes = |hex: &str| -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2);
        let byte = |pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        pairs.map(byte).collect()
    };
    let packet = |line: &str| {
        let [sequence, timestamp, marker, descriptor, payload] =
            line.split(' ').collect::<Vec<_>>()[..].try_into().unwrap();
        let (descriptor, payload) = (bytes(descriptor), bytes(payload));
        let frame = reader.read(codec, Some(&descriptor), &payload).frame;
        SvcPacket {
            sequence: sequence.parse().unwrap(),
            timestamp: timestamp.parse().unwrap(),
            marker: marker == "1",
            spatial_id: frame.unwrap().spatial,
            descriptor,
            payload,
        }
    };
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(packet).collect()
}

#[test]
fn what_chromium_sends_is_thinned_too() {
    for (codec, text) in CAPTURED {
        let packets = captured(text, codec, Reader::default());
        for best in 0..3 {
            let mut bob = Bob::watching(best, BY_DEPENDENCIES);
            bob.codec = codec;
            packets.iter().for_each(|packet| bob.take(packet));
            let wanted = packets.iter().filter(|packet| packet.spatial_id <= best);
            assert_eq!(bob.got.len(), wanted.count());
            let mut numbers = bob.got.windows(2);
            assert!(numbers.all(|two| two[0].0 + 1 == two[1].0));
            let pictures = bob.pictures();
            assert!(pictures.len() > 10, "{}", pictures.len());
            assert!(pictures.iter().all(|&picture| picture == (best, true)));
        }
    }
}

#[test]
fn chromium_says_the_same_of_its_layers_in_both_descriptors() {
    let (codec, text) = CAPTURED[0];
    let mut reader = Reader::default();
    for packet in captured(text, codec, Reader::default()) {
        let frame = reader.read(codec, None, &packet.payload).frame.unwrap();
        assert_eq!(frame.spatial, packet.spatial_id);
    }
}

#[test]
fn fewer_layers_come_from_the_next_picture_on_and_more_from_the_next_keyframe() {
    for described in [BY_DEPENDENCIES, BY_PAYLOAD] {
        let (mut bob, mut camera) = (Bob::watching(2, described), SvcCamera::default());
        bob.see(&mut camera, &[true, false, false]);
        let picture = camera.picture(false);
        let (begun, rest) = picture.split_at(2);
        begun.iter().for_each(|packet| bob.take(packet));
        bob.wants(0);
        rest.iter().for_each(|packet| bob.take(packet));
        assert_eq!(bob.pictures(), [(2, true); 4], "what has begun is ended");
        bob.see(&mut camera, &[false, false]);
        assert_eq!(bob.pictures(), [(0, true); 2]);
        assert_eq!(bob.awaited, 0);
        bob.wants(1);
        bob.see(&mut camera, &[false, false]);
        assert_eq!(bob.pictures(), [(0, true); 2], "no decoder could begin");
        assert!(bob.awaited > 0);
        bob.awaited = 0;
        bob.see(&mut camera, &[true, false]);
        assert_eq!(bob.pictures(), [(1, true); 2]);
        assert_eq!(bob.awaited, 0);
    }
}

#[test]
fn a_keyframe_that_has_begun_is_sent_whole_whatever_is_wanted_meanwhile() {
    let (mut bob, mut camera) = (Bob::watching(0, BY_PAYLOAD), SvcCamera::default());
    bob.see(&mut camera, &[true, false]);
    bob.wants(2);
    let [base, upper @ ..] = &camera.picture(true)[..] else {
        panic!("an empty picture");
    };
    bob.take(base);
    bob.wants(1);
    upper.iter().for_each(|packet| bob.take(packet));
    bob.see(&mut camera, &[false]);
    let whole = [(0, true), (0, true), (2, true), (1, true)];
    assert_eq!(bob.pictures(), whole);
}

#[test]
fn a_wish_that_rises_inside_a_frame_waits_for_one_that_is_whole() {
    for described in [BY_DEPENDENCIES, BY_PAYLOAD] {
        let (mut bob, mut camera) = (Bob::watching(0, described), SvcCamera::default());
        let key = camera.picture(true);
        let upper = key
            .iter()
            .position(|packet| packet.spatial_id == 1)
            .unwrap();
        for (at, packet) in key.iter().enumerate() {
            if at == upper + 1 {
                bob.wants(2);
            }
            bob.take(packet);
        }
        bob.see(&mut camera, &[false, true]);
        assert_eq!(bob.pictures(), [(0, true), (0, true), (2, true)]);
        assert!(bob.awaited > 0, "a keyframe is asked for");
    }
}

#[test]
fn an_upper_layer_whose_references_were_not_sent_does_not_begin() {
    let (mut bob, mut camera) = (Bob::watching(2, BY_DEPENDENCIES), SvcCamera::default());
    bob.see(&mut camera, &[true]);
    bob.wants(0);
    bob.see(&mut camera, &[false; 4]);
    bob.wants(2);
    let [base, upper @ ..] = &camera.picture(true)[..] else {
        panic!("an empty picture");
    };
    bob.pictures();
    // The lowest layer of the keyframe is lost: nothing can be built on it.
    upper.iter().for_each(|packet| bob.take(packet));
    assert_eq!(bob.pictures(), []);
    bob.take(base);
    bob.see(&mut camera, &[false, true]);
    assert_eq!(bob.pictures(), [(0, true), (0, true), (2, true)]);
}

#[test]
fn a_stream_whose_descriptors_say_nothing_has_one_layer() {
    let (mut bob, mut camera) = (Bob::watching(0, BY_DEPENDENCIES), SvcCamera::default());
    for is_key in [true, false, false] {
        for packet in camera.picture(is_key) {
            let flags = packet.payload[0] & 0x48;
            bob.take(&SvcPacket {
                descriptor: vec![0xff; 7],
                payload: vec![flags, 0, 0, 0],
                ..packet
            });
        }
    }
    assert_eq!(bob.got.len(), 27, "all of it");
}

proptest! {
    /// Whatever is lost and comes again late, he misses no number in the end, and each packet has
    /// its own.
    #[test]
    fn what_comes_late_fills_its_place(
        best in 0_usize..3,
        later in prop::collection::vec(prop::option::weighted(0.2, 1_usize..60), 27..=540),
    ) {
        let (mut bob, mut camera) = (Bob::watching(best, BY_DEPENDENCIES), SvcCamera::default());
        bob.see(&mut camera, &[true]);
        let mut waiting: Vec<(usize, SvcPacket)> = Vec::new();
        let pictures = std::iter::repeat_with(|| camera.picture(false)).flatten();
        let packets: Vec<SvcPacket> = pictures.take(later.len()).collect();
        for (at, (packet, delay)) in packets.into_iter().zip(later).enumerate() {
            let due: Vec<SvcPacket> =
                waiting.extract_if(.., |(due, _)| *due <= at).map(|(_, late)| late).collect();
            due.iter().for_each(|packet| bob.take(packet));
            match delay {
                Some(delay) => waiting.push((at + delay, packet)),
                None => bob.take(&packet),
            }
        }
        waiting.iter().for_each(|(_, packet)| bob.take(packet));
        let mut got: Vec<_> = bob.got.iter().map(|(number, _, packet)| {
            (*number, packet.as_ref().map(|packet| packet.sequence))
        }).collect();
        got.sort_unstable();
        prop_assert!(got.windows(2).all(|two| two[0].0 + 1 == two[1].0), "{:?}", got);
        let order: Vec<u64> = got.iter().filter_map(|(_, sequence)| *sequence).collect();
        prop_assert!(order.is_sorted());
        let unwanted = bob.got.iter().filter_map(|(_, _, packet)| packet.as_ref());
        prop_assert!(unwanted.into_iter().all(|packet| packet.spatial_id <= best));
    }

    /// Hostile descriptors break nothing, and what comes behind them is sent as it should be.
    #[test]
    fn eve_describes_her_packets_as_she_likes(
        hostile in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..40), prop::collection::vec(any::<u8>(), 0..24)),
            0..60,
        ),
        best in 0_usize..3,
    ) {
        let (mut bob, mut camera) = (Bob::watching(best, BY_DEPENDENCIES), SvcCamera::default());
        for (descriptor, payload) in hostile {
            let packet = camera.picture(false).swap_remove(0);
            bob.take(&SvcPacket { descriptor, payload, ..packet });
        }
        bob.see(&mut camera, &[true, false]);
        bob.pictures();
        bob.see(&mut camera, &[true, false, false]);
        prop_assert_eq!(bob.pictures(), [(best, true); 3]);
    }
}
