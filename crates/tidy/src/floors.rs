//! Floors inside the server and the page: which folder may know which, and no circles anywhere.

use crate::graph::{self, Graph};
use crate::{Complaint, File};
use std::collections::{BTreeMap, BTreeSet};

/// Folders and files at the top of `crates/server/src`, from the ground up, and what each may know
/// among the others. Whatever is not listed may not exist; each names only what stands above it here.
const SERVER: &[(&str, &[&str])] = &[
    // Ground.
    ("generated", &[]),
    ("background", &[]),
    ("clock", &[]),
    ("entropy", &[]),
    ("files", &[]),
    ("network", &[]),
    ("open_files", &[]),
    ("connection_limit", &["network"]),
    ("codes", &["entropy"]),
    ("storage", &["clock", "codes", "entropy", "files"]),
    ("config", &["storage", "generated"]),
    // Machines: none knows a request, a meeting's place or another machine.
    ("models", &["files"]),
    ("media", &["clock", "config", "connection_limit", "entropy"]),
    ("transcription", &["clock", "entropy", "storage"]),
    (
        "turn",
        &[
            "background",
            "clock",
            "config",
            "entropy",
            "media",
            "network",
        ],
    ),
    // What every request passes.
    (
        "http",
        &[
            "background",
            "clock",
            "config",
            "connection_limit",
            "entropy",
            "files",
            "network",
            "storage",
            "turn",
        ],
    ),
    // The hub: the only one that knows where a meeting is.
    (
        "calls",
        &["clock", "config", "media", "storage", "transcription"],
    ),
    // Doors: each answers a protocol or a subject, none knows another.
    (
        "signalling",
        &[
            "calls", "clock", "config", "entropy", "http", "media", "turn",
        ],
    ),
    ("roomservice", &["calls", "clock", "http"]),
    (
        "features/rooms",
        &["calls", "clock", "codes", "entropy", "http", "storage"],
    ),
    ("features/server", &["config", "http", "transcription"]),
    (
        "features/transcripts",
        &["calls", "clock", "codes", "http", "storage"],
    ),
    // The program: it starts, stops and looks at everything.
    ("start_error", &["config", "http", "media", "storage"]),
    ("api_keys", &["config", "entropy", "files", "start_error"]),
    (
        "acme",
        &["clock", "config", "entropy", "files", "http", "start_error"],
    ),
    ("secrets", &["acme", "config", "storage"]),
    (
        "doctor",
        &[
            "acme",
            "api_keys",
            "clock",
            "config",
            "entropy",
            "files",
            "http",
            "media",
            "models",
            "open_files",
            "secrets",
            "start_error",
            "storage",
        ],
    ),
    (
        "app",
        &[
            "acme",
            "api_keys",
            "background",
            "calls",
            "clock",
            "config",
            "doctor",
            "features/rooms",
            "features/server",
            "features/transcripts",
            "files",
            "generated",
            "http",
            "media",
            "models",
            "open_files",
            "roomservice",
            "secrets",
            "signalling",
            "start_error",
            "storage",
            "transcription",
            "turn",
        ],
    ),
    ("main", &["app"]),
];

/// The same for `web/src`. A screen that shows a part of another names it here.
const WEB: &[(&str, &[&str])] = &[
    ("api", &[]),
    ("browser", &[]),
    ("i18n", &["browser"]),
    ("paths", &[]),
    ("page-title", &[]),
    ("pasted-code", &[]),
    ("code-in-path", &["pasted-code"]),
    ("ui", &["api", "browser", "i18n"]),
    ("me", &["browser", "ui"]),
    ("call", &["api", "browser"]),
    (
        "features/errors",
        &["api", "browser", "page-title", "paths", "ui"],
    ),
    ("features/devices", &["call", "ui"]),
    ("features/goodbye", &["api", "page-title", "paths", "ui"]),
    (
        "features/home",
        &[
            "api",
            "features/errors",
            "i18n",
            "me",
            "page-title",
            "pasted-code",
            "paths",
            "ui",
        ],
    ),
    (
        "features/transcript",
        &[
            "api",
            "code-in-path",
            "features/errors",
            "i18n",
            "me",
            "page-title",
            "paths",
            "ui",
        ],
    ),
    (
        "features/call",
        &[
            "api",
            "call",
            "features/devices",
            "features/errors",
            "features/goodbye",
            "features/transcript",
            "i18n",
            "me",
            "page-title",
            "paths",
            "ui",
        ],
    ),
    (
        "features/prejoin",
        &[
            "api",
            "browser",
            "call",
            "code-in-path",
            "features/call",
            "features/devices",
            "features/errors",
            "me",
            "page-title",
            "paths",
            "ui",
        ],
    ),
    (
        "routes",
        &["features/home", "features/prejoin", "features/transcript"],
    ),
    ("App", &["api", "features/errors", "routes"]),
    ("main", &["App", "browser", "features/errors", "i18n"]),
];

const SERVER_ROOT: &str = "crates/server/src/";
const WEB_ROOT: &str = "web/src/";

/// A folder of the server's features with more than this is two subjects.
const FEATURE_FILES_MAX: usize = 15;
const FEATURE_LINES_MAX: usize = 2_500;

/// Looks at every import of the server and of the page.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let server = graph::of_rust(files, SERVER_ROOT);
    let web = graph::of_typescript(files, WEB_ROOT);
    let mut complaints = floors(&server, SERVER_ROOT, SERVER);
    complaints.extend(floors(&web, WEB_ROOT, WEB));
    complaints.extend(feature_sizes(files));
    complaints
}

