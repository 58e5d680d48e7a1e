//! What acknowledged packets tell of the path to the peer: its delay, its queue and what it carries.

use super::inter_arrival::InterArrival;
use super::queue_delay::QueueDelay;
use super::rate_control::Evidence;
use super::throughput::{AcknowledgedBitrate, Throughput};
use super::trendline::{Trendline, Usage};

/// Windows of the acknowledged bitrate: one that sees a fall at once, one that jitter does not reach.
const SHORT_US: i64 = 200_000;
const LONG_US: i64 = 500_000;
/// A probe makes a queue of its own for so long after its last packet.
const PROBE_QUEUE_US: i64 = 150_000;
/// A queue so long that lasts so long is over-use, though its delay does not grow: it is full, or
/// grows too slowly for the trend.
const LASTING_QUEUE_US: f64 = 60_000.0;
const LASTING_US: i64 = 300_000;
/// Jitter shows as over-use in one report, a queue in this many at least.
const OVERUSES: u32 = 3;
/// A queue that is not shorter by this after so many decreases is not ours: the path became longer, or
/// others fill it.
const SHRINKING_US: i64 = 10_000;
const DECREASES_MAX: u32 = 2;

/// A long queue: since when, how long it was at the last decrease for it, and how many decreases in a
/// row it withstood.
struct Lasting {
    since_us: i64,
    stood_us: i64,
    decreases: u32,
}

/// The path as the last reports show it.
#[derive(Default)]
pub(super) struct Path {
    groups: InterArrival,
    trendline: Trendline,
    queue: QueueDelay,
    bitrate: AcknowledgedBitrate,
    /// When the last probe and its queue began and ended, by sending.
    probe_us: Option<(i64, i64)>,
    is_in_probe: bool,
    lasting: Option<Lasting>,
    /// Reports in a row that showed over-use.
    overuses: u32,
}

impl Path {
    /// A packet of a probe left: what it does to the delay is no over-use.
    pub(super) fn probed(&mut self, sent_us: i64) {
        let from_us = self
            .probe_us
            .filter(|(_, until_us)| sent_us < *until_us)
            .map_or(sent_us, |(from_us, _)| from_us);
        self.probe_us = Some((from_us, sent_us + PROBE_QUEUE_US));
    }

    /// Whether the packet's group shows over-use.
    pub(super) fn received(&mut self, sent_us: i64, arrival_us: i64, bytes: u32) -> bool {
        self.bitrate.packet(sent_us, arrival_us, bytes);
        let in_probe = |(from_us, until_us)| (from_us..until_us).contains(&sent_us);
        let was_in_probe = self.is_in_probe;
        self.is_in_probe = self.probe_us.is_some_and(in_probe);
        if self.is_in_probe {
            return false;
        }
        if was_in_probe {
            self.groups = InterArrival::default();
            self.trendline.restart();
        }
        self.queue.packet(sent_us, arrival_us);
        let Some(delta) = self.groups.packet(sent_us, arrival_us) else {
            return false;
        };
        self.queue.group(delta);
        self.trendline.group(delta);
        self.trendline.usage() == Usage::Overuse
    }

    pub(super) fn unreported(&mut self, bytes: u32) {
        self.bitrate.unreported(bytes);
    }

    pub(super) fn has_queue(&self) -> bool {
        self.queue.is_standing()
    }

    /// How long the queue is, whatever explains it.
    pub(super) fn queue_us(&self) -> i64 {
        self.queue.standing_us()
    }

    /// Whether over-use showed in several reports in a row, or so clearly that one is enough.
    pub(super) fn is_overuse_confirmed(&mut self, is_overused: bool) -> bool {
        self.overuses = if is_overused { self.overuses + 1 } else { 0 };
        let is_severe = self.evidence().is_some_and(|evidence| evidence.is_severe());
        self.overuses >= OVERUSES || is_overused && is_severe
    }

    /// Whether a long queue has stood for a while, that is shorter since the last time if there was one.
    pub(super) fn is_queue_lasting(&mut self, now_us: i64) -> bool {
        if !self.queue.is_longer_than(LASTING_QUEUE_US) {
            self.lasting = None;
            return false;
        }
        let standing_us = self.queue.standing_us();
        let lasting = self.lasting.get_or_insert(Lasting {
            since_us: now_us,
            stood_us: i64::MAX,
            decreases: 0,
        });
        if now_us - lasting.since_us < LASTING_US {
            return false;
        }
        let is_shorter = lasting.stood_us - standing_us > SHRINKING_US;
        lasting.decreases = if is_shorter { 1 } else { lasting.decreases + 1 };
        lasting.since_us = now_us + LASTING_US;
        lasting.stood_us = standing_us;
        true
    }

    /// Whether a long queue stays as it is however little is sent. Then its delay is the path's.
    pub(super) fn is_longer(&mut self) -> bool {
        let is_longer = |lasting: &mut Lasting| lasting.decreases > DECREASES_MAX;
        let is_longer = self.lasting.as_mut().is_some_and(is_longer);
        if is_longer {
            self.queue.restart();
            self.lasting = None;
        }
        is_longer
    }

    /// Whether the delay neither grows nor shrinks.
    pub(super) fn is_steady(&self) -> bool {
        self.trendline.usage() == Usage::Normal
    }

    pub(super) fn evidence(&self) -> Option<Evidence> {
        let long = self.bitrate.over(LONG_US);
        let short = self.bitrate.over(SHORT_US).or(long)?;
        Some(Evidence {
            short,
            long: long.unwrap_or(short),
            queue_us: self.queue.standing_us(),
        })
    }

    pub(super) fn throughput(&self) -> Option<Throughput> {
        self.bitrate.over(LONG_US)
    }

    /// What arrives, in bit/s; 0 while it is not known.
    pub(super) fn received_bps(&self) -> f64 {
        self.throughput().map_or(0.0, |rates| rates.received_bps)
    }

    pub(super) fn jitter_us(&self) -> f64 {
        self.queue.jitter_us()
    }

    /// After an outage nothing of before holds.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }
}
