//! Renumbering: one unbroken outgoing stream out of the layers a downtrack switches between.

use std::collections::VecDeque;
use std::time::{Duration, Instant};
use visio_rtc::packet::vp8;

/// The first number of an outgoing stream: below 2^15, so that a receiver that misses the first
/// packets does not guess the wrong rollover count (RFC 3711 section 3.3.1).
const FIRST_SEQUENCE: u64 = 1_000;

/// 15-bit picture ids wrap there (RFC 7741 section 4.2).
const PICTURE_ID_MODULUS: u16 = 1 << 15;

/// Packets that were left out one after the other make a span; what comes later than so many spans
/// is dropped. At 30 pictures a second that is four seconds.
const SPANS_MAX: usize = 128;

/// Maps incoming to outgoing numbers; a switch continues where the last layer stopped, and what is
/// left out leaves no gap.
#[derive(Debug)]
pub(crate) struct Rewriter {
    sequence_offset: i64,
    left_out: LeftOut,
    frame_offset: u16,
    timestamp_offset: u32,
    picture: PictureOffsets,
    /// Incoming packets before this one belong to the time before the switch, or are too late.
    first_incoming: u64,
    newest_incoming: u64,
    last: Option<Last>,
}

/// The newest outgoing packet.
#[derive(Clone, Copy, Debug)]
struct Last {
    sequence: u64,
    timestamp: u32,
    came: Instant,
    captured: Option<Instant>,
    picture_id: u16,
    tl0: u8,
    key: u8,
    frame_number: Option<u16>,
}

/// Incoming packets since the switch that were not sent.
#[derive(Debug, Default)]
struct LeftOut {
    /// The first and the last of those that follow each other, oldest first.
    spans: VecDeque<(u64, u64)>,
    /// How many they are, with those of forgotten spans.
    total: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct PictureOffsets {
    id: u16,
    tl0: u8,
    key: u8,
}

/// The numbers of an incoming packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming<'a> {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) captured: Option<Instant>,
    pub(crate) clock_rate_hz: u32,
    pub(crate) marker: bool,
    pub(crate) vp8: Option<&'a vp8::Counters>,
    /// The number of its frame in the dependency descriptor.
    pub(crate) frame_number: Option<u16>,
}

/// The numbers of an outgoing packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) vp8: Option<vp8::Patch>,
    pub(crate) frame_number: Option<u16>,
}

impl Rewriter {
    pub(crate) fn new() -> Self {
        Self {
            sequence_offset: 0,
            left_out: LeftOut::default(),
            frame_offset: 0,
            timestamp_offset: 0,
            picture: PictureOffsets::default(),
            first_incoming: 0,
            newest_incoming: 0,
            last: None,
        }
    }

    /// From `incoming` on, another stream is sent: its numbers continue those sent so far.
    pub(crate) fn switch(&mut self, now: Instant, incoming: &Incoming<'_>) {
        self.first_incoming = incoming.sequence;
        self.newest_incoming = incoming.sequence;
        self.left_out = LeftOut::default();
        let (sequence, timestamp) = match self.last {
            Some(last) => (
                last.sequence + 1,
                last.timestamp.wrapping_add(self.ticks_since(
                    now,
                    incoming.captured,
                    incoming.clock_rate_hz,
                )),
            ),
            None => (FIRST_SEQUENCE, incoming.timestamp),
        };
        self.sequence_offset = sequence.cast_signed() - incoming.sequence.cast_signed();
        self.timestamp_offset = timestamp.wrapping_sub(incoming.timestamp);
        if let (Some(last), Some(vp8)) = (self.last, incoming.vp8) {
            self.picture = PictureOffsets {
                id: last
                    .picture_id
                    .wrapping_add(1)
                    .wrapping_sub(vp8.picture_id.unwrap_or(0)),
                tl0: last.tl0.wrapping_add(1).wrapping_sub(vp8.tl0.unwrap_or(0)),
                key: last.key.wrapping_add(1).wrapping_sub(vp8.key.unwrap_or(0)),
            };
        }
        let last_frame = self.last.and_then(|last| last.frame_number);
        if let (Some(last), Some(frame)) = (last_frame, incoming.frame_number) {
            self.frame_offset = last.wrapping_add(1).wrapping_sub(frame);
        }
    }

