//! What people and clients call themselves: no control characters, no text that turns its
//! surroundings around, nothing invisible that lets Eve look like Alice.

mod lookalike;
mod name;

pub use lookalike::{Look, confusable};
pub use name::{clean_name, clean_text};

use crate::limits::{
    ATTRIBUTES_BYTES_MAX, DISPLAY_NAME_CHARS_MAX, IDENTITY_BYTES_MAX, METADATA_BYTES_MAX,
    NAME_BYTES_MAX,
};

/// What is wrong with a text, in words for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextProblem {
    #[error("is empty; give it at least one visible character")]
    Empty,
    #[error("is too long: {length} {unit}, at most {max} are allowed")]
    TooLong {
        length: usize,
        max: usize,
        unit: &'static str,
    },
    #[error("contains the control character U+{0:04X}; remove it")]
    Control(u32),
    #[error("contains U+{0:04X}, which changes the direction of the text around it; remove it")]
    Direction(u32),
    #[error("contains the invisible character U+{0:04X}; remove it")]
    Invisible(u32),
}

/// A name typed by a person and cleaned: visible, at most [`DISPLAY_NAME_CHARS_MAX`] characters.
///
/// # Errors
/// Says what is wrong with it.
pub fn display_name(typed: &str) -> Result<String, TextProblem> {
    let name = clean_name(typed);
    if name.is_empty() {
        return Err(TextProblem::Empty);
    }
    let length = name.chars().count();
    if length > DISPLAY_NAME_CHARS_MAX {
        let max = DISPLAY_NAME_CHARS_MAX;
        return Err(TextProblem::TooLong {
            length,
            max,
            unit: "characters",
        });
    }
    Ok(name)
}

/// A name given by a token or a program, to be cleaned: may be empty.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_name(name: &str) -> Result<(), TextProblem> {
    check_bytes(name.len(), NAME_BYTES_MAX)
}

/// A word that programs look for, such as the name of a track or a topic: may be empty.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_label(label: &str) -> Result<(), TextProblem> {
    check_bytes(label.len(), NAME_BYTES_MAX)?;
    check_visible(label)
}

/// A participant's identity: not empty.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_identity(identity: &str) -> Result<(), TextProblem> {
    if identity.trim().is_empty() {
        return Err(TextProblem::Empty);
    }
    check_bytes(identity.len(), IDENTITY_BYTES_MAX)?;
    check_visible(identity)
}

/// A participant's or a room's metadata: any text for machines, but no control characters.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_metadata(metadata: &str) -> Result<(), TextProblem> {
    check_bytes(metadata.len(), METADATA_BYTES_MAX)?;
    match metadata
        .chars()
        .find(|&c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
    {
        Some(c) => Err(TextProblem::Control(c.into())),
        None => Ok(()),
    }
}

/// A participant's attributes, all keys and values together.
///
/// # Errors
/// Says what is wrong with them.
pub fn check_attributes<'a>(
    attributes: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Result<(), TextProblem> {
    let mut bytes = 0_usize;
    for (key, value) in attributes {
        bytes = bytes.saturating_add(key.len()).saturating_add(value.len());
        check_bytes(bytes, ATTRIBUTES_BYTES_MAX)?;
        check_visible(key)?;
        check_metadata(value)?;
    }
    Ok(())
}

fn check_bytes(length: usize, max: usize) -> Result<(), TextProblem> {
    if length > max {
        return Err(TextProblem::TooLong {
            length,
            max,
            unit: "bytes",
        });
    }
    Ok(())
}

/// Texts that programs compare are refused, not cleaned: two must not become one.
fn check_visible(text: &str) -> Result<(), TextProblem> {
    for c in text.chars() {
        match c {
            _ if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                return Err(TextProblem::Control(c.into()));
            }
            _ if turns_direction(c) => return Err(TextProblem::Direction(c.into())),
            _ => {}
        }
    }
    // What cleaning keeps is part of the script: joiners between letters, flags.
    let kept = clean_name(text);
    let mut kept = kept.chars();
    for c in text.trim().chars() {
        if kept.next() != Some(c) {
            return Err(TextProblem::Invisible(c.into()));
        }
    }
    Ok(())
}

/// Embeddings, overrides, isolates and marks of Unicode's bidirectional algorithm (UAX #9).
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{061C}')
}

