//! Congestion control of what is sent to one peer: Google congestion control
//! (draft-ietf-rmcat-gcc-02) over transport-wide feedback
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01), with probes for those who want more.
//!
//! Contract: every packet is told with [`CongestionControl::sent`], every report with
//! [`CongestionControl::acknowledged`]; [`CongestionControl::poll`] is asked after each of these and at
//! [`CongestionControl::deadline`] until it says `None`. Whoever desires nothing is sent no probe, and
//! an estimate that nobody tries neither rises nor falls.

mod cluster;
mod event;
mod history;
mod inter_arrival;
mod loss;
mod path;
mod probe;
mod queue_delay;
mod rate_control;
mod reported_loss;
mod throughput;
mod trendline;

use cluster::Finding;
pub use event::{ClusterId, Event, Kind, Probe};
pub use history::Told;
use history::{News, SentHistory, SentPacket};
use loss::{Conditions, LossControl};
use path::Path;
use probe::{Known, Probing, Wish};
use rate_control::{Growth, RateControl};
use reported_loss::ReportedLoss;
use std::time::{Duration, Instant};

/// The first estimate: the least layer of a camera and sound. What a link carries more is probed for
/// within a second where somebody wants it.
pub const ESTIMATE_BPS_START: u64 = 300_000;
/// Sound of one speaker; the estimate in an outage.
const ESTIMATE_BPS_MIN: f64 = 30_000.0;
/// More than this is wanted by nobody.
const ESTIMATE_BPS_MAX: f64 = 100_000_000.0;
/// The round trip until one is known.
const ROUND_TRIP_US: i64 = 100_000;
/// Feedback that is missing for so long, while packets are sent, is an outage.
const OUTAGE_US: i64 = 1_000_000;
/// Decreases are a round trip and so much apart: sooner, feedback is of what was sent before.
const DECREASE_INTERVAL_US: i64 = 100_000;
/// Loss with a queue above this is a queue that is full.
const FULL_QUEUE_LOSS: f64 = 0.1;
/// An estimate that nobody tried for so long is tried before it is used.
const VALID_US: i64 = 60_000_000;
/// Sending less than this part of the estimate does not try it.
const TRIED_SHARE: f64 = 0.65;
/// Changes smaller than this are not worth telling.
const TELLING: f64 = 0.01;

/// The congestion control of one peer.
pub struct CongestionControl {
    origin: Instant,
    history: SentHistory,
    path: Path,
    rate: RateControl,
    loss: LossControl,
    probing: Probing,
    /// Until the first transport-wide feedback.
    reported_loss: Option<ReportedLoss>,
    desired_bps: f64,
    round_trip_us: i64,
    reported_us: i64,
    tried_us: i64,
    /// The estimate of before the outage that goes on.
    outage: Option<f64>,
    told_bps: f64,
}

impl CongestionControl {
    /// What is known of the link at first: [`ESTIMATE_BPS_START`] where that is nothing.
    #[must_use]
    pub fn new(now: Instant, start_bps: u64) -> Self {
        let start_bps = start_bps as f64;
        Self {
            origin: now,
            history: SentHistory::default(),
            path: Path::default(),
            rate: RateControl::new(start_bps),
            loss: LossControl::default(),
            probing: Probing::default(),
            reported_loss: Some(ReportedLoss::new(start_bps)),
            desired_bps: 0.0,
            round_trip_us: ROUND_TRIP_US,
            reported_us: 0,
            tried_us: 0,
            outage: None,
            told_bps: start_bps,
        }
    }

    /// What all that the peer wants would take, in bit/s, with what it takes to send it; 0 for who only
    /// listens.
    pub fn desired(&mut self, now: Instant, bps: u64) {
        let now_us = self.micros(now);
        let is_more = bps as f64 > self.desired_bps;
        self.desired_bps = bps as f64;
        if is_more && now_us - self.tried_us > VALID_US {
            let start_bps = ESTIMATE_BPS_START as f64;
            let valid_bps = start_bps.max(2.0 * self.path.received_bps());
            self.rate.set(self.rate.estimate_bps().min(valid_bps));
            self.tried_us = now_us;
            self.probing.at_once(now_us);
        }
    }

    /// A packet with a transport-wide sequence number left, with all its headers so long.
    pub fn sent(&mut self, now: Instant, transport_sequence: u64, bytes: u32, kind: Kind) {
        let sent_us = self.micros(now);
        if let Kind::Probe(cluster) = kind {
            self.probing.sent(cluster, transport_sequence, bytes);
            self.path.probed(sent_us);
        }
        let packet = SentPacket {
            sent_us,
            bytes,
            kind,
        };
        self.history.sent(transport_sequence, packet);
    }

    /// A packet left again as it is, under the same number.
    pub fn repeated(&mut self, transport_sequence: u64) {
        self.history.repeated(transport_sequence);
    }

