//! Dependencies between crates point one way: protocol → meeting → sfu → livekit → server,
//! rtc → sfu, speech → server and turn → server.

use crate::{Complaint, File, code};

/// What each crate may depend on, among ours. A crate that is not listed may not exist.
const ALLOWED: &[(&str, &[&str])] = &[
    ("visio-protocol", &[]),
    ("visio-meeting", &["visio-protocol"]),
    ("visio-rtc", &[]),
    (
        "visio-sfu",
        &["visio-protocol", "visio-meeting", "visio-rtc"],
    ),
    (
        "visio-livekit",
        &["visio-protocol", "visio-meeting", "visio-sfu"],
    ),
    ("visio-speech", &[]),
    ("visio-turn", &[]),
    (
        "visio-server",
        &[
            "visio-livekit",
            "visio-protocol",
            "visio-meeting",
            "visio-sfu",
            "visio-speech",
            "visio-turn",
        ],
    ),
    ("visio-fixtures", &["visio-protocol", "visio-meeting"]),
    (
        "visio-sim",
        &[
            "visio-fixtures",
            "visio-protocol",
            "visio-meeting",
            "visio-rtc",
            "visio-sfu",
        ],
    ),
    ("visio-tidy", &[]),
    (
        "visio-fuzz",
        &[
            "visio-livekit",
            "visio-protocol",
            "visio-meeting",
            "visio-rtc",
            "visio-sfu",
            "visio-speech",
            "visio-turn",
            "visio-server",
            "visio-fixtures",
            "visio-sim",
        ],
    ),
    ("visio-bench", &["visio-protocol"]),
    ("visio-bench-net", &[]),
    ("visio-bench-speech", &["visio-speech"]),
];

/// Crates that do input or output, or run tasks: only the server and the tools outside it name them.
const IO_CRATES: &[&str] = &[
    "axum",
    "hyper",
    "mio",
    "quinn-udp",
    "reqwest",
    "rustls",
    "socket2",
    "sqlx",
    "tokio",
    "tower-http",
    "tungstenite",
];

const PURE: &[&str] = &[
    "visio-livekit",
    "visio-protocol",
    "visio-meeting",
    "visio-rtc",
    "visio-sfu",
    "visio-speech",
    "visio-turn",
];

/// Crates whose code may name LiveKit's generated messages; elsewhere only tests may.
const WIRE_CRATES: &[&str] = &["protocol", "livekit", "sim"];

/// What those messages are called.
const WIRE_NAMES: &[&str] = &["livekit_protocol", "visio_protocol::wire", "wire::"];

/// Looks for LiveKit's messages beyond the edge.
pub fn check_wire(files: &[File]) -> Vec<Complaint> {
    let sources = files.iter().filter(|file| {
        let inside = file.path.strip_prefix("crates/").unwrap_or_default();
        let name = inside.split('/').next().unwrap_or_default();
        file.extension() == "rs"
            && !name.is_empty()
            && !file.is_test()
            && !WIRE_CRATES.contains(&name)
    });
    let named = sources.filter(|file| {
        let code = code::without_tests(&code::blank(&file.text));
        WIRE_NAMES.iter().any(|name| code.contains(name))
    });
    named
        .map(|file| format!("{}: LiveKit's messages stop in crates/livekit", file.path))
        .collect()
}

/// Looks at every crate's manifest: direction, I/O crates below the server, inherited lints.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let manifests = files
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml"));
    manifests.flat_map(check_manifest).collect()
}

fn check_manifest(file: &File) -> Vec<Complaint> {
    let Some(name) = value(section(&file.text, "package"), "name") else {
        return vec![format!("{}: has no package name", file.path)];
    };
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        return vec![format!(
            "{}: {name} has no line in the table of crates/tidy/src/direction.rs",
            file.path
        )];
    };
    let mut complaints = Vec::new();
    for dependency in section(&file.text, "dependencies").filter_map(dependency_name) {
        if dependency.starts_with("visio-") && !allowed.contains(&dependency) {
            complaints.push(format!("{}: {name} must not know {dependency}", file.path));
        }
        if PURE.contains(&name) && IO_CRATES.contains(&dependency) {
            complaints.push(format!(
                "{}: {name} is pure and must not know {dependency}",
                file.path
            ));
        }
    }
    if value(section(&file.text, "lints"), "workspace") != Some("true") {
        complaints.push(format!("{}: add `[lints] workspace = true`", file.path));
    }
    complaints
}

/// The lines under `[name]`.
fn section<'a>(manifest: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let header = format!("[{name}]");
    let after = manifest
        .lines()
        .skip_while(move |line| line.trim() != header)
        .skip(1);
    after.take_while(|line| !line.starts_with('['))
}

fn value<'a>(lines: impl Iterator<Item = &'a str>, key: &str) -> Option<&'a str> {
    let mut pairs = lines.filter_map(|line| line.split_once('='));
    pairs
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim().trim_matches('"'))
}

fn dependency_name(line: &str) -> Option<&str> {
    let name = line.split(['=', '.']).next()?.trim();
    (!name.is_empty() && !name.starts_with('#')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, dependencies: &str) -> File {
        let text = format!(
            "[package]\nname = \"{name}\"\n[dependencies]\n{dependencies}\n[lints]\nworkspace = true\n"
        );
        File::new("crates/x/Cargo.toml", &text)
    }

    #[test]
    fn the_allowed_direction_passes() {
        assert!(
            check(&[manifest(
                "visio-sfu",
                "visio-meeting.workspace = true\nstr0m = \"1\""
            )])
            .is_empty()
        );
    }

    #[test]
    fn an_upward_edge_is_refused() {
        let complaints = check(&[manifest("visio-meeting", "visio-sfu.workspace = true")]);
        assert_eq!(
            complaints,
            ["crates/x/Cargo.toml: visio-meeting must not know visio-sfu"]
        );
    }

    #[test]
    fn a_pure_crate_with_sockets_is_refused() {
        assert_eq!(
            check(&[manifest("visio-speech", "tokio = { version = \"1\" }")]).len(),
            1
        );
        assert!(check(&[manifest("visio-server", "tokio = { version = \"1\" }")]).is_empty());
    }

    #[test]
    fn a_message_of_livekits_beyond_the_edge_is_refused() {
        let file = |path: &str, text: &str| File::new(path, text);
        let named = "use visio_protocol::wire::Room;\n";
        assert_eq!(
            check_wire(&[file("crates/server/src/a.rs", named)]).len(),
            1
        );
        let allowed = [
            file("crates/livekit/src/a.rs", named),
            file("crates/server/src/tests.rs", named),
            file("crates/server/src/b.rs", "// visio_protocol::wire\n"),
        ];
        assert!(check_wire(&allowed).is_empty());
    }

    #[test]
    fn an_unknown_crate_and_missing_lints_are_refused() {
        assert_eq!(check(&[manifest("visio-extra", "")]).len(), 1);
        let bare = File::new("crates/x/Cargo.toml", "[package]\nname = \"visio-tidy\"\n");
        assert_eq!(check(&[bare]).len(), 1);
    }
}