/// Looks for files that know each other, in every crate and in the page.
pub fn check_circles(files: &[File]) -> Vec<Complaint> {
    let sources = files.iter().filter(|file| file.extension() == "rs");
    let roots: BTreeSet<&str> = sources
        .filter_map(|file| {
            let rest = file.path.strip_prefix("crates/")?;
            let end = "crates/".len() + rest.find("/src/")? + "/src/".len();
            file.path.get(..end)
        })
        .collect();
    let graphs = roots.into_iter().map(|root| graph::of_rust(files, root));
    let graphs = graphs.chain([graph::of_typescript(files, WEB_ROOT)]);
    graphs
        .flat_map(|graph| graph::circles(&graph))
        .map(|circle| format!("{}: know each other; open the circle", circle.join(", ")))
        .collect()
}

fn floors(graph: &Graph, root: &str, table: &[(&str, &[&str])]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (file, known) in graph {
        let Some(unit) = unit(file, root) else {
            continue;
        };
        let Some((_, allowed)) = table.iter().find(|(one, _)| *one == unit) else {
            complaints.push(format!(
                "{file}: {unit} has no line in the table of crates/tidy/src/floors.rs"
            ));
            continue;
        };
        for other in known {
            let Some(other) = self::unit(other, root).filter(|other| *other != unit) else {
                continue;
            };
            if !allowed.contains(&other.as_str()) {
                complaints.push(format!("{file}: {unit} must not know {other}"));
            }
        }
    }
    complaints
}

/// The folder at the top of which a file is part, or the file that stands there alone. What only
/// lists modules is part of nothing.
fn unit(file: &str, root: &str) -> Option<String> {
    let inside = file.strip_prefix(root)?;
    let mut parts = inside.split('/');
    let first = parts.next()?;
    let second = parts.next();
    match (first, second) {
        ("lib.rs", _) | ("features", Some("mod.rs")) => None,
        ("features", Some(second)) => Some(format!("features/{second}")),
        (folder, Some(_)) => Some(folder.to_owned()),
        (name, None) => Some(name.split('.').next().unwrap_or(name).to_owned()),
    }
}

fn feature_sizes(files: &[File]) -> Vec<Complaint> {
    let mut sizes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for file in files {
        let unit = unit(&file.path, SERVER_ROOT).filter(|unit| unit.starts_with("features/"));
        if let Some(unit) = unit {
            let size = sizes.entry(unit).or_default();
            *size = (size.0 + 1, size.1 + file.text.lines().count());
        }
    }
    let large = sizes
        .into_iter()
        .filter(|(_, (files, lines))| *files > FEATURE_FILES_MAX || *lines > FEATURE_LINES_MAX);
    large
        .map(|(unit, (files, lines))| {
            format!(
                "{SERVER_ROOT}{unit}: {files} files with {lines} lines are two subjects (at most \
                 {FEATURE_FILES_MAX} and {FEATURE_LINES_MAX})"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(path: &str, text: &str) -> File {
        File::new(&format!("{SERVER_ROOT}{path}"), text)
    }

    #[test]
    fn each_floor_stands_on_those_before_it() {
        for table in [SERVER, WEB] {
            for (at, (unit, allowed)) in table.iter().enumerate() {
                let below = table.iter().take(at).map(|(one, _)| *one);
                let below: BTreeSet<&str> = below.collect();
                for other in *allowed {
                    assert!(
                        below.contains(other),
                        "{unit} knows {other}, which is not below it"
                    );
                }
            }
        }
    }

    #[test]
    fn an_upward_import_and_a_feature_that_knows_another_are_refused() {
        let tree = [
            server("clock.rs", ""),
            server("http/mod.rs", "use crate::clock;\n"),
            server("features/mod.rs", "pub mod rooms;\n"),
            server("features/rooms/mod.rs", "use crate::http::x;\n"),
            server(
                "features/transcripts/mod.rs",
                "use crate::{clock, features::rooms::X};\n",
            ),
            server("media/mod.rs", "fn f() { crate::http::x() }\n"),
        ];
        assert_eq!(
            check(&tree),
            [
                "crates/server/src/features/transcripts/mod.rs: features/transcripts must not know \
                 features/rooms",
                "crates/server/src/media/mod.rs: media must not know http",
            ]
        );
    }

    #[test]
    fn a_folder_without_a_line_is_refused() {
        assert_eq!(check(&[server("lobby/mod.rs", "")]).len(), 1);
        assert_eq!(check(&[File::new("web/src/lobby/view.ts", "")]).len(), 1);
    }

    #[test]
    fn the_page_has_floors_too() {
        let tree = [
            File::new("web/src/ui/Button.tsx", ""),
            File::new(
                "web/src/features/home/Home.tsx",
                "import {B} from '../../ui/Button';",
            ),
            File::new("web/src/call/link.ts", "import {B} from '../ui/Button';"),
        ];
        assert_eq!(
            check(&tree),
            ["web/src/call/link.ts: call must not know ui"]
        );
    }

    #[test]
    fn a_feature_of_two_subjects_is_refused() {
        let long = "x\n".repeat(FEATURE_LINES_MAX + 1);
        assert_eq!(check(&[server("features/rooms/mod.rs", &long)]).len(), 1);
        let many = (0..=FEATURE_FILES_MAX).map(|n| server(&format!("features/rooms/f{n}.rs"), ""));
        assert_eq!(check(&many.collect::<Vec<_>>()).len(), 1);
    }

    #[test]
    fn a_circle_is_refused() {
        let tree = [
            File::new("crates/sfu/src/lib.rs", "mod a; mod b;"),
            File::new("crates/sfu/src/a.rs", "use crate::b::B;"),
            File::new("crates/sfu/src/b.rs", "use crate::a::A;"),
        ];
        assert_eq!(check_circles(&tree).len(), 1);
        assert!(check_circles(tree.get(..2).unwrap_or_default()).is_empty());
    }
}
