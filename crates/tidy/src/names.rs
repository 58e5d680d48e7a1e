//! No room is called after what it is not: names that say nothing collect everything.

use crate::{Complaint, File};

/// Names under which unrelated things gather.
const BANNED: &[&str] = &[
    "common", "helper", "helpers", "manager", "misc", "util", "utils",
];

/// Looks at the names of files and folders, and of Rust items.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let code = files
        .iter()
        .filter(|file| matches!(file.extension(), "rs" | "ts" | "tsx" | "mjs" | "sh" | "css"));
    code.flat_map(|file| banned_in_path(file).into_iter().chain(banned_items(file)))
        .collect()
}

fn banned_in_path(file: &File) -> Option<Complaint> {
    let stem = |part: &str| part.split('.').next().unwrap_or_default().to_lowercase();
    let part = file
        .path
        .split('/')
        .map(stem)
        .find(|part| words(part).any(|word| BANNED.contains(&word)))?;
    Some(format!(
        "{}: `{part}` says nothing: name it after what it does",
        file.path
    ))
}

fn banned_items(file: &File) -> Vec<Complaint> {
    let keywords = ["struct ", "enum ", "trait ", "mod ", "class ", "interface "];
    let declared = file.text.lines().filter_map(|line| {
        let line = line
            .trim_start()
            .trim_start_matches("export ")
            .trim_start_matches("pub ");
        let after = keywords
            .iter()
            .find_map(|keyword| line.strip_prefix(keyword))?;
        after
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
    });
    let banned = declared.filter(|name| {
        BANNED.iter().any(|word| {
            let capital = word[..1].to_uppercase() + &word[1..];
            name.ends_with(&capital) || words(name).any(|part| part == *word)
        })
    });
    banned
        .map(|name| {
            format!(
                "{}: `{name}` says nothing: name it after what it does",
                file.path
            )
        })
        .collect()
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['_', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_refused() {
        assert_eq!(check(&[File::new("crates/x/src/utils.rs", "")]).len(), 1);
        assert_eq!(check(&[File::new("web/src/helpers/a.ts", "")]).len(), 1);
        assert_eq!(
            check(&[File::new("crates/x/src/a.rs", "pub struct RoomManager {")]).len(),
            1
        );
        assert_eq!(
            check(&[File::new("crates/x/src/a.rs", "mod common;")]).len(),
            1
        );
    }

    #[test]
    fn names_that_contain_them_by_chance_pass() {
        assert!(check(&[File::new("crates/x/src/commonmark.rs", "struct Commons;")]).is_empty());
        assert!(check(&[File::new("docs/utils.md", "")]).is_empty());
    }
}
