//! Real Whisper listens to real people.
//!
//! Could pass for nothing if the engine always gave one text: each story has words of its own.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test of a crate that reads no file and no environment must read both"
)]

use std::path::PathBuf;
use visio_speech::engine::{Kind, load};
use visio_speech::{EngineError, Language, Options, Pass, Recogniser};

/// Where scripts/models.sh and scripts/speech-samples.sh put what the tests listen to.
fn cached(name: &str, command: &str) -> Vec<u8> {
    let cache = std::env::var("XDG_CACHE_HOME").map_or_else(
        |_| PathBuf::from(std::env::var("HOME").unwrap()).join(".cache"),
        PathBuf::from,
    );
    let path = cache.join("visio").join(name);
    let file = std::fs::read(&path);
    file.unwrap_or_else(|error| panic!("{}: {error}. Type: {command}", path.display()))
}

fn model() -> Vec<u8> {
    cached("models/whisper-base.ggml", "scripts/models.sh")
}

fn whisper() -> Box<dyn Recogniser> {
    load(Kind::Whisper, &model()).unwrap().recogniser().unwrap()
}

fn samples(name: &str) -> Vec<f32> {
    let file = cached(&format!("samples/{name}"), "scripts/speech-samples.sh");
    let (pairs, _) = file[44..].as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0)
        .collect()
}

fn options(language: Option<&str>, pass: Pass) -> Options {
    Options {
        language: language.and_then(Language::parse),
        pass,
    }
}

#[test]
fn english_german_and_french_are_told_apart_and_recognised() {
    let mut whisper = whisper();
    for (name, language, words) in [
        ("jfk.wav", "en", "your country"),
        ("german.wav", "de", "handtuch"),
        ("fr/conf-onlyperson.wav", "fr", "participant"),
    ] {
        let heard = whisper
            .recognise(&samples(name), &options(None, Pass::Final))
            .unwrap();
        assert_eq!(heard.language, Language::parse(language).unwrap(), "{name}");
        assert!(
            heard.text.to_lowercase().contains(words),
            "{name}: {}",
            heard.text
        );
        assert!(heard.confidence > 0.5);
    }
}

#[test]
fn a_partial_pass_hears_the_beginning_of_a_sentence_and_knows_where_its_words_end() {
    let four_seconds = &samples("jfk.wav")[..4 * 16_000];
    let heard = whisper()
        .recognise(four_seconds, &options(Some("en"), Pass::Partial))
        .unwrap();
    assert!(
        heard.text.to_lowercase().contains("my fellow americans"),
        "{}",
        heard.text
    );
    assert!(
        heard
            .words
            .windows(2)
            .all(|pair| pair[0].start_ms <= pair[1].start_ms)
    );
    assert!(
        heard.words.iter().all(|word| word.end_ms <= 5_000),
        "{:?}",
        heard.words
    );
    let joined: String = heard.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(joined.trim(), heard.text);
}

#[test]
fn audio_shorter_than_a_word_is_no_error() {
    let heard = whisper().recognise(&[0.0; 160], &options(Some("en"), Pass::Partial));
    assert!(heard.is_ok());
}

#[test]
fn a_model_that_was_cut_short_is_an_error() {
    let whole = model();
    for length in [0, 4, 100, 60_000, whole.len() / 2, whole.len() - 1] {
        let cut = load(Kind::Whisper, &whole[..length]);
        assert!(
            matches!(cut, Err(EngineError::BadModel(_))),
            "{length} bytes"
        );
    }
}
