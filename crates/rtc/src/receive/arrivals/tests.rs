//! Feedback tells each arrival as it was, those that came late in the next, and nothing without need.
#![expect(
    clippy::disallowed_methods,
    reason = "tests begin at some moment and count from there"
)]

use super::*;
use crate::rtcp::{Packet, packets};
use proptest::prelude::*;
use std::collections::BTreeMap;

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// What one feedback packet says: its count, and number and time in ms of each packet.
type Told = (u8, Vec<(u16, Option<u32>)>);

fn tell(arrivals: &mut Arrivals, now: Instant, room: usize) -> Option<Told> {
    let mut buffer = vec![0; room];
    let mut writer = Writer::new(&mut buffer);
    if !arrivals.poll(now, 1, 2, &mut writer).unwrap() {
        assert!(writer.is_empty());
        return None;
    }
    let len = writer.len();
    let Some(Packet::TransportFeedback(feedback)) = packets(&buffer[..len]).next() else {
        panic!("no feedback");
    };
    let statuses = feedback.statuses();
    let statuses = statuses.map(|(sequence, ticks)| (sequence, ticks.map(|ticks| ticks / 4)));
    Some((feedback.feedback_count, statuses.collect()))
}

#[test]
fn what_came_is_told_with_what_did_not() {
    let start = Instant::now();
    let mut arrivals = Arrivals::new(start);
    assert_eq!(arrivals.deadline(), None);
    arrivals.received(start + ms(100), 65_535, 1_200);
    arrivals.received(start + ms(110), 2, 1_200);
    assert_eq!(arrivals.deadline(), Some(start + ms(150)));
    assert_eq!(tell(&mut arrivals, start + ms(149), 1_200), None);
    let told = tell(&mut arrivals, start + ms(150), 1_200);
    let statuses = vec![(65_535, Some(100)), (0, None), (1, None), (2, Some(110))];
    assert_eq!(told, Some((0, statuses)));
    assert_eq!(arrivals.deadline(), None, "all is told");
    assert_eq!(tell(&mut arrivals, start + ms(999), 1_200), None);
}

#[test]
fn a_late_packet_is_told_in_the_next_feedback_with_all_behind_it() {
    let start = Instant::now();
    let mut arrivals = Arrivals::new(start);
    arrivals.received(start, 1, 2_000);
    arrivals.received(start, 4, 2_000);
    tell(&mut arrivals, start + ms(50), 1_200).unwrap();
    arrivals.received(start + ms(60), 2, 2_000);
    arrivals.received(start + ms(61), 2, 2_000);
    arrivals.received(start + ms(70), 5, 2_000);
    let told = tell(&mut arrivals, start + ms(110), 1_200);
    let statuses = vec![(2, Some(60)), (3, None), (4, Some(0)), (5, Some(70))];
    assert_eq!(told, Some((1, statuses)));
}

#[test]
fn a_packet_that_comes_half_a_second_late_is_not_told() {
    let start = Instant::now();
    let mut arrivals = Arrivals::new(start);
    for (at, sequence) in [(0, 1), (0, 3), (600, 4), (1_200, 5)] {
        arrivals.received(start + ms(at), sequence, 2_000);
        tell(&mut arrivals, start + ms(at + 50), 1_200).unwrap();
    }
    arrivals.received(start + ms(1_300), 2, 2_000);
    assert_eq!(arrivals.deadline(), None);
}

#[test]
fn a_thin_stream_is_told_four_times_a_second_and_a_thick_one_twenty_times() {
    for (bits_per_second, feedbacks) in [(10_000, 4), (64_000, 6), (1_000_000, 18)] {
        let start = Instant::now();
        let mut arrivals = Arrivals::new(start);
        let packet_octets = bits_per_second / 8 / 100;
        let mut count = 0;
        for at in 0..200_u16 {
            let now = start + ms(u64::from(at) * 10);
            arrivals.received(now, at, packet_octets);
            count += usize::from(tell(&mut arrivals, now, 1_200).is_some());
        }
        let per_second = count / 2;
        assert!(
            per_second.abs_diff(feedbacks) <= 2,
            "{bits_per_second} bit/s: {per_second} a second"
        );
    }
}

