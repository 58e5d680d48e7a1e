//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1): which
//! packets of a connection came, and when.
//!
//! Times are ticks of 250 µs that wrap at 32 bits. That is all that the wire carries: a reference
//! time of 24 bits in units of 64 ms, and deltas. Their zero is the receiver's own; two of them are
//! compared by their wrapping difference.

mod chunk;

#[cfg(test)]
mod tests;

use super::bytes::{Input, Space};
use chunk::{Chunk, LARGE, MISSING, Packer, SMALL};

/// Ticks of a unit of the reference time, as a shift.
const REFERENCE_SHIFT: u32 = 8;
/// What stands before the chunks, behind the header of the packet.
pub(super) const HEAD_OCTETS: usize = 16;

/// A feedback packet whose chunks and deltas are known to be all there.
#[derive(Debug, Clone, Copy)]
pub struct TransportFeedback<'a> {
    pub sender_ssrc: u32,
    pub media_ssrc: u32,
    /// The transport-wide number of the first packet that it speaks of.
    pub base_sequence: u16,
    /// How many it speaks of; never 0.
    pub status_count: u16,
    /// One more in each feedback packet; a gap says that one was lost.
    pub feedback_count: u8,
    /// What the first delta counts from, in ticks of 250 µs.
    pub reference_ticks: u32,
    chunks: Input<'a>,
    deltas: Input<'a>,
}

/// What a feedback packet says of each packet.
#[derive(Debug, Clone)]
pub struct Statuses<'a> {
    sequence: u16,
    left: u16,
    ticks: u32,
    chunk: Chunk,
    /// How many packets of the chunk are behind.
    taken: u16,
    chunks: Input<'a>,
    deltas: Input<'a>,
}

/// What is not said for each packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedbackHead {
    pub sender_ssrc: u32,
    pub media_ssrc: u32,
    pub base_sequence: u16,
    pub feedback_count: u8,
}

impl<'a> TransportFeedback<'a> {
    /// Every packet spoken of, in the order of their numbers.
    #[must_use]
    pub fn statuses(&self) -> Statuses<'a> {
        Statuses {
            sequence: self.base_sequence,
            left: self.status_count,
            ticks: self.reference_ticks,
            chunk: Chunk(0),
            taken: 0,
            chunks: self.chunks,
            deltas: self.deltas,
        }
    }
}

impl Iterator for Statuses<'_> {
    /// A packet's transport-wide number and when it came, in ticks of 250 µs; `None` if it did not.
    type Item = (u16, Option<u32>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        while self.taken >= self.chunk.len() {
            self.chunk = Chunk(self.chunks.u16()?);
            self.taken = 0;
        }
        let delta = match self.chunk.symbol(self.taken) {
            MISSING => None,
            SMALL => Some(i32::from(self.deltas.u8()?)),
            _ => Some(i32::from(self.deltas.u16()?.cast_signed())),
        };
        self.taken += 1;
        let arrival = delta.map(|delta| self.ticks.wrapping_add_signed(delta));
        self.ticks = arrival.unwrap_or(self.ticks);
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Some((sequence, arrival))
    }
}

pub(super) fn read(
    sender_ssrc: u32,
    media_ssrc: u32,
    mut input: Input<'_>,
) -> Option<TransportFeedback<'_>> {
    let base_sequence = input.u16()?;
    let status_count = input.u16()?;
    let [high, middle, low, feedback_count] = input.array()?;
    let (chunks, deltas) = split(status_count, input)?;
    Some(TransportFeedback {
        sender_ssrc,
        media_ssrc,
        base_sequence,
        status_count,
        feedback_count,
        reference_ticks: u32::from_be_bytes([high, middle, low, 0]),
        chunks,
        deltas,
    })
}

/// Finds where the chunks end; `None` if they or the deltas do not suffice, or speak of nothing.
fn split(status_count: u16, input: Input<'_>) -> Option<(Input<'_>, Input<'_>)> {
    let mut deltas = input;
    let mut left = status_count;
    let mut delta_octets = 0;
    while left > 0 {
        let chunk = Chunk(deltas.u16()?);
        let taken = chunk.len().min(left);
        delta_octets += chunk.delta_octets(taken)?;
        left -= taken;
    }
    (status_count > 0 && deltas.0.len() >= delta_octets).then_some((input, deltas))
}

