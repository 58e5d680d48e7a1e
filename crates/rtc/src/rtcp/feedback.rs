//! Feedback of a receiver on a stream: generic NACK and PLI (RFC 4585 sections 6.2.1 and 6.3.1), FIR
//! (RFC 5104 section 4.3.1) and REMB (draft-alvestrand-rmcat-remb-03 section 2.2).

use super::bytes::Input;
use super::source::sources;
use super::{Packet, transport_feedback};

/// The formats of transport layer feedback that are read.
pub(super) const NACK: u8 = 1;
pub(super) const TRANSPORT_WIDE: u8 = 15;
/// The formats of payload-specific feedback that are read.
pub(super) const PICTURE_LOSS: u8 = 1;
pub(super) const FULL_INTRA: u8 = 4;
const APPLICATION: u8 = 15;
const REMB: [u8; 4] = *b"REMB";

/// The sequence numbers that a NACK asks for: up to 17 for each of its entries.
#[derive(Debug, Clone)]
pub struct LostSequences<'a> {
    entries: Input<'a>,
    /// The packet id that `mask` counts from.
    base: u16,
    /// Bit `n` stands for the packet `n + 1` behind the base.
    mask: u16,
}

/// Whose keyframes are asked for.
#[derive(Debug, Clone)]
pub struct IntraRequests<'a>(Input<'a>);

impl Iterator for LostSequences<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.mask == 0 {
            self.base = self.entries.u16()?;
            self.mask = self.entries.u16()?;
            return Some(self.base);
        }
        let bit = self.mask.trailing_zeros();
        self.mask &= self.mask - 1;
        let behind = u16::try_from(bit).unwrap_or_default() + 1;
        Some(self.base.wrapping_add(behind))
    }
}

impl Iterator for IntraRequests<'_> {
    /// SSRC and the number of the request: one that comes again has the same.
    type Item = (u32, u8);

    fn next(&mut self) -> Option<Self::Item> {
        let ssrc = self.0.u32()?;
        let [number, ..] = self.0.array::<4>()?;
        Some((ssrc, number))
    }
}

pub(super) fn read_transport(format: u8, mut input: Input<'_>) -> Option<Packet<'_>> {
    let (sender_ssrc, media_ssrc) = (input.u32()?, input.u32()?);
    match format {
        NACK => Some(Packet::Nack {
            sender_ssrc,
            media_ssrc,
            lost: LostSequences {
                entries: input,
                base: 0,
                mask: 0,
            },
        }),
        TRANSPORT_WIDE => {
            transport_feedback::read(sender_ssrc, media_ssrc, input).map(Packet::TransportFeedback)
        }
        _ => None,
    }
}

pub(super) fn read_payload(format: u8, mut input: Input<'_>) -> Option<Packet<'_>> {
    let (sender_ssrc, media_ssrc) = (input.u32()?, input.u32()?);
    match format {
        PICTURE_LOSS => Some(Packet::PictureLoss {
            sender_ssrc,
            media_ssrc,
        }),
        FULL_INTRA => Some(Packet::FullIntra {
            sender_ssrc,
            requests: IntraRequests(input),
        }),
        APPLICATION => read_remb(sender_ssrc, input),
        _ => None,
    }
}

fn read_remb(sender_ssrc: u32, mut input: Input<'_>) -> Option<Packet<'_>> {
    if input.array()? != REMB {
        return None;
    }
    let [count, exponent, middle, low] = input.array()?;
    let mantissa = u64::from(u32::from_be_bytes([0, exponent & 0x03, middle, low]));
    let bitrate_bps = mantissa.saturating_mul(1 << (exponent >> 2));
    Some(Packet::Remb {
        sender_ssrc,
        bitrate_bps,
        sources: sources(count, input)?,
    })
}
