//! Clusters of packets sent faster than the estimate: when, how fast, and what their arrival says.

use super::{ClusterId, Probe};

/// A cluster lasts so long, and longer by a multiple of the jitter, which would hide its rate.
const CLUSTER_US: f64 = 50_000.0;
const CLUSTER_JITTERS: f64 = 8.0;
const CLUSTER_US_MAX: f64 = 200_000.0;
const PACKETS_MIN: u32 = 5;
/// The first cluster tries so much of the first estimate, each later one so much of its own.
const FIRST_FACTOR: f64 = 3.0;
const FACTOR: f64 = 2.0;
/// Less above the estimate than this is left to growth.
const WORTHWHILE: f64 = 1.05;
/// A cluster that arrives at less of its rate than this was limited by the link, of which so much is
/// then believed.
const PASSING: f64 = 0.9;
const LIMIT_SHARE: f64 = 0.95;
/// A cluster says something if so much of it arrives. What the link loses is no limit, nor are so many
/// times as many and two packets: few packets tell little.
const RECEIVED_SHARE_MIN: f64 = 0.4;
const LOST_FACTOR: f64 = 3.0;
const LOST_PACKETS: f64 = 2.0;
/// From one try to the next, growing while tries bring nothing.
const INTERVAL_US: i64 = 3_000_000;
const INTERVAL_GROWTH_US: i64 = 500_000;
const FAILURES_MAX: i64 = 2;
/// Where the link is full the cluster is slower and comes later: it makes a queue for all others, and
/// growth finds out the same.
const FULL_LINK_FACTOR: f64 = 1.5;
const FULL_LINK_US: i64 = 9_000_000;
/// A cluster of which feedback said too little in this time is given up, and tried again after this.
const PATIENCE_US: i64 = 1_000_000;
const RETRY_US: i64 = 500_000;
/// In an outage a single small packet asks so often whether the link is back.
const KNOCK_INTERVAL_US: i64 = 500_000;
const KNOCK_BYTES: u32 = 100;

/// What a cluster found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) bps: f64,
    /// The rate of the link, if it and not the probe set the rate.
    pub(super) limit_bps: Option<f64>,
}

/// What is known when a probe may begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) estimate_bps: f64,
    pub(super) desired_bps: f64,
    pub(super) jitter_us: f64,
    /// What is sent fills the link: growth finds out whether it carries more, without a queue.
    pub(super) is_link_full: bool,
    /// Packets wait already, or the loss at the present rate is being found out.
    pub(super) is_blocked: bool,
}

/// The cluster under way, and when the next may begin.
#[derive(Default)]
pub(super) struct Probing {
    clusters: u16,
    cluster: Option<Cluster>,
    next_us: i64,
    failures: i64,
    /// The rate of before an outage, to be tried at once.
    former_bps: Option<f64>,
}

struct Cluster {
    id: ClusterId,
    probe: Probe,
    requested_us: i64,
    sent_bytes: u32,
    sent_packets: u32,
    lost_packets: u32,
    received: Option<Received>,
}

#[derive(Clone, Copy)]
struct Received {
    first_sent_us: i64,
    last_sent_us: i64,
    first_arrival_us: i64,
    last_arrival_us: i64,
    /// Without the first packet: it says since when the others came.
    bytes: u32,
    packets: u32,
}

impl Probing {
    /// The probe to be sent, if one is worthwhile and due.
    pub(super) fn wanted(&mut self, now_us: i64, wish: Wish) -> Option<Probe> {
        if self.cluster.is_some() || now_us < self.due_us(wish)? {
            return None;
        }
        let factor = match self.clusters {
            0 => FIRST_FACTOR,
            _ if wish.is_link_full => FULL_LINK_FACTOR,
            _ => FACTOR,
        };
        let bps = self.former_bps.take();
        let bps = bps.unwrap_or(wish.estimate_bps * factor);
        let bps = bps.min(wish.desired_bps);
        let cluster_us = CLUSTER_US + CLUSTER_JITTERS * wish.jitter_us;
        let bytes = bps / 8e6 * cluster_us.min(CLUSTER_US_MAX);
        Some(self.begin(now_us, bps, bytes, PACKETS_MIN))
    }

    /// When `wanted` will have something to say, all else being equal.
    pub(super) fn due_us(&self, wish: Wish) -> Option<i64> {
        if wish.desired_bps <= wish.estimate_bps * WORTHWHILE {
            return None;
        }
        let expires_us = self.cluster.as_ref().map(Cluster::expires_us);
        let growth_us = if wish.is_link_full { FULL_LINK_US } else { 0 };
        let next_us = Some(self.next_us + growth_us);
        expires_us.or(next_us.filter(|_| !wish.is_blocked))
    }

