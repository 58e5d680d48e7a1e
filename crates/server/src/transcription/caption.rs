//! What clients are shown of what was said.

use super::said::Said;
use std::time::Instant;
use visio_protocol::names::{Identity, RoomName, SegmentId};
use visio_speech::scheduler::Load;

/// One caption: the whole text of a segment so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    pub room: RoomName,
    pub speaker_identity: Identity,
    pub track: String,
    /// The same for the partials and the final of one line.
    pub segment: SegmentId,
    /// Empty in a final: the partials showed something that nobody said; take it away.
    pub text: String,
    /// How many characters of the text, from its first, will stay as they are.
    pub certain_chars: usize,
    pub language: String,
    pub is_final: bool,
    pub started: Instant,
    /// A final that is in the transcript.
    pub is_kept: bool,
}

impl From<Said> for Caption {
    fn from(said: Said) -> Self {
        Self {
            room: said.room,
            speaker_identity: Identity::new(said.line.speaker.participant),
            track: said.line.speaker.track,
            segment: said.segment,
            text: said.line.text,
            certain_chars: said.line.certain_chars,
            language: said.line.language.code().to_owned(),
            is_final: said.line.is_final,
            started: said.line.started,
            is_kept: false,
        }
    }
}

/// Carries captions to the clients of a room. Must not block: the thread that decodes calls it.
pub trait CaptionSink: Send + Sync {
    fn caption(&self, caption: Caption);

    /// Captions of a room come late or words of it are lost, or neither any more.
    fn load(&self, _room: &RoomName, _load: Load) {}
}
