//! Audio packets on their way to a transcript: whatever the payload, the track goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use visio_speech::{Input, Packet, Speaker, Track};

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "spoken",
    seeds,
    check,
    share: 8,
};

/// One length byte before each packet: a stream of up to 255 bytes a packet.
fn seeds() -> Vec<Vec<u8>> {
    // Opus: 20 ms of CELT silence; two frames in a packet; a packet of padding (RFC 6716 section 3.2).
    let packets: [&[u8]; 4] = [
        &[0xf8, 0xff, 0xfe],
        &[0x79, 1, 2, 3, 4],
        &[0x7b, 0x41, 3, 0, 0, 0],
        &[0x78; 80],
    ];
    let stream = packets.iter().cycle().take(40).flat_map(|packet| {
        let length = u8::try_from(packet.len()).unwrap_or(u8::MAX);
        std::iter::once(length).chain(packet.iter().copied())
    });
    vec![stream.collect()]
}

/// A track asks for bounded work: less audio to recognise than it was sent.
fn check(input: &[u8]) {
    let speaker = Speaker {
        participant: "eve".to_owned(),
        track: "TR_AM".to_owned(),
    };
    let Ok(mut track) = Track::new(speaker, None) else {
        return;
    };
    let start = Instant::now();
    let mut rest = input;
    let mut sequence = 0_u32;
    while let Some((length, tail)) = rest.split_first() {
        let (payload, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        let received = start + Duration::from_millis(20) * sequence;
        let packet = Packet {
            sequence: u64::from(sequence),
            timestamp: sequence.wrapping_mul(960),
            received,
            payload: Arc::from(payload),
        };
        track.handle(received, Input::Packet(packet));
        sequence += 1;
        while track.poll().is_some() {}
    }
    track.handle(start + Duration::from_secs(60), Input::Closed);
    while track.poll().is_some() {}
}
