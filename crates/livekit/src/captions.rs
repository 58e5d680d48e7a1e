//! Captions as LiveKit's clients expect them: text streams under the speaker's identity.

use prost::Message as _;
use std::collections::BTreeMap;
use visio_protocol::data::{SERVER_PREFIX, TextStream};
use visio_protocol::names::{Identity, SegmentId};
use visio_protocol::wire::data_packet::Value;
use visio_protocol::wire::{DataPacket, UserPacket};

/// LiveKit's convention for captions on the wire.
const CAPTION_TOPIC: &str = "lk.transcription";

/// How many characters (Unicode scalar values) of a caption's text, from the first, stay as they are;
/// clients that do not know it show the whole text, as LiveKit's do with interim captions.
const CERTAIN: &str = "visio.certain_chars";

/// When the segment began to be spoken, in milliseconds since 1970: lines are shown in that order, and
/// not in that in which they are recognised.
const STARTED: &str = "visio.started_at_ms";

/// Whether the final is in the transcript. What began before the start of it is not.
const KEPT: &str = "visio.kept";

/// Where the clients of a room learn that its captions come late or that words are lost.
const STATUS_TOPIC: &str = "visio.captions";

/// What one stream shows: the whole text of a segment so far.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The same for the partials and the final of one line.
    pub id: SegmentId,
    pub speaker_identity: Identity,
    pub track: String,
    pub text: String,
    pub certain_chars: usize,
    pub language: String,
    pub is_final: bool,
    pub started_at_ms: i64,
    pub is_kept: bool,
}

/// The encoded data packets of one stream; `number` tells it from others of its segment.
pub fn packets(segment: Segment, number: u64, now_unix_ms: i64) -> Vec<Vec<u8>> {
    let attributes = BTreeMap::from([
        ("lk.segment_id".to_owned(), segment.id.to_string()),
        (
            "lk.transcription_final".to_owned(),
            segment.is_final.to_string(),
        ),
        ("lk.transcribed_track_id".to_owned(), segment.track),
        ("visio.language".to_owned(), segment.language),
        (CERTAIN.to_owned(), segment.certain_chars.to_string()),
        (STARTED.to_owned(), segment.started_at_ms.to_string()),
        (KEPT.to_owned(), segment.is_kept.to_string()),
    ]);
    let stream = TextStream {
        stream_id: format!("{SERVER_PREFIX}caption.{number:x}"),
        topic: CAPTION_TOPIC.to_owned(),
        sender_identity: segment.speaker_identity.to_string(),
        destination_identities: Vec::new(),
        timestamp_ms: now_unix_ms,
        attributes,
        text: segment.text,
    };
    stream.packets()
}

/// How the captions of a room get on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    InTime,
    Late,
    /// Late, and some words are lost.
    Losing,
}

/// The encoded data packet that says how captions get on.
pub fn status(status: Status) -> Vec<u8> {
    let payload = match status {
        Status::InTime => serde_json::json!({ "behind": false }),
        Status::Late => serde_json::json!({ "behind": true }),
        Status::Losing => serde_json::json!({ "behind": true, "lost": true }),
    };
    let user = UserPacket {
        payload: payload.to_string().into_bytes(),
        topic: Some(STATUS_TOPIC.to_owned()),
        ..UserPacket::default()
    };
    let packet = DataPacket {
        value: Some(Value::User(user)),
        ..DataPacket::default()
    };
    packet.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_says_when_it_began_and_whether_it_is_kept() {
        for is_kept in [true, false] {
            let segment = Segment {
                id: SegmentId::new("SG_1"),
                speaker_identity: Identity::new("alice"),
                track: "TR_1".to_owned(),
                text: "Good morning.".to_owned(),
                certain_chars: 4,
                language: "en".to_owned(),
                is_final: is_kept,
                started_at_ms: 1_800_000_000_007,
                is_kept,
            };
            let header = DataPacket::decode(&*packets(segment, 1, 0)[0]).unwrap();
            assert_eq!(header.participant_identity, "alice");
            let Some(Value::StreamHeader(header)) = header.value else {
                panic!("{header:?}");
            };
            let said = |key| header.attributes.get(key).map(String::as_str);
            assert_eq!(said("visio.started_at_ms"), Some("1800000000007"));
            let kept = if is_kept { "true" } else { "false" };
            assert_eq!(said("visio.kept"), Some(kept));
            assert_eq!(said("lk.transcription_final"), Some(kept));
            assert_eq!(said("visio.certain_chars"), Some("4"));
        }
    }
}
