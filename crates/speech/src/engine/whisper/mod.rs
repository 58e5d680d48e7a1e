//! Whisper behind [`Recogniser`]: the model once, a working state for each thread.

pub mod convert;
mod format;

use super::Model;
use crate::{
    EngineError, Language, Options, Pass, Recogniser, Recognition, SAMPLE_RATE_HZ, SAMPLES_PER_MS,
    Word,
};
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
    WhisperToken,
};

pub use format::{FormatError, check};

/// One thread a job: ggml's own pool spins, and jobs run beside each other anyway.
const THREADS: i32 = 1;

/// Shorter audio is padded: Whisper returns nothing at all for very little.
const SAMPLES_MIN: usize = 1_200 * SAMPLES_PER_MS;

/// The encoder has 50 positions a second and at most 1500 of them.
const POSITIONS_PER_SECOND: usize = 50;
const POSITIONS_MAX: usize = 1500;

/// With fewer positions than this, Whisper base repeats itself.
const PARTIAL_POSITIONS_MIN: usize = 384;
/// Silence seen behind the window of a partial pass; without it the last words are made up.
const PARTIAL_SPARE_SECONDS: usize = 2;
const FINAL_POSITIONS_MIN: usize = 512;
const FINAL_SPARE_SECONDS: usize = 3;
const POSITIONS_STEP: usize = 64;

/// Tokens a second in a partial pass, and a few more: a runaway ends there.
const PARTIAL_TOKENS_PER_SECOND: usize = 8;
const PARTIAL_TOKENS_SPARE: usize = 16;

pub(super) struct Weights(WhisperContext);

impl Weights {
    pub(super) fn load(bytes: &[u8]) -> Result<Self, EngineError> {
        // whisper.cpp aborts the process on some broken files: it only sees ones that add up.
        check(bytes).map_err(|error| EngineError::BadModel(error.to_string()))?;
        whisper_rs::install_logging_hooks();
        let context =
            WhisperContext::new_from_buffer_with_params(bytes, WhisperContextParameters::default());
        context
            .map(Self)
            .map_err(|error| EngineError::BadModel(error.to_string()))
    }
}

impl Model for Weights {
    /// Takes about 100 MB for Whisper base.
    fn recogniser(&self) -> Result<Box<dyn Recogniser>, EngineError> {
        let state = self.0.create_state().map_err(failed)?;
        Ok(Box::new(Whisper {
            state,
            end_of_text: self.0.token_eot(),
        }))
    }
}

/// One working state.
struct Whisper {
    state: WhisperState,
    /// The first token that is no text.
    end_of_text: i32,
}

impl Recogniser for Whisper {
    fn recognise(&mut self, pcm: &[f32], options: &Options) -> Result<Recognition, EngineError> {
        let mut samples = pcm.to_vec();
        samples.resize(samples.len().max(SAMPLES_MIN), 0.0);
        let (language, language_probability) = match options.language {
            Some(language) => (language, None),
            None => self
                .detect(&samples)
                .map(|(language, sure)| (language, Some(sure)))?,
        };
        let parameters = parameters(options.pass, language, samples.len());
        self.state.full(parameters, &samples).map_err(failed)?;
        Ok(self.read(language, language_probability))
    }
}

impl Whisper {
    fn detect(&mut self, samples: &[f32]) -> Result<(Language, f32), EngineError> {
        self.state.pcm_to_mel(samples, 1).map_err(failed)?;
        let (_, probabilities) = self.state.lang_detect(0, 1).map_err(failed)?;
        Language::all()
            .zip(probabilities)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .ok_or_else(|| EngineError::Failed("no language was detected".into()))
    }

    fn read(&self, language: Language, language_probability: Option<f32>) -> Recognition {
        let (mut text, mut words, mut silent) = (String::new(), Vec::new(), 0.0_f32);
        let (mut probability, mut tokens) = (0.0, 0.0);
        for segment in self.state.as_iter() {
            text.push_str(&segment.to_str_lossy().unwrap_or_default());
            silent = silent.max(segment.no_speech_probability());
            let spoken = (0..segment.n_tokens())
                .filter_map(|index| segment.get_token(index))
                .filter(|token| token.token_id() < self.end_of_text);
            for token in spoken {
                probability += token.token_probability();
                tokens += 1.0;
                add_token(&mut words, &token);
            }
        }
        let words = words.into_iter().map(SpelledWord::into_word).collect();
        let confidence = if tokens > 0.0 {
            probability / tokens
        } else {
            0.0
        };
        Recognition {
            text: text.trim().to_owned(),
            words,
            language,
            language_probability,
            no_speech_probability: silent,
            confidence,
        }
    }
}

