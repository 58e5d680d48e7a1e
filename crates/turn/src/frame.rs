//! Where each message ends in a stream of TCP or TLS (RFC 8656 section 12.5, RFC 8489 section 6.2.2).

/// More than any datagram that a path lets through, in a message. A longer one ends its connection.
pub const FRAME_BYTES_MAX: usize = 4 * 1024;

/// Bytes of a frame, and of the stream up to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub bytes: usize,
    pub with_padding: usize,
}

/// This is no stream of TURN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The frame that a stream begins with; `None` where more of it must be read.
pub fn frame(stream: &[u8]) -> Result<Option<Frame>, Malformed> {
    let Some(&[first, _, l0, l1]) = stream.first_chunk() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let frame = match first {
        0x00..0x40 if length % 4 == 0 => Frame {
            bytes: 20 + length,
            with_padding: 20 + length,
        },
        0x40..0x50 => Frame {
            bytes: 4 + length,
            with_padding: 4 + length.next_multiple_of(4),
        },
        _ => return Err(Malformed),
    };
    match frame.with_padding {
        FRAME_BYTES_MAX.. => Err(Malformed),
        whole if whole > stream.len() => Ok(None),
        _ => Ok(Some(frame)),
    }
}

/// Whether a connection that begins with this byte speaks TURN: its first message is a request, whose
/// numbers are all below 128. HTTP begins with a letter, TLS with 22.
pub fn is_first_byte(first: u8) -> bool {
    first == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_frame_ends_where_it_says() {
        let binding = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12], &[9]].concat();
        let whole = Frame {
            bytes: 20,
            with_padding: 20,
        };
        assert_eq!(frame(&binding), Ok(Some(whole)));
        assert_eq!(frame(&binding[..19]), Ok(None));
        let whole = Frame {
            bytes: 7,
            with_padding: 8,
        };
        assert_eq!(frame(&[0x40, 0, 0, 3, 1, 2, 3, 0, 0x40]), Ok(Some(whole)));
        assert_eq!(frame(&[0x40, 0, 0, 3, 1, 2, 3]), Ok(None));
        assert_eq!(frame(&[0x40, 0, 0]), Ok(None));
    }

    #[test]
    fn what_is_no_frame_or_too_long_is_malformed() {
        for wrong in [
            b"GET ",
            &[0, 1, 0, 3],
            &[0x40, 0, 0xff, 0xff],
            &[0x80, 0, 0, 0],
        ] {
            assert_eq!(frame(wrong), Err(Malformed));
        }
    }

    #[test]
    fn stun_http_and_tls_are_told_apart() {
        assert!(is_first_byte(0));
        for other in [b'G', b'P', 22, 0x40] {
            assert!(!is_first_byte(other));
        }
    }
}
