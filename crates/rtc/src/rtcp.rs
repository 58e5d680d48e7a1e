//! RTCP (RFC 3550 section 6): a reader of compound packets, and a [`Writer`] into a caller's buffer.
//!
//! Both work on what SRTCP protects, not on what it adds. Reduced-size packets (RFC 5506) are read
//! like compound ones: nothing must come first. Reading and writing allocate nothing.

mod bytes;
mod extended;
mod feedback;
mod report;
mod source;
mod transport_feedback;
mod write;

#[cfg(test)]
mod tests;

pub use extended::{ExtendedBlock, ExtendedBlocks, ReceiverDelay, ReceiverDelays};
pub use feedback::{IntraRequests, LostSequences};
pub use report::{ReportBlock, ReportBlocks, SenderInfo};
pub use source::{CanonicalNames, Sources};
pub use transport_feedback::{FeedbackHead, Statuses, TransportFeedback};
pub use write::{Full, Writer};

use crate::packet::rtp::without_padding;
use bytes::Input;

/// Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1, RFC 3611 section 2).
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTIONS: u8 = 202;
const GOODBYE: u8 = 203;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;
const EXTENDED_REPORT: u8 = 207;

/// The first octet: two bits of version, one of padding, five of a count or a format.
const VERSION: u8 = 2;
const PADDED: u8 = 0x20;
const COUNT: u8 = 0x1f;

/// One packet of a compound; what repeats in it is read by an iterator.
#[derive(Debug, Clone)]
pub enum Packet<'a> {
    /// SR (RFC 3550 section 6.4.1).
    SenderReport {
        info: SenderInfo,
        blocks: ReportBlocks<'a>,
    },
    /// RR (RFC 3550 section 6.4.2).
    ReceiverReport {
        sender_ssrc: u32,
        blocks: ReportBlocks<'a>,
    },
    /// SDES (RFC 3550 section 6.5).
    Descriptions(CanonicalNames<'a>),
    /// BYE (RFC 3550 section 6.6).
    Goodbye(Sources<'a>),
    /// Generic NACK (RFC 4585 section 6.2.1).
    Nack {
        sender_ssrc: u32,
        media_ssrc: u32,
        lost: LostSequences<'a>,
    },
    /// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
    TransportFeedback(TransportFeedback<'a>),
    /// PLI (RFC 4585 section 6.3.1).
    PictureLoss { sender_ssrc: u32, media_ssrc: u32 },
    /// FIR (RFC 5104 section 4.3.1).
    FullIntra {
        sender_ssrc: u32,
        requests: IntraRequests<'a>,
    },
    /// REMB (draft-alvestrand-rmcat-remb-03): what all these sources may send together.
    Remb {
        sender_ssrc: u32,
        bitrate_bps: u64,
        sources: Sources<'a>,
    },
    /// XR (RFC 3611).
    ExtendedReport {
        sender_ssrc: u32,
        blocks: ExtendedBlocks<'a>,
    },
}

/// The packets of a compound. Types that are not known and packets that contradict themselves are
/// passed over; where lengths lead nowhere it ends.
#[derive(Debug, Clone)]
pub struct Packets<'a>(Input<'a>);

/// Reads a compound or reduced-size packet that SRTCP has opened.
#[must_use]
pub fn packets(bytes: &[u8]) -> Packets<'_> {
    Packets(Input(bytes))
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        loop {
            let Some(framed) = self.framed() else {
                self.0 = Input(&[]);
                return None;
            };
            if let Some(packet) = framed.read() {
                return Some(packet);
            }
        }
    }
}

/// A packet of which only the header is known.
struct Framed<'a> {
    flags: u8,
    kind: u8,
    content: &'a [u8],
}

impl<'a> Packets<'a> {
    fn framed(&mut self) -> Option<Framed<'a>> {
        let [flags, kind] = self.0.array()?;
        let words = self.0.u16()?;
        let content = self.0.slice(usize::from(words) * 4)?;
        (flags >> 6 == VERSION).then_some(Framed {
            flags,
            kind,
            content,
        })
    }
}

impl<'a> Framed<'a> {
    fn read(&self) -> Option<Packet<'a>> {
        let padded = self.flags & PADDED != 0;
        let content = if padded {
            without_padding(self.content)?
        } else {
            self.content
        };
        let (count, input) = (self.flags & COUNT, Input(content));
        match self.kind {
            SENDER_REPORT => report::read_sender(count, input),
            RECEIVER_REPORT => report::read_receiver(count, input),
            DESCRIPTIONS => Some(source::read_descriptions(count, input)),
            GOODBYE => source::read_goodbye(count, input),
            TRANSPORT_FEEDBACK => feedback::read_transport(count, input),
            PAYLOAD_FEEDBACK => feedback::read_payload(count, input),
            EXTENDED_REPORT => extended::read(input),
            _ => None,
        }
    }
}
