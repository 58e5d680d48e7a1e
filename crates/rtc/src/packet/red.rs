//! Redundant audio (RFC 2198): a frame and copies of those before it in one payload, read and written.

/// Bit of a block's header: another header follows.
const FOLLOWED: u8 = 0x80;
/// The rest of that byte: the payload type of the block.
const PAYLOAD_TYPE: u8 = 0x7f;
const HEADER_BYTES: usize = 4;

/// A redundant block's length has 10 bits and its timestamp offset 14 (RFC 2198 section 3).
const LENGTH_MAX: usize = (1 << 10) - 1;
const OFFSET_MAX: u32 = (1 << 14) - 1;

/// Browsers send one copy and LiveKit's server two; a payload with more than this is refused.
const COPIES_MAX: usize = 8;

/// A payload of redundant audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Red<'a> {
    /// The payload type of the newest frame.
    pub payload_type: u8,
    /// The newest frame, which is a tail of the payload.
    pub primary: &'a [u8],
    headers: &'a [u8],
    bodies: &'a [u8],
}

/// A redundant block: the copy of an earlier frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    pub payload_type: u8,
    /// How many packets before the one that carries it the frame was sent, where copies are of the
    /// frames right before: the offset of its sequence number.
    pub distance: u64,
    /// Ticks of the RTP clock between the copied frame and the newest.
    pub timestamp_offset: u32,
    pub payload: &'a [u8],
}

/// Reads a payload; `None` if it is none, is cut short or has more than eight copies.
#[must_use]
pub fn read(payload: &[u8]) -> Option<Red<'_>> {
    let (mut rest, mut copies, mut length) = (payload, 0, 0);
    loop {
        match rest {
            [first, blocks @ ..] if first & FOLLOWED == 0 => {
                let (bodies, primary) = blocks.split_at_checked(length)?;
                return Some(Red {
                    payload_type: *first,
                    primary,
                    headers: payload.get(..copies * HEADER_BYTES)?,
                    bodies,
                });
            }
            [_, _, high, low, tail @ ..] if copies < COPIES_MAX => {
                length += body_bytes(*high, *low);
                copies += 1;
                rest = tail;
            }
            _ => return None,
        }
    }
}

impl<'a> Red<'a> {
    /// The copies, oldest first.
    pub fn copies(&self) -> impl Iterator<Item = Block<'a>> + use<'a> {
        let (headers, _) = self.headers.as_chunks::<HEADER_BYTES>();
        let distances = (1..=headers.len() as u64).rev();
        let mut bodies = self.bodies;
        let copy = move |(&[first, offset, middle, low], distance): (&[u8; 4], u64)| {
            let (payload, rest) = bodies.split_at_checked(body_bytes(middle, low))?;
            bodies = rest;
            Some(Block {
                payload_type: first & PAYLOAD_TYPE,
                distance,
                timestamp_offset: u32::from(offset) << 6 | u32::from(middle >> 2),
                payload,
            })
        };
        headers.iter().zip(distances).map_while(copy)
    }
}

/// Makes a payload of `primary`, sent at `timestamp`, and of the frames before it with their
/// timestamps, oldest first. What does not fit its header is left out, and what is older too.
#[must_use]
pub fn write(
    payload_type: u8,
    (timestamp, primary): (u32, &[u8]),
    earlier: &[(u32, &[u8])],
) -> Vec<u8> {
    let header = |&(sent, payload): &(u32, &[u8])| {
        let offset = timestamp.wrapping_sub(sent);
        let fits = (1..=OFFSET_MAX).contains(&offset) && payload.len() <= LENGTH_MAX;
        let word = u32::from(FOLLOWED | payload_type) << 24 | offset << 10;
        let length = u32::try_from(payload.len()).ok()?;
        fits.then(|| (word | length).to_be_bytes())
    };
    let copies = earlier.iter().rev().map_while(header).count();
    let copied = earlier.get(earlier.len() - copies..).unwrap_or_default();
    let mut written: Vec<u8> = copied.iter().filter_map(header).flatten().collect();
    written.push(payload_type & PAYLOAD_TYPE);
    written.extend(copied.iter().flat_map(|(_, payload)| *payload));
    written.extend_from_slice(primary);
    written
}

/// The same payload with another payload type for its blocks: each connection numbers codecs
/// itself. `None` if it cannot be read.
#[must_use]
pub fn retyped(payload: &[u8], payload_type: u8) -> Option<Vec<u8>> {
    let headers = read(payload)?.headers.len();
    let mut written = payload.to_vec();
    for (at, byte) in written.iter_mut().enumerate().take(headers + 1) {
        if at % HEADER_BYTES == 0 {
            *byte = (*byte & FOLLOWED) | (payload_type & PAYLOAD_TYPE);
        }
    }
    Some(written)
}