/// Characters that draw nothing: zero-width spaces, fillers that look like an empty name.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{FFFC}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180E}' | '\u{200B}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}'
            | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_identity_is_refused_where_a_name_is_cleaned() {
        for identity in ["alice", "علی‌رضا", "👩‍👩‍👧", "bob@example.org", "a b"]
        {
            assert_eq!(check_identity(identity), Ok(()), "{identity}");
        }
        for (identity, problem) in [
            ("Ali\u{202E}ecila", TextProblem::Direction(0x202E)),
            ("Al\u{200B}ice", TextProblem::Invisible(0x200B)),
            ("Al\u{200D}ice", TextProblem::Invisible(0x200D)),
            ("Alice\u{200D}", TextProblem::Invisible(0x200D)),
            ("Alice\u{0}", TextProblem::Control(0)),
            ("Alice\nBob", TextProblem::Control(0x0A)),
            ("\u{3164}", TextProblem::Invisible(0x3164)),
            (" \u{2003} ", TextProblem::Empty),
        ] {
            assert_eq!(check_identity(identity), Err(problem), "{identity:?}");
        }
    }

    #[test]
    fn a_name_needs_something_to_see() {
        assert_eq!(display_name("  Bob \t"), Ok("Bob".to_owned()));
        for typed in [
            "",
            " \u{2003} ",
            "\u{3164}",
            "\u{202E}\u{200B}",
            "\t\n",
            "\0",
        ] {
            assert_eq!(display_name(typed), Err(TextProblem::Empty), "{typed:?}");
        }
    }

    #[test]
    fn each_length_has_its_edge() {
        let longest = "é".repeat(DISPLAY_NAME_CHARS_MAX);
        assert!(display_name(&longest).is_ok());
        assert!(matches!(
            display_name(&(longest + "é")),
            Err(TextProblem::TooLong { .. })
        ));
        assert!(check_name(&"x".repeat(NAME_BYTES_MAX)).is_ok());
        assert!(check_name(&"x".repeat(NAME_BYTES_MAX + 1)).is_err());
        assert!(check_name("").is_ok());
        assert_eq!(check_identity(" "), Err(TextProblem::Empty));
        assert!(check_metadata(&"x".repeat(METADATA_BYTES_MAX)).is_ok());
        assert!(check_metadata(&"x".repeat(METADATA_BYTES_MAX + 1)).is_err());
        assert_eq!(
            check_metadata("{\n\t\"a\": \"\u{1b}\"}"),
            Err(TextProblem::Control(0x1b))
        );
    }

    #[test]
    fn attributes_count_together() {
        let half = "x".repeat(ATTRIBUTES_BYTES_MAX / 2);
        let key = String::from("k");
        assert!(check_attributes([(&key, &half)]).is_ok());
        assert!(check_attributes([(&key, &half), (&key, &half)]).is_err());
    }

    #[test]
    fn the_message_says_what_to_do() {
        let problem = display_name(&"x".repeat(65)).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "is too long: 65 characters, at most 64 are allowed"
        );
    }

    /// Texts in which the characters of these rules are frequent.
    fn tricky() -> impl Strategy<Value = String> {
        let special = prop::sample::select(vec![
            '\u{200C}',
            '\u{200D}',
            '\u{202E}',
            '\u{3164}',
            '\u{2800}',
            '\u{034F}',
            '\u{3000}',
            ' ',
            'a',
            'é',
            '👩',
            '\u{1F3F4}',
            '\u{94D}',
            '\t',
            '\u{E0041}',
            '\u{E007F}',
            '\u{FEFF}',
        ]);
        prop::collection::vec(prop_oneof![special, any::<char>()], 0..70)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_clean_name_is_clean_and_stays_so(typed in tricky()) {
            let name = clean_name(&typed);
            prop_assert_eq!(clean_name(&name), name.clone());
            prop_assert_eq!(check_visible(&name), Ok(()), "{:?}", name);
        }

        #[test]
        fn a_name_never_turns_direction(name in any::<String>()) {
            if let Ok(name) = display_name(&name) {
                prop_assert!(!name.chars().any(|c| turns_direction(c) || c.is_control()));
                prop_assert!(!name.is_empty());
            }
        }
    }
}