    /// What a transport-wide report says, in the order of its packets: when each arrived, on the
    /// receiver's clock, or that it did not.
    pub fn acknowledged(
        &mut self,
        now: Instant,
        packets: impl IntoIterator<Item = (u64, Option<Duration>)>,
    ) -> Told {
        let mut told = Told::default();
        let now_us = self.micros(now);
        let (mut is_any_received, mut is_overused) = (false, false);
        for (sequence, arrival) in packets {
            let skipped_bytes = self.history.skipped_bytes(sequence);
            self.path.unreported(skipped_bytes);
            let news = self.history.acknowledged(sequence, arrival.is_some());
            let Some((packet, news)) = news else {
                continue;
            };
            told.count(news);
            if let Some(arrival) = arrival {
                is_any_received = true;
                is_overused |= self.received(packet, news, micros(arrival));
            } else {
                self.lost(packet);
            }
        }
        if is_any_received {
            self.reported_loss = None;
            self.reported_us = now_us;
            self.end_outage(now_us);
            self.control(now_us, is_overused);
        }
        told
    }

    /// The round trip, as a receiver report tells it.
    pub fn round_trip(&mut self, round_trip: Duration) {
        self.round_trip_us = micros(round_trip);
    }

    /// The fraction lost of a receiver report, in 1/256 (RFC 3550 section 6.4.1): for peers without
    /// transport-wide feedback, nothing to others.
    pub fn fraction_lost(&mut self, now: Instant, fraction_lost: u8) {
        let now_us = self.micros(now);
        if let Some(reported) = &mut self.reported_loss {
            reported.report(now_us, fraction_lost, self.desired_bps);
        }
    }

    /// The receiver's own estimate (REMB, draft-alvestrand-rmcat-remb-03): likewise.
    pub fn receiver_estimate(&mut self, bps: u64) {
        if let Some(reported) = &mut self.reported_loss {
            reported.receiver_estimate(bps as f64);
        }
    }

