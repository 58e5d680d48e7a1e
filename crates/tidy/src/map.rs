//! The map does not go stale: every name in backticks in the documents exists in the code.

use crate::{Complaint, File};

/// The documents that lead a newcomer through the house.
const DOCUMENTS: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Names of things that are not ours or not in a file: allowed in backticks all the same.
const ELSEWHERE: &[&str] = &["apt", "cargo", "git", "make", "rustup"];

/// A path must exist, a name must occur as a word in some source file.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let sources: Vec<&File> = files
        .iter()
        .filter(|file| file.extension() != "md")
        .collect();
    let documents = files
        .iter()
        .filter(|file| DOCUMENTS.contains(&file.path.as_str()));
    let spans = documents.flat_map(|file| {
        code_spans(&file.text)
            .into_iter()
            .map(move |span| (file, span))
    });
    let dead = spans.filter(|(_, span)| !exists(span, files, &sources));
    dead.map(|(file, span)| format!("{}: `{span}` exists nowhere: the map is stale", file.path))
        .collect()
}

/// What stands between single backticks, outside fenced blocks.
fn code_spans(markdown: &str) -> Vec<String> {
    let mut spans = Vec::new();
    let mut fenced = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            spans.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    spans
}

/// A span of several words is a command or a sentence: each of its words is no name of ours.
fn exists(span: &str, files: &[File], sources: &[&File]) -> bool {
    if span.contains(' ') || span.contains('<') || ELSEWHERE.contains(&span) {
        return true;
    }
    if span.contains('/') && !span.starts_with('/') || has_file_ending(span) {
        return path_exists(span.trim_end_matches('/'), files);
    }
    let name = span
        .trim_end_matches("()")
        .rsplit("::")
        .next()
        .unwrap_or(span);
    let name = name.rsplit_once('.').map_or(name, |(_, last)| last);
    sources.iter().any(|file| has_word(&file.text, name))
        || sources
            .iter()
            .any(|file| file.path.split(['/', '.']).any(|part| part == name))
}

fn has_file_ending(span: &str) -> bool {
    [".rs", ".ts", ".tsx", ".md", ".toml", ".sh", ".sql", ".json"]
        .iter()
        .any(|ending| span.ends_with(ending))
}

fn path_exists(path: &str, files: &[File]) -> bool {
    let path = path.trim_end_matches("/*");
    files.iter().any(|file| {
        file.path == path
            || file
                .path
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'))
            || !path.contains('/') && file.path.rsplit('/').next() == Some(path)
    })
}

fn has_word(text: &str, name: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name).any(|(at, _)| {
        !joins(text[..at].chars().next_back()) && !joins(text[at + name.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_span(span: &str) -> usize {
        let map = File::new(
            "ARCHITECTURE.md",
            &format!("See `{span}`.\n```\n`anything` goes\n```\n"),
        );
        let source = File::new(
            "crates/sfu/src/peer.rs",
            "pub fn deadline() {}\nconst ROUTE: &str = \"/livez\";",
        );
        check(&[map, source]).len()
    }

    #[test]
    fn dead_names_and_dead_paths_are_refused() {
        for dead in [
            "Owner",
            "crates/sfu/src/gone.rs",
            "crates/recording/",
            "/readyz",
            "dead",
            "gone.rs",
        ] {
            assert_eq!(check_span(dead), 1, "{dead}");
        }
    }

    #[test]
    fn living_names_and_paths_pass() {
        for alive in [
            "deadline()",
            "Peer::deadline",
            "crates/sfu/",
            "crates/sfu/src/peer.rs",
            "/livez",
            "peer.rs",
        ] {
            assert_eq!(check_span(alive), 0, "{alive}");
        }
    }
}
