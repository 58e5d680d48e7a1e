//! Losses that stay are asked for, in time and not for ever; what came is not asked for.
#![expect(
    clippy::disallowed_methods,
    reason = "tests begin at some moment and count from there"
)]

mod network;

use super::*;

const ROUND_TRIP: Duration = Duration::from_millis(100);

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A stream that has begun with packet 10.
fn begun() -> (Losses, Instant) {
    let now = Instant::now();
    let mut losses = Losses::new();
    assert_eq!(losses.received(now, 10), Arrival::Newest);
    assert_eq!(losses.deadline(), None, "nothing is missing");
    (losses, now)
}

#[test]
fn a_gap_is_asked_for_after_the_allowance_for_reordering() {
    let (mut losses, now) = begun();
    losses.received(now, 13);
    assert_eq!(losses.deadline(), Some(now + ms(10)));
    assert_eq!(losses.poll(now + ms(9), ROUND_TRIP), []);
    assert_eq!(losses.poll(now + ms(10), ROUND_TRIP), [11, 12]);
    assert_eq!(losses.deadline(), Some(now + ms(110)));
}

#[test]
fn a_packet_that_three_others_overtook_is_asked_for_at_once() {
    let (mut losses, now) = begun();
    losses.received(now, 12);
    losses.received(now, 13);
    assert_eq!(losses.deadline(), Some(now + ms(10)));
    losses.received(now, 14);
    assert_eq!(losses.deadline(), Some(now));
    assert_eq!(losses.poll(now, ROUND_TRIP), [11]);
    (15..30).for_each(|sequence| {
        losses.received(now + ms(1), sequence);
    });
    assert_eq!(losses.deadline(), Some(now + ms(100)), "it was asked for");
}

#[test]
fn a_poll_for_others_does_not_hide_who_is_overtaken_later() {
    let (mut losses, now) = begun();
    losses.received(now, 12);
    assert_eq!(losses.poll(now + ms(5), ROUND_TRIP), []);
    losses.received(now + ms(5), 13);
    losses.received(now + ms(6), 14);
    assert_eq!(losses.deadline(), Some(now + ms(6)));
    assert_eq!(losses.poll(now + ms(6), ROUND_TRIP), [11]);
}

#[test]
fn a_new_gap_does_not_wait_for_the_answer_to_an_old_one() {
    let (mut losses, now) = begun();
    losses.received(now, 12);
    losses.poll(now + ms(10), ROUND_TRIP);
    losses.received(now + ms(20), 14);
    assert_eq!(losses.deadline(), Some(now + ms(30)));
    assert_eq!(losses.poll(now + ms(30), ROUND_TRIP), [13]);
}

#[test]
fn what_comes_late_is_not_asked_for() {
    let (mut losses, now) = begun();
    losses.received(now, 13);
    assert_eq!(losses.received(now + ms(5), 11), Arrival::Filled);
    assert_eq!(losses.received(now + ms(5), 11), Arrival::Known);
    assert_eq!(losses.poll(now + ms(10), ROUND_TRIP), [12]);
    assert_eq!(losses.received(now + ms(50), 12), Arrival::Filled);
    assert_eq!(losses.deadline(), None);
    assert_eq!(losses.received(now + ms(50), 9), Arrival::Known);
    losses.received(now + ms(200), 15);
    assert_eq!(
        losses.deadline(),
        Some(now + ms(210)),
        "of the new gap alone"
    );
}

#[test]
fn requests_are_repeated_ever_more_slowly_and_end() {
    let (mut losses, now) = begun();
    losses.received(now, 12);
    let mut asked = Vec::new();
    while let Some(due) = losses.deadline() {
        if losses.poll(due, ms(1)) == [11] {
            asked.push((due - now).as_millis());
        }
    }
    assert_eq!(asked, [10, 30, 55, 85, 120, 160, 205, 255, 310, 370]);
    assert_eq!(losses.received(now + ms(500), 11), Arrival::Known);
}

#[test]
fn after_a_second_nobody_asks() {
    let (mut losses, now) = begun();
    losses.received(now, 12);
    let mut last = Duration::ZERO;
    while let Some(due) = losses.deadline() {
        if losses.poll(due, ms(300)) == [11] {
            last = due - now;
        }
    }
    assert_eq!(last, ms(10 + 300 + 375));
}

#[test]
fn a_keyframe_makes_what_was_before_it_worthless() {
    let (mut losses, now) = begun();
    losses.received(now, 12);
    losses.received(now, 15);
    losses.keyframe(14);
    assert_eq!(
        losses.poll(now + ms(10), ROUND_TRIP),
        [14],
        "part of the keyframe"
    );
    losses.keyframe(15);
    assert_eq!(losses.deadline(), None);
}

#[test]
fn a_long_step_is_not_asked_for() {
    let (mut losses, now) = begun();
    assert_eq!(losses.received(now, 1_010), Arrival::Newest);
    assert_eq!(losses.poll(now + ms(10), ROUND_TRIP).len(), 999);
    assert_eq!(losses.received(now, 2_011), Arrival::Restart);
    assert_eq!(losses.deadline(), None);
    assert_eq!(losses.poll(now + ms(1_000), ROUND_TRIP), []);
    losses.received(now, 2_013);
    assert_eq!(losses.poll(now + ms(10), ROUND_TRIP), [2_012]);
}

#[test]
fn two_packets_far_behind_begin_anew_and_one_does_not() {
    let (mut losses, now) = begun();
    losses.received(now, 20_000);
    losses.received(now, 20_002);
    assert_eq!(losses.received(now, 10_000), Arrival::Known);
    assert_eq!(losses.poll(now + ms(10), ROUND_TRIP), [20_001]);
    assert_eq!(losses.received(now, 10_000), Arrival::Known);
    assert_eq!(losses.received(now, 10_001), Arrival::Restart);
    assert_eq!(losses.deadline(), None);
    losses.received(now, 10_003);
    assert_eq!(losses.poll(now + ms(10), ROUND_TRIP), [10_002]);
}

#[test]
fn numbers_wrap() {
    let now = Instant::now();
    let mut losses = Losses::new();
    losses.received(now, 65_534);
    losses.received(now, 2);
    assert_eq!(losses.poll(now + ms(10), ROUND_TRIP), [65_535, 0, 1]);
    assert_eq!(losses.received(now + ms(11), 65_535), Arrival::Filled);
    assert_eq!(losses.poll(now + ms(110), ROUND_TRIP), [0, 1]);
}

#[test]
fn of_too_many_missing_the_oldest_are_given_up() {
    let (mut losses, now) = begun();
    losses.received(now, 10 + 700);
    losses.received(now, 10 + 1_400);
    let wanted = losses.poll(now + ms(10), ROUND_TRIP);
    assert_eq!((wanted.len(), wanted.first()), (1_000, Some(&409)));
    assert_eq!(losses.received(now, 11), Arrival::Known);
}
