//! Captions on their way to the clients of a room.

use super::Calls;
use crate::clock;
use crate::transcription::{Caption, CaptionSink};
use livekit_protocol::data_packet::Value;
use livekit_protocol::{DataPacket, UserPacket};
use prost::Message as _;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use visio_meeting::DataScope;
use visio_protocol::data::{SERVER_PREFIX, TextStream};

/// LiveKit's convention for captions on the wire.
const CAPTION_TOPIC: &str = "lk.transcription";

/// How many characters (Unicode scalar values) of a caption's text, from the first, stay as they are;
/// clients that do not know it show the whole text, as LiveKit's do with interim captions.
const CERTAIN: &str = "visio.certain_chars";

/// Where clients learn that captions come late.
const STATUS_TOPIC: &str = "visio.captions";

/// Streams sent so far: each has a name of its own.
pub(super) type StreamCount = Arc<AtomicU64>;

impl CaptionSink for Calls {
    fn caption(&self, caption: Caption) {
        let Some(worker) = self.placement.of_room(&caption.room) else {
            return;
        };
        let room = caption.room.clone();
        let number = self.streams.fetch_add(1, Ordering::Relaxed);
        let packets = stream(caption, number).packets();
        let packets = packets.into_iter().map(Arc::from).collect();
        self.broadcast(worker, room, packets, DataScope::default());
    }

    fn behind(&self, behind: bool) {
        let packet: Arc<[u8]> = status(behind).encode_to_vec().into();
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

/// A caption as LiveKit's clients expect it: a text stream under the speaker's identity.
fn stream(caption: Caption, number: u64) -> TextStream {
    let attributes = BTreeMap::from([
        ("lk.segment_id".to_owned(), caption.segment.clone()),
        (
            "lk.transcription_final".to_owned(),
            caption.is_final.to_string(),
        ),
        ("lk.transcribed_track_id".to_owned(), caption.track),
        ("visio.language".to_owned(), caption.language),
        (CERTAIN.to_owned(), caption.certain_chars.to_string()),
    ]);
    TextStream {
        stream_id: format!("{SERVER_PREFIX}caption.{number:x}"),
        topic: CAPTION_TOPIC.to_owned(),
        sender_identity: caption.speaker_identity,
        destination_identities: Vec::new(),
        timestamp_ms: clock::now_unix_ms(),
        attributes,
        text: caption.text,
    }
}

fn status(behind: bool) -> DataPacket {
    let user = UserPacket {
        payload: format!("{{\"behind\":{behind}}}").into_bytes(),
        topic: Some(STATUS_TOPIC.to_owned()),
        ..UserPacket::default()
    };
    DataPacket {
        value: Some(Value::User(user)),
        ..DataPacket::default()
    }
}
