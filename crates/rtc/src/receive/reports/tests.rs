//! Loss, jitter and delays as RFC 3550 counts them.
#![expect(
    clippy::disallowed_methods,
    reason = "tests begin at some moment and count from there"
)]

use super::*;
use proptest::prelude::*;

const ALICE: u32 = 0x0a11_ce01;
const VIDEO_HZ: u32 = 90_000;

fn receive(reception: &mut Reception, now: Instant, sequences: impl IntoIterator<Item = u16>) {
    for sequence in sequences {
        reception.received(now, sequence, 0);
    }
}

fn block(reception: &mut Reception, now: Instant) -> ReportBlock {
    reception.report(now).unwrap()
}

#[test]
fn loss_is_counted_since_the_last_report_and_in_all() {
    let now = Instant::now();
    let mut reception = Reception::new(ALICE, VIDEO_HZ);
    assert_eq!(reception.report(now), None, "nothing came");
    receive(&mut reception, now, [65_534, 65_535, 1, 2]);
    let first = block(&mut reception, now);
    assert_eq!((first.ssrc, first.highest_sequence), (ALICE, 0x1_0002));
    assert_eq!((first.fraction_lost, first.cumulative_lost), (51, 1));
    assert_eq!(reception.report(now), None, "nothing came since");
    receive(&mut reception, now, 3..=12);
    let second = block(&mut reception, now);
    assert_eq!((second.fraction_lost, second.cumulative_lost), (0, 1));
    receive(&mut reception, now, [0, 14, 16]);
    let third = block(&mut reception, now);
    assert_eq!(
        third.cumulative_lost, 2,
        "a late one came, two more are lost"
    );
    assert_eq!(third.fraction_lost, 64, "4 expected, 3 received");
    let (expected, lost) = (4, 1);
    assert_eq!(reception.loss(), Loss { expected, lost });
}

#[test]
fn duplicates_make_the_loss_negative_and_the_fraction_nothing() {
    let now = Instant::now();
    let mut reception = Reception::new(ALICE, VIDEO_HZ);
    receive(&mut reception, now, [1, 2, 2, 2, 4]);
    let report = block(&mut reception, now);
    assert_eq!((report.fraction_lost, report.cumulative_lost), (0, -1));
}

#[test]
fn two_packets_elsewhere_begin_anew_and_one_does_not() {
    let now = Instant::now();
    let mut reception = Reception::new(ALICE, VIDEO_HZ);
    receive(&mut reception, now, [100, 101, 30_000, 102]);
    let report = block(&mut reception, now);
    assert_eq!((report.highest_sequence, report.cumulative_lost), (102, 0));
    receive(&mut reception, now, [30_000, 30_001, 30_003]);
    let report = block(&mut reception, now);
    assert_eq!(report.highest_sequence, 30_003);
    assert_eq!((report.fraction_lost, report.cumulative_lost), (85, 1));
}

#[test]
fn the_cumulative_loss_is_held_in_24_bits() {
    assert_eq!(cumulative(1 << 30, 1), 0x7f_ffff);
    assert_eq!(cumulative(1, 1 << 30), -0x80_0000);
    assert_eq!(cumulative(10, 12), -2);
}

#[test]
fn jitter_follows_the_change_of_transit_times() {
    let start = Instant::now();
    let mut reception = Reception::new(ALICE, 8_000);
    let mut now = start;
    for packet in 0..200_u16 {
        // 20 ms of sound each; every second one comes 10 ms late.
        let late = if packet % 2 == 0 { 0 } else { 10 };
        now = start + Duration::from_millis(u64::from(packet) * 20 + late);
        reception.received(now, packet, u32::from(packet) * 160);
    }
    let jitter = block(&mut reception, now).jitter;
    assert!((79..=80).contains(&jitter), "10 ms of 8 kHz: {jitter}");
    reception.received(now, 200, 4_000_000_000);
    assert_eq!(
        block(&mut reception, now).jitter,
        jitter,
        "a clock that was set"
    );
}