    /// The packet that asks in an outage whether the link is back.
    pub(super) fn knock(&mut self, now_us: i64, bps: f64) -> Option<Probe> {
        if now_us < self.knock_due_us() {
            return None;
        }
        self.next_us = now_us + KNOCK_INTERVAL_US;
        Some(self.begin(now_us, bps, f64::from(KNOCK_BYTES), 1))
    }

    pub(super) fn knock_due_us(&self) -> i64 {
        self.next_us
    }

    pub(super) fn sent(&mut self, cluster: ClusterId, bytes: u32) {
        if let Some(under_way) = self.under_way(cluster) {
            under_way.sent_bytes += bytes;
            under_way.sent_packets += 1;
        }
    }

    pub(super) fn received(
        &mut self,
        cluster: ClusterId,
        sent_us: i64,
        arrival_us: i64,
        bytes: u32,
    ) {
        let Some(cluster) = self.under_way(cluster) else {
            return;
        };
        let received = cluster.received.get_or_insert(Received {
            first_sent_us: sent_us,
            last_sent_us: sent_us,
            first_arrival_us: arrival_us,
            last_arrival_us: arrival_us,
            bytes: 0,
            packets: 0,
        });
        received.last_sent_us = received.last_sent_us.max(sent_us);
        received.last_arrival_us = received.last_arrival_us.max(arrival_us);
        received.bytes += if received.packets == 0 { 0 } else { bytes };
        received.packets += 1;
    }

    pub(super) fn lost(&mut self, cluster: ClusterId) {
        if let Some(under_way) = self.under_way(cluster) {
            under_way.lost_packets += 1;
        }
    }

    /// What the cluster under way found, once feedback spoke of all of it. The next may follow at once
    /// if this one met no limit.
    pub(super) fn finding(
        &mut self,
        now_us: i64,
        estimate_bps: f64,
        link_loss: f64,
    ) -> Option<Finding> {
        let finding = self.cluster.as_ref()?.finding(link_loss)?;
        self.cluster = None;
        if finding.limit_bps.is_some() {
            let was_useful = finding.bps > estimate_bps * WORTHWHILE;
            self.failures = if was_useful { 0 } else { self.failures + 1 };
            self.back_off(now_us);
        } else {
            (self.failures, self.next_us) = (0, now_us);
        }
        Some(finding)
    }

    /// Gives up a cluster of which too little was heard.
    pub(super) fn expire(&mut self, now_us: i64) {
        let expires_us = self.cluster.as_ref().map(Cluster::expires_us);
        if expires_us.is_some_and(|expires_us| now_us >= expires_us) {
            self.cluster = None;
            self.next_us = now_us + RETRY_US;
        }
    }

    pub(super) fn back_off(&mut self, now_us: i64) {
        let growth_us = self.failures.min(FAILURES_MAX) * INTERVAL_GROWTH_US;
        self.next_us = self.next_us.max(now_us + INTERVAL_US + growth_us);
    }

    /// Whatever was waited for: something says that the link carries more.
    pub(super) fn at_once(&mut self, now_us: i64) {
        (self.failures, self.next_us) = (0, now_us - FULL_LINK_US);
    }

    /// The link is back: the rate of before is tried at once.
    pub(super) fn come_back(&mut self, now_us: i64, former_bps: f64) {
        self.cluster = None;
        self.former_bps = Some(former_bps);
        self.at_once(now_us);
    }

    fn begin(&mut self, now_us: i64, bps: f64, bytes: f64, packets: u32) -> Probe {
        let id = ClusterId(self.clusters);
        self.clusters = self.clusters.wrapping_add(1).max(1);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cluster is short and its rate bounded"
        )]
        let probe = Probe {
            cluster: id,
            bps: bps as u64,
            bytes: bytes as u32,
            packets,
        };
        self.cluster = Some(Cluster {
            id,
            probe,
            requested_us: now_us,
            sent_bytes: 0,
            sent_packets: 0,
            lost_packets: 0,
            received: None,
        });
        probe
    }

    fn under_way(&mut self, cluster: ClusterId) -> Option<&mut Cluster> {
        self.cluster
            .as_mut()
            .filter(|under_way| under_way.id == cluster)
    }
}

