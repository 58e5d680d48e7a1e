//! Redundant audio (RFC 2198): blocks are parts of the payload, and what is read can be written again.

use visio_rtc::packet::red::{self, Block};

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "red",
    seeds,
    check,
    share: 1,
};

fn seeds() -> Vec<Vec<u8>> {
    let one_copy = [0xef, 0x03, 0xc0, 0x04, 0x6f, 1, 2, 3, 4, 9, 9, 9];
    let two_copies = [
        0xef, 0x1e, 0x00, 0x02, 0xef, 0x0f, 0x00, 0x01, 0x6f, 1, 2, 3, 9,
    ];
    vec![vec![0x6f, 1, 2, 3], one_copy.to_vec(), two_copies.to_vec()]
}

fn check(input: &[u8]) {
    let Some(read) = red::read(input) else {
        return;
    };
    let copies: Vec<Block<'_>> = read.copies().collect();
    let copied: usize = copies.iter().map(|copy| copy.payload.len()).sum();
    let headers = 4 * copies.len() + 1;
    assert_eq!(headers + copied + read.primary.len(), input.len());
    assert!(input.ends_with(read.primary));

    let retyped = red::retyped(input, read.payload_type).unwrap_or_default();
    assert_eq!(retyped.len(), input.len());
    let sent = |copy: &Block<'_>| 0_u32.wrapping_sub(copy.timestamp_offset);
    let earlier: Vec<_> = copies
        .iter()
        .map(|copy| (sent(copy), copy.payload))
        .collect();
    let written = red::write(read.payload_type, (0, read.primary), &earlier);
    if copies.iter().all(|copy| copy.timestamp_offset > 0) {
        assert_eq!(written, retyped);
    } else {
        assert!(red::read(&written).is_some_and(|again| again.primary == read.primary));
    }
}
