//! One direction of a line: takes packets with the time and says which of them leave it, and when.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;

use crate::shape::Shape;

/// How long the delay of a packet resembles that of the one before it: those of one video frame, sent
/// together, travel together, while the next frame's delay is another.
const JITTER_MEMORY: Duration = Duration::from_millis(100);
/// More than a timer and a few other packets explain.
const LATE: Duration = Duration::from_millis(5);
/// Packets that may be on their way at a time; what comes then is dropped and counted as `queue_full`.
/// A second of delay at 60,000 packets a second stays below it.
const FLYING_MAX: usize = 65_536;

/// What became of the packets; bytes are those of the IP packet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counters {
    pub(crate) offered_packets: u64,
    pub(crate) offered_bytes: u64,
    pub(crate) delivered_packets: u64,
    pub(crate) delivered_bytes: u64,
    pub(crate) lost: u64,
    pub(crate) queue_full: u64,
    pub(crate) too_big: u64,
    pub(crate) outage: u64,
    pub(crate) duplicated: u64,
    pub(crate) reordered: u64,
    /// Delivered long after their time, because the machine was busy: the line was not what it was told to be.
    pub(crate) late: u64,
}

/// One direction. Time runs from its start.
#[derive(Debug)]
pub(crate) struct Direction {
    shape: Shape,
    random: StdRng,
    in_burst: bool,
    /// Where the wandering delay is, from -1 to 1, and when that was.
    swing: f64,
    swing_at: Duration,
    outage_until: Duration,
    /// At the bottleneck, in order; the first is being sent until `sent_at`.
    waiting: VecDeque<Vec<u8>>,
    waiting_bytes: usize,
    sent_at: Duration,
    flying: BinaryHeap<Reverse<Flying>>,
    taken_off: u64,
    last_arrival: Duration,
    counters: Counters,
}

/// Ordered by its arrival, then by its number.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flying {
    arrival: Duration,
    number: u64,
    packet: Vec<u8>,
}

