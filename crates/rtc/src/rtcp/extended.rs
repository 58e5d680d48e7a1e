//! Extended reports, as far as they let who sends nothing measure round trips (RFC 3611 sections 4.4
//! and 4.5).

use super::Packet;
use super::bytes::Input;

pub(super) const REFERENCE_TIME: u8 = 4;
const DELAYS: u8 = 5;

/// The blocks of an extended report that are known here.
#[derive(Debug, Clone)]
pub struct ExtendedBlocks<'a>(Input<'a>);

/// One of them.
#[derive(Debug, Clone)]
pub enum ExtendedBlock<'a> {
    /// RRTR: the NTP time at which a receiver sent this.
    ReferenceTime(u64),
    /// DLRR: how long ago the reference times of receivers came.
    Delays(ReceiverDelays<'a>),
}

/// The entries of a DLRR block.
#[derive(Debug, Clone)]
pub struct ReceiverDelays<'a>(Input<'a>);

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiverDelay {
    /// The receiver that is meant.
    pub ssrc: u32,
    /// The middle 32 bits of its last reference time.
    pub last_rr: u32,
    /// From that to this report, in 1/65536 of a second.
    pub delay_since_last_rr: u32,
}

impl<'a> Iterator for ExtendedBlocks<'a> {
    type Item = ExtendedBlock<'a>;

    fn next(&mut self) -> Option<ExtendedBlock<'a>> {
        loop {
            let Some((kind, mut content)) = self.framed() else {
                self.0 = Input(&[]);
                return None;
            };
            let block = match kind {
                REFERENCE_TIME => content.u64().map(ExtendedBlock::ReferenceTime),
                DELAYS => Some(ExtendedBlock::Delays(ReceiverDelays(content))),
                _ => None,
            };
            if block.is_some() {
                return block;
            }
        }
    }
}

impl<'a> ExtendedBlocks<'a> {
    /// The type of the next block and its content.
    fn framed(&mut self) -> Option<(u8, Input<'a>)> {
        let [kind, _] = self.0.array()?;
        let words = self.0.u16()?;
        let content = self.0.slice(usize::from(words) * 4)?;
        Some((kind, Input(content)))
    }
}

impl Iterator for ReceiverDelays<'_> {
    type Item = ReceiverDelay;

    fn next(&mut self) -> Option<ReceiverDelay> {
        Some(ReceiverDelay {
            ssrc: self.0.u32()?,
            last_rr: self.0.u32()?,
            delay_since_last_rr: self.0.u32()?,
        })
    }
}

pub(super) fn read(mut input: Input<'_>) -> Option<Packet<'_>> {
    Some(Packet::ExtendedReport {
        sender_ssrc: input.u32()?,
        blocks: ExtendedBlocks(input),
    })
}
