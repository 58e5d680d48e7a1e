//! Taps: subscribers that are no peers. The packets of a microphone leave here for transcription.

use std::sync::Arc;
use std::time::Instant;
use visio_meeting::SpeakerInfo;
use visio_protocol::names::{MeetingId, RoomName};

/// One tap, unique within its worker and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TapId(pub u64);

/// What a tap hands on, in order.
#[derive(Clone, Debug)]
pub enum TapEvent {
    Opened {
        tap: TapId,
        room: RoomName,
        meeting: MeetingId,
        speaker: SpeakerInfo,
    },
    /// A name or a language changed.
    Updated {
        tap: TapId,
        speaker: SpeakerInfo,
    },
    Packet {
        tap: TapId,
        /// Extended beyond 16 bits: rises for ever.
        sequence: u64,
        /// RTP time at 48 kHz.
        timestamp: u32,
        received: Instant,
        /// Opus, without redundancy around it.
        payload: Arc<[u8]>,
    },
    Closed {
        tap: TapId,
    },
}
