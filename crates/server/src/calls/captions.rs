//! Captions on their way to the clients of a room.

use super::Calls;
use crate::clock;
use crate::transcription::{Caption, CaptionSink};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use visio_livekit::captions::{self, Segment};
use visio_meeting::DataScope;

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

    fn behind(&self, behind: bool) {
        let packet: Arc<[u8]> = captions::status(behind).into();
        for (room, worker) in self.placement.all() {
            self.broadcast(
                worker,
                room,
                vec![Arc::clone(&packet)],
                DataScope::default(),
            );
        }
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
    }
}