fn body_bytes(high: u8, low: u8) -> usize {
    (usize::from(high & 0b11) << 8) | usize::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of 4 bytes, 960 ticks old, before a primary block of 3: as a browser sends it.
    const BROWSER: [u8; 12] = [0xef, 0x0f, 0x00, 0x04, 0x6f, 1, 2, 3, 4, 9, 8, 7];

    #[test]
    fn a_browsers_payload_is_a_frame_and_the_one_before() {
        let red = read(&BROWSER).unwrap();
        assert_eq!((red.payload_type, red.primary), (111, &[9, 8, 7][..]));
        let copies: Vec<Block<'_>> = red.copies().collect();
        let copy = Block {
            payload_type: 111,
            distance: 1,
            timestamp_offset: 960,
            payload: &[1, 2, 3, 4],
        };
        assert_eq!(copies, [copy]);
    }

    #[test]
    fn a_frame_may_stand_alone_and_copies_count_from_it_backwards() {
        let alone = read(&[111, 1, 2]).unwrap();
        assert_eq!(
            (alone.primary, alone.copies().count()),
            (&[1, 2][..], 0),
            "no copy"
        );
        let written = write(
            111,
            (2_000, b"new"),
            &[(80, b""), (1_040, b"old"), (1_520, b"er")],
        );
        let copies = read(&written).unwrap().copies();
        let copies: Vec<_> = copies
            .map(|one| (one.distance, one.timestamp_offset, one.payload))
            .collect();
        assert_eq!(
            copies,
            [
                (3, 1_920, &b""[..]),
                (2, 960, &b"old"[..]),
                (1, 480, &b"er"[..])
            ]
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let written = write(111, (5_960, &[9, 8, 7]), &[(5_000, &[1, 2, 3, 4])]);
        assert_eq!(written, BROWSER);
        assert_eq!(
            write(111, (5, &[1]), &[]),
            [111, 1],
            "a header and the frame"
        );
    }

    #[test]
    fn what_does_not_fit_its_header_is_left_out_and_what_is_older_too() {
        let long = [7; LENGTH_MAX + 1];
        let fits = |sent: u32, payload: &[u8]| {
            let written = write(111, (20_000, &[1]), &[(19_000, &[3]), (sent, payload)]);
            read(&written).unwrap().copies().count()
        };
        assert_eq!(fits(19_500, &long[1..]), 2, "1023 bytes");
        assert_eq!(fits(19_500, &long), 0, "1024 bytes");
        assert_eq!(fits(20_000, &[2]), 0, "sent at the same time");
        assert_eq!(fits(20_001, &[2]), 0, "sent later");
        let after_silence = write(111, (20_000, &[1]), &[(20_000 - OFFSET_MAX - 1, &[2])]);
        assert_eq!(after_silence, [111, 1], "longer ago than 14 bits say");
    }

    #[test]
    fn the_clock_may_run_over_between_the_frames() {
        let written = write(111, (400, &[1]), &[(400_u32.wrapping_sub(960), &[2])]);
        let offset = read(&written).unwrap().copies().next().unwrap();
        assert_eq!(offset.timestamp_offset, 960);
    }

    #[test]
    fn blocks_get_another_number() {
        let retyped = retyped(&BROWSER, 96).unwrap();
        let (before, after) = (read(&BROWSER).unwrap(), read(&retyped).unwrap());
        assert_eq!(after.payload_type, 96);
        assert!(after.copies().all(|copy| copy.payload_type == 96));
        assert_eq!(after.primary, before.primary);
        assert_eq!(super::retyped(&BROWSER[..6], 96), None);
    }

    #[test]
    fn a_payload_that_is_cut_short_or_has_no_end_of_headers_is_refused() {
        for length in 0..9 {
            assert_eq!(read(&BROWSER[..length]), None, "{length} bytes");
        }
        assert!(
            read(&BROWSER[..9]).is_some_and(|red| red.primary.is_empty()),
            "an empty frame"
        );
        assert_eq!(read(&[0xff; 400]), None);
        let many = [&[0xef, 0, 4, 0].repeat(COPIES_MAX + 1)[..], &[0x6f]].concat();
        assert_eq!(read(&many), None);
        assert!(read(&many[HEADER_BYTES..]).is_some());
    }

    #[test]
    fn hostile_headers_never_reach_beyond_the_payload() {
        for length in 0..80_usize {
            for first in 0..=u8::MAX {
                let mut payload: Vec<u8> = (0..length).map(|at| at.to_le_bytes()[0]).collect();
                if let Some(byte) = payload.first_mut() {
                    *byte = first;
                }
                if let Some(red) = read(&payload) {
                    let copied: usize = red.copies().map(|copy| copy.payload.len()).sum();
                    assert!(copied + red.primary.len() < length);
                }
            }
        }
    }
}
