//! Opening: what arrives on one connection.

use super::cipher::Cipher;
use super::derive::Protocol;
use super::sender::rollover;
use super::window::{Streams, Window};
use super::{ENCRYPTED, MasterKey, Profile, RTCP_CLEAR_BYTES, RTCP_INDEX_BYTES};
use crate::packet::rtp::Header;
use aws_lc_rs::error::Unspecified;

/// The keys of one direction, and what was opened with them.
pub struct Receiver {
    profile: Profile,
    rtp: Cipher,
    rtcp: Cipher,
    rtp_streams: Streams,
    rtcp_streams: Streams,
}

/// An RTP packet that is authentic and new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedRtp {
    pub header: Header,
    /// The sequence number extended to 48 bits: it never wraps.
    pub index: u64,
    /// Where the payload ends; it begins behind the header.
    pub end: usize,
    pub order: Order,
}

/// A compound RTCP packet that is authentic and new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedRtcp {
    /// Who sent it, by the first packet in it.
    pub ssrc: u32,
    pub index: u32,
    /// Where it ends.
    pub end: usize,
    pub order: Order,
}

/// How a packet comes among those of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    First,
    /// All others were sent before it.
    Newest,
    /// Another that was sent later came before it.
    Late,
}

/// Why a packet is not opened. Nothing is remembered of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("no SRTP or SRTCP packet")]
    Malformed,
    #[error("the packet came before, or is too old to say")]
    Replayed,
    #[error("the packet is not authentic")]
    Forged,
    #[error("more streams than are kept apart")]
    TooManyStreams,
}

impl From<Unspecified> for OpenError {
    fn from(Unspecified: Unspecified) -> Self {
        Self::Forged
    }
}

impl Receiver {
    /// # Errors
    /// [`OpenError::Malformed`] if the keys cannot be derived.
    pub fn new(master: &MasterKey) -> Result<Self, OpenError> {
        let cipher = |protocol| Cipher::new(master, protocol).map_err(|_| OpenError::Malformed);
        Ok(Self {
            profile: master.profile,
            rtp: cipher(Protocol::Rtp)?,
            rtcp: cipher(Protocol::Rtcp)?,
            rtp_streams: Streams::default(),
            rtcp_streams: Streams::default(),
        })
    }

    /// Opens an RTP packet in place.
    ///
    /// # Errors
    /// The [`OpenError`]; what is in the buffer then means nothing.
    pub fn open_rtp(&mut self, packet: &mut [u8]) -> Result<OpenedRtp, OpenError> {
        let header = Header::parse(packet).ok_or(OpenError::Malformed)?;
        let place = self.rtp_streams.get(header.ssrc);
        let index = match place {
            Some(received) => received.closest(header.sequence),
            None => Some(u64::from(header.sequence)),
        };
        let index = index.ok_or(OpenError::Replayed)?;
        let order = order(place, index)?;
        let length = packet.len().checked_sub(self.profile.tag_bytes());
        let end = length
            .filter(|&end| end >= header.length)
            .ok_or(OpenError::Malformed)?;
        let (packet, tag) = packet
            .split_at_mut_checked(end)
            .ok_or(OpenError::Malformed)?;
        if let Cipher::Counter(counter) = &self.rtp {
            counter.verify([packet, &rollover(index)], tag)?;
        }
        let (head, text) = packet
            .split_at_mut_checked(header.length)
            .ok_or(OpenError::Malformed)?;
        match &self.rtp {
            Cipher::Gcm(gcm) => gcm.open((header.ssrc, index), head, text, tag)?,
            Cipher::Counter(counter) => counter.apply((header.ssrc, index), text)?,
        }
        note(&mut self.rtp_streams, header.ssrc, index)?;
        Ok(OpenedRtp {
            header,
            index,
            end,
            order,
        })
    }

    /// Opens a compound RTCP packet in place.
    ///
    /// # Errors
    /// The [`OpenError`]; what is in the buffer then means nothing.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<OpenedRtcp, OpenError> {
        let clear = packet.first_chunk::<RTCP_CLEAR_BYTES>();
        let &[version, _, _, _, s0, s1, s2, s3] = clear.ok_or(OpenError::Malformed)?;
        let ssrc = u32::from_be_bytes([s0, s1, s2, s3]);
        let tag_bytes = self.profile.tag_bytes();
        let length = packet.len().checked_sub(tag_bytes + RTCP_INDEX_BYTES);
        let end = length.filter(|&end| end >= RTCP_CLEAR_BYTES && version >> 6 == 2);
        let (text, trailer) = end
            .and_then(|end| packet.split_at_mut_checked(end))
            .ok_or(OpenError::Malformed)?;
        let (tag, flagged) = match &self.rtcp {
            Cipher::Gcm(_) => trailer.split_at(tag_bytes),
            Cipher::Counter(_) => {
                let (flagged, tag) = trailer.split_at(RTCP_INDEX_BYTES);
                (tag, flagged)
            }
        };
        let flagged: [u8; RTCP_INDEX_BYTES] =
            flagged.try_into().map_err(|_| OpenError::Malformed)?;
        let word = u32::from_be_bytes(flagged);
        let index = word & !ENCRYPTED;
        // What is only authenticated is nothing that a browser sends.
        if word & ENCRYPTED == 0 {
            return Err(OpenError::Malformed);
        }
        let order = order(self.rtcp_streams.get(ssrc), u64::from(index))?;
        if let Cipher::Counter(counter) = &self.rtcp {
            counter.verify([text, &flagged], tag)?;
        }
        let (head, body) = text
            .split_at_mut_checked(RTCP_CLEAR_BYTES)
            .ok_or(OpenError::Malformed)?;
        match &self.rtcp {
            Cipher::Gcm(gcm) => {
                let mut associated = [0; RTCP_CLEAR_BYTES + RTCP_INDEX_BYTES];
                let parts = head.iter().chain(&flagged);
                associated
                    .iter_mut()
                    .zip(parts)
                    .for_each(|(to, from)| *to = *from);
                gcm.open((ssrc, u64::from(index)), &associated, body, tag)?;
            }
            Cipher::Counter(counter) => counter.apply((ssrc, u64::from(index)), body)?,
        }
        let end = text.len();
        note(&mut self.rtcp_streams, ssrc, u64::from(index))?;
        Ok(OpenedRtcp {
            ssrc,
            index,
            end,
            order,
        })
    }
}

/// How a packet comes, if its number is new.
fn order(received: Option<&Window>, index: u64) -> Result<Order, OpenError> {
    match received {
        None => Ok(Order::First),
        Some(received) if !received.is_free(index) => Err(OpenError::Replayed),
        Some(received) if received.is_newest(index) => Ok(Order::Newest),
        Some(_) => Ok(Order::Late),
    }
}

/// A packet is authentic: its number is used, and its stream known.
fn note(streams: &mut Streams, ssrc: u32, index: u64) -> Result<(), OpenError> {
    if streams.take(ssrc, index) {
        Ok(())
    } else {
        Err(OpenError::TooManyStreams)
    }
}
