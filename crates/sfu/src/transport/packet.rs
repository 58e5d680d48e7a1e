//! An RTP packet as it arrived, and as it is sent to one subscriber.

use crate::transport::dependency;
use crate::transport::ids::{PayloadType, Ssrc};
use std::sync::Arc;
use std::time::Instant;
use visio_rtc::packet::red::Block;
use visio_rtc::packet::vp8;

/// Voice activity in the octet of RFC 6464 section 3.
const VOICE: u8 = 0x80;

/// A decrypted packet of a publisher.
pub(crate) struct ReceivedPacket {
    pub(crate) ssrc: Ssrc,
    pub(crate) payload_type: PayloadType,
    /// Extended beyond 16 bits: it never wraps.
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    /// When what is in it was captured, by our clock; `None` where its publisher has not said so.
    pub(crate) captured: Option<Instant>,
    pub(crate) marker: bool,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) forwarded: Forwarded,
}

/// A packet renumbered for one subscriber.
#[derive(Clone, Debug)]
pub(crate) struct SentPacket {
    pub(crate) payload_type: PayloadType,
    /// As what it is sent again (RFC 4588), where that was negotiated.
    pub(crate) resend: Option<PayloadType>,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) captured: Option<Instant>,
    pub(crate) marker: bool,
    pub(crate) vp8: Option<vp8::Patch>,
    /// The number of its frame in the dependency descriptor.
    pub(crate) frame_number: Option<u16>,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) forwarded: Forwarded,
}

/// The extensions that go on to a subscriber, as they are on the wire; those of the connection are its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forwarded {
    /// The level, and whether it is a voice.
    pub(super) audio_level: Option<u8>,
    pub(super) video_orientation: Option<u8>,
    pub(super) dependency: Option<Arc<dependency::Descriptor>>,
}

impl ReceivedPacket {
    /// The audio level (RFC 6464), in dB below overload.
    pub(crate) fn level_dbov(&self) -> Option<u8> {
        self.forwarded.audio_level.map(|level| level & !VOICE)
    }

    /// The bytes of the dependency descriptor.
    pub(crate) fn dependency_descriptor(&self) -> Option<&[u8]> {
        let descriptor = self.forwarded.dependency.as_deref();
        descriptor.map(dependency::Descriptor::bytes)
    }

    /// An earlier packet of the same stream, made of a redundant block of this one.
    pub(crate) fn recovered(&self, block: &Block<'_>) -> Option<Self> {
        Some(Self {
            ssrc: self.ssrc,
            payload_type: PayloadType(block.payload_type),
            sequence: self.sequence.checked_sub(block.distance)?,
            timestamp: self.timestamp.wrapping_sub(block.timestamp_offset),
            captured: None,
            marker: false,
            payload: Arc::from(block.payload),
            forwarded: Forwarded::default(),
        })
    }
}

impl SentPacket {
    /// A packet of the server's own.
    pub(crate) fn own(
        payload_type: PayloadType,
        sequence: u64,
        timestamp: u32,
        payload: &[u8],
    ) -> Self {
        Self {
            payload_type,
            resend: None,
            sequence,
            timestamp,
            captured: None,
            marker: false,
            vp8: None,
            frame_number: None,
            payload: payload.into(),
            forwarded: Forwarded::default(),
        }
    }
}
