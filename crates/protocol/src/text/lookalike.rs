//! Names that look alike although they are written with other letters.

use super::is_invisible;
use unicode_security::confusable_detection::skeleton as of_letters;

/// What a name looks like: its skeletons (UTS #39, section 4). Case, spaces and joiners count for
/// nothing, as they do when a person reads in passing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Of letters and their capitals some look like others: I like l, і like i.
    as_written: String,
    /// ALICE is Alice, although her I could be an l.
    in_small_letters: String,
}

impl Look {
    #[must_use]
    pub fn of(name: &str) -> Self {
        let seen = |c: &char| {
            !c.is_whitespace() && !is_invisible(*c) && !matches!(c, '\u{200C}' | '\u{200D}')
        };
        let seen: String = name.chars().filter(seen).collect();
        let skeleton = |text: &str| of_letters(text).collect::<String>();
        Self {
            as_written: skeleton(&skeleton(&seen).to_lowercase()),
            in_small_letters: skeleton(&seen.to_lowercase()),
        }
    }

    /// Whether people take one for the other. A name without a visible letter is like none.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let others = [&other.as_written, &other.in_small_letters];
        [&self.as_written, &self.in_small_letters]
            .iter()
            .any(|one| !one.is_empty() && others.contains(one))
    }
}

/// Whether people take one name for the other.
#[must_use]
pub fn confusable(one: &str, other: &str) -> bool {
    Look::of(one).is_like(&Look::of(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eve_cannot_pass_for_alice_with_other_letters() {
        for (one, other) in [
            ("Alice", "Alice"),
            ("Alice", "alice"),
            ("Alice", "ALICE"),
            ("AIice", "ALICE"),
            ("Émilie", "ÉMILIE"),
            ("Alice", "Аlice"),
            ("Alice", "AIice"),
            ("Alice", "A1ice"),
            ("Alice", "Alicе"),
            ("Alice", "Ａｌｉｃｅ"),
            ("Alice", "𝐀𝐥𝐢𝐜𝐞"),
            ("Alice", "A l i c e"),
            ("Alice", "Ali\u{200D}ce"),
            ("Bob", "B0b"),
            ("Paul", "Раul"),
            ("Rossi", "Rоssі"),
            ("Martin", "Маrtіn"),
            ("Zoë", "Zoe\u{308}"),
            ("modern", "modem"),
        ] {
            assert!(confusable(one, other), "{one} {other}");
            assert!(confusable(other, one), "{other} {one}");
        }
    }

    #[test]
    fn other_names_are_other_names() {
        for (one, other) in [
            ("Alice", "Alicia"),
            ("Alice", "Alise"),
            ("Kai", "Kal"),
            ("Bob", "Rob"),
            ("王小明", "王小红"),
            ("Анна", "Нина"),
            ("Zoë", "Zoé"),
            ("علي", "علا"),
            ("", ""),
            ("\u{200B}", " "),
        ] {
            assert!(!confusable(one, other), "{one} {other}");
        }
    }
}
