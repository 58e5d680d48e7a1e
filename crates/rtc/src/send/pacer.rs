//! The pace at which packets leave for one peer: a leaky bucket of bytes.
//!
//! Contract: each packet is offered once. Mostly it may leave at once; else a token for it waits, and
//! the packet stays where it is kept for resends. [`Pacer::poll`] says what leaves next, until `None`,
//! then again at [`Pacer::deadline`]. Packets leave in runs of up to 5 ms, so that one system call can
//! carry them. Sound never waits, but what it takes is missing for the others.

use crate::congestion::{ClusterId, Probe};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Packets leave at so much of the estimate, in percent: a keyframe is not held up for long, and the
/// queue that it makes in the bottleneck, before which sound must wait, stays short.
const FACTOR_PERCENT: u64 = 150;
/// The most, for a queue that would last longer than it should.
const FACTOR_PERCENT_MAX: u64 = 250;
/// A queue is to be gone within this time if the greatest factor can do it.
const QUEUE_TARGET: Duration = Duration::from_millis(250);
/// Whatever the estimate, a queue is gone within this time: a keyframe is larger than an estimate of a
/// link that nobody has tried, and half of it is of no use.
const QUEUE_MAX: Duration = Duration::from_secs(1);
/// What leaves in one run, and the least of it in bytes: two packets.
const RUN: Duration = Duration::from_millis(10);
const RUN_BYTES_MIN: u64 = 2_400;
/// What sound may run up that others must wait for.
const DEBT_MAX: Duration = Duration::from_millis(500);
/// A probe that could not leave in this time is given up: it would measure the sender.
const PROBE_PATIENCE: Duration = Duration::from_millis(500);
/// The size of padding packets: the largest that RTX padding of old packets makes.
const PADDING_BYTES: u32 = 1_200;
/// Packets that wait: 1 s at 20 Mbit/s.
const WAITING_MAX: usize = 2_048;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    Audio,
    Resend,
    Video,
}

/// A packet that waits: of which stream, which of its packets, and how long with all headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub stream: u32,
    pub sequence: u64,
    pub bytes: u32,
}

/// What becomes of a packet that is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It leaves at once, as a part of this cluster if one is under way.
    Send(Option<ClusterId>),
    /// It waits until [`Pacer::poll`] names it.
    Wait,
    /// Too many wait, and it is dropped.
    Refuse,
}

/// What leaves next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    Packet(Token, Option<ClusterId>),
    /// Padding of about so many bytes.
    Padding(u32, ClusterId),
}

/// The pacer of one peer.
pub struct Pacer {
    estimate_bps: u64,
    resends: VecDeque<Token>,
    video: VecDeque<Token>,
    waiting_bytes: u64,
    /// What left and the bucket has not leaked yet, in bits times 10⁹.
    debt: u64,
    leaked: Instant,
    /// The run under way ended: the next begins when the debt is gone.
    is_resting: bool,
    cluster: Option<Cluster>,
}

struct Cluster {
    probe: Probe,
    began: Instant,
    bytes: u32,
    packets: u32,
}

impl Pacer {
    #[must_use]
    pub fn new(now: Instant, estimate_bps: u64) -> Self {
        Self {
            estimate_bps: estimate_bps.max(1),
            resends: VecDeque::new(),
            video: VecDeque::new(),
            waiting_bytes: 0,
            debt: 0,
            leaked: now,
            is_resting: false,
            cluster: None,
        }
    }

    /// Follows the estimate of the peer.
    pub fn set_estimate(&mut self, now: Instant, bps: u64) {
        self.leak(now);
        self.estimate_bps = bps.max(1);
    }

    /// Begins a cluster: packets leave at its rate, padding among them, until it is complete.
    pub fn probe(&mut self, now: Instant, probe: Probe) {
        self.cluster = Some(Cluster {
            probe,
            began: now,
            bytes: 0,
            packets: 0,
        });
    }

    /// A packet is to leave.
    pub fn offer(&mut self, now: Instant, priority: Priority, token: Token) -> Verdict {
        self.leak(now);
        let is_free = self.resends.is_empty() && self.video.is_empty() && self.is_open(now);
        if priority == Priority::Audio || is_free {
            return Verdict::Send(self.spend(token.bytes));
        }
        let is_full = self.resends.len() + self.video.len() >= WAITING_MAX;
        if is_full {
            return Verdict::Refuse;
        }
        self.waiting_bytes += u64::from(token.bytes);
        let queue = if priority == Priority::Resend {
            &mut self.resends
        } else {
            &mut self.video
        };
        queue.push_back(token);
        Verdict::Wait
    }

