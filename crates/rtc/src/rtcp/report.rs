//! Sender and receiver reports (RFC 3550 sections 6.4.1 and 6.4.2).

use super::Packet;
use super::bytes::{Input, Space};

/// Octets of a report block on the wire.
pub(super) const BLOCK_OCTETS: usize = 24;
/// What the 24 signed bits of the cumulative loss hold.
const LOST_MIN: i32 = -0x80_0000;
const LOST_MAX: i32 = 0x7f_ffff;

/// What a sender says of its own stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderInfo {
    pub ssrc: u32,
    /// When this was sent: seconds since 1900, 32 bits of them and 32 of their fraction.
    pub ntp: u64,
    /// The same moment on the media clock.
    pub rtp_time: u32,
    /// RTP packets sent so far.
    pub packets: u32,
    /// Octets of payload sent so far, headers and padding left out.
    pub octets: u32,
}

/// What a receiver says of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    pub ssrc: u32,
    /// Of the packets expected since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Expected less received since the beginning: negative where packets came twice. Written
    /// clamped to 24 bits.
    pub cumulative_lost: i32,
    /// The highest sequence number, below the count of its wraps.
    pub highest_sequence: u32,
    /// In ticks of the media clock.
    pub jitter: u32,
    /// The middle 32 bits of the NTP time in the last sender report; 0 where there was none.
    pub last_sr: u32,
    /// From that report to this one, in 1/65536 of a second.
    pub delay_since_last_sr: u32,
}

/// The blocks of a report.
#[derive(Debug, Clone)]
pub struct ReportBlocks<'a>(Input<'a>);

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        ReportBlock::read(&mut self.0)
    }
}

impl SenderInfo {
    fn read(input: &mut Input<'_>) -> Option<Self> {
        Some(Self {
            ssrc: input.u32()?,
            ntp: input.u64()?,
            rtp_time: input.u32()?,
            packets: input.u32()?,
            octets: input.u32()?,
        })
    }

    pub(super) fn write(&self, space: &mut Space<'_>) {
        space.put(self.ssrc.to_be_bytes());
        space.put(self.ntp.to_be_bytes());
        space.put(self.rtp_time.to_be_bytes());
        space.put(self.packets.to_be_bytes());
        space.put(self.octets.to_be_bytes());
    }
}

impl ReportBlock {
    fn read(input: &mut Input<'_>) -> Option<Self> {
        let ssrc = input.u32()?;
        let [fraction_lost, lost @ ..] = input.array::<4>()?;
        let [high, middle, low] = lost;
        Some(Self {
            ssrc,
            fraction_lost,
            cumulative_lost: i32::from_be_bytes([high, middle, low, 0]) >> 8,
            highest_sequence: input.u32()?,
            jitter: input.u32()?,
            last_sr: input.u32()?,
            delay_since_last_sr: input.u32()?,
        })
    }

    pub(super) fn write(&self, space: &mut Space<'_>) {
        let lost = self.cumulative_lost.clamp(LOST_MIN, LOST_MAX);
        let [_, high, middle, low] = lost.to_be_bytes();
        space.put(self.ssrc.to_be_bytes());
        space.put([self.fraction_lost, high, middle, low]);
        space.put(self.highest_sequence.to_be_bytes());
        space.put(self.jitter.to_be_bytes());
        space.put(self.last_sr.to_be_bytes());
        space.put(self.delay_since_last_sr.to_be_bytes());
    }
}

pub(super) fn read_sender(count: u8, mut input: Input<'_>) -> Option<Packet<'_>> {
    let info = SenderInfo::read(&mut input)?;
    Some(Packet::SenderReport {
        info,
        blocks: blocks(count, input)?,
    })
}

pub(super) fn read_receiver(count: u8, mut input: Input<'_>) -> Option<Packet<'_>> {
    let sender_ssrc = input.u32()?;
    Some(Packet::ReceiverReport {
        sender_ssrc,
        blocks: blocks(count, input)?,
    })
}

/// What follows the blocks is an extension of some profile and is passed over.
fn blocks(count: u8, mut input: Input<'_>) -> Option<ReportBlocks<'_>> {
    let octets = usize::from(count) * BLOCK_OCTETS;
    input
        .slice(octets)
        .map(|blocks| ReportBlocks(Input(blocks)))
}
