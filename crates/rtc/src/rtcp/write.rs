//! Writes RTCP packets one behind the other into a buffer, each as a whole or not at all.
//!
//! A compound packet begins with a report, its CNAME follows (RFC 3550 section 6.1); a reduced-size
//! one need not (RFC 5506). That order is the caller's.

use super::bytes::Space;
use super::extended::REFERENCE_TIME;
use super::report::BLOCK_OCTETS;
use super::source::CNAME;
use super::transport_feedback::{HEAD_OCTETS, Plan};
use super::{
    COUNT, DESCRIPTIONS, EXTENDED_REPORT, FeedbackHead, GOODBYE, PAYLOAD_FEEDBACK, RECEIVER_REPORT,
    ReportBlock, SENDER_REPORT, SenderInfo, TRANSPORT_FEEDBACK, VERSION, feedback,
};

const HEADER_OCTETS: usize = 4;
/// No datagram is longer; what a buffer has behind it stays unused.
const DATAGRAM_OCTETS_MAX: usize = 0xfffc;
/// Entries that the five bits of a count can name.
const COUNT_MAX: usize = 31;
/// What the length of an SDES item can say: longer names are cut.
const NAME_OCTETS_MAX: usize = 255;

/// The buffer has no room for the packet: it begins the next datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl std::fmt::Display for Full {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("no room for an RTCP packet: begin another datagram")
    }
}

impl std::error::Error for Full {}

/// A datagram in the making.
#[derive(Debug)]
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    len: usize,
}

