//! Functions and files stay small, above all in the tail: the one poll loop, the one handler.

use crate::{Complaint, File, code};

/// A Rust function longer than this is split, or listed in [`LONG_FUNCTIONS`] with its reason.
const FUNCTION_LINES_MAX: usize = 80;
/// One function in ten may be longer than this.
const FUNCTION_LINES_P90: usize = 35;
/// A Rust file longer than this, tests left out, is split or listed in [`LONG_FILES`].
const FILE_LINES_MAX: usize = 700;
/// One Rust file in ten may be longer than this.
const FILE_LINES_P90: usize = 350;
/// The same two bars for the web client, whose files are components and rules.
const WEB_FILE_LINES_MAX: usize = 400;
const WEB_FILE_LINES_P90: usize = 200;
/// Folders that move bytes between sockets and the core.
const SHELL: &[&str] = &["crates/server/src/media/", "crates/server/src/signalling/"];
/// The pure crates that decide what is sent.
const CORE: &[&str] = &["crates/meeting/src/", "crates/sfu/src/"];
/// Lines of the core for each line of the shell: what decides can be tested without a socket.
const CORE_LINES_PER_SHELL_LINE: usize = 3;
/// Below this many the share above a bar says nothing.
const SAMPLE_MIN: usize = 20;

/// Path, function, and why it may be longer than [`FUNCTION_LINES_MAX`].
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[];

/// Path, and why it may be longer than its bar.
const LONG_FILES: &[(&str, &str)] = &[];

/// Every file and function against its bar, and the distribution of all of them.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let counted = |file: &&File| !file.is_test() && !file.is_generated();
    let rust: Vec<&File> = files
        .iter()
        .filter(counted)
        .filter(|file| file.extension() == "rs")
        .collect();
    let web = files
        .iter()
        .filter(counted)
        .filter(|file| file.path.starts_with("web/src/"));
    let web: Vec<&File> = web
        .filter(|file| matches!(file.extension(), "ts" | "tsx"))
        .collect();

    let mut complaints = function_complaints(&rust);
    let sizes = rust
        .iter()
        .map(|file| (file.path.as_str(), production_lines(file)))
        .collect::<Vec<_>>();
    complaints.extend(file_complaints(
        "Rust",
        &sizes,
        FILE_LINES_MAX,
        FILE_LINES_P90,
    ));
    let sizes = web
        .iter()
        .map(|file| (file.path.as_str(), file.text.lines().count()))
        .collect::<Vec<_>>();
    complaints.extend(file_complaints(
        "web",
        &sizes,
        WEB_FILE_LINES_MAX,
        WEB_FILE_LINES_P90,
    ));
    complaints
}

/// The shell stays thin beside the core.
pub fn check_shell(files: &[File]) -> Vec<Complaint> {
    let lines_of = |folders: &[&str]| -> usize {
        files
            .iter()
            .filter(|file| folders.iter().any(|folder| file.path.starts_with(folder)))
            .filter(|file| !file.is_test() && !file.is_generated() && file.extension() == "rs")
            .map(production_lines)
            .sum()
    };
    let (shell, core) = (lines_of(SHELL), lines_of(CORE));
    if shell * CORE_LINES_PER_SHELL_LINE <= core {
        return Vec::new();
    }
    vec![format!(
        "{shell} lines of shell ({}) to {core} of core ({}): at most 1 to \
         {CORE_LINES_PER_SHELL_LINE}; move what decides into a pure crate",
        SHELL.join(", "),
        CORE.join(", ")
    )]
}

fn function_complaints(rust: &[&File]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut lengths = Vec::new();
    for file in rust {
        for function in code::functions(&code::without_tests(&code::blank(&file.text))) {
            lengths.push(function.lines);
            let listed = LONG_FUNCTIONS
                .iter()
                .any(|(path, name, _)| *path == file.path && *name == function.name);
            if function.lines > FUNCTION_LINES_MAX && !listed {
                let (name, lines) = (function.name, function.lines);
                complaints.push(format!(
                    "{}: {name} has {lines} lines (bar {FUNCTION_LINES_MAX})",
                    file.path
                ));
            }
        }
    }
    complaints.extend(share_complaint(
        "Rust functions",
        lengths,
        FUNCTION_LINES_P90,
    ));
    complaints
}

fn file_complaints(
    kind: &str,
    sizes: &[(&str, usize)],
    lines_max: usize,
    lines_p90: usize,
) -> Vec<Complaint> {
    let listed = |path: &str| LONG_FILES.iter().any(|(known, _)| *known == path);
    let too_long = sizes
        .iter()
        .filter(|(path, lines)| *lines > lines_max && !listed(path));
    let mut complaints: Vec<Complaint> = too_long
        .map(|(path, lines)| format!("{path}: {lines} lines (bar {lines_max})"))
        .collect();
    let lengths = sizes.iter().map(|(_, lines)| *lines).collect();
    complaints.extend(share_complaint(
        &format!("{kind} files"),
        lengths,
        lines_p90,
    ));
    complaints
}

fn share_complaint(what: &str, mut lengths: Vec<usize>, lines_p90: usize) -> Option<Complaint> {
    if lengths.len() < SAMPLE_MIN {
        return None;
    }
    lengths.sort_unstable();
    let p90 = lengths[lengths.len() * 9 / 10];
    (p90 > lines_p90)
        .then(|| format!("one in ten of the {what} has {p90} lines or more (bar {lines_p90})"))
}

fn production_lines(file: &File) -> usize {
    code::without_tests(&code::blank(&file.text))
        .lines()
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "  x();\n".repeat(lines - 2))
    }

    #[test]
    fn a_long_function_is_refused_and_a_long_test_is_not() {
        let long = function(FUNCTION_LINES_MAX + 1);
        assert_eq!(check(&[File::new("crates/x/src/a.rs", &long)]).len(), 1);
        assert!(
            check(&[File::new(
                "crates/x/src/a.rs",
                &function(FUNCTION_LINES_MAX)
            )])
            .is_empty()
        );
        let test = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert!(check(&[File::new("crates/x/src/a.rs", &test)]).is_empty());
    }

    #[test]
    fn a_thick_shell_is_refused() {
        let with = |shell: usize| {
            let lines = "fn a() {}\n";
            check_shell(&[
                File::new("crates/server/src/media/a.rs", &lines.repeat(shell)),
                File::new("crates/sfu/src/a.rs", &lines.repeat(30)),
                File::new("crates/sfu/src/tests.rs", &lines.repeat(90)),
            ])
        };
        assert!(with(10).is_empty());
        assert_eq!(with(11).len(), 1);
    }

    #[test]
    fn a_long_file_is_refused() {
        assert_eq!(
            check(&[File::new(
                "crates/x/src/a.rs",
                &"\n".repeat(FILE_LINES_MAX + 1)
            )])
            .len(),
            1
        );
        assert_eq!(
            check(&[File::new(
                "web/src/a.tsx",
                &"\n".repeat(WEB_FILE_LINES_MAX + 1)
            )])
            .len(),
            1
        );
    }

    #[test]
    fn many_middling_functions_are_refused_together() {
        let text = function(FUNCTION_LINES_P90 + 1).repeat(SAMPLE_MIN);
        let complaints = check(&[File::new("crates/x/src/a.rs", &text)]);
        assert!(
            complaints
                .iter()
                .any(|complaint| complaint.contains("one in ten")),
            "{complaints:?}"
        );
    }
}
