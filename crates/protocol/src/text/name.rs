//! Names as people paste them: what nobody sees is taken out, what their script needs stays.

use super::{is_invisible, turns_direction};
use unicode_normalization::char::canonical_combining_class;

/// A name without what nobody sees and what turns its surroundings around. Such characters come along
/// from mail clients, tables and keyboards, and their owner cannot find them: names are cleaned, at
/// the door as in tokens and in changes, and never refused for them.
#[must_use]
pub fn clean_name(name: &str) -> String {
    clean_text(name).trim().to_owned()
}

/// The same for any text that people read, with the spaces around it.
#[must_use]
pub fn clean_text(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut clean = String::with_capacity(text.len());
    for (at, &c) in chars.iter().enumerate() {
        let before = clean.chars().next_back();
        if is_pasted_space(c) {
            if before.is_some_and(|before| before != ' ') {
                clean.push(' ');
            }
        } else if is_kept(c, before, &chars[at + 1..]) {
            clean.push(c);
        }
    }
    clean
}

fn is_kept(c: char, before: Option<char>, after: &[char]) -> bool {
    match c {
        _ if c.is_control() || turns_direction(c) => false,
        ZWNJ | ZWJ => joins(before, next_seen(after)),
        '\u{180B}'..='\u{180D}' | '\u{180F}' => before.is_some_and(is_mongolian),
        FIRST_TAG..=LAST_TAG => before.is_some_and(is_flag_or_tag) && tags_end(c, after),
        _ => !is_invisible(c),
    }
}

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';
const BLACK_FLAG: char = '\u{1F3F4}';
const FIRST_TAG: char = '\u{E0020}';
const LAST_TAG: char = '\u{E007F}';

/// Tabs, line breaks and their kin: between two words they stand for a space.
fn is_pasted_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{B}' | '\u{C}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Emoji families, Persian and the scripts of India need joiners between two of their own letters,
/// and some of India's after a virama at the end of a word (RFC 5892, appendix A).
fn joins(before: Option<char>, after: Option<char>) -> bool {
    let joinable = |c: char| !c.is_ascii() && !c.is_whitespace() && c != ZWNJ && c != ZWJ;
    let is_virama = |c: char| canonical_combining_class(c) == VIRAMA;
    before.is_some_and(is_virama) || before.is_some_and(joinable) && after.is_some_and(joinable)
}

/// The class of combining marks that kill the vowel of a letter (Unicode Standard, table 4-3).
const VIRAMA: u8 = 9;

/// What follows and will be seen: an invisible character between does not count.
fn next_seen(after: &[char]) -> Option<char> {
    let hidden = |c: char| c.is_control() || turns_direction(c) || is_invisible(c);
    let seen = |c: &&char| is_pasted_space(**c) || !hidden(**c);
    after.iter().find(seen).copied()
}

fn is_mongolian(c: char) -> bool {
    matches!(c, '\u{1820}'..='\u{18AA}')
}

/// Flags of parts of countries: a black flag, letters as tags and the end of tags (UTS #51, section
/// ED-14a).
fn is_flag_or_tag(c: char) -> bool {
    c == BLACK_FLAG || (FIRST_TAG..LAST_TAG).contains(&c)
}

fn tags_end(c: char, after: &[char]) -> bool {
    let mut later = after
        .iter()
        .skip_while(|c| (FIRST_TAG..LAST_TAG).contains(*c));
    c == LAST_TAG || later.next() == Some(&LAST_TAG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_real_people_stay_as_they_are() {
        for name in [
            "Alice",
            "Žofia Müller",
            "O'Brien-Ó",
            "王小明",
            "山田　太郎",
            "علی‌رضا",
            "नरेंद्र",
            "क्‍ष",
            "അനില്‍",
            "ක්‍රිස්",
            "👩‍👩‍👧 family",
            "🏳️‍🌈 Sam",
            "Kim 👩🏽‍💻",
            "❤️‍🔥",
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} Harry",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
            "ᠠ\u{180B}ᠨ",
            "Dvořák (Prague)",
            "ʻOkina",
            "Nguyễn Văn A",
            "שרה",
            "יוֹסֵף",
        ] {
            assert_eq!(clean_name(name), name, "{name}");
        }
    }

    #[test]
    fn what_came_along_is_taken_out() {
        for (pasted, name) in [
            ("שרה\u{200F}", "שרה"),
            ("\u{200E}Alice\u{200E}", "Alice"),
            ("\u{061C}علي", "علي"),
            ("Donau\u{AD}dampf", "Donaudampf"),
            ("Alice\tSmith", "Alice Smith"),
            ("Alice\r\nSmith", "Alice Smith"),
            ("Alice \t Smith", "Alice  Smith"),
            ("\tAlice\n", "Alice"),
            ("\u{FEFF}Alice\u{200B}", "Alice"),
            ("\u{2068}Alice\u{2069}", "Alice"),
            ("Ali\u{202E}ce", "Alice"),
            ("Al\u{200D}i\u{200C}ce\u{200D}", "Alice"),
            ("é\u{200D}\u{200D}é", "é\u{200D}é"),
            ("é\u{200D}\u{200B}é", "é\u{200D}é"),
            ("Eve\0\u{1B}", "Eve"),
            ("é\u{200C}\u{80}\u{200C}", "é"),
            ("é\u{200C}\té", "é é"),
            ("Bob\u{3164}\u{034F}", "Bob"),
            ("Alice\u{2028}Smith", "Alice Smith"),
            ("Alice\u{FFFC}", "Alice"),
            ("Bob\u{E0041}\u{E0042}", "Bob"),
            ("🏴\u{E0067}\u{E0062}", "🏴"),
            ("Bob\u{E0067}\u{E007F}", "Bob"),
            ("Bob\u{180B}", "Bob"),
            ("\u{202E}\u{200B}", ""),
            ("\u{3164}\u{2800}", ""),
        ] {
            assert_eq!(clean_name(pasted), name, "{pasted:?}");
        }
    }
}
