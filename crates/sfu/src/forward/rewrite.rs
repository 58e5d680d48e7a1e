//! Renumbering: one unbroken outgoing stream out of the layers a downtrack switches between.

use crate::transport::vp8::{Vp8Numbers, Vp8Patch};
use std::time::{Duration, Instant};

/// The first number of an outgoing stream: below 2^15, so that a receiver that misses the first
/// packets does not guess the wrong rollover count (RFC 3711 section 3.3.1).
const FIRST_SEQUENCE: u64 = 1_000;

/// 15-bit picture ids wrap there (RFC 7741 section 4.2).
const PICTURE_ID_MODULUS: u16 = 1 << 15;

/// Maps incoming to outgoing numbers; a switch continues where the last layer stopped.
#[derive(Debug)]
pub(crate) struct Rewriter {
    sequence_offset: i64,
    timestamp_offset: u32,
    picture: PictureOffsets,
    /// Incoming packets before this one belong to the time before the switch.
    first_incoming: u64,
    last: Option<Last>,
}

/// The newest outgoing packet.
#[derive(Clone, Copy, Debug)]
struct Last {
    sequence: u64,
    timestamp: u32,
    sent: Instant,
    picture_id: u16,
    tl0: u8,
    key: u8,
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
    pub(crate) clock_rate_hz: u32,
    pub(crate) vp8: Option<&'a Vp8Numbers>,
}

/// The numbers of an outgoing packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) vp8: Option<Vp8Patch>,
}

impl Rewriter {
    pub(crate) fn new() -> Self {
        Self {
            sequence_offset: 0,
            timestamp_offset: 0,
            picture: PictureOffsets::default(),
            first_incoming: 0,
            last: None,
        }
    }

    /// From `incoming` on, another stream is sent: its numbers continue those sent so far.
    pub(crate) fn switch(&mut self, now: Instant, incoming: &Incoming<'_>) {
        self.first_incoming = incoming.sequence;
        let (sequence, timestamp) = match self.last {
            Some(last) => (
                last.sequence + 1,
                last.timestamp
                    .wrapping_add(self.ticks_since(now, incoming.clock_rate_hz)),
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
    }

    /// The numbers of a packet of the server's own, where nothing of the publisher's is sent.
    pub(crate) fn insert(&mut self, now: Instant, clock_rate_hz: u32) -> Outgoing {
        let (sequence, timestamp) = match self.last {
            Some(last) => (
                last.sequence + 1,
                last.timestamp
                    .wrapping_add(self.ticks_since(now, clock_rate_hz)),
            ),
            None => (FIRST_SEQUENCE, 0),
        };
        let (picture_id, tl0, key) = self.last.map_or_else(Default::default, |last| {
            (last.picture_id, last.tl0, last.key)
        });
        self.last = Some(Last {
            sequence,
            timestamp,
            sent: now,
            picture_id,
            tl0,
            key,
        });
        Outgoing {
            sequence,
            timestamp,
            vp8: None,
        }
    }

    /// The outgoing numbers; `None` for a straggler from before the last switch.
    pub(crate) fn rewrite(&mut self, now: Instant, incoming: &Incoming<'_>) -> Option<Outgoing> {
        if incoming.sequence < self.first_incoming {
            return None;
        }
        let sequence = incoming.sequence.checked_add_signed(self.sequence_offset)?;
        let timestamp = incoming.timestamp.wrapping_add(self.timestamp_offset);
        let numbers = incoming.vp8.map(|vp8| self.shifted(vp8));
        if self.last.is_none_or(|last| sequence > last.sequence) {
            let (picture_id, tl0, key) = numbers.unwrap_or_default();
            self.last = Some(Last {
                sequence,
                timestamp,
                sent: now,
                picture_id,
                tl0,
                key,
            });
        }
        let vp8 = incoming
            .vp8
            .zip(numbers)
            .and_then(|(vp8, (picture_id, tl0, key))| vp8.patch(picture_id, tl0, key));
        Some(Outgoing {
            sequence,
            timestamp,
            vp8,
        })
    }

    fn shifted(&self, vp8: &Vp8Numbers) -> (u16, u8, u8) {
        let id = vp8.picture_id.unwrap_or(0).wrapping_add(self.picture.id) % PICTURE_ID_MODULUS;
        let tl0 = vp8.tl0.unwrap_or(0).wrapping_add(self.picture.tl0);
        let key = vp8.key.unwrap_or(0).wrapping_add(self.picture.key) % 32;
        (id, tl0, key)
    }

    /// How far the media clock runs between the last packet sent and `now`, at least one tick.
    fn ticks_since(&self, now: Instant, clock_rate_hz: u32) -> u32 {
        let elapsed: Duration = self.last.map_or(Duration::ZERO, |last| now - last.sent);
        let ticks = elapsed.as_micros() * u128::from(clock_rate_hz) / 1_000_000;
        u32::try_from(ticks % (1 << 32)).unwrap_or(1).max(1)
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
            clock_rate_hz: CLOCK_HZ,
            vp8: None,
        }
    }

    /// A VP8 packet that counts everything (RFC 7741 section 4.2).
    fn vp8(picture: u16, tl0: u8, key: u8) -> Vp8Numbers {
        let [high, low] = picture.to_be_bytes();
        let payload = [0x90, 0xf0, 0x80 | high, low, tl0, key & 0x1f, 0];
        Vp8Numbers::parse(&payload).unwrap()
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
