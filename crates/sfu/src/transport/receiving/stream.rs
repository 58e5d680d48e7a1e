//! One stream that comes: what it lacks, and what is reported of it.

use super::sections::Origin;
use crate::transport::format::Format;
use crate::transport::ids::Ssrc;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use visio_rtc::receive::nack::{Arrival, Losses};
use visio_rtc::receive::reports::Reception;
use visio_rtc::srtp::OpenedRtp;

/// A resend is of one of so many packets around the newest: who sends others fills up a line with them.
const RESENDS_RANGE: u64 = 1_000;
/// So many packets that came by a resend are remembered: the first sending of one may still come.
const RESTORED_MAX: usize = 64;
/// A stream that was followed by another comes back when that has been silent for so long: what is late
/// of it changes nothing.
const SILENCE: Duration = Duration::from_secs(1);

pub(super) struct Stream {
    pub(super) origin: Origin,
    /// The stream that was there before it.
    former: Option<Ssrc>,
    pub(super) heard: Instant,
    pub(super) reception: Reception,
    /// `None` where nothing is sent again.
    losses: Option<Losses>,
    /// The highest number so far, beyond 16 bits.
    highest: u64,
    /// Numbers that came by a resend, the newest last.
    restored: VecDeque<u64>,
}

/// What a packet is to its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Novelty {
    New,
    /// It came by a resend before.
    Known,
    /// The stream has begun anew, or lacks more than can be asked for.
    Restart,
}

impl Stream {
    pub(super) fn new(
        now: Instant,
        ssrc: Ssrc,
        origin: Origin,
        format: Format,
        former: Option<Ssrc>,
    ) -> Self {
        Self {
            origin,
            former,
            heard: now,
            reception: Reception::new(ssrc.0, format.codec.clock_rate_hz()),
            losses: format.resend.map(|_| Losses::new()),
            highest: 0,
            restored: VecDeque::new(),
        }
    }

    /// Whether another stream that comes in its place is to be there from here on.
    pub(super) fn yields_to(&self, now: Instant, other: Ssrc) -> bool {
        let is_silent = now.saturating_duration_since(self.heard) >= SILENCE;
        self.former != Some(other) || is_silent
    }

    /// Notes a packet; a decoder can begin with it if it `begins`.
    pub(super) fn received(&mut self, now: Instant, packet: &OpenedRtp, begins: bool) -> Novelty {
        self.heard = now;
        self.highest = self.highest.max(packet.index);
        let sequence = packet.header.sequence;
        self.reception
            .received(now, sequence, packet.header.timestamp);
        match self.note(now, sequence, begins) {
            Some(Arrival::Restart) => Novelty::Restart,
            Some(Arrival::Known) if self.restored.contains(&packet.index) => Novelty::Known,
            _ => Novelty::New,
        }
    }

    /// Notes a packet that is sent again; returns its number if it was missing.
    pub(super) fn resent(&mut self, now: Instant, original: u16, begins: bool) -> Option<u64> {
        let [.., high, low] = self.highest.to_be_bytes();
        let newest = u16::from_be_bytes([high, low]);
        let step = i64::from(original.wrapping_sub(newest).cast_signed());
        if step.unsigned_abs() >= RESENDS_RANGE {
            return None;
        }
        let number = self.highest.checked_add_signed(step)?;
        if self.note(now, original, begins)? == Arrival::Known {
            return None;
        }
        self.restored.push_back(number);
        if self.restored.len() > RESTORED_MAX {
            self.restored.pop_front();
        }
        Some(number)
    }

    /// Nothing more comes of it for now (RFC 3550 section 6.6).
    pub(super) fn ended(&mut self) {
        self.losses = self.losses.as_ref().map(|_| Losses::new());
    }

    /// Whether its lost packets are asked for again: those of pictures are.
    pub(super) fn is_repaired(&self) -> bool {
        self.losses.is_some()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.losses.as_ref()?.deadline()
    }

    /// The numbers to ask for now.
    pub(super) fn lost(&mut self, now: Instant, round_trip: Duration) -> &[u16] {
        match &mut self.losses {
            Some(losses) if losses.deadline().is_some_and(|due| due <= now) => {
                losses.poll(now, round_trip)
            }
            _ => &[],
        }
    }

    fn note(&mut self, now: Instant, sequence: u16, begins: bool) -> Option<Arrival> {
        let losses = self.losses.as_mut()?;
        let arrival = losses.received(now, sequence);
        if begins {
            losses.keyframe(sequence);
        }
        Some(arrival)
    }
}