/// A word while its tokens come in: a token may end in the middle of a letter.
struct SpelledWord {
    bytes: Vec<u8>,
    start_ms: u32,
    end_ms: u32,
}

impl SpelledWord {
    fn into_word(self) -> Word {
        Word {
            text: String::from_utf8_lossy(&self.bytes).into_owned(),
            start_ms: self.start_ms,
            end_ms: self.end_ms,
        }
    }
}

/// A token that starts with a space starts a word; so does a Chinese or Japanese character,
/// whose first byte in UTF-8 is 0xE3 to 0xE9.
fn add_token(words: &mut Vec<SpelledWord>, token: &WhisperToken<'_, '_>) {
    let Ok(bytes) = token.to_bytes() else {
        return;
    };
    let time = token.token_data();
    let ms = |centiseconds: i64| u32::try_from(centiseconds * 10).unwrap_or(0);
    let starts_word = matches!(bytes.first(), Some(b' ' | 0xE3..=0xE9));
    match words.last_mut() {
        Some(word) if !starts_word => {
            word.bytes.extend_from_slice(bytes);
            word.end_ms = word.end_ms.max(ms(time.t1));
        }
        _ => words.push(SpelledWord {
            bytes: bytes.to_vec(),
            start_ms: ms(time.t0),
            end_ms: ms(time.t1),
        }),
    }
}

fn parameters(pass: Pass, language: Language, samples: usize) -> FullParams<'static, 'static> {
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_n_threads(THREADS);
    parameters.set_language(Some(language.code()));
    parameters.set_no_context(true);
    parameters.set_suppress_nst(true);
    parameters.set_token_timestamps(true);
    parameters.set_print_special(false);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_timestamps(false);
    parameters.set_audio_ctx(positions(pass, samples));
    if pass == Pass::Partial {
        parameters.set_single_segment(true);
        parameters.set_temperature_inc(0.0);
        let seconds = samples / SAMPLE_RATE_HZ as usize + 1;
        let tokens = seconds * PARTIAL_TOKENS_PER_SECOND + PARTIAL_TOKENS_SPARE;
        parameters.set_max_tokens(i32::try_from(tokens).unwrap_or(i32::MAX));
    }
    parameters
}

/// How much of the encoder's window is computed: the audio and a little silence behind it.
fn positions(pass: Pass, samples: usize) -> i32 {
    let (least, spare_seconds) = match pass {
        Pass::Partial => (PARTIAL_POSITIONS_MIN, PARTIAL_SPARE_SECONDS),
        Pass::Final => (FINAL_POSITIONS_MIN, FINAL_SPARE_SECONDS),
    };
    let spoken = samples * POSITIONS_PER_SECOND / SAMPLE_RATE_HZ as usize;
    let wanted = (spoken + spare_seconds * POSITIONS_PER_SECOND).next_multiple_of(POSITIONS_STEP);
    i32::try_from(wanted.clamp(least, POSITIONS_MAX)).unwrap_or(0)
}

fn failed(error: whisper_rs::WhisperError) -> EngineError {
    EngineError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoder_sees_the_audio_and_some_silence_and_never_more_than_it_has() {
        assert_eq!(positions(Pass::Partial, 16_000), 384);
        assert_eq!(positions(Pass::Partial, 8 * 16_000), 512);
        assert_eq!(positions(Pass::Final, 2 * 16_000), 512);
        assert_eq!(positions(Pass::Final, 30 * 16_000), 1500);
    }

    #[test]
    fn a_broken_model_is_an_error_and_not_the_end_of_the_process() {
        let broken = Weights::load(b"this is not a model");
        assert!(matches!(broken, Err(EngineError::BadModel(_))));
    }

    #[test]
    fn our_language_codes_are_numbered_as_the_engine_numbers_them() {
        for (id, language) in (0..).zip(Language::all()) {
            assert_eq!(whisper_rs::get_lang_str(id), Some(language.code()));
        }
    }
}
