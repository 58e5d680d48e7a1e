//! What must not be in a tracked file: unfinished work, one machine's paths, other people's hosts.

use crate::{Complaint, File};

/// Written in pieces, so that this file does not accuse itself.
const BANNED: &[(&str, &str)] = &[
    (concat!("TO", "DO"), "do it, or open an issue"),
    (concat!("FIX", "ME"), "mend it, or open an issue"),
    (concat!("XX", "X:"), "mend it, or open an issue"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
];

/// Hosts that the page may name: namespaces and licences, which no browser fetches.
const NAMED_HOSTS: &[&str] = &[
    "http://www.w3.org/",
    "https://joinup.ec.europa.eu/",
    "http://localhost",
    "https://localhost",
    "http://127.0.0.1",
];

/// Looks for banned words everywhere, and for foreign hosts in what the browser gets.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let words = files
        .iter()
        .filter(|file| !file.path.starts_with("fuzz/corpus/"))
        .flat_map(banned_words);
    let hosts = files
        .iter()
        .filter(|file| reaches_the_browser(file))
        .flat_map(foreign_hosts);
    let registries = files
        .iter()
        .filter(|file| file.path.ends_with("package-lock.json"))
        .flat_map(foreign_registries);
    words.chain(hosts).chain(registries).collect()
}

fn banned_words(file: &File) -> Vec<Complaint> {
    let found = BANNED.iter().filter(|(word, _)| file.text.contains(word));
    found
        .map(|(word, what)| format!("{}: contains {word}: {what}", file.path))
        .collect()
}

fn reaches_the_browser(file: &File) -> bool {
    let shipped = file.path.starts_with("web/src/")
        || file.path.starts_with("web/public/")
        || file.path == "web/index.html";
    shipped && !file.is_test() && !file.is_generated()
}

fn foreign_hosts(file: &File) -> Vec<Complaint> {
    let schemes = ["http://", "https://", "ws://", "wss://"];
    let starts = schemes
        .iter()
        .flat_map(|scheme| file.text.match_indices(scheme).map(|(at, _)| at));
    let addresses = starts.map(|at| {
        let address = &file.text[at..];
        address
            .split(['"', '\'', '`', ' ', '\n', ')', '>', '<'])
            .next()
            .unwrap_or_default()
    });
    // A bare scheme or one followed by a variable is built from the server's own address.
    let literal = addresses.filter(|address| {
        let host = address.split("://").nth(1).unwrap_or_default();
        host.starts_with(|c: char| c.is_ascii_alphanumeric())
            && host.contains('.')
            && !host.starts_with("example.")
            && !host.contains(".example")
    });
    let foreign =
        literal.filter(|address| !NAMED_HOSTS.iter().any(|named| address.starts_with(named)));
    foreign
        .map(|address| {
            format!(
                "{}: the page names {address}: it may ask only its own server",
                file.path
            )
        })
        .collect()
}

fn foreign_registries(file: &File) -> Vec<Complaint> {
    let resolved = file
        .text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("\"resolved\": \""));
    let foreign = resolved.filter(|address| address.starts_with("http"));
    foreign
        .take(1)
        .map(|address| format!("{}: pinned to a mirror: {address}", file.path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_work_and_paths_of_one_machine_are_refused() {
        for (word, _) in BANNED {
            assert_eq!(
                check(&[File::new("docs/a.md", &format!("see {word}x"))]).len(),
                1,
                "{word}"
            );
        }
    }

    #[test]
    fn a_page_that_asks_another_host_is_refused() {
        let font = File::new(
            "web/index.html",
            "<link href=\"https://fonts.example.net.invalid/a.css\">",
        );
        assert!(
            check(&[font]).is_empty(),
            "reserved names are documentation"
        );
        let font = File::new(
            "web/index.html",
            concat!("<link href=\"https://cdn.jsdelivr", ".net/a.css\">"),
        );
        assert_eq!(check(&[font]).len(), 1);
        let own = File::new(
            "web/src/a.ts",
            "const url = `wss://${location.host}`; // http://www.w3.org/2000/svg",
        );
        assert!(check(&[own]).is_empty());
    }

    #[test]
    fn a_lock_file_that_names_a_mirror_is_refused() {
        let mirror = "  \"resolved\": \"http://mirror.internal/a.tgz\",\n";
        assert_eq!(
            check(&[File::new("web/package-lock.json", mirror)]).len(),
            1
        );
    }
}
