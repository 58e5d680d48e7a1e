//! Every file opens with one sentence that says what it is for.

use crate::{Complaint, File};

/// Rust opens with `//!`, TypeScript with `/**`, a script with a comment under its first line.
pub fn check(files: &[File]) -> Vec<Complaint> {
    files
        .iter()
        .filter(|file| !file.is_generated() && !opens_with_a_sentence(file))
        .map(complaint)
        .collect()
}

fn opens_with_a_sentence(file: &File) -> bool {
    let first = file.text.lines().next().unwrap_or_default();
    match file.extension() {
        "rs" => first.starts_with("//! ") && first.len() > 8,
        "ts" | "tsx" => first.starts_with("/**") && !file.text.starts_with("/** */"),
        "mjs" | "js" => {
            first.starts_with("/**") || first.starts_with("//") || first.starts_with("#!")
        }
        "sh" => file
            .text
            .lines()
            .nth(1)
            .is_some_and(|second| second.starts_with("# ")),
        "sql" => first.starts_with("-- "),
        _ => true,
    }
}

fn complaint(file: &File) -> Complaint {
    format!(
        "{}: open it with one sentence that says what it is for",
        file.path
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_sentence_is_refused() {
        for (path, bad, good) in [
            ("a.rs", "use std::fmt;", "//! Formats.\nuse std::fmt;"),
            ("a.ts", "export {}", "/** Exports nothing. */\nexport {}"),
            ("a.tsx", "// no", "/**\n * Yes.\n */"),
            ("a.sh", "#!/bin/sh\nset -e", "#!/bin/sh\n# Sets.\nset -e"),
            ("a.sql", "CREATE", "-- Creates.\nCREATE"),
        ] {
            assert_eq!(check(&[File::new(path, bad)]).len(), 1, "{path}");
            assert!(check(&[File::new(path, good)]).is_empty(), "{path}");
        }
    }
}