impl Direction {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            shape: Shape::default(),
            random: StdRng::seed_from_u64(seed),
            in_burst: false,
            swing: 0.0,
            swing_at: Duration::ZERO,
            outage_until: Duration::ZERO,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            sent_at: Duration::ZERO,
            flying: BinaryHeap::new(),
            taken_off: 0,
            last_arrival: Duration::ZERO,
            counters: Counters::default(),
        }
    }

    /// What holds from now on, also for what waits already.
    pub(crate) fn reshape(&mut self, shape: Shape) {
        self.in_burst &= shape.burst_in > 0.0;
        self.shape = shape;
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// All that comes until then is lost.
    pub(crate) fn fail_until(&mut self, until: Duration) {
        self.outage_until = until;
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// A packet enters the line.
    pub(crate) fn accept(&mut self, now: Duration, packet: &[u8]) {
        self.counters.offered_packets += 1;
        self.counters.offered_bytes += packet.len() as u64;
        if self.shape.mtu.is_some_and(|mtu| packet.len() > mtu) {
            self.counters.too_big += 1;
        } else if now < self.outage_until {
            self.counters.outage += 1;
        } else if self.is_lost() {
            self.counters.lost += 1;
        } else {
            self.queue(now, packet);
            if self.happens(self.shape.duplicate) {
                self.counters.duplicated += 1;
                self.queue(now, packet);
            }
        }
    }

    /// The next packet that has left the line by now.
    pub(crate) fn deliver(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.transmit(now);
        if self.flying.peek()?.0.arrival > now {
            return None;
        }
        let Reverse(flying) = self.flying.pop()?;
        self.counters.late += u64::from(now > flying.arrival + LATE);
        self.counters.delivered_packets += 1;
        self.counters.delivered_bytes += flying.packet.len() as u64;
        Some(flying.packet)
    }

    /// When there may be something to deliver.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let sent = self.waiting.front().map(|_| self.sent_at);
        let arrival = self.flying.peek().map(|Reverse(flying)| flying.arrival);
        sent.into_iter().chain(arrival).min()
    }

    fn queue(&mut self, now: Duration, packet: &[u8]) {
        self.transmit(now);
        let Some(rate_bps) = self.shape.rate_bps else {
            if self.waiting.is_empty() {
                return self.take_off(now, packet.to_vec());
            }
            return self.wait(packet);
        };
        if self.waiting.is_empty() {
            self.sent_at = now + time_for(packet.len(), rate_bps);
        } else if self.waiting_bytes + packet.len() > self.shape.queue_bytes(rate_bps) {
            self.counters.queue_full += 1;
            return;
        }
        self.wait(packet);
    }

    fn wait(&mut self, packet: &[u8]) {
        self.waiting_bytes += packet.len();
        self.waiting.push_back(packet.to_vec());
    }

    /// Moves what the bottleneck has sent by now onto its way.
    fn transmit(&mut self, now: Duration) {
        while self.sent_at <= now {
            let Some(packet) = self.waiting.pop_front() else {
                return;
            };
            self.waiting_bytes -= packet.len();
            let left_at = self.sent_at;
            if let Some(next) = self.waiting.front() {
                let rate_bps = self.shape.rate_bps;
                self.sent_at += rate_bps.map_or(Duration::ZERO, |rate| time_for(next.len(), rate));
            }
            self.take_off(left_at, packet);
        }
    }

    fn take_off(&mut self, at: Duration, packet: Vec<u8>) {
        if self.flying.len() >= FLYING_MAX {
            self.counters.queue_full += 1;
            return;
        }
        let mut arrival = at + self.delay(at);
        if self.happens(self.shape.reorder) {
            self.counters.reordered += 1;
            arrival += self.shape.reorder_delay;
        } else {
            arrival = arrival.max(self.last_arrival);
            self.last_arrival = arrival;
        }
        self.taken_off += 1;
        self.flying.push(Reverse(Flying {
            arrival,
            number: self.taken_off,
            packet,
        }));
    }

    /// The delay at this time: a first-order autoregression whose values spread evenly.
    fn delay(&mut self, at: Duration) -> Duration {
        if self.shape.jitter.is_zero() {
            return self.shape.delay;
        }
        let passed = at.saturating_sub(self.swing_at).as_secs_f64();
        let kept = (-passed / JITTER_MEMORY.as_secs_f64()).exp();
        let fresh = self.random.random_range(-1.0..=1.0);
        self.swing = (kept * self.swing + (1.0 - kept * kept).sqrt() * fresh).clamp(-1.0, 1.0);
        self.swing_at = at;
        let jitter = self.shape.jitter.mul_f64(self.swing.abs());
        if self.swing < 0.0 {
            self.shape.delay.saturating_sub(jitter)
        } else {
            self.shape.delay + jitter
        }
    }

    fn is_lost(&mut self) -> bool {
        if self.shape.burst_in > 0.0 {
            let change = if self.in_burst {
                self.shape.burst_out
            } else {
                self.shape.burst_in
            };
            self.in_burst ^= self.happens(change);
        }
        self.in_burst || self.happens(self.shape.loss)
    }

    fn happens(&mut self, chance: f64) -> bool {
        chance > 0.0 && self.random.random::<f64>() < chance
    }
}