/// How much of what is known goes into one packet.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) statuses: u16,
    reference_ticks: u32,
    chunks: usize,
    delta_octets: usize,
}

impl Plan {
    /// As many of the arrivals as `octets` behind the head hold and deltas reach; `None` if that is
    /// not one packet that came.
    pub(super) fn new(
        octets: usize,
        arrivals: impl Iterator<Item = Option<u32>> + Clone,
    ) -> Option<Self> {
        let first = arrivals.clone().flatten().next()?;
        let mut plan = Self {
            reference_ticks: first >> REFERENCE_SHIFT << REFERENCE_SHIFT,
            ..Self::default()
        };
        let (mut packer, mut closed) = (Packer::default(), 0);
        let mut before = plan.reference_ticks;
        for arrival in arrivals.take(usize::from(u16::MAX)) {
            let Some(delta) = Delta::between(before, arrival) else {
                break;
            };
            closed += usize::from(packer.push(delta.symbol()).is_some());
            let delta_octets = plan.delta_octets + usize::from(delta.symbol());
            if 2 * (closed + 1) + delta_octets > octets {
                break;
            }
            before = arrival.unwrap_or(before);
            plan.statuses += 1;
            (plan.chunks, plan.delta_octets) = (closed + 1, delta_octets);
        }
        (plan.delta_octets > 0).then_some(plan)
    }

    /// The octets behind the packet's header, whole words of them.
    pub(super) fn octets(&self) -> usize {
        (HEAD_OCTETS + 2 * self.chunks + self.delta_octets).next_multiple_of(4)
    }

    pub(super) fn write(
        &self,
        head: &FeedbackHead,
        arrivals: impl Iterator<Item = Option<u32>>,
        mut space: Space<'_>,
    ) {
        let [high, middle, low, _] = self.reference_ticks.to_be_bytes();
        space.put(head.sender_ssrc.to_be_bytes());
        space.put(head.media_ssrc.to_be_bytes());
        space.put(head.base_sequence.to_be_bytes());
        space.put(self.statuses.to_be_bytes());
        space.put([high, middle, low, head.feedback_count]);
        let (mut chunks, mut deltas) = space.split(2 * self.chunks);
        let mut packer = Packer::default();
        let mut before = self.reference_ticks;
        for arrival in arrivals.take(self.statuses.into()) {
            let delta = Delta::between(before, arrival).unwrap_or(Delta::Missing);
            if let Some(chunk) = packer.push(delta.symbol()) {
                chunks.put(chunk.to_be_bytes());
            }
            match delta {
                Delta::Missing => {}
                Delta::Small(ticks) => deltas.put([ticks]),
                Delta::Large(ticks) => deltas.put(ticks.to_be_bytes()),
            }
            before = arrival.unwrap_or(before);
        }
        if let Some(chunk) = packer.last() {
            chunks.put(chunk.to_be_bytes());
        }
        deltas.zero();
    }
}

/// What is written of one packet.
#[derive(Debug, Clone, Copy)]
enum Delta {
    Missing,
    Small(u8),
    Large(i16),
}

impl Delta {
    /// `None` if they are further apart than 16 bits say (8.2 s).
    fn between(before: u32, arrival: Option<u32>) -> Option<Self> {
        let Some(arrival) = arrival else {
            return Some(Self::Missing);
        };
        let ticks = arrival.wrapping_sub(before).cast_signed();
        match u8::try_from(ticks) {
            Ok(ticks) => Some(Self::Small(ticks)),
            Err(_) => i16::try_from(ticks).ok().map(Self::Large),
        }
    }

    fn symbol(self) -> u16 {
        match self {
            Self::Missing => MISSING,
            Self::Small(_) => SMALL,
            Self::Large(_) => LARGE,
        }
    }
}
