//! Redundant audio (RFC 2198): the primary block is a tail of the payload or there is none.

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "red",
    seeds,
    check,
    share: 1,
};

fn seeds() -> Vec<Vec<u8>> {
    let redundant = [0xef, 0x03, 0xc0, 0x04, 0x6f, 1, 2, 3, 4, 9, 9, 9];
    vec![vec![0x6f, 1, 2, 3], redundant.to_vec()]
}

fn check(input: &[u8]) {
    if let Ok(primary) = visio_speech::primary(input) {
        assert!(primary.len() < input.len() && input.ends_with(primary));
    }
}
