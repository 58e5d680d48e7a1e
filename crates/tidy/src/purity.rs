//! The pure crates hold no clock, randomness, file, socket, lock or task: what clippy cannot see.

use crate::{Complaint, File, code};

/// Folders whose code is a function of its inputs.
pub const PURE: &[&str] = &[
    "crates/protocol/",
    "crates/livekit/",
    "crates/meeting/",
    "crates/rtc/",
    "crates/sfu/",
    "crates/speech/",
    "crates/turn/",
];

/// Words that give an impure crate away, and what to do instead.
const BANNED: &[(&str, &str)] = &[
    ("async ", "return an output instead of waiting"),
    (".await", "return an output instead of waiting"),
    (
        "HashMap",
        "use BTreeMap: the order must not differ from run to run",
    ),
    (
        "HashSet",
        "use BTreeSet: the order must not differ from run to run",
    ),
    ("Instant::now", "take the time as an argument"),
    ("SystemTime::now", "take the time as an argument"),
    ("rand::rng", "take randomness as an argument"),
    ("rand::random", "take randomness as an argument"),
    ("std::fs", "only crates/server opens files"),
    ("UdpSocket", "only crates/server opens sockets"),
    ("TcpStream", "only crates/server opens sockets"),
    ("TcpListener", "only crates/server opens sockets"),
    ("std::thread", "threads belong to crates/server"),
    ("Mutex", "a meeting lives on one thread"),
    ("RwLock", "a meeting lives on one thread"),
    ("tokio", "only crates/server runs tasks"),
];

/// Looks for the banned words in the code of the pure crates, outside comments and tests.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let pure = files.iter().filter(|file| {
        file.extension() == "rs"
            && !file.is_test()
            && PURE.iter().any(|folder| file.path.starts_with(folder))
    });
    pure.flat_map(check_file).collect()
}

/// Each pure crate's `clippy.toml` replaces the root's, so it must hold every rule of it.
pub fn check_lint_files(files: &[File]) -> Vec<Complaint> {
    let find = |path: &str| files.iter().find(|file| file.path == path);
    let Some(root) = find("clippy.toml") else {
        return vec!["clippy.toml: is missing".to_owned()];
    };
    let rules: Vec<&str> = root
        .text
        .lines()
        .filter(|line| line.contains("path ="))
        .collect();
    let mut complaints = Vec::new();
    for folder in PURE {
        let path = format!("{folder}clippy.toml");
        let Some(own) = find(&path) else {
            complaints.push(format!(
                "{path}: is missing, so unordered maps are not banned there"
            ));
            continue;
        };
        for rule in rules.iter().filter(|rule| !own.text.contains(**rule)) {
            complaints.push(format!("{path}: lacks a rule of the root: {}", rule.trim()));
        }
    }
    complaints
}

fn check_file(file: &File) -> Vec<Complaint> {
    let text = code::without_tests(&code::blank(&file.text));
    let found = BANNED.iter().filter(|(word, _)| contains_word(&text, word));
    found
        .map(|(word, instead)| {
            format!(
                "{}: `{}` in a pure crate: {instead}",
                file.path,
                word.trim()
            )
        })
        .collect()
}

/// `contains`, but a name that merely ends or begins with the word is another name.
pub(crate) fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !(joins(before) && word.starts_with(char::is_alphanumeric)
            || joins(after) && word.ends_with(char::is_alphanumeric))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_in_the_code_is_refused_and_one_in_a_comment_or_test_is_not() {
        let bad = File::new(
            "crates/sfu/src/peer.rs",
            "//! P.\nfn f() { let now = std::time::Instant::now(); }",
        );
        assert_eq!(check(&[bad]).len(), 1);
        let good = "//! Never `Instant::now`.\n#[cfg(test)]\nmod tests { fn f() { Instant::now(); } }\nstruct MyHashMapLike;";
        assert!(check(&[File::new("crates/sfu/src/peer.rs", good)]).is_empty());
    }

    #[test]
    fn the_server_may_wait() {
        assert!(check(&[File::new("crates/server/src/main.rs", "async fn main() {}")]).is_empty());
        assert_eq!(
            check(&[File::new("crates/speech/src/lib.rs", "async fn f() {}")]).len(),
            1
        );
    }

    #[test]
    fn a_lint_file_that_forgets_a_rule_of_the_root_is_refused() {
        let root = File::new("clippy.toml", "{ path = \"a\" },\n{ path = \"b\" },\n");
        let mut files = vec![root];
        files.extend(
            PURE.iter()
                .map(|folder| File::new(&format!("{folder}clippy.toml"), "{ path = \"a\" },\n")),
        );
        assert_eq!(check_lint_files(&files).len(), PURE.len());
        files.truncate(1);
        assert_eq!(check_lint_files(&files).len(), PURE.len());
    }
}