    /// The numbers of a packet of the server's own, where nothing of the publisher's is sent.
    pub(crate) fn insert(&mut self, now: Instant, clock_rate_hz: u32) -> Outgoing {
        let (sequence, timestamp) = match self.last {
            Some(last) => (
                last.sequence + 1,
                last.timestamp
                    .wrapping_add(self.ticks_since(now, None, clock_rate_hz)),
            ),
            None => (FIRST_SEQUENCE, 0),
        };
        let (picture_id, tl0, key) = self.last.map_or_else(Default::default, |last| {
            (last.picture_id, last.tl0, last.key)
        });
        self.last = Some(Last {
            sequence,
            timestamp,
            came: now,
            captured: None,
            picture_id,
            tl0,
            key,
            frame_number: self.last.and_then(|last| last.frame_number),
        });
        Outgoing {
            sequence,
            timestamp,
            marker: false,
            vp8: None,
            frame_number: None,
        }
    }

    /// A packet of the stream being sent is left out. Its outgoing number goes to the next one;
    /// but one that comes after its successors has left a gap, and the numbers of a packet that
    /// fills it are returned.
    pub(crate) fn leave_out(&mut self, now: Instant, incoming: &Incoming<'_>) -> Option<Outgoing> {
        if incoming.sequence <= self.newest_incoming {
            return self.rewrite(now, incoming);
        }
        self.newest_incoming = incoming.sequence;
        if let Some(last_forgotten) = self.left_out.push(incoming.sequence) {
            self.first_incoming = last_forgotten + 1;
        }
        None
    }

    /// The outgoing numbers; `None` for a straggler from before the last switch, and for what was
    /// left out before.
    pub(crate) fn rewrite(&mut self, now: Instant, incoming: &Incoming<'_>) -> Option<Outgoing> {
        if incoming.sequence < self.first_incoming {
            return None;
        }
        let left_out = self.left_out.before(incoming.sequence)?;
        self.newest_incoming = self.newest_incoming.max(incoming.sequence);
        let sequence = incoming.sequence.checked_add_signed(self.sequence_offset)?;
        let sequence = sequence.checked_sub(left_out)?;
        let frame_number = incoming.frame_number;
        let frame_number = frame_number.map(|number| number.wrapping_add(self.frame_offset));
        let timestamp = incoming.timestamp.wrapping_add(self.timestamp_offset);
        let numbers = incoming.vp8.map(|vp8| self.shifted(vp8));
        if self.last.is_none_or(|last| sequence > last.sequence) {
            let (picture_id, tl0, key) = numbers.unwrap_or_default();
            self.last = Some(Last {
                sequence,
                timestamp,
                came: now,
                captured: incoming.captured,
                picture_id,
                tl0,
                key,
                frame_number: frame_number.or(self.last.and_then(|last| last.frame_number)),
            });
        }
        let vp8 = incoming
            .vp8
            .zip(numbers)
            .and_then(|(vp8, (picture_id, tl0, key))| vp8.patch(picture_id, tl0, key));
        Some(Outgoing {
            sequence,
            timestamp,
            marker: incoming.marker,
            vp8,
            frame_number,
        })
    }

    fn shifted(&self, vp8: &vp8::Counters) -> (u16, u8, u8) {
        let id = vp8.picture_id.unwrap_or(0).wrapping_add(self.picture.id) % PICTURE_ID_MODULUS;
        let tl0 = vp8.tl0.unwrap_or(0).wrapping_add(self.picture.tl0);
        let key = vp8.key.unwrap_or(0).wrapping_add(self.picture.key) % 32;
        (id, tl0, key)
    }

