//! Checks of what people and clients call themselves: no control characters, no text that turns
//! its surroundings around, nothing invisible that lets Eve look like Alice.

use crate::limits::{
    ATTRIBUTES_BYTES_MAX, DISPLAY_NAME_CHARS_MAX, IDENTITY_BYTES_MAX, METADATA_BYTES_MAX,
    NAME_BYTES_MAX,
};

/// What is wrong with a text, in words for whoever typed it.
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

/// What a person typed without what nobody sees and what turns its surroundings around, for
/// [`display_name`] to check: such characters come along with copied text, and their owner cannot
/// find them.
#[must_use]
pub fn visible(typed: &str) -> String {
    let seen = |c: &char| !turns_direction(*c) && !is_invisible(*c);
    let mut chars = typed.chars().filter(seen).peekable();
    let mut text = String::with_capacity(typed.len());
    while let Some(c) = chars.next() {
        if !is_joiner(c) || joins(text.chars().next_back(), chars.peek().copied()) {
            text.push(c);
        }
    }
    text
}

/// A name typed by a person: trimmed, visible, at most [`DISPLAY_NAME_CHARS_MAX`] characters.
///
/// # Errors
/// Says what is wrong with it.
pub fn display_name(typed: &str) -> Result<&str, TextProblem> {
    let name = typed.trim();
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
    check_visible(name)?;
    Ok(name)
}

/// A name given by a token or a LiveKit client: may be empty.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_name(name: &str) -> Result<(), TextProblem> {
    check_bytes(name.len(), NAME_BYTES_MAX)?;
    check_visible(name)
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

fn check_visible(text: &str) -> Result<(), TextProblem> {
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            _ if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                return Err(TextProblem::Control(c.into()));
            }
            _ if turns_direction(c) => return Err(TextProblem::Direction(c.into())),
            _ if is_joiner(c) && joins(before, chars.peek().copied()) => {}
            _ if is_joiner(c) || is_invisible(c) => return Err(TextProblem::Invisible(c.into())),
            _ => {}
        }
        before = Some(c);
    }
    Ok(())
}

/// Embeddings, overrides, isolates and marks of Unicode's bidirectional algorithm (UAX #9).
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{061C}')
}

/// Emoji families, Persian and the scripts of India need these between two of their own letters.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

fn joins(before: Option<char>, after: Option<char>) -> bool {
    let joinable = |c: char| !c.is_ascii() && !c.is_whitespace() && !is_joiner(c);
    before.is_some_and(joinable) && after.is_some_and(joinable)
}

/// Characters that draw nothing: zero-width spaces, fillers that look like an empty name.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
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
    fn people_of_all_scripts_are_welcome() {
        for name in [
            "Alice",
            "Žofia Müller",
            "王小明",
            "علی‌رضا",
            "👩‍👩‍👧 family",
            "O'Brien-Ó",
            "नरेंद्र",
        ] {
            assert_eq!(display_name(name), Ok(name), "{name}");
        }
        assert_eq!(display_name("  Bob \t"), Ok("Bob"));
    }

    #[test]
    fn eve_cannot_disguise_herself() {
        assert_eq!(
            display_name("Ali\u{202E}ecila"),
            Err(TextProblem::Direction(0x202E))
        );
        assert_eq!(
            display_name("Al\u{200B}ice"),
            Err(TextProblem::Invisible(0x200B))
        );
        assert_eq!(
            display_name("Al\u{200D}ice"),
            Err(TextProblem::Invisible(0x200D))
        );
        assert_eq!(
            display_name("Alice\u{200D}"),
            Err(TextProblem::Invisible(0x200D))
        );
        assert_eq!(display_name("Alice\u{0}"), Err(TextProblem::Control(0)));
        assert_eq!(display_name("Alice\nBob"), Err(TextProblem::Control(0x0A)));
        assert_eq!(
            display_name("\u{3164}"),
            Err(TextProblem::Invisible(0x3164))
        );
        assert_eq!(display_name(" \u{2003} "), Err(TextProblem::Empty));
    }

    #[test]
    fn what_nobody_sees_is_taken_out_and_what_joins_letters_stays() {
        for name in ["علی‌رضا", "👩‍👩‍👧 family", "नरेंद्र", "Zoë", "王小明"]
        {
            assert_eq!(visible(name), name);
        }
        assert_eq!(visible("\u{2066}Ali\u{202E}ce\u{2069}\u{200B}"), "Alice");
        assert_eq!(visible("Al\u{200D}i\u{200C}ce\u{200D}"), "Alice");
        assert_eq!(visible("é\u{200D}\u{200D}é"), "é\u{200D}é");
        for filler in "\u{3164}\u{2800}\u{115F}\u{FFA0}\u{034F}\u{180B}\u{180D}\u{E0041}".chars() {
            assert_eq!(
                visible(&filler.to_string()),
                "",
                "U+{:04X}",
                u32::from(filler)
            );
        }
        assert_eq!(
            visible("Eve\n"),
            "Eve\n",
            "a control character is refused, not hidden"
        );
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
            '\u{E0041}',
            '\u{FEFF}',
        ]);
        prop::collection::vec(prop_oneof![special, any::<char>()], 0..70)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_the_form_takes_the_door_takes(typed in tricky()) {
            let visible = visible(&typed);
            match display_name(&visible) {
                Ok(name) => prop_assert_eq!(check_name(name), Ok(())),
                Err(TextProblem::Direction(_) | TextProblem::Invisible(_)) => {
                    prop_assert!(false, "{:?} was not taken out", visible);
                }
                Err(_) => {}
            }
        }

        #[test]
        fn an_accepted_name_never_turns_direction(name in any::<String>()) {
            if let Ok(name) = display_name(&name) {
                prop_assert!(!name.chars().any(|c| turns_direction(c) || c.is_control()));
                prop_assert!(!name.is_empty());
            }
        }
    }
}
