//! Rust text with strings and comments blanked out, its inline tests and its functions.

/// A function outside tests: its name and how many lines it takes, signature included.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub lines: usize,
}

/// The same text, lines kept, with strings, characters and comments replaced by spaces.
pub fn blank(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = opaque_end(bytes, at);
        if end == at {
            out.push(bytes[at]);
            at += 1;
        } else {
            out.extend(
                bytes[at..end]
                    .iter()
                    .map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }),
            );
            at = end;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The text without its `#[cfg(test)] mod …` blocks; expects blanked text.
pub fn without_tests(blanked: &str) -> String {
    let mut rest = blanked.to_owned();
    while let Some(start) = rest.find("#[cfg(test)]") {
        let module = rest[start..].find("mod ").map(|offset| start + offset);
        let end = module.and_then(|from| {
            let brace = rest[from..].find(['{', ';'])? + from;
            if rest.as_bytes()[brace] == b';' {
                Some(brace)
            } else {
                closing_brace(&rest, brace)
            }
        });
        rest.replace_range(start..=end.unwrap_or(rest.len() - 1), "");
    }
    rest
}

/// Every function with a body; expects blanked text.
pub fn functions(blanked: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, _) in blanked.match_indices("fn ") {
        let starts_word = at == 0 || !is_word(blanked.as_bytes()[at - 1]);
        let name: String = blanked[at + 3..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if !starts_word || name.is_empty() {
            continue;
        }
        if let Some(end) = body_start(blanked, at).and_then(|brace| closing_brace(blanked, brace)) {
            let lines = blanked[at..end].matches('\n').count() + 1;
            found.push(Function { name, lines });
        }
    }
    found
}

/// Where the string, character or comment that begins here ends; `at` where none begins.
fn opaque_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let after_word = at > 0 && is_word(bytes[at - 1]);
    match rest {
        [b'/', b'/', ..] => at + find(rest, b"\n").unwrap_or(rest.len()),
        [b'/', b'*', ..] => at + find(rest, b"*/").map_or(rest.len(), |offset| offset + 2),
        [b'r', b'"' | b'#', ..] if !after_word => raw_string_end(bytes, at, 1),
        [b'b', b'r', b'"' | b'#', ..] if !after_word => raw_string_end(bytes, at, 2),
        [b'"', ..] => string_end(bytes, at),
        [b'\'', b'\\', ..] => {
            at + 2 + find(&rest[3..], b"'").map_or(rest.len() - 2, |offset| offset + 2)
        }
        [b'\'', _, b'\'', ..] => at + 3,
        [b'\'', first, ..] if *first >= 0x80 => {
            at + 1 + find(&rest[1..], b"'").map_or(0, |offset| offset + 1)
        }
        _ => at,
    }
}

fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

/// `r#identifier` is no string: then nothing is opaque here.
fn raw_string_end(bytes: &[u8], at: usize, prefix: usize) -> usize {
    let hashes = bytes[at + prefix..]
        .iter()
        .take_while(|byte| **byte == b'#')
        .count();
    let quote = at + prefix + hashes;
    if bytes.get(quote) != Some(&b'"') {
        return at;
    }
    let closing = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    find(&bytes[quote + 1..], &closing)
        .map_or(bytes.len(), |offset| quote + 1 + offset + closing.len())
}

/// The `{` that opens a body; none for a declaration that ends in `;`.
fn body_start(text: &str, from: usize) -> Option<usize> {
    let mut brackets = 0;
    for (offset, byte) in text[from..].bytes().enumerate() {
        match byte {
            b'[' | b'(' => brackets += 1,
            b']' | b')' => brackets -= 1,
            b';' if brackets == 0 => return None,
            b'{' if brackets == 0 => return Some(from + offset),
            _ => {}
        }
    }
    None
}

fn closing_brace(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    for (offset, byte) in text[open..].bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return Some(open + offset);
        }
    }
    None
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_comments_and_characters_disappear_and_lines_stay() {
        let text = "a // fn x() {\n\"{\" b'\\'' '}' r#\"fn \"{\"# /* }\n */ 'é' c<'a>\n";
        let blanked = blank(text);
        assert!(!blanked.contains(['{', '}', '"']), "{blanked}");
        assert!(blanked.contains("c<'a>"));
        assert_eq!(blanked.matches('\n').count(), text.matches('\n').count());
    }

    #[test]
    fn functions_are_measured_and_declarations_are_not() {
        let text = "trait T { fn declared(a: [u8; 4]); }\nfn real(a: [u8; 4]) -> u8 {\n  if true { 1 } else { 2 }\n}\n";
        assert_eq!(
            functions(&blank(text)),
            [Function {
                name: "real".into(),
                lines: 3
            }]
        );
    }

    #[test]
    fn inline_tests_are_left_out() {
        let text =
            "fn kept() {}\n#[cfg(test)]\nmod tests {\n fn story() { {} }\n}\nfn also_kept() {}\n";
        let kept = without_tests(&blank(text));
        assert!(
            kept.contains("also_kept") && !kept.contains("story"),
            "{kept}"
        );
    }
}