    /// How far the media clock runs between the last packet sent and one that comes now, at least one tick:
    /// by when they were captured if that is known of both, else by when they came.
    fn ticks_since(&self, now: Instant, captured: Option<Instant>, clock_rate_hz: u32) -> u32 {
        let elapsed = self.last.map_or(Duration::ZERO, |last| {
            let (former, present) = last.captured.zip(captured).unwrap_or((last.came, now));
            present.saturating_duration_since(former)
        });
        let ticks = elapsed.as_micros() * u128::from(clock_rate_hz) / 1_000_000;
        u32::try_from(ticks % (1 << 32)).unwrap_or(1).max(1)
    }
}

impl LeftOut {
    /// Notes a packet, newer than all before; returns the last of a span that is forgotten for it.
    fn push(&mut self, sequence: u64) -> Option<u64> {
        self.total += 1;
        match self.spans.back_mut() {
            Some((_, last)) if *last + 1 == sequence => *last = sequence,
            _ => self.spans.push_back((sequence, sequence)),
        }
        let is_full = self.spans.len() > SPANS_MAX;
        let (_, last) = is_full.then(|| self.spans.pop_front()).flatten()?;
        Some(last)
    }

    /// How many were left out before a packet; `None` if it is one of them.
    fn before(&self, sequence: u64) -> Option<u64> {
        let mut count = self.total;
        for &(first, last) in self.spans.iter().rev() {
            if last < sequence {
                break;
            }
            if first <= sequence {
                return None;
            }
            count -= last - first + 1;
        }
        Some(count)
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLOCK_HZ: u32 = 90_000;

    fn incoming(sequence: u64, timestamp: u32) -> Incoming<'static> {
        Incoming {
            sequence,
            timestamp,
            captured: None,
            clock_rate_hz: CLOCK_HZ,
            marker: false,
            vp8: None,
            frame_number: None,
        }
    }

    /// A VP8 packet that counts everything (RFC 7741 section 4.2).
    fn vp8(picture: u16, tl0: u8, key: u8) -> vp8::Counters {
        let [high, low] = picture.to_be_bytes();
        let payload = [0x90, 0xf0, 0x80 | high, low, tl0, key & 0x1f, 0];
        vp8::Counters::parse(&payload).unwrap()
    }

    #[test]
    fn a_switch_goes_on_where_the_last_layer_stopped() {
        let start = Instant::now();
        let mut rewriter = Rewriter::new();
        rewriter.switch(start, &incoming(500, 7));
        let first = rewriter.rewrite(start, &incoming(500, 7)).unwrap();
        assert_eq!((first.sequence, first.timestamp), (FIRST_SEQUENCE, 7));
        let later = start + Duration::from_millis(100);
        rewriter.switch(later, &incoming(9, 1_000_000));
        let second = rewriter.rewrite(later, &incoming(9, 1_000_000)).unwrap();
        assert_eq!(second.sequence, FIRST_SEQUENCE + 1);
        assert_eq!(second.timestamp, 7 + 9_000, "100 ms of the media clock");
    }

    #[test]
    fn a_straggler_from_before_the_switch_is_dropped() {
        let now = Instant::now();
        let mut rewriter = Rewriter::new();
        rewriter.switch(now, &incoming(500, 7));
        assert!(rewriter.rewrite(now, &incoming(499, 7)).is_none());
        assert!(rewriter.rewrite(now, &incoming(500, 7)).is_some());
    }

    #[test]
    fn picture_ids_go_on_over_their_wrap() {
        let now = Instant::now();
        let mut rewriter = Rewriter::new();
        let last = vp8(PICTURE_ID_MODULUS - 1, 255, 31);
        let packet = Incoming {
            vp8: Some(&last),
            ..incoming(1, 1)
        };
        rewriter.switch(now, &packet);
        rewriter.rewrite(now, &packet).unwrap();
        let other = vp8(77, 3, 9);
        let packet = Incoming {
            vp8: Some(&other),
            ..incoming(800, 5)
        };
        rewriter.switch(now, &packet);
        assert_eq!(rewriter.shifted(&other), (0, 0, 0));
    }