#[test]
fn what_finds_no_room_is_due_at_once() {
    let start = Instant::now();
    let mut arrivals = Arrivals::new(start);
    (0..1_000).for_each(|sequence| arrivals.received(start, sequence, 1_200));
    let mut told = Vec::new();
    while let Some((_, statuses)) = tell(&mut arrivals, start + ms(50), 500) {
        told.extend(statuses.into_iter().map(|(sequence, _)| sequence));
    }
    assert_eq!(told, (0..1_000).collect::<Vec<_>>());
}

#[test]
fn a_long_step_begins_anew_and_memory_is_bounded() {
    let start = Instant::now();
    let mut arrivals = Arrivals::new(start);
    arrivals.received(start, 1, 2_000);
    arrivals.received(start, 4_097, 2_000);
    let window = arrivals.window.as_ref().unwrap();
    assert_eq!(window.slots.len(), 4_096, "the first one is pushed out");
    for (step, sequence) in [(1, 9_000), (2, 42_000), (3, 1_000)] {
        arrivals.received(start, sequence, 2_000);
        assert_eq!(arrivals.window.as_ref().unwrap().slots.len(), 1, "{step}");
    }
    let told = tell(&mut arrivals, start + ms(50), 1_200);
    assert_eq!(told, Some((0, vec![(1_000, Some(0))])));
}

#[test]
fn what_was_told_long_ago_is_let_go() {
    let start = Instant::now();
    let mut arrivals = Arrivals::new(start);
    for at in 0..2_000_u16 {
        let now = start + ms(u64::from(at) * 10);
        arrivals.received(now, at, 1_200);
        tell(&mut arrivals, now, 1_200);
    }
    let held = arrivals.window.as_ref().unwrap().slots.len();
    assert!((50..60).contains(&held), "half a second: {held}");
    assert!(arrivals.window.as_ref().unwrap().slots.capacity() <= 128);
}

proptest! {
    /// Numbers in any order near each other, some doubled, some never: each is told once it came,
    /// when it came first, and those between that did not come as missing.
    #[test]
    fn every_arrival_is_told_as_it_was(
        first in any::<u16>(),
        packets in prop::collection::vec((0_u16..3, 0_u64..30, 0_u16..20), 1..300),
        octets in 40_usize..1_500,
        room in 32_usize..1_200,
    ) {
        let start = Instant::now();
        let mut now = start;
        let mut arrivals = Arrivals::new(start);
        arrivals.received(start, first, octets);
        // By their distance from the first, so that none wraps.
        let mut came = BTreeMap::from([(0, 0)]);
        let mut told: BTreeMap<u16, Option<u32>> = BTreeMap::new();
        let (mut newest, mut feedbacks) = (0_u16, 0_u8);
        for (step, pause_ms, behind) in packets {
            now += ms(pause_ms);
            newest += step;
            let number = newest.saturating_sub(if step == 0 { behind } else { 0 });
            let at_ms = u32::try_from((now - start).as_millis()).unwrap();
            if came.range(number + 1..).any(|(_, other)| other + 500 < at_ms) {
                // Too late to be told in any case.
                continue;
            }
            arrivals.received(now, first.wrapping_add(number), octets);
            came.entry(number).or_insert(at_ms);
            while arrivals.deadline().is_some_and(|due| due <= now) {
                let (count, statuses) = tell(&mut arrivals, now, room).unwrap();
                prop_assert_eq!(count, feedbacks);
                feedbacks = feedbacks.wrapping_add(1);
                for (sequence, at_ms) in statuses {
                    let number = sequence.wrapping_sub(first);
                    prop_assert_eq!(at_ms, came.get(&number).copied(), "{}", number);
                    told.insert(number, at_ms);
                }
            }
            if arrivals.deadline().is_none() {
                let mut untold = came.iter().filter(|(number, at)| told.get(number) != Some(&Some(**at)));
                prop_assert_eq!(untold.next(), None);
            }
        }
    }
}
