//! Which protocol a datagram belongs to: all of a connection's share one port (RFC 7983 section 7).

/// What a datagram begins like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A request or an indication, or the answer to a request (RFC 8489 section 5).
    Stun {
        is_answer: bool,
    },
    Dtls,
    Srtp,
    /// SRTCP, which has its packet type where RTP has marker and payload type (RFC 5761 section 4).
    Srtcp,
    Noise,
}

/// The kind of a datagram by its first two octets.
#[must_use]
pub fn classify(datagram: &[u8]) -> Class {
    match *datagram {
        [first @ 0..=3, ..] => Class::Stun {
            is_answer: first == 1,
        },
        [20..=63, ..] => Class::Dtls,
        [128..=191, 192..=223, ..] => Class::Srtcp,
        [128..=191, ..] => Class::Srtp,
        _ => Class::Noise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_distinguished_from_packets_by_its_first_octets() {
        assert_eq!(classify(&[]), Class::Noise);
        assert_eq!(classify(&[0x00, 0x01]), Class::Stun { is_answer: false });
        assert_eq!(classify(&[0x01, 0x01]), Class::Stun { is_answer: true });
        assert_eq!(classify(&[22, 254]), Class::Dtls);
        assert_eq!(classify(&[0x80]), Class::Srtp);
        assert_eq!(
            classify(&[0x80, 0xe0]),
            Class::Srtp,
            "a marked packet of type 96"
        );
        assert_eq!(classify(&[0x81, 201]), Class::Srtcp);
        assert_eq!(classify(&[0xff]), Class::Noise);
    }
}