    #[test]
    fn what_is_left_out_leaves_no_gap_and_what_was_late_fills_its_own() {
        let now = Instant::now();
        let mut rewriter = Rewriter::new();
        rewriter.switch(now, &incoming(10, 0));
        let number = |out: Option<Outgoing>| out.map(|out| out.sequence - FIRST_SEQUENCE);
        assert_eq!(number(rewriter.rewrite(now, &incoming(10, 0))), Some(0));
        // 11 and 14 are late; 12 and 13 are left out.
        assert_eq!(number(rewriter.leave_out(now, &incoming(12, 0))), None);
        assert_eq!(number(rewriter.leave_out(now, &incoming(13, 0))), None);
        assert_eq!(number(rewriter.rewrite(now, &incoming(15, 0))), Some(3));
        assert_eq!(number(rewriter.rewrite(now, &incoming(11, 0))), Some(1));
        assert_eq!(number(rewriter.rewrite(now, &incoming(12, 0))), None);
        assert_eq!(number(rewriter.leave_out(now, &incoming(14, 0))), Some(2));
        assert_eq!(number(rewriter.rewrite(now, &incoming(16, 0))), Some(4));
    }

    #[test]
    fn what_comes_later_than_all_that_is_remembered_is_dropped() {
        let now = Instant::now();
        let mut rewriter = Rewriter::new();
        rewriter.switch(now, &incoming(0, 0));
        let spans = u64::try_from(SPANS_MAX).unwrap();
        // Each odd packet is left out but the first, which is late.
        let mut last = None;
        for pair in 0..spans + 2 {
            last = rewriter.rewrite(now, &incoming(pair * 2, 0));
            if pair > 0 {
                rewriter.leave_out(now, &incoming(pair * 2 + 1, 0));
            }
        }
        assert!(rewriter.rewrite(now, &incoming(1, 0)).is_none());
        let last = last.unwrap().sequence;
        assert_eq!(
            last,
            FIRST_SEQUENCE + spans + 2,
            "the late one has its place"
        );
    }

    #[test]
    fn frame_numbers_go_on_where_the_last_stream_stopped() {
        let now = Instant::now();
        let mut rewriter = Rewriter::new();
        let numbered = |sequence, number| Incoming {
            frame_number: Some(number),
            ..incoming(sequence, 0)
        };
        let first = numbered(1, u16::MAX);
        rewriter.switch(now, &first);
        let out = rewriter.rewrite(now, &first).unwrap();
        assert_eq!(out.frame_number, Some(u16::MAX));
        // Ten minutes later the same stream is sent again: a receiver takes a number that is more
        // than half the range ahead for one of the past.
        let again = numbered(90_000, 40_000);
        rewriter.switch(now, &again);
        let out = rewriter.rewrite(now, &again).unwrap();
        assert_eq!(out.frame_number, Some(0));
        let next = rewriter.rewrite(now, &numbered(90_001, 40_003)).unwrap();
        assert_eq!(next.frame_number, Some(3));
    }

    proptest! {
        /// Whatever the layers count from, what leaves counts by one and its clock never runs back.
        #[test]
        fn what_leaves_is_unbroken(
            spans in prop::collection::vec((0_u64..1 << 40, any::<u32>(), 1_u64..20), 1..12),
        ) {
            let mut now = Instant::now();
            let mut rewriter = Rewriter::new();
            let mut before: Option<Outgoing> = None;
            for (first, clock, length) in spans {
                rewriter.switch(now, &incoming(first, clock));
                for step in 0..length {
                    let ticks = u32::try_from(step).unwrap() * 900;
                    let packet = incoming(first + step, clock.wrapping_add(ticks));
                    let out = rewriter.rewrite(now, &packet).unwrap();
                    if let Some(before) = before {
                        prop_assert_eq!(out.sequence, before.sequence + 1);
                        let passed = out.timestamp.wrapping_sub(before.timestamp);
                        prop_assert!(passed > 0 && passed < 1 << 31);
                    }
                    before = Some(out);
                    now += Duration::from_millis(10);
                }
            }
        }
    }
}
