//! One cluster of probe packets: what was sent of it, and what its arrival says of the link.

use super::Probe;

/// A cluster that arrives at less of its rate than this was limited by the link, of which so much is
/// then believed.
const PASSING: f64 = 0.9;
const LIMIT_SHARE: f64 = 0.95;
/// A cluster says something if reports speak of so much of it. What the link loses is no limit, nor are
/// so many times as many and two packets: few packets tell little.
pub(super) const REPORTED_SHARE_MIN: f64 = 0.6;
const LOST_FACTOR: f64 = 3.0;
const LOST_PACKETS: f64 = 2.0;
/// A cluster of which feedback said too little in this time is given up.
const PATIENCE_US: i64 = 1_000_000;

/// What a cluster found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) bps: f64,
    /// The rate of the link, if it and not the probe set the rate.
    pub(super) limit_bps: Option<f64>,
}

/// A cluster that was asked for.
pub(super) struct Cluster {
    pub(super) probe: Probe,
    requested_us: i64,
    pub(super) last_sequence: u64,
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

impl Cluster {
    pub(super) fn new(now_us: i64, probe: Probe) -> Self {
        Self {
            probe,
            requested_us: now_us,
            last_sequence: 0,
            sent_bytes: 0,
            sent_packets: 0,
            lost_packets: 0,
            received: None,
        }
    }

    pub(super) fn sent(&mut self, sequence: u64, bytes: u32) {
        self.last_sequence = sequence;
        self.sent_bytes += bytes;
        self.sent_packets += 1;
    }

    pub(super) fn lost(&mut self) {
        self.lost_packets += 1;
    }

    pub(super) fn received(&mut self, sent_us: i64, arrival_us: i64, bytes: u32) {
        let received = self.received.get_or_insert(Received {
            first_sent_us: sent_us,
            last_sent_us: sent_us,
            first_arrival_us: arrival_us,
            last_arrival_us: arrival_us,
            bytes: 0,
            packets: 0,
        });
        // A packet that a later one overtook says nothing of the rate.
        if arrival_us < received.first_arrival_us {
            (received.first_sent_us, received.first_arrival_us) = (sent_us, arrival_us);
            received.bytes = 0;
        } else if received.packets > 0 {
            received.bytes += bytes;
        }
        (received.last_sent_us, received.last_arrival_us) = (sent_us, arrival_us);
        received.packets += 1;
    }

    pub(super) fn expires_us(&self) -> i64 {
        self.requested_us + PATIENCE_US
    }

    pub(super) fn is_sent(&self) -> bool {
        self.sent_packets >= self.probe.packets && self.sent_bytes >= self.probe.bytes
    }

    pub(super) fn reported_share(&self) -> f64 {
        let received_packets = self.received.map_or(0, |received| received.packets);
        let reported_packets = received_packets + self.lost_packets;
        f64::from(reported_packets) / f64::from(self.sent_packets.max(1))
    }

    pub(super) fn finding(&self, link_loss: f64) -> Option<Finding> {
        let received = self.received.filter(|received| received.bytes > 0)?;
        let reported_packets = received.packets + self.lost_packets;
        let received_share = f64::from(received.packets) / f64::from(reported_packets);
        let of_sent = f64::from(received.packets) / f64::from(self.sent_packets.max(1));
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
        let whole_bps = (sent_bps / of_sent).min(self.probe.bps as f64);
        let carried_bps = whole_bps * carried;
        let is_limit = carried < PASSING;
        let share = if is_limit { LIMIT_SHARE } else { 1.0 };
        Some(Finding {
            bps: carried_bps * share,
            limit_bps: is_limit.then_some(carried_bps),
        })
    }
}