impl Cluster {
    fn expires_us(&self) -> i64 {
        self.requested_us + PATIENCE_US
    }

    fn finding(&self, link_loss: f64) -> Option<Finding> {
        let received = self.received?;
        let is_sent =
            self.sent_packets >= self.probe.packets && self.sent_bytes >= self.probe.bytes;
        let is_reported = received.packets + self.lost_packets >= self.sent_packets;
        let received_share = f64::from(received.packets) / f64::from(self.sent_packets.max(1));
        if !is_sent || !is_reported || received_share < RECEIVED_SHARE_MIN {
            return None;
        }
        let sent_us = received.last_sent_us - received.first_sent_us;
        let arrival_us = received.last_arrival_us - received.first_arrival_us;
        let sent_bps = f64::from(received.bytes) * 8e6 / sent_us.max(1) as f64;
        let passing = (sent_us as f64 / arrival_us.max(1) as f64).min(1.0);
        let usual = LOST_FACTOR * link_loss * f64::from(self.sent_packets) + LOST_PACKETS;
        let is_lossy = f64::from(self.lost_packets) > usual;
        let carried = if is_lossy {
            passing * received_share
        } else {
            passing
        };
        // Random loss thins what was sent and what arrived alike.
        let whole_bps = (sent_bps / received_share).min(self.probe.bps as f64);
        let carried_bps = whole_bps * carried;
        let is_limit = carried < PASSING;
        let share = if is_limit { LIMIT_SHARE } else { 1.0 };
        Some(Finding {
            bps: carried_bps * share,
            limit_bps: is_limit.then_some(carried_bps),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISH: Wish = Wish {
        estimate_bps: 300_000.0,
        desired_bps: 5_000_000.0,
        jitter_us: 0.0,
        is_link_full: false,
        is_blocked: false,
    };

    /// Sends what is asked for and lets the packets arrive `apart` times as far apart.
    fn play(probing: &mut Probing, probe: Probe, apart: i64) {
        let packets = i64::from((probe.bytes / 1000 + 1).max(probe.packets));
        let gap_us = 8_000_000_000 / i64::try_from(probe.bps).unwrap();
        for sent_us in (0..packets).map(|at| at * gap_us) {
            probing.sent(probe.cluster, 1000);
            probing.received(probe.cluster, sent_us, sent_us * apart, 1000);
        }
    }

    #[test]
    fn probes_triple_and_then_double_while_they_pass_and_never_exceed_what_is_desired() {
        let (mut probing, mut wish) = (Probing::default(), WISH);
        for expected_bps in [900_000, 1_800_000, 3_600_000, 5_000_000] {
            let probe = probing.wanted(0, wish).unwrap();
            assert!(probe.bps.abs_diff(expected_bps) < 20_000, "{probe:?}");
            assert_eq!(probing.wanted(0, wish), None, "one at a time");
            play(&mut probing, probe, 1);
            let finding = probing.finding(0, wish.estimate_bps, 0.0).unwrap();
            assert_eq!(finding.limit_bps, None);
            wish.estimate_bps = finding.bps;
        }
        assert_eq!(
            probing.wanted(60_000_000, wish),
            None,
            "all that is desired"
        );
    }

    #[test]
    fn a_limit_is_found_and_the_next_try_waits() {
        let mut probing = Probing::default();
        let probe = probing.wanted(0, WISH).unwrap();
        play(&mut probing, probe, 2);
        let finding = probing.finding(0, WISH.estimate_bps, 0.0).unwrap();
        assert!(finding.limit_bps.is_some());
        assert!((finding.bps - 427_500.0).abs() < 2_000.0, "{finding:?}");
        assert_eq!(probing.wanted(INTERVAL_US - 1, WISH), None);
        assert!(probing.wanted(INTERVAL_US, WISH).is_some());
    }

    #[test]
    fn a_probe_that_nobody_sent_expires() {
        let mut probing = Probing::default();
        assert!(probing.wanted(0, WISH).is_some());
        probing.expire(PATIENCE_US);
        assert_eq!(probing.wanted(PATIENCE_US, WISH), None);
        assert!(probing.wanted(PATIENCE_US + RETRY_US, WISH).is_some());
    }

    #[test]
    fn who_only_listens_is_never_probed() {
        let listener = Wish {
            desired_bps: 0.0,
            ..WISH
        };
        let mut probing = Probing::default();
        assert_eq!(probing.wanted(0, listener), None);
        assert_eq!(probing.due_us(listener), None);
    }
}
