//! Sealing: what leaves on one connection.

use super::cipher::Cipher;
use super::derive::Protocol;
use super::window::Streams;
use super::{ENCRYPTED, MasterKey, Profile, RTCP_CLEAR_BYTES, RTCP_INDEX_BYTES};
use crate::packet::rtp::Header;
use aws_lc_rs::error::Unspecified;

/// The keys of one direction, and what was sealed with them.
pub struct Sender {
    profile: Profile,
    rtp: Cipher,
    rtcp: Cipher,
    streams: Streams,
    /// The index of the next RTCP packet.
    next_rtcp: u32,
}

/// Why a packet is not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("the packet's number was used already, or is too old to say")]
    Used,
    #[error("no RTP or RTCP, or no room for the tag")]
    Malformed,
    #[error("more streams than are kept apart")]
    TooManyStreams,
    #[error("all numbers of the key are used: the connection must be keyed anew")]
    Exhausted,
    #[error("the cryptography library refuses")]
    Library,
}

impl From<Unspecified> for SealError {
    fn from(Unspecified: Unspecified) -> Self {
        Self::Library
    }
}

impl Sender {
    /// # Errors
    /// [`SealError::Library`] if the keys cannot be derived.
    pub fn new(master: &MasterKey) -> Result<Self, SealError> {
        Ok(Self {
            profile: master.profile,
            rtp: Cipher::new(master, Protocol::Rtp)?,
            rtcp: Cipher::new(master, Protocol::Rtcp)?,
            streams: Streams::default(),
            next_rtcp: 1,
        })
    }

    /// How much longer a sealed RTP packet is.
    #[must_use]
    pub fn rtp_overhead_bytes(&self) -> usize {
        self.profile.tag_bytes()
    }

    /// Seals an RTP packet in place. `buffer` holds header, payload and room for the tag.
    ///
    /// # Errors
    /// The [`SealError`]; the buffer is not to be sent then.
    pub fn seal_rtp(&mut self, buffer: &mut [u8]) -> Result<(), SealError> {
        let header = Header::parse(buffer).ok_or(SealError::Malformed)?;
        let index = self.take_index(header.ssrc, header.sequence)?;
        let length = buffer.len().checked_sub(self.profile.tag_bytes());
        let (packet, tag) = length
            .and_then(|length| buffer.split_at_mut_checked(length))
            .ok_or(SealError::Malformed)?;
        let (head, text) = packet
            .split_at_mut_checked(header.length)
            .ok_or(SealError::Malformed)?;
        match &self.rtp {
            Cipher::Gcm(gcm) => gcm.seal((header.ssrc, index), head, text, tag)?,
            Cipher::Counter(counter) => {
                counter.apply((header.ssrc, index), text)?;
                tag.copy_from_slice(&counter.tag([packet, &rollover(index)]));
            }
        }
        Ok(())
    }

    /// The number of a packet of a stream, extended to 48 bits, which no other packet has from now on.
    fn take_index(&mut self, ssrc: u32, sequence: u16) -> Result<u64, SealError> {
        let index = match self.streams.get(ssrc) {
            None => u64::from(sequence),
            Some(sent) => {
                let index = sent.closest(sequence);
                index
                    .filter(|&index| sent.is_free(index))
                    .ok_or(SealError::Used)?
            }
        };
        if !self.streams.take(ssrc, index) {
            return Err(SealError::TooManyStreams);
        }
        Ok(index)
    }

    /// Seals a compound RTCP packet, to which index and tag are appended.
    ///
    /// # Errors
    /// The [`SealError`]; the packet is not to be sent then.
    pub fn seal_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), SealError> {
        let clear = packet.first_chunk::<RTCP_CLEAR_BYTES>();
        let &[_, _, _, _, s0, s1, s2, s3] = clear.ok_or(SealError::Malformed)?;
        let ssrc = u32::from_be_bytes([s0, s1, s2, s3]);
        let index = self.next_rtcp;
        if index >= ENCRYPTED {
            return Err(SealError::Exhausted);
        }
        self.next_rtcp += 1;
        let flagged = (ENCRYPTED | index).to_be_bytes();
        let number = (ssrc, u64::from(index));
        let length = packet.len();
        match &self.rtcp {
            Cipher::Gcm(gcm) => {
                packet.resize(length + self.profile.tag_bytes(), 0);
                let (packet_, tag) = packet.split_at_mut(length);
                let (head, text) = packet_.split_at_mut(RTCP_CLEAR_BYTES);
                let mut associated = [0; RTCP_CLEAR_BYTES + RTCP_INDEX_BYTES];
                let parts = head.iter().chain(&flagged);
                associated
                    .iter_mut()
                    .zip(parts)
                    .for_each(|(to, from)| *to = *from);
                gcm.seal(number, &associated, text, tag)?;
                packet.extend(flagged);
            }
            Cipher::Counter(counter) => {
                counter.apply(
                    number,
                    packet.get_mut(RTCP_CLEAR_BYTES..).unwrap_or_default(),
                )?;
                packet.extend(flagged);
                let tag = counter.tag([packet, &[]]);
                packet.extend(tag);
            }
        }
        Ok(())
    }
}

/// The rollover counter that HMAC covers behind the packet (RFC 3711 section 4.2).
pub(super) fn rollover(index: u64) -> [u8; 4] {
    let [_, _, r0, r1, r2, r3, _, _] = index.to_be_bytes();
    [r0, r1, r2, r3]
}
