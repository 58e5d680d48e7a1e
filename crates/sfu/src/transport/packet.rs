//! An RTP packet as it arrived, and as it is sent to one subscriber.

use crate::transport::dependency;
use crate::transport::ids::{PayloadType, Ssrc};
use crate::transport::vp8::Vp8Patch;
use std::sync::Arc;
use std::time::Instant;
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, SeqNo};
use visio_rtc::packet::red::Block;

/// A decrypted packet of a publisher.
pub(crate) struct ReceivedPacket {
    pub(crate) ssrc: Ssrc,
    pub(crate) payload_type: PayloadType,
    /// Extended beyond 16 bits: it never wraps.
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) payload: Arc<[u8]>,
    extensions: ExtensionValues,
}

/// A packet renumbered for one subscriber.
pub(crate) struct SentPacket {
    pub(crate) payload_type: PayloadType,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) vp8: Option<Vp8Patch>,
    /// The number of its frame in the dependency descriptor.
    pub(crate) frame_number: Option<u16>,
    pub(crate) payload: Arc<[u8]>,
    /// Whether the subscriber may ask for it again: late audio is useless.
    pub(crate) is_resent: bool,
}

impl ReceivedPacket {
    pub(super) fn new(packet: RtpPacket) -> Self {
        Self {
            ssrc: Ssrc(*packet.header.ssrc),
            payload_type: PayloadType(*packet.header.payload_type),
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: packet.payload,
            extensions: packet.header.ext_vals,
        }
    }

    /// The audio level (RFC 6464), in dB below overload.
    pub(crate) fn level_dbov(&self) -> Option<u8> {
        // RFC 6464 counts down from overload; str0m returns it as negative decibels.
        self.extensions.audio_level.map(i8::unsigned_abs)
    }

    /// The bytes of the dependency descriptor.
    pub(crate) fn dependency_descriptor(&self) -> Option<&[u8]> {
        let descriptor = self.extensions.user_values.get::<dependency::Descriptor>();
        descriptor.map(dependency::Descriptor::bytes)
    }

    /// An earlier packet of the same stream, made of a redundant block of this one.
    pub(crate) fn recovered(&self, block: &Block<'_>) -> Option<Self> {
        Some(Self {
            ssrc: self.ssrc,
            payload_type: PayloadType(block.payload_type),
            sequence: self.sequence.checked_sub(block.distance)?,
            timestamp: self.timestamp.wrapping_sub(block.timestamp_offset),
            marker: false,
            payload: Arc::from(block.payload),
            extensions: ExtensionValues::default(),
        })
    }

    pub(super) fn write(&self, now: Instant, sent: SentPacket) -> RtpWrite {
        let extensions = forwarded(&self.extensions, sent.frame_number);
        sent.write(now).ext_vals(extensions)
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
            sequence,
            timestamp,
            marker: false,
            vp8: None,
            frame_number: None,
            payload: payload.into(),
            is_resent: false,
        }
    }

    pub(super) fn write(self, now: Instant) -> RtpWrite {
        let (payload_type, sequence) = (self.payload_type.0.into(), SeqNo::from(self.sequence));
        let write = RtpWrite::new(payload_type, sequence, self.timestamp, now, self.payload);
        let write = write.marker(self.marker).nackable(self.is_resent);
        match self.vp8 {
            Some(patch) => write.vp8_patch(patch.0),
            None => write,
        }
    }
}

/// The extensions that go on to a subscriber; str0m writes the transport's own.
fn forwarded(incoming: &ExtensionValues, frame_number: Option<u16>) -> ExtensionValues {
    let mut values = ExtensionValues {
        audio_level: incoming.audio_level,
        voice_activity: incoming.voice_activity,
        video_orientation: incoming.video_orientation,
        ..ExtensionValues::default()
    };
    if let Some(descriptor) = incoming.user_values.get_arc::<dependency::Descriptor>() {
        match frame_number.and_then(|number| descriptor.renumbered(number)) {
            Some(renumbered) => values.user_values.set(renumbered),
            None => values.user_values.set_arc(descriptor),
        }
    }
    values
}
