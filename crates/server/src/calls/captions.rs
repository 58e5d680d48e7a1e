//! Captions on their way to the clients of a room.

use super::Calls;
use crate::clock;
use crate::transcription::{Caption, CaptionSink};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use visio_livekit::captions::{self, Segment, Status};
use visio_meeting::DataScope;
use visio_protocol::names::RoomName;
use visio_speech::scheduler::Load;

/// Streams sent so far: each has a name of its own.
pub(super) type StreamCount = Arc<AtomicU64>;

impl CaptionSink for Calls {
    fn caption(&self, caption: Caption) {
        let Some(worker) = self.placement.of_room(&caption.room) else {
            return;
        };
        let room = caption.room.clone();
        let number = self.streams.fetch_add(1, Ordering::Relaxed);
        let packets = captions::packets(segment(caption), number, clock::now_unix_ms());
        let packets = packets.into_iter().map(Arc::from).collect();
        self.broadcast(worker, room, packets, DataScope::default());
    }

    fn load(&self, room: &RoomName, load: Load) {
        if let Some(worker) = self.placement.of_room(room) {
            let packet = captions::status(status(load)).into();
            self.broadcast(worker, room.clone(), vec![packet], DataScope::default());
        }
    }
}

fn status(load: Load) -> Status {
    match load {
        Load::InTime => Status::InTime,
        Load::Late => Status::Late,
        Load::Losing => Status::Losing,
    }
}

fn segment(caption: Caption) -> Segment {
    Segment {
        id: caption.segment,
        speaker_identity: caption.speaker_identity,
        track: caption.track,
        text: caption.text,
        certain_chars: caption.certain_chars,
        language: caption.language,
        is_final: caption.is_final,
        started_at_ms: clock::unix_ms_of(caption.started),
        is_kept: caption.is_kept,
    }
}