    /// What leaves next, if it is time.
    pub fn poll(&mut self, now: Instant) -> Option<Release> {
        self.leak(now);
        if !self.is_open(now) {
            return None;
        }
        let waiting = self.resends.pop_front().or_else(|| self.video.pop_front());
        if let Some(token) = waiting {
            self.waiting_bytes -= u64::from(token.bytes);
            return Some(Release::Packet(token, self.spend(token.bytes)));
        }
        let cluster = self.cluster.as_ref()?;
        let left = cluster.probe.bytes.saturating_sub(cluster.bytes);
        let share = cluster.probe.bytes / cluster.probe.packets.max(1);
        let bytes = left.max(share).min(PADDING_BYTES);
        Some(Release::Padding(bytes, self.spend(bytes)?))
    }

    /// When [`Self::poll`] has something to say.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if let Some(cluster) = &self.cluster {
            return Some(cluster.due().min(cluster.began + PROBE_PATIENCE));
        }
        if self.waiting_bytes == 0 {
            return None;
        }
        let wait = if self.is_resting || self.debt >= self.run() {
            self.debt / self.rate()
        } else {
            0
        };
        // The nanosecond that the division leaves out.
        Some(self.leaked + Duration::from_nanos(wait + 1))
    }

    /// Whether more waits than may leave in time by the estimate.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.waiting_bytes * 8 > self.estimate_bps * FACTOR_PERCENT_MAX / 100 * QUEUE_MAX.as_secs()
    }

    /// Drops what waits of a stream; says whether something of that was never sent.
    pub fn forget(&mut self, stream: u32) -> bool {
        let before = self.video.len();
        let mut dropped = 0;
        for queue in [&mut self.resends, &mut self.video] {
            queue.retain(|token| {
                let stays = token.stream != stream;
                dropped += if stays { 0 } else { u64::from(token.bytes) };
                stays
            });
        }
        self.waiting_bytes -= dropped;
        self.video.len() < before
    }

    /// Whether a packet may leave: the cluster's next is due, or the run goes on.
    fn is_open(&mut self, now: Instant) -> bool {
        let is_late = |cluster: &Cluster| now > cluster.began + PROBE_PATIENCE;
        if self.cluster.as_ref().is_some_and(is_late) {
            self.cluster = None;
        }
        if let Some(cluster) = &self.cluster {
            return now >= cluster.due();
        }
        if self.debt == 0 {
            self.is_resting = false;
        } else if self.debt >= self.run() {
            self.is_resting = true;
        }
        !self.is_resting
    }

    /// Counts a packet that leaves, and the cluster that it belongs to.
    fn spend(&mut self, bytes: u32) -> Option<ClusterId> {
        let debt = self.debt + u64::from(bytes) * 8 * NANOS_PER_SECOND;
        self.debt = debt.min(self.rate() * nanos(DEBT_MAX));
        let cluster = self.cluster.as_mut()?;
        cluster.bytes += bytes;
        cluster.packets += 1;
        let probe = cluster.probe;
        if cluster.bytes >= probe.bytes && cluster.packets >= probe.packets {
            self.cluster = None;
        }
        Some(probe.cluster)
    }

    fn leak(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.leaked);
        self.leaked = self.leaked.max(now);
        let leaked = self.rate().saturating_mul(nanos(passed));
        self.debt = self.debt.saturating_sub(leaked);
    }

    /// The rate in bit/s: greater where more waits than it should.
    fn rate(&self) -> u64 {
        let least = self.estimate_bps * FACTOR_PERCENT / 100;
        let wanted = self.waiting_bytes * 8_000 / (nanos(QUEUE_TARGET) / 1_000_000);
        let most = self.estimate_bps * FACTOR_PERCENT_MAX / 100;
        let needed = self.waiting_bytes * 8_000 / (nanos(QUEUE_MAX) / 1_000_000);
        wanted.clamp(least, most).max(needed).max(1)
    }

    fn run(&self) -> u64 {
        (self.rate() * nanos(RUN)).max(RUN_BYTES_MIN * 8 * NANOS_PER_SECOND)
    }
}

impl Cluster {
    /// When its next packet is to leave.
    fn due(&self) -> Instant {
        let micros = u64::from(self.bytes) * 8_000_000 / self.probe.bps.max(1);
        self.began + Duration::from_micros(micros)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
