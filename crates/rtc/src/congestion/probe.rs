//! Clusters of packets sent faster than the estimate: when, and how fast.

use super::cluster::{Cluster, Finding, REPORTED_SHARE_MIN};
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
/// From one try to the next, growing while tries bring nothing.
const INTERVAL_US: i64 = 3_000_000;
const INTERVAL_GROWTH_US: i64 = 500_000;
const FAILURES_MAX: i64 = 2;
/// Where the link is full the cluster is slower and comes later: it makes a queue for all others, and
/// growth finds out the same.
const FULL_LINK_FACTOR: f64 = 1.5;
const FULL_LINK_US: i64 = 9_000_000;
/// A cluster of which feedback said too little is tried again after this.
const RETRY_US: i64 = 500_000;
/// In an outage a single small packet asks so often whether the link is back.
const KNOCK_INTERVAL_US: i64 = 500_000;
const KNOCK_BYTES: u32 = 100;

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

/// What is known when feedback arrives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) estimate_bps: f64,
    pub(super) link_loss: f64,
    /// Whether feedback spoke of the last packet of the cluster, or of a later one.
    pub(super) is_reported: bool,
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

    pub(super) fn sent(&mut self, cluster: ClusterId, sequence: u64, bytes: u32) {
        if let Some(under_way) = self.under_way(cluster) {
            under_way.sent(sequence, bytes);
        }
    }

    pub(super) fn received(
        &mut self,
        cluster: ClusterId,
        sent_us: i64,
        arrival_us: i64,
        bytes: u32,
    ) {
        if let Some(cluster) = self.under_way(cluster) {
            cluster.received(sent_us, arrival_us, bytes);
        }
    }

    pub(super) fn lost(&mut self, cluster: ClusterId) {
        if let Some(under_way) = self.under_way(cluster) {
            under_way.lost();
        }
    }

    /// The last packet of the cluster, once it is sent.
    pub(super) fn last_sequence(&self) -> Option<u64> {
        let cluster = self.cluster.as_ref().filter(|cluster| cluster.is_sent());
        cluster.map(|cluster| cluster.last_sequence)
    }

    /// What the cluster under way found, once feedback reached its end. The next may follow at once if
    /// this one met no limit, or if the reports of it were lost.
    pub(super) fn finding(&mut self, now_us: i64, known: Known) -> Option<Finding> {
        let cluster = self.cluster.take_if(|_| known.is_reported)?;
        if cluster.reported_share() < REPORTED_SHARE_MIN {
            self.former_bps = Some(cluster.probe.bps as f64);
            self.next_us = now_us + self.failures * RETRY_US;
            self.failures += 1;
            return None;
        }
        let Some(finding) = cluster.finding(known.link_loss) else {
            self.failures += 1;
            self.back_off(now_us);
            return None;
        };
        if finding.limit_bps.is_some() {
            let was_useful = finding.bps > known.estimate_bps * WORTHWHILE;
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
        self.cluster = Some(Cluster::new(now_us, probe));
        probe
    }

    fn under_way(&mut self, cluster: ClusterId) -> Option<&mut Cluster> {
        self.cluster
            .as_mut()
            .filter(|under_way| under_way.probe.cluster == cluster)
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

    fn known(estimate_bps: f64) -> Known {
        Known {
            estimate_bps,
            link_loss: 0.0,
            is_reported: true,
        }
    }

    /// Sends what is asked for and lets the packets arrive `apart` times as far apart.
    fn play(probing: &mut Probing, probe: Probe, apart: i64) {
        let packets = i64::from((probe.bytes / 1000 + 1).max(probe.packets));
        let gap_us = 8_000_000_000 / i64::try_from(probe.bps).unwrap();
        for sent_us in (0..packets).map(|at| at * gap_us) {
            probing.sent(probe.cluster, 0, 1000);
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
            let finding = probing.finding(0, known(wish.estimate_bps)).unwrap();
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
        let finding = probing.finding(0, known(WISH.estimate_bps)).unwrap();
        assert!(finding.limit_bps.is_some());
        assert!((finding.bps - 427_500.0).abs() < 2_000.0, "{finding:?}");
        assert_eq!(probing.wanted(INTERVAL_US - 1, WISH), None);
        assert!(probing.wanted(INTERVAL_US, WISH).is_some());
    }

    #[test]
    fn a_probe_whose_report_was_lost_is_sent_again() {
        let mut probing = Probing::default();
        let probe = probing.wanted(0, WISH).unwrap();
        assert_eq!(probing.last_sequence(), None, "not sent yet");
        for sequence in 0..10 {
            probing.sent(probe.cluster, sequence, 1000);
        }
        assert_eq!(probing.last_sequence(), Some(9));
        assert_eq!(probing.finding(0, known(300e3)), None);
        let again = probing.wanted(0, WISH).unwrap();
        assert_eq!(again.bps, probe.bps);
        assert_ne!(again.cluster, probe.cluster);
    }

    #[test]
    fn a_probe_that_nobody_sent_expires() {
        let mut probing = Probing::default();
        assert!(probing.wanted(0, WISH).is_some());
        probing.expire(1_000_000);
        assert_eq!(probing.wanted(1_000_000, WISH), None);
        assert!(probing.wanted(1_000_000 + RETRY_US, WISH).is_some());
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
