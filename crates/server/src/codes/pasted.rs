//! Finds a code in what somebody typed or pasted: a link, the sentence around it, the wrapper that a
//! mail program made of it. `web/src/pasted-code.ts` follows the same rules; both are tested with
//! `pasted.json`.

use super::{ALPHABET, CODE_CHARS, GROUP_CHARS};
use percent_encoding::percent_decode_str;

/// Longer text is not read: mail programs make about 1,000 bytes of a link.
const TEXT_BYTES_MAX: usize = 4_096;
/// A link in a wrapper in a wrapper; what is encoded more often is not found.
const DECODINGS_MAX: usize = 3;
/// Proofpoint's second version writes `://` like this, and every other mark in the same way.
const PROOFPOINT_SIGN: &str = "-3a__";
/// `&#x2011;` and the like; what is longer is no entity.
const ENTITY_CHARS_MAX: usize = 10;

/// What people and programs write between the groups of a code.
const DASHES: &str = "-_.\u{b7}\u{2d7}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2022}\u{2027}\u{2043}\
    \u{2212}\u{30fb}\u{fe58}\u{fe63}";

/// The characters of the code that `text` most likely means, without dashes.
pub(super) fn find(text: &str) -> Option<String> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let groups = groups(&plain(text));
    let mut best: Option<(Likelihood, String)> = None;
    for first in 0..groups.len() {
        let Some(window) = window(&groups[first..]) else {
            continue;
        };
        let likelihood = likelihood(window);
        let is_better = best.as_ref().is_none_or(|(known, _)| likelihood > *known);
        if is_better && likelihood.is_code() {
            best = Some((likelihood, window.iter().map(Group::read).collect()));
        }
    }
    best.map(|(_, code)| code)
}

/// What stands between two groups; the later kind wins where several do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    Dash,
    Blank,
    Other,
}

/// Letters and digits in a row.
struct Group {
    chars: String,
    /// Between this group and the one before it.
    gap: Gap,
    /// Directly behind `/r/` or `/t/`.
    in_link: bool,
}

impl Group {
    fn is_readable(&self) -> bool {
        self.chars.chars().all(|c| meant(c).is_some())
    }

    fn read(&self) -> String {
        self.chars.chars().filter_map(meant).collect()
    }
}

/// Compared in this order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likelihood {
    in_link: bool,
    without_blanks: bool,
    /// Undivided, or in groups as codes are written.
    is_regular: bool,
    digits: usize,
}

impl Likelihood {
    /// Words of the right length in all are no code: hardly any code is without a digit.
    fn is_code(&self) -> bool {
        self.is_regular || self.digits > 0
    }
}

/// The groups from the first on that make a whole code, if any number of them does.
fn window(groups: &[Group]) -> Option<&[Group]> {
    let mut chars = 0;
    for (at, group) in groups.iter().enumerate() {
        let is_joined = at == 0 || group.gap != Gap::Other;
        chars += group.chars.chars().count();
        if !is_joined || !group.is_readable() || chars > CODE_CHARS {
            return None;
        }
        if chars == CODE_CHARS {
            return groups.get(..=at);
        }
    }
    None
}

fn likelihood(window: &[Group]) -> Likelihood {
    let is_whole = |group: &Group| group.chars.len() == GROUP_CHARS;
    Likelihood {
        in_link: window.first().is_some_and(|group| group.in_link),
        without_blanks: window.iter().skip(1).all(|group| group.gap == Gap::Dash),
        is_regular: window.len() == 1 || window.iter().all(is_whole),
        digits: window
            .iter()
            .flat_map(|group| group.chars.chars())
            .filter(char::is_ascii_digit)
            .count(),
    }
}

fn groups(plain: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut gap = Gap::Other;
    let mut is_open = false;
    for (at, c) in plain.char_indices() {
        if c.is_alphanumeric() {
            match groups.last_mut().filter(|_| is_open) {
                Some(group) => group.chars.push(c),
                None => groups.push(Group {
                    chars: c.to_string(),
                    gap,
                    in_link: is_behind_link(&plain[..at]),
                }),
            }
            (is_open, gap) = (true, Gap::Dash);
        } else {
            is_open = false;
            gap = gap.max(gap_of(c));
        }
    }
    groups
}