#[test]
fn steady_packets_have_no_jitter_over_the_wrap_of_their_clock() {
    let start = Instant::now();
    let mut reception = Reception::new(ALICE, VIDEO_HZ);
    for packet in 0..100_u16 {
        let now = start + Duration::from_millis(u64::from(packet) * 100);
        let rtp_time = 0xffff_f000_u32.wrapping_add(u32::from(packet) * 9_000);
        reception.received(now, packet, rtp_time);
    }
    assert_eq!(block(&mut reception, start).jitter, 0);
}

#[test]
fn a_report_says_which_sender_report_it_follows_and_how_long_after() {
    let now = Instant::now();
    let mut reception = Reception::new(ALICE, VIDEO_HZ);
    receive(&mut reception, now, [1]);
    let before = block(&mut reception, now);
    assert_eq!((before.last_sr, before.delay_since_last_sr), (0, 0));
    reception.sender_report(now, 0x1111_2222_3333_4444);
    receive(&mut reception, now, [2]);
    let report = block(&mut reception, now + Duration::from_millis(5_250));
    assert_eq!(report.last_sr, 0x2222_3333);
    assert_eq!(report.delay_since_last_sr, 0x0005_4000, "RFC 3550 figure 2");
}

#[test]
fn a_round_trip_leaves_the_receivers_delay_out() {
    // RFC 3550 figure 2: 11.375 s from the report to the answer, of which 5.250 s are the receiver's.
    let (sent, now) = (0xb44d_b705_2000_0000, 0xb44d_b710_8000_0000_u64);
    let delay = 0x0005_4000;
    let round_trip = |now, last| round_trip(now, last, delay);
    let answered = compact(sent);
    assert_eq!(
        round_trip(now, answered),
        Some(Duration::from_millis(6_125))
    );
    let sooner = now - ((6_125 << 32) + (1 << 31)) / 1_000;
    let zero = Some(Duration::ZERO);
    assert_eq!(round_trip(sooner, answered), zero, "clocks drift");
    assert_eq!(round_trip(sent, answered), None, "before it was sent");
    assert_eq!(round_trip(now, 0x1234_5678), None, "nothing of ours");
    let soon_after_a_wrap = 0xb44d_0006_0000_0000;
    assert_eq!(round_trip(soon_after_a_wrap, 0), None, "nothing came yet");
}

proptest! {
    /// Whatever is lost, overtaken or doubled: expected less received, and never more than all.
    #[test]
    fn losses_add_up(
        first in any::<u16>(),
        fates in prop::collection::vec(0_u8..4, 1..500),
        reports_every in 1_usize..60,
    ) {
        let now = Instant::now();
        let mut reception = Reception::new(ALICE, VIDEO_HZ);
        let (mut lost, mut doubled, mut last) = (0, 0, 0);
        reception.received(now, first, 0);
        let mut pending_loss = 0;
        let mut cumulative = 0;
        for (at, fate) in fates.iter().enumerate() {
            let behind = u16::try_from(at + 1).unwrap();
            let sequence = first.wrapping_add(behind);
            match fate {
                0 => pending_loss += 1,
                1 => {
                    receive(&mut reception, now, [sequence, sequence]);
                    doubled += 1;
                }
                _ => receive(&mut reception, now, [sequence]),
            }
            if *fate != 0 {
                lost += std::mem::take(&mut pending_loss);
                last = behind;
            }
            if at % reports_every == 0 && let Some(report) = reception.report(now) {
                cumulative = report.cumulative_lost;
                prop_assert_eq!(cumulative, lost - doubled);
            }
        }
        if let Some(report) = reception.report(now) {
            cumulative = report.cumulative_lost;
            let highest = u32::from(first) + u32::from(last);
            prop_assert_eq!(report.highest_sequence, highest);
        }
        prop_assert_eq!(cumulative, lost - doubled);
    }
}
