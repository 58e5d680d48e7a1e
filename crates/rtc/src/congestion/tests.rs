//! What the caller of the congestion control sees: probes, events and deadlines.

use super::*;

#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn moment() -> Instant {
    Instant::now()
}

/// A peer to which a packet is sent every 20 ms, and each arrives after 30 ms.
struct Rig {
    control: CongestionControl,
    now: Instant,
    sequence: u64,
    arrival: Duration,
    probes: Vec<Probe>,
    estimates: Vec<u64>,
}

impl Rig {
    fn new() -> Self {
        let now = moment();
        Self {
            control: CongestionControl::new(now, ESTIMATE_BPS_START),
            now,
            sequence: 7,
            arrival: Duration::from_secs(1000),
            probes: Vec::new(),
            estimates: Vec::new(),
        }
    }

    /// So many packets, each acknowledged unless the way is cut.
    fn send(&mut self, packets: u32, is_cut: bool) {
        for _ in 0..packets {
            self.now += Duration::from_millis(20);
            self.arrival += Duration::from_millis(20);
            self.sequence += 1;
            let sequence = self.sequence;
            self.control.sent(self.now, sequence, 150, Kind::Audio);
            if !is_cut {
                let later = self.now + Duration::from_millis(60);
                self.control
                    .acknowledged(later, [(sequence, Some(self.arrival))]);
            }
            self.poll();
        }
    }

    fn poll(&mut self) {
        while let Some(event) = self.control.poll(self.now) {
            match event {
                Event::Estimate(bps) => self.estimates.push(bps),
                Event::Probe(probe) => self.probes.push(probe),
            }
        }
    }
}

#[test]
fn nothing_is_due_for_a_peer_that_is_sent_nothing() {
    let mut rig = Rig::new();
    rig.poll();
    assert_eq!(rig.control.deadline(), None);
    assert_eq!(rig.control.estimate_bps(), ESTIMATE_BPS_START);
}

#[test]
fn who_listens_is_neither_probed_nor_believed_more_or_less() {
    let mut rig = Rig::new();
    rig.send(50 * 60, false);
    assert_eq!(rig.probes, []);
    assert_eq!(rig.estimates, []);
}

#[test]
fn a_probe_is_wanted_once_there_is_feedback_and_somebody_wants_more() {
    let mut rig = Rig::new();
    rig.control.desired(rig.now, 2_000_000);
    rig.send(5, true);
    assert_eq!(rig.probes, [], "whether it can be measured is not known");
    rig.send(1, false);
    assert_eq!(rig.probes.len(), 1);
    assert_eq!(rig.probes[0].bps, 3 * ESTIMATE_BPS_START);
    assert!(rig.control.deadline().is_some());
}

#[test]
fn an_outage_is_seen_at_its_deadline_and_knocked_at_until_the_link_is_back() {
    let mut rig = Rig::new();
    rig.control.desired(rig.now, 250_000);
    rig.send(50, false);
    assert_eq!(rig.probes, []);
    let last = rig.now;
    rig.send(1, true);
    let due = rig.control.deadline().unwrap() - last;
    assert!((1000..1100).contains(&due.as_millis()), "{due:?}");
    rig.send(150, true);
    assert_eq!(rig.estimates, [30_000]);
    let knocks = rig.probes.len();
    assert!((3..=5).contains(&knocks), "{knocks} in two seconds");
    rig.send(1, false);
    assert!(rig.control.estimate_bps() > 100_000);
    assert_eq!(rig.probes.last().unwrap().bps, 250_000);
}

#[test]
fn an_outage_knocks_at_nobody_who_only_listens() {
    let mut rig = Rig::new();
    rig.send(50, false);
    rig.send(150, true);
    assert_eq!(rig.estimates, [30_000]);
    assert_eq!(rig.probes, []);
    assert_eq!(rig.control.deadline(), None);
}

#[test]
fn an_estimate_that_nobody_tried_for_long_is_tried_again() {
    let mut rig = Rig::new();
    rig.control.rate.set(4e6);
    rig.control.desired(rig.now, 100_000);
    rig.send(50 * 50, false);
    assert_eq!(rig.control.estimate_bps(), 4_000_000);
    rig.send(50 * 20, false);
    rig.control.desired(rig.now, 3_000_000);
    assert_eq!(rig.control.estimate_bps(), ESTIMATE_BPS_START);
    rig.poll();
    assert_eq!(rig.probes.len(), 1);
}

#[test]
fn without_transport_wide_feedback_reports_decide_and_with_it_they_do_not() {
    let mut rig = Rig::new();
    rig.control.desired(rig.now, 2_000_000);
    rig.control.fraction_lost(rig.now, 128);
    assert!(rig.control.estimate_bps() < ESTIMATE_BPS_START);
    rig.control.receiver_estimate(100_000);
    assert_eq!(rig.control.estimate_bps(), 100_000);
    rig.send(1, false);
    assert_eq!(rig.control.estimate_bps(), ESTIMATE_BPS_START);
    rig.control.fraction_lost(rig.now, 128);
    assert_eq!(rig.control.estimate_bps(), ESTIMATE_BPS_START);
}

#[test]
fn reports_of_what_was_never_sent_change_nothing() {
    let mut rig = Rig::new();
    rig.send(50, false);
    for sequence in [0, 6, 1 << 40, u64::MAX] {
        let arrival = Some(Duration::MAX);
        rig.control
            .acknowledged(rig.now, [(sequence, arrival), (sequence, None)]);
    }
    rig.send(50, false);
    assert_eq!(rig.control.estimate_bps(), ESTIMATE_BPS_START);
}

#[test]
fn arrival_times_of_a_hostile_receiver_do_no_harm() {
    let mut rig = Rig::new();
    rig.control.desired(rig.now, 5_000_000);
    let mut number: u64 = 1;
    for _ in 0..20_000 {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        rig.now += Duration::from_micros(number >> 50);
        rig.sequence += 1;
        let kind = Kind::Probe(ClusterId((number >> 60) as u16));
        rig.control
            .sent(rig.now, rig.sequence, (number >> 52) as u32, kind);
        let arrival = match number >> 62 {
            0 => None,
            1 => Some(Duration::MAX),
            2 => Some(Duration::from_micros(number)),
            _ => Some(Duration::from_millis(number >> 55)),
        };
        rig.control.acknowledged(rig.now, [(rig.sequence, arrival)]);
        rig.poll();
        let estimate_bps = rig.control.estimate_bps() as f64;
        assert!((ESTIMATE_BPS_MIN..=ESTIMATE_BPS_MAX).contains(&estimate_bps));
    }
}
