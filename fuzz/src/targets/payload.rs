//! Media payloads of a participant: descriptors of VP8, VP9, H264 and AV1 and redundant audio, inside genuine SRTP.

use str0m::format::Codec;

use super::datagram::with_call;
use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "payload",
    seeds,
    check,
    share: 4,
};

/// The first byte of an input chooses one of these.
const KINDS: [(Codec, bool); 6] = [
    (Codec::Vp8, false),
    (Codec::Vp9, false),
    (Codec::H264, false),
    (Codec::Av1, false),
    (Codec::Opus, false),
    (Codec::Opus, true),
];

fn seeds() -> Vec<Vec<u8>> {
    let payloads: [(u8, &[u8]); 7] = [
        // RFC 7741 section 4.2: everything counted, and the header of a keyframe behind.
        (
            0,
            &[0x90, 0xf0, 0x81, 0x23, 7, 0x45, 0x10, 2, 0, 0x9d, 1, 0x2a],
        ),
        (0, &[0x10, 0x11, 2, 0]),
        // RFC 9628 section 4.2: picture id, layers, start of a frame.
        (1, &[0xac, 0x81, 0x23, 0x10, 9, 0x83, 0x49, 0x83, 0x42]),
        // RFC 6184 section 5.7: a parameter set and a keyframe in one packet.
        (2, &[0x78, 0, 4, 0x67, 0x42, 0xc0, 0x1f, 0, 2, 0x65, 0x88]),
        // AV1's aggregation header and a sequence header.
        (3, &[0x18, 0x0a, 0x0b, 0, 0, 0, 0x24, 0xc4, 0xff, 0xdf]),
        (4, &[0xf8, 0xff, 0xfe]),
        // RFC 2198 section 3: one redundant block before the primary.
        (5, &[0xef, 0x03, 0xc0, 0x04, 0x6f, 1, 2, 3, 4, 9, 9, 9]),
    ];
    let input = |(kind, payload): (u8, &[u8])| [&[kind][..], payload].concat();
    payloads.map(input).into()
}

/// Alice may send what she likes: her meeting goes on, and her next words are heard.
fn check(input: &[u8]) {
    let Some((kind, payload)) = input.split_first() else {
        return;
    };
    let (codec, redundant) = KINDS[usize::from(*kind) % KINDS.len()];
    with_call(|call| {
        call.send(codec, redundant, payload);
        call.listen();
        assert!(call.is_audible(), "a payload of her own silenced Alice");
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_alice_sends_is_heard_beside_her_voice() {
        with_call(|call| {
            call.listen();
            for redundant in [false, true] {
                call.send(Codec::Opus, redundant, &[0x6f, 0xf8, 0xff, 0xfe]);
                assert_eq!(call.listen(), 2);
            }
        });
    }
}