fn is_behind_link(before: &str) -> bool {
    let path = before.trim_end_matches('/');
    path.len() < before.len() && (path.ends_with("/r") || path.ends_with("/t"))
}

fn gap_of(c: char) -> Gap {
    if DASHES.contains(c) {
        Gap::Dash
    } else if c.is_whitespace() {
        Gap::Blank
    } else {
        Gap::Other
    }
}

/// The text as its author saw it: decoded, unfolded, in small letters, without what is invisible.
fn plain(text: &str) -> String {
    let decoded = percent_decoded(text)
        .replace("=\r\n", "")
        .replace("=\n", "");
    let mut small = String::with_capacity(decoded.len());
    for line in decoded.lines() {
        let unquoted = line.trim_start_matches(['>', ' ']);
        small.extend(unquoted.chars().filter(|c| !is_invisible(*c)).map(narrow));
        small.push('\n');
    }
    if small.contains(PROOFPOINT_SIGN) {
        small = without_proofpoint(&small);
    }
    without_entities(&small)
}

fn percent_decoded(text: &str) -> String {
    let mut decoded = text.to_owned();
    for _ in 0..DECODINGS_MAX {
        decoded = percent_decode_str(&decoded)
            .decode_utf8_lossy()
            .into_owned();
    }
    decoded
}

/// Soft hyphens, zero-width marks, marks of direction, variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Full-width letters, digits and marks as those of ASCII, capitals as small letters, and the Japanese
/// long vowel mark, which stands beside the zero on keyboards, as the dash that was meant.
fn narrow(c: char) -> char {
    let ascii = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{30fc}' | '\u{ff70}' => '-',
        _ => c,
    };
    ascii.to_ascii_lowercase()
}

/// `https-3A__visio.example_r_ab0de-2Dfgh1k` as `https://visio.example/r/ab0de-fgh1k`.
fn without_proofpoint(text: &str) -> String {
    let slashes = text.replace('_', "/");
    let mut parts = slashes.split('-');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mark = part
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        plain.push(mark.map_or('-', char::from));
        plain.push_str(
            part.get(if mark.is_some() { 2 } else { 0 }..)
                .unwrap_or_default(),
        );
    }
    plain
}

/// Each entity of HTML as a dash: between groups it is one, behind a link it ends the code.
fn without_entities(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        let name = entity.find(';').filter(|end| *end <= ENTITY_CHARS_MAX);
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#');
        let length = name.filter(|end| is_name(&entity[1..*end]));
        plain.push_str(before);
        plain.push(if length.is_some() { '-' } else { '&' });
        rest = &entity[length.unwrap_or(0) + 1..];
    }
    plain.push_str(rest);
    plain
}

/// The character of the alphabet that a typed one stands for.
fn meant(typed: char) -> Option<char> {
    let c = match typed {
        'i' | 'l' => '1',
        'o' => '0',
        other => other,
    };
    u8::try_from(c)
        .is_ok_and(|byte| ALPHABET.contains(&byte))
        .then_some(c)
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Pasted {
        what: String,
        text: String,
        code: Option<String>,
    }

    #[test]
    fn bob_gets_in_with_whatever_his_mail_program_made_of_the_link() {
        let table: Vec<Pasted> = serde_json::from_str(include_str!("pasted.json")).unwrap();
        let wrong: Vec<String> = table
            .iter()
            .filter(|row| Code::parse(&row.text).map(|code| code.to_string()) != row.code)
            .map(|row| {
                format!(
                    "{}: {:?}",
                    row.what,
                    Code::parse(&row.text).map(|c| c.to_string())
                )
            })
            .collect();
        assert!(table.len() >= 100);
        assert_eq!(wrong, Vec::<String>::new());
    }
}
