//! One piece of transcript and who said it.

use crate::Language;
use std::time::Instant;

/// Who speaks: the participant, and the track of the microphone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    pub participant: String,
    pub track: String,
}

/// One piece of transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub speaker: Speaker,
    /// Counts the utterances of the track: the same in all partials and the final of one line.
    pub utterance: u64,
    pub started: Instant,
    pub ended: Instant,
    pub language: Language,
    /// The whole text so far. Empty in a final: what the partials showed was no speech.
    pub text: String,
    /// How many characters of the text, from its first, are certain: what follows is shown early and
    /// may change with the next partial. A final is certain as a whole.
    pub certain_chars: usize,
    pub is_final: bool,
}