    /// What may be sent, in bit/s.
    #[must_use]
    pub fn estimate_bps(&self) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "between the least and the most estimate"
        )]
        let bps = self.estimate() as u64;
        bps
    }

    /// Whether what is sent waits on the way: what is lost then finds no room.
    #[must_use]
    pub fn has_queue(&self) -> bool {
        self.path.has_queue()
    }

    /// What is to be done, one thing at a time.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        let now_us = self.micros(now);
        if self.outage.is_none() && self.outage_due_us().is_some_and(|due_us| now_us >= due_us) {
            self.outage = Some(self.rate.estimate_bps());
            self.rate.set(ESTIMATE_BPS_MIN);
            self.probing.at_once(now_us);
        }
        self.rate.drain(now_us);
        let estimate_bps = self.estimate();
        if (estimate_bps - self.told_bps).abs() > TELLING * self.told_bps {
            self.told_bps = estimate_bps;
            return Some(Event::Estimate(self.estimate_bps()));
        }
        self.probing.expire(now_us);
        self.wanted_probe(now_us).map(Event::Probe)
    }

    /// When [`Self::poll`] is to be asked next, if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let probe_us = match self.outage {
            Some(_) if self.desired_bps > 0.0 => Some(self.probing.knock_due_us()),
            Some(_) => None,
            None => self
                .probing
                .due_us(self.wish())
                .filter(|_| self.has_feedback()),
        };
        let outage_us = self.outage_due_us().filter(|_| self.outage.is_none());
        let due_us = [probe_us, outage_us, self.rate.draining_until_us()];
        let due_us = due_us.into_iter().flatten().min()?;
        Some(self.origin + Duration::from_micros(u64::try_from(due_us).unwrap_or(0)))
    }

    fn received(&mut self, packet: SentPacket, news: News, arrival_us: i64) -> bool {
        let SentPacket {
            sent_us,
            bytes,
            kind,
        } = packet;
        match news {
            News::Recovered => self.loss.recovered(),
            News::Received | News::Lost => self.loss.received(),
        }
        if kind == Kind::Repeated {
            self.path.unreported(bytes);
            return false;
        }
        if let Kind::Probe(cluster) = kind {
            self.probing.received(cluster, sent_us, arrival_us, bytes);
        }
        self.path.received(sent_us, arrival_us, bytes)
    }

    fn lost(&mut self, packet: SentPacket) {
        self.loss.lost();
        if let Kind::Probe(cluster) = packet.kind {
            self.probing.lost(cluster);
        }
    }

    /// What a report changes.
    fn control(&mut self, now_us: i64, is_overused: bool) {
        let has_queue = self.path.has_queue();
        self.rate.drain(now_us);
        if !has_queue {
            self.rate.drained();
        }
        self.rate.reconsider(now_us, self.path.queue_us());
        let is_overused = self.path.is_overuse_confirmed(is_overused);
        let is_full = self.loss_of_window(now_us, has_queue) > FULL_QUEUE_LOSS;
        let is_standing = self.path.is_queue_lasting(now_us);
        if self.path.is_longer() {
            self.rate.forget_capacity();
            self.probing.at_once(now_us);
            return;
        }
        if has_queue && (is_overused || is_full || is_standing) {
            self.decrease(now_us);
        } else if has_queue || !self.path.is_steady() || self.loss.is_holding() {
            self.rate.hold(now_us);
        } else {
            self.increase(now_us);
        }
        self.read_probe(now_us);
        if self.is_tried() {
            self.tried_us = now_us;
        }
    }

    fn read_probe(&mut self, now_us: i64) {
        let known = Known {
            estimate_bps: self.estimate(),
            link_loss: self.loss.link_loss(),
            is_reported: self
                .probing
                .last_sequence()
                .is_some_and(|sequence| self.history.is_reported(sequence)),
        };
        if let Some(found) = self.probing.finding(now_us, known) {
            self.probed(found);
        }
    }

    fn probed(&mut self, found: Finding) {
        if found.bps > self.estimate() {
            let received_bps = self.path.received_bps();
            let limit_bps = found.limit_bps.map(|bps| bps.max(received_bps));
            self.rate.probed(found.bps, limit_bps);
            self.loss.release();
        } else if found.limit_bps.is_some() {
            self.rate.exceeded(found.bps, self.is_tried());
        }
    }

    fn loss_of_window(&mut self, now_us: i64, has_queue: bool) -> f64 {
        let Some(long) = self.path.throughput() else {
            return 0.0;
        };
        let conditions = Conditions {
            sent_bps: long.sent_bps,
            received_bps: long.received_bps,
            has_queue,
        };
        let estimate_bps = self.rate.estimate_bps();
        let was_testing = self.loss.is_testing();
        let loss = self.loss.report(now_us, estimate_bps, conditions);
        if was_testing && self.loss.bound_bps().is_none() {
            self.probing.at_once(now_us);
        }
        loss.unwrap_or(0.0)
    }

    fn decrease(&mut self, now_us: i64) {
        let interval_us = self.round_trip_us.min(OUTAGE_US) + DECREASE_INTERVAL_US;
        let is_soon = |decreased_us: i64| now_us - decreased_us < interval_us;
        if self.rate.decreased_us().is_some_and(is_soon) {
            self.rate.hold(now_us);
            return;
        }
        if let Some(evidence) = self.path.evidence() {
            self.rate.decrease(now_us, evidence);
            self.probing.back_off(now_us);
        }
    }

    fn increase(&mut self, now_us: i64) {
        let growth = Growth {
            received_bps: self.path.received_bps(),
            desired_bps: self.desired_bps,
            round_trip_us: self.round_trip_us as f64,
        };
        if self.rate.increase(now_us, growth) {
            self.probing.at_once(now_us);
        }
    }

    fn end_outage(&mut self, now_us: i64) {
        if let Some(former_bps) = self.outage.take() {
            self.path.restart();
            self.loss.restart(now_us);
            self.rate
                .set((former_bps / 2.0).min(ESTIMATE_BPS_START as f64));
            self.probing.come_back(now_us, former_bps);
        }
    }

    fn wanted_probe(&mut self, now_us: i64) -> Option<Probe> {
        match self.outage {
            Some(_) if self.desired_bps > 0.0 => self.probing.knock(now_us, ESTIMATE_BPS_MIN),
            None if self.has_feedback() => self.probing.wanted(now_us, self.wish()),
            _ => None,
        }
    }

    fn wish(&self) -> Wish {
        Wish {
            estimate_bps: self.estimate(),
            desired_bps: self.desired_bps,
            jitter_us: self.path.jitter_us(),
            is_blocked: self.path.has_queue() || self.is_testing_loss(),
            is_link_full: self.rate.is_capacity_known() && self.is_tried(),
        }
    }

    /// Whether enough is sent for the estimate to show.
    fn is_tried(&self) -> bool {
        self.path.received_bps() > TRIED_SHARE * self.rate.estimate_bps()
    }

    /// A test of the loss is not disturbed, unless much more is desired: a probe answers sooner.
    fn is_testing_loss(&self) -> bool {
        self.loss.is_testing() && 3.0 * self.estimate() > self.desired_bps
    }

    fn outage_due_us(&self) -> Option<i64> {
        let unreported_us = self.history.unreported_since_us()?;
        self.has_feedback()
            .then_some(unreported_us.max(self.reported_us) + OUTAGE_US)
    }

    fn has_feedback(&self) -> bool {
        self.reported_loss.is_none()
    }

    fn estimate(&self) -> f64 {
        if let Some(reported) = &self.reported_loss {
            return reported.estimate_bps();
        }
        let bound_bps = self.loss.bound_bps().unwrap_or(ESTIMATE_BPS_MAX);
        self.rate.allowed_bps().min(bound_bps)
    }

    fn micros(&self, now: Instant) -> i64 {
        micros(now.saturating_duration_since(self.origin))
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests;
