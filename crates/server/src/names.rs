//! What people may be called: cleaned of invisible tricks, refused when nothing is left.

/// Longer names do not fit under a picture.
pub const NAME_CHARS_MAX: usize = 60;

/// Why a name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameRefusal {
    #[error("The name is empty. Give at least one visible character.")]
    Empty,
    #[error("The name is longer than 60 characters. Shorten it.")]
    TooLong,
    #[error("The name holds control characters such as line breaks. Remove them.")]
    Control,
}

/// The name as others will see it: trimmed, without characters that are invisible or turn the
/// writing direction round (Unicode TR 36: they make one name look like another).
pub fn clean(typed: &str) -> Result<String, NameRefusal> {
    let visible: String = typed.chars().filter(|c| !is_trick(*c)).collect();
    let name = visible.trim();
    if name.is_empty() {
        return Err(NameRefusal::Empty);
    }
    if name.chars().any(char::is_control) {
        return Err(NameRefusal::Control);
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(NameRefusal::TooLong);
    }
    Ok(name.to_owned())
}

fn is_trick(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{FEFF}' // soft hyphen, Arabic mark, joiners
        | '\u{200B}'..='\u{200F}' // zero width, direction marks
        | '\u{2028}'..='\u{202E}' // line separators, embeddings and overrides
        | '\u{2060}'..='\u{206F}' // isolates, invisible operators
        | '\u{FFF9}'..='\u{FFFB}' // annotation marks
        | '\u{E0000}'..='\u{E007F}') // tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_keep_the_names_they_have() {
        for name in [
            "Alice",
            "Zoë Müller-Łukasiewicz",
            "王小明",
            "علي",
            "O’Brien",
            "👋🏽 Bob",
        ] {
            assert_eq!(clean(name).as_deref(), Ok(name));
        }
        assert_eq!(clean("  Bob \t").as_deref(), Ok("Bob"));
    }

    #[test]
    fn cve_42_eve_cannot_turn_her_name_round_or_hide_in_it() {
        assert_eq!(clean("Ali\u{202E}ce").as_deref(), Ok("Alice"));
        assert_eq!(
            clean("\u{2066}Alice\u{2069}\u{200B}").as_deref(),
            Ok("Alice")
        );
        assert_eq!(clean("\u{200B}\u{202E} \u{2060}"), Err(NameRefusal::Empty));
    }

    #[test]
    fn cve_39_names_with_control_characters_are_refused() {
        for name in ["Eve\0", "Eve\nAlice", "Eve\u{1b}[31m", "Eve\u{85}x"] {
            assert_eq!(clean(name), Err(NameRefusal::Control), "{name:?}");
        }
    }

    #[test]
    fn the_longest_name_is_sixty_characters_of_any_script() {
        let longest = "é".repeat(NAME_CHARS_MAX);
        assert_eq!(clean(&longest).as_deref(), Ok(longest.as_str()));
        assert_eq!(clean(&format!("{longest}x")), Err(NameRefusal::TooLong));
    }
}