fn time_for(bytes: usize, rate_bps: u64) -> Duration {
    Duration::from_nanos((bytes as u64 * 8).saturating_mul(1_000_000_000) / rate_bps.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn line(words: &str) -> Direction {
        let mut direction = Direction::new(7);
        let mut shape = Shape::default();
        for word in words.split_whitespace() {
            shape.set(word).unwrap();
        }
        direction.reshape(shape);
        direction
    }

    /// Sends numbered packets of that size, one each interval; answers when each arrives, in order of arrival.
    fn play(
        direction: &mut Direction,
        from: Duration,
        count: u32,
        every: Duration,
        bytes: usize,
    ) -> Vec<(u32, Duration)> {
        let mut arrivals = Vec::new();
        let mut now = from;
        for number in 0..count {
            let due = from + every * number;
            drain(direction, &mut now, due, &mut arrivals);
            now = due;
            let mut packet = vec![0; bytes];
            packet[..4].copy_from_slice(&number.to_be_bytes());
            direction.accept(now, &packet);
        }
        drain(
            direction,
            &mut now,
            from + every * count + Duration::from_secs(60),
            &mut arrivals,
        );
        arrivals
    }

    fn drain(
        direction: &mut Direction,
        now: &mut Duration,
        until: Duration,
        arrivals: &mut Vec<(u32, Duration)>,
    ) {
        while let Some(deadline) = direction.deadline().filter(|deadline| *deadline <= until) {
            *now = (*now).max(deadline);
            while let Some(packet) = direction.deliver(*now) {
                arrivals.push((u32::from_be_bytes(packet[..4].try_into().unwrap()), *now));
            }
        }
    }

    fn in_order(arrivals: &[(u32, Duration)]) -> bool {
        arrivals.windows(2).all(|pair| pair[0].0 <= pair[1].0)
    }

    #[test]
    fn without_settings_a_packet_leaves_at_once() {
        let arrivals = play(&mut line(""), MS, 3, MS, 100);
        assert_eq!(arrivals, [(0, MS), (1, 2 * MS), (2, 3 * MS)]);
    }

    #[test]
    fn a_delay_is_the_same_for_all() {
        let arrivals = play(&mut line("delay=200"), Duration::ZERO, 2, MS, 100);
        assert_eq!(arrivals, [(0, 200 * MS), (1, 201 * MS)]);
    }

    #[test]
    fn jitter_spreads_the_delay_and_keeps_the_order() {
        let arrivals = play(
            &mut line("delay=65 jitter=50"),
            Duration::ZERO,
            2000,
            20 * MS,
            100,
        );
        assert!(in_order(&arrivals));
        let delays = arrivals
            .iter()
            .map(|(number, at)| at.saturating_sub(20 * MS * *number));
        let (least, most) = (delays.clone().min().unwrap(), delays.max().unwrap());
        assert!(least < 25 * MS && most > 105 * MS, "{least:?} {most:?}");
        assert!(least >= 15 * MS && most <= 115 * MS, "{least:?} {most:?}");
    }

    #[test]
    fn packets_that_are_sent_together_travel_together() {
        let mut direction = line("delay=65 jitter=50");
        let arrivals = play(
            &mut direction,
            Duration::ZERO,
            100,
            Duration::from_micros(10),
            100,
        );
        let last = arrivals.last().unwrap().1;
        assert!(last - arrivals[0].1 < 20 * MS, "{arrivals:?}");
    }

    #[test]
    fn the_share_that_is_lost_is_the_one_asked_for() {
        let arrivals = play(&mut line("loss=10"), Duration::ZERO, 20_000, MS, 100);
        assert!(
            (17_800..18_200).contains(&arrivals.len()),
            "{}",
            arrivals.len()
        );
        assert_eq!(
            play(&mut line("loss=100"), Duration::ZERO, 100, MS, 100),
            []
        );
    }

    #[test]
    fn bursts_lose_neighbours() {
        let mut direction = line("burst_in=0.5 burst_out=12");
        let arrivals = play(&mut direction, Duration::ZERO, 100_000, MS, 100);
        // 0.5 / (0.5 + 12) = 4 %, in runs of 1 / 0.12 = 8.3.
        let lost = direction.counters().lost;
        let runs = arrivals
            .windows(2)
            .filter(|pair| pair[1].0 > pair[0].0 + 1)
            .count() as u64;
        assert!((3_500..4_500).contains(&lost), "{lost}");
        assert!((7..10).contains(&(lost / runs)), "{lost} in {runs}");
    }

    #[test]
    fn a_rate_spaces_packets_and_its_full_queue_drops() {
        // 1000 bytes at 80 kbit/s take 100 ms; the queue of 300 ms holds three of them.
        let mut direction = line("rate=80 queue=300");
        let arrivals = play(&mut direction, Duration::ZERO, 5, Duration::ZERO, 1000);
        assert_eq!(arrivals, [(0, 100 * MS), (1, 200 * MS), (2, 300 * MS)]);
        assert_eq!(direction.counters().queue_full, 2);
        assert_eq!(direction.counters().delivered_bytes, 3000);
    }

    #[test]
    fn an_idle_bottleneck_saves_nothing_up() {
        let mut direction = line("rate=80");
        let arrivals = play(
            &mut direction,
            Duration::from_secs(5),
            2,
            Duration::ZERO,
            1000,
        );
        assert_eq!(arrivals[1].1, Duration::from_millis(5200));
    }

    #[test]
    fn a_new_rate_holds_for_what_waits() {
        let mut direction = line("rate=80");
        for _ in 0..3 {
            direction.accept(Duration::ZERO, &[0; 1000]);
        }
        let mut shape = direction.shape().clone();
        shape.rate_bps = Some(800_000);
        direction.reshape(shape);
        assert!(direction.deliver(99 * MS).is_none());
        assert!(direction.deliver(100 * MS).is_some());
        assert!(direction.deliver(109 * MS).is_none());
        assert!(direction.deliver(110 * MS).is_some());
        let mut shape = direction.shape().clone();
        shape.rate_bps = None;
        direction.reshape(shape);
        assert!(direction.deliver(120 * MS).is_some());
    }

    #[test]
    fn late_packets_are_overtaken_only_where_reordering_is_asked_for() {
        let mut direction = line("delay=15 reorder=5 reorder_delay=40");
        let arrivals = play(&mut direction, Duration::ZERO, 2000, 5 * MS, 100);
        assert!(!in_order(&arrivals) && arrivals.len() == 2000);
        assert!((60..140).contains(&direction.counters().reordered));
        assert!(in_order(&play(
            &mut line("delay=15"),
            Duration::ZERO,
            2000,
            5 * MS,
            100
        )));
    }

    #[test]
    fn a_duplicate_arrives_twice() {
        assert_eq!(
            play(&mut line("duplicate=100"), Duration::ZERO, 2, MS, 100).len(),
            4
        );
    }

    #[test]
    fn an_outage_takes_all_until_it_ends() {
        let mut direction = line("");
        direction.fail_until(10 * MS);
        let arrivals = play(&mut direction, Duration::ZERO, 12, MS, 100);
        assert_eq!(arrivals, [(10, 10 * MS), (11, 11 * MS)]);
        assert_eq!(direction.counters().outage, 10);
    }

    #[test]
    fn what_is_larger_than_the_mtu_vanishes() {
        let mut direction = line("mtu=1280");
        assert_eq!(play(&mut direction, Duration::ZERO, 1, MS, 1281), []);
        assert_eq!(play(&mut direction, Duration::ZERO, 1, MS, 1280).len(), 1);
        assert_eq!(direction.counters().too_big, 1);
    }

    #[test]
    fn what_is_fetched_long_after_its_time_is_late() {
        let mut direction = line("delay=10");
        direction.accept(Duration::ZERO, &[0; 50]);
        direction.accept(Duration::ZERO, &[0; 50]);
        assert!(direction.deliver(11 * MS).is_some());
        assert!(direction.deliver(16 * MS).is_some());
        assert_eq!(direction.counters().late, 1);
    }

    #[test]
    fn a_seed_replays_a_line() {
        let played = || {
            play(
                &mut line("loss=20 jitter=10 delay=10"),
                Duration::ZERO,
                500,
                MS,
                100,
            )
        };
        assert_eq!(played(), played());
    }
}
