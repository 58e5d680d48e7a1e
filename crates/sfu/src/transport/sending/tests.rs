//! When a connection asks to be polled for what waits.
#![expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]

use super::*;
use crate::transport::ids::PayloadType;
use visio_rtc::send::header::ExtensionIds;

pub(super) const VIDEO: Ssrc = Ssrc(7);

/// A connection on which a picture may be sent.
pub(super) fn sending(now: Instant, estimate_bps: u64) -> Sending {
    let mut sending = Sending::new(now, estimate_bps);
    let description = Description {
        mid: Mid::new("0"),
        resends: Some(Ssrc(8)),
        extensions: ExtensionIds {
            transport_sequence: 3,
            ..ExtensionIds::default()
        },
        is_audio: false,
        clock_rate_hz: 90_000,
    };
    sending.describe(now, VIDEO, description);
    sending
}

/// Sends so many packets at once, and polls the connection where that is due; returns how often.
fn burst(now: Instant, sending: &mut Sending, packets: u64) -> usize {
    let mut polls = 0;
    for sequence in 0..packets {
        let packet = SentPacket::own(PayloadType(96), sequence, 0, &[0; 1_000]);
        if sending.send(now, VIDEO, packet) == Sent::Due {
            sending.poll(now);
            sending.deadline(now);
            polls += 1;
        }
    }
    polls
}

#[test]
fn packets_that_wait_behind_another_ask_for_nothing() {
    let now = Instant::now();
    let mut sending = sending(now, 1_000_000);
    let polls = burst(now, &mut sending, 10);
    assert_eq!(
        polls, 2,
        "for the first report, and for the first that waits"
    );
    while sending.next_leaving().is_some() {}
    let due = sending.deadline(now).unwrap();
    sending.poll(due);
    assert!(sending.next_leaving().is_some(), "one leaves in time");
}

#[test]
fn a_queue_that_is_to_leave_faster_asks_again() {
    let now = Instant::now();
    let polls = burst(now, &mut sending(now, 1_000_000), 200);
    assert!((3..20).contains(&polls), "{polls}");
}