impl<'b> Writer<'b> {
    #[must_use]
    pub fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// How many octets of the buffer are written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// SR. Returns the blocks that found no room; those above 31 go into RRs behind it.
    pub fn sender_report<'s>(
        &mut self,
        info: &SenderInfo,
        blocks: &'s [ReportBlock],
    ) -> Result<&'s [ReportBlock], Full> {
        let fitting = self.fitting(24, BLOCK_OCTETS)?;
        let (own, rest) = blocks.split_at(fitting.min(blocks.len()));
        let octets = 24 + own.len() * BLOCK_OCTETS;
        let mut space = self.open(own.len(), SENDER_REPORT, octets)?;
        info.write(&mut space);
        own.iter().for_each(|block| block.write(&mut space));
        if rest.is_empty() {
            return Ok(rest);
        }
        Ok(self.receiver_report(info.ssrc, rest).unwrap_or(rest))
    }

    /// RRs, as many as there are 31 blocks; one without a block if there are none. Returns the
    /// blocks that found no room.
    pub fn receiver_report<'s>(
        &mut self,
        sender_ssrc: u32,
        blocks: &'s [ReportBlock],
    ) -> Result<&'s [ReportBlock], Full> {
        let mut rest = self.one_receiver_report(sender_ssrc, blocks)?;
        while !rest.is_empty() {
            match self.one_receiver_report(sender_ssrc, rest) {
                Ok(fewer) => rest = fewer,
                Err(Full) => break,
            }
        }
        Ok(rest)
    }

    fn one_receiver_report<'s>(
        &mut self,
        sender_ssrc: u32,
        blocks: &'s [ReportBlock],
    ) -> Result<&'s [ReportBlock], Full> {
        let fitting = self.fitting(4, BLOCK_OCTETS)?;
        let (own, rest) = blocks.split_at(fitting.min(blocks.len()));
        if own.is_empty() && !rest.is_empty() {
            return Err(Full);
        }
        let octets = 4 + own.len() * BLOCK_OCTETS;
        let mut space = self.open(own.len(), RECEIVER_REPORT, octets)?;
        space.put(sender_ssrc.to_be_bytes());
        own.iter().for_each(|block| block.write(&mut space));
        Ok(rest)
    }

    /// SDES with the CNAME of one source; more than 255 octets of it are cut.
    pub fn canonical_name(&mut self, ssrc: u32, name: &[u8]) -> Result<(), Full> {
        let name = name.get(..NAME_OCTETS_MAX).unwrap_or(name);
        // At least one octet of zero ends the items.
        let octets = (4 + 2 + name.len() + 1).next_multiple_of(4);
        let mut space = self.open(1, DESCRIPTIONS, octets)?;
        space.put(ssrc.to_be_bytes());
        space.put([CNAME, u8::try_from(name.len()).unwrap_or_default()]);
        space.put_slice(name);
        space.zero();
        Ok(())
    }

    /// BYE of up to 31 sources; returns the others.
    pub fn goodbye<'s>(&mut self, sources: &'s [u32]) -> Result<&'s [u32], Full> {
        let fitting = self.fitting(0, 4)?;
        let (own, rest) = sources.split_at(fitting.min(sources.len()));
        if own.is_empty() && !rest.is_empty() {
            return Err(Full);
        }
        let mut space = self.open(own.len(), GOODBYE, own.len() * 4)?;
        own.iter().for_each(|ssrc| space.put(ssrc.to_be_bytes()));
        Ok(rest)
    }

    /// Generic NACK for numbers in rising order (they may wrap); returns those that found no room.
    /// For none nothing is written.
    pub fn nack<'s>(
        &mut self,
        sender_ssrc: u32,
        media_ssrc: u32,
        lost: &'s [u16],
    ) -> Result<&'s [u16], Full> {
        if lost.is_empty() {
            return Ok(lost);
        }
        let space = self.room().checked_sub(HEADER_OCTETS + 8).ok_or(Full)?;
        let mut entries = Entries(lost);
        let count = entries.by_ref().take(space / 4).count();
        if count == 0 {
            return Err(Full);
        }
        let mut space = self.open(feedback::NACK.into(), TRANSPORT_FEEDBACK, 8 + count * 4)?;
        space.put(sender_ssrc.to_be_bytes());
        space.put(media_ssrc.to_be_bytes());
        for (base, mask) in Entries(lost).take(count) {
            space.put(base.to_be_bytes());
            space.put(mask.to_be_bytes());
        }
        Ok(entries.0)
    }

    /// Transport-wide feedback on the packets from `head.base_sequence` on: when each came, in
    /// wrapping ticks of 250 µs, `None` if it did not. Returns how many of them it speaks of: as
    /// many as find room, and as lie within 8 s of the one before. Where that is none that came,
    /// nothing is written.
    pub fn transport_feedback(
        &mut self,
        head: &FeedbackHead,
        arrivals: impl Iterator<Item = Option<u32>> + Clone,
    ) -> Result<u16, Full> {
        let room = self.room().checked_sub(HEADER_OCTETS + HEAD_OCTETS);
        let plan = room.and_then(|room| Plan::new(room, arrivals.clone()));
        let plan = plan.ok_or(Full)?;
        let format = feedback::TRANSPORT_WIDE.into();
        let space = self.open(format, TRANSPORT_FEEDBACK, plan.octets())?;
        plan.write(head, arrivals, space);
        Ok(plan.statuses)
    }

    /// PLI.
    pub fn picture_loss(&mut self, sender_ssrc: u32, media_ssrc: u32) -> Result<(), Full> {
        let mut space = self.open(feedback::PICTURE_LOSS.into(), PAYLOAD_FEEDBACK, 8)?;
        space.put(sender_ssrc.to_be_bytes());
        space.put(media_ssrc.to_be_bytes());
        Ok(())
    }

    /// FIR for one source. `number` is one more for each new request, the same for one repeated.
    pub fn full_intra(&mut self, sender_ssrc: u32, ssrc: u32, number: u8) -> Result<(), Full> {
        let mut space = self.open(feedback::FULL_INTRA.into(), PAYLOAD_FEEDBACK, 16)?;
        space.put(sender_ssrc.to_be_bytes());
        // The media source is unused and 0 (RFC 5104 section 4.3.1.2).
        space.put([0; 4]);
        space.put(ssrc.to_be_bytes());
        space.put([number, 0, 0, 0]);
        Ok(())
    }

    /// XR with the NTP time at which this leaves (RRTR, RFC 3611 section 4.4): who only receives
    /// learns the round trip from the answer.
    pub fn reference_time(&mut self, sender_ssrc: u32, ntp: u64) -> Result<(), Full> {
        let mut space = self.open(0, EXTENDED_REPORT, 16)?;
        space.put(sender_ssrc.to_be_bytes());
        space.put([REFERENCE_TIME, 0, 0, 2]);
        space.put(ntp.to_be_bytes());
        Ok(())
    }

    /// How many entries fit behind a head, at most as many as a count can name.
    fn fitting(&self, head_octets: usize, entry_octets: usize) -> Result<usize, Full> {
        let space = self.room().checked_sub(HEADER_OCTETS + head_octets);
        space
            .map(|space| (space / entry_octets).min(COUNT_MAX))
            .ok_or(Full)
    }

    /// What is left, in whole words.
    fn room(&self) -> usize {
        let end = self.buffer.len().min(DATAGRAM_OCTETS_MAX);
        end.saturating_sub(self.len) / 4 * 4
    }

    /// Writes a header and gives the space for the `octets` behind it, which are whole words.
    fn open(&mut self, count: usize, kind: u8, octets: usize) -> Result<Space<'_>, Full> {
        let end = self.len + HEADER_OCTETS + octets;
        if HEADER_OCTETS + octets > self.room() {
            return Err(Full);
        }
        let count = u8::try_from(count).unwrap_or(COUNT) & COUNT;
        let words = u16::try_from(octets / 4).map_err(|_| Full)?;
        let [high, low] = words.to_be_bytes();
        let mut space = Space(self.buffer.get_mut(self.len..end).ok_or(Full)?);
        self.len = end;
        space.put([VERSION << 6 | count, kind, high, low]);
        Ok(space)
    }
}

/// Entries of a NACK: a packet id, and which of the 16 behind it are asked for as well.
#[derive(Debug)]
struct Entries<'s>(&'s [u16]);

impl Iterator for Entries<'_> {
    type Item = (u16, u16);

    fn next(&mut self) -> Option<(u16, u16)> {
        let (&base, mut rest) = self.0.split_first()?;
        let mut mask = 0;
        while let Some((&lost, later)) = rest.split_first() {
            match lost.wrapping_sub(base) {
                0 => {}
                behind @ 1..=16 => mask |= 1 << (behind - 1),
                _ => break,
            }
            rest = later;
        }
        self.0 = rest;
        Some((base, mask))
    }
}
