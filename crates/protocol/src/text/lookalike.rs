//! Names that look alike although they are written with other letters.

use super::is_invisible;
use unicode_security::confusable_detection::skeleton as of_letters;

/// What a name looks like (UTS #39, section 4): two names with the same skeleton are taken for each
/// other. Case, spaces and joiners count for nothing, as they do when a person reads in passing.
#[must_use]
pub fn skeleton(name: &str) -> String {
    let seen =
        |c: &char| !c.is_whitespace() && !is_invisible(*c) && !matches!(c, '\u{200C}' | '\u{200D}');
    let seen: String = name.chars().filter(seen).collect();
    // Of letters and their capitals some look like others: I like l, i like і.
    let lower = of_letters(&seen).collect::<String>().to_lowercase();
    of_letters(&lower).collect()
}

/// Whether people take one name for the other. Names without a visible letter are like none.
#[must_use]
pub fn confusable(one: &str, other: &str) -> bool {
    let one = skeleton(one);
    !one.is_empty() && one == skeleton(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eve_cannot_pass_for_alice_with_other_letters() {
        for (one, other) in [
            ("Alice", "Alice"),
            ("Alice", "alice"),
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
