//! The vocabulary of `tokenizer.json` as bytes, in order of token number.

use super::ConvertError;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Tokens from here on are commands to the model, which the engine names by itself.
const TEXT_TOKENS: u32 = 50_257;

#[derive(Deserialize)]
struct Tokenizer {
    model: Model,
    added_tokens: Vec<AddedToken>,
}

#[derive(Deserialize)]
struct Model {
    vocab: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
}

/// The tokens that stand for text, each as its bytes.
pub fn read(tokenizer: &[u8]) -> Result<Vec<Vec<u8>>, ConvertError> {
    let tokenizer: Tokenizer = serde_json::from_slice(tokenizer)
        .map_err(|error| ConvertError::Tokenizer(error.to_string()))?;
    let added: BTreeSet<u32> = tokenizer
        .added_tokens
        .iter()
        .map(|token| token.id)
        .collect();
    let mut by_number: Vec<(u32, String)> = tokenizer
        .model
        .vocab
        .into_iter()
        .map(|(text, number)| (number, text))
        .collect();
    by_number.retain(|(number, _)| *number < TEXT_TOKENS && !added.contains(number));
    by_number.sort_unstable();
    if (0..)
        .zip(&by_number)
        .any(|(place, (number, _))| place != *number)
    {
        let what = "the tokens are not numbered one after the other";
        return Err(ConvertError::Tokenizer(what.to_owned()));
    }
    let letters = letters();
    by_number
        .iter()
        .map(|(_, text)| spelled(text, &letters))
        .collect()
}

fn spelled(text: &str, letters: &BTreeMap<char, u8>) -> Result<Vec<u8>, ConvertError> {
    text.chars()
        .map(|letter| letters.get(&letter).copied())
        .collect::<Option<_>>()
        .ok_or_else(|| ConvertError::Tokenizer("a token is no bytes".to_owned()))
}

/// Byte-level BPE writes each byte as a printable letter: printable Latin-1 as itself, the rest
/// as letters from U+0100 on.
fn letters() -> BTreeMap<char, u8> {
    let printable = |byte: u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let others = (0..=255_u8)
        .filter(|byte| !printable(*byte))
        .zip('\u{100}'..);
    let plain = (0..=255_u8).filter(|byte| printable(*byte));
    plain
        .map(|byte| (char::from(byte), byte))
        .chain(others.map(|(byte, letter)| (letter, byte)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_become_bytes_in_order_and_commands_are_left_out() {
        let tokenizer = r#"{"model":{"vocab":{"Ġthe":1,"a":0,"Ã©":2,"<|x|>":3,"end":50257}},
            "added_tokens":[{"id":3}]}"#;
        let tokens = read(tokenizer.as_bytes()).unwrap();
        assert_eq!(
            tokens,
            [b"a".to_vec(), b" the".to_vec(), "é".as_bytes().to_vec()]
        );
    }

    #[test]
    fn all_bytes_can_be_written() {
        assert_eq!(letters().len(), 256);
    }

    #[test]
    fn a_tokenizer_that_is_none_is_refused() {
        assert!(read(b"{}").is_err());
        assert!(read(r#"{"model":{"vocab":{"…":1}},"added_tokens":[]}"#.as_bytes()).is_err());
    }
    #[test]
    fn a_number_that_is_missing_or_given_twice_would_shift_every_word_and_is_refused() {
        let tokenizer = |second: u32| {
            format!(r#"{{"model":{{"vocab":{{"a":0,"b":{second}}}}},"added_tokens":[]}}"#)
        };
        assert!(read(tokenizer(1).as_bytes()).is_ok());
        for wrong in [0, 2] {
            assert!(read(tokenizer(wrong).as_bytes()).is_err(), "{wrong}");
        }
    }
}
