//! What clients are shown of what was said.

/// One caption: the whole text of a segment so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    pub room: String,
    pub speaker_identity: String,
    pub track: String,
    /// The same for the partials and the final of one line.
    pub segment: String,
    /// Empty in a final: the partials showed something that nobody said; take it away.
    pub text: String,
    /// How many characters of the text, from its first, will stay as they are.
    pub certain_chars: usize,
    pub language: String,
    pub is_final: bool,
}

/// Carries captions to the clients of a room. Must not block: the pool calls it.
pub trait CaptionSink: Send + Sync {
    fn caption(&self, caption: Caption);

    /// Recognition cannot keep up, or keeps up again: live captions come late or not at all,
    /// final lines come.
    fn behind(&self, _behind: bool) {}
}
