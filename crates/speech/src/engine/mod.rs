//! What every recognition engine is asked and what it answers.

pub mod whisper;

use crate::Language;
use std::sync::Arc;

/// An engine that models are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whisper models in the ggml format.
    Whisper,
}

/// Loaded weights, shared by every recogniser made from them.
pub trait Model: Send + Sync {
    /// A recogniser with working memory of its own.
    fn recogniser(&self) -> Result<Box<dyn Recogniser>, EngineError>;
}

/// Loads a model. The bytes may be freed afterwards.
pub fn load(kind: Kind, bytes: &[u8]) -> Result<Arc<dyn Model>, EngineError> {
    match kind {
        Kind::Whisper => Ok(Arc::new(whisper::Weights::load(bytes)?)),
    }
}

/// One engine with its working memory; one job at a time, on whichever thread holds it.
pub trait Recogniser: Send {
    /// Turns 16 kHz mono samples into text.
    fn recognise(&mut self, pcm: &[f32], options: &Options) -> Result<Recognition, EngineError>;
}

/// How one piece of audio is to be recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The language spoken; `None` asks the engine to detect it first, at a cost.
    pub language: Option<Language>,
    pub pass: Pass,
}

/// Why the audio is recognised: to show something soon, or to keep what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Over an utterance that is still being spoken: cheap, one attempt.
    Partial,
    /// The one pass whose text is stored: whole context, second attempts allowed.
    Final,
}

/// What an engine recognised.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognition {
    pub text: String,
    pub words: Vec<Word>,
    pub language: Language,
    /// How sure the engine was of the language; `None` when it was given.
    pub language_probability: Option<f32>,
    /// How likely it is that nobody spoke, 0 to 1.
    pub no_speech_probability: f32,
    /// Mean probability of the tokens chosen, 0 to 1.
    pub confidence: f32,
}

/// One word with its place in the audio that was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// As it stands in the text, with the space before it where there is one.
    pub text: String,
    pub start_ms: u32,
    pub end_ms: u32,
}

/// Why an engine gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    #[error("the speech model cannot be used: {0}")]
    BadModel(String),
    #[error("the speech engine failed: {0}")]
    Failed(String),
}
