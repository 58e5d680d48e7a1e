//! Redundant audio (RFC 2198): the primary block out of a RED payload.

#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

/// Why a RED payload could not be unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedError {
    #[error("a RED header is cut short")]
    HeaderTruncated,
    #[error("a RED block reaches past the end of the packet")]
    BlockTruncated,
}

/// The primary encoding: the last block, behind the redundant copies of earlier packets.
///
/// RFC 2198, section 3: each redundant block has a four-byte header whose first bit is set and
/// whose last ten bits are its length; the primary block has one byte with that bit clear.
pub fn primary(payload: &[u8]) -> Result<&[u8], RedError> {
    let mut rest = payload;
    let mut redundant_bytes = 0;
    loop {
        match rest {
            [first, tail @ ..] if first & 0x80 == 0 => {
                return tail.get(redundant_bytes..).ok_or(RedError::BlockTruncated);
            }
            [_, _, length_high, length_low, tail @ ..] => {
                redundant_bytes +=
                    (usize::from(length_high & 0b11) << 8) | usize::from(*length_low);
                rest = tail;
            }
            _ => return Err(RedError::HeaderTruncated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_primary_block_alone_is_unwrapped() {
        assert_eq!(primary(&[111, 1, 2, 3]), Ok(&[1, 2, 3][..]));
    }

    #[test]
    fn redundant_copies_before_the_primary_are_skipped() {
        // Two redundant blocks of 2 and 1 bytes, then the primary of 3.
        let payload = [
            0x80 | 111,
            0,
            0,
            2,
            0x80 | 111,
            0,
            0,
            1,
            111,
            9,
            9,
            8,
            1,
            2,
            3,
        ];
        assert_eq!(primary(&payload), Ok(&[1, 2, 3][..]));
    }

    #[test]
    fn a_cut_packet_is_refused() {
        assert_eq!(primary(&[]), Err(RedError::HeaderTruncated));
        assert_eq!(primary(&[0x80 | 111, 0, 0]), Err(RedError::HeaderTruncated));
        assert_eq!(
            primary(&[0x80 | 111, 0, 0, 5, 111, 1]),
            Err(RedError::BlockTruncated)
        );
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(payload in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(block) = primary(&payload) {
                prop_assert!(block.len() < payload.len());
            }
        }
    }
}
