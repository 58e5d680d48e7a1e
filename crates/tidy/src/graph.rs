//! Which file knows which: imports of Rust and TypeScript, resolved to files. Tests do not count.

mod use_tree;

use crate::File;
use crate::code::{blank, without_tests};
use std::collections::{BTreeMap, BTreeSet};

/// Each file and the files it names.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// Module paths below a root, and the files they are in.
type Modules = BTreeMap<Vec<String>, String>;

/// A module and those it was found in, by names that it passes on (`pub use`).
type Aliases = BTreeMap<Vec<String>, BTreeMap<String, String>>;

/// The files of a crate. A module and those within it are one thing: what they name of each other
/// is left out, and what a module passes on counts as where it comes from.
pub fn of_rust(files: &[File], root: &str) -> Graph {
    let sources = sources(files, root, &["rs"]);
    let texts: BTreeMap<Vec<String>, (&str, String)> = sources
        .map(|(file, inside)| {
            let text = without_tests(&blank(&file.text));
            (module(inside), (file.path.as_str(), text))
        })
        .collect();
    let named = texts.iter();
    let modules: Modules = named
        .map(|(module, (path, _))| (module.clone(), (*path).to_owned()))
        .collect();
    let aliases: Aliases = texts
        .iter()
        .map(|(module, (_, text))| (module.clone(), passed_on(module, text, &modules)))
        .collect();
    let mut graph = Graph::new();
    for (module, (path, text)) in &texts {
        let known = use_tree::paths(text).into_iter();
        let known = known.filter_map(|path| absolute(module, &path, &modules));
        let known = known.map(|path| resolve(&path, &modules, &aliases));
        let known = known.filter(|other| !other.starts_with(module) && !module.starts_with(other));
        let known = known.filter_map(|other| modules.get(&other).cloned());
        graph.insert((*path).to_owned(), known.collect());
    }
    graph
}

/// The files of the page.
pub fn of_typescript(files: &[File], root: &str) -> Graph {
    let sources: Vec<(&File, &str)> = sources(files, root, &["ts", "tsx"]).collect();
    let names: BTreeSet<&str> = sources.iter().map(|(_, inside)| *inside).collect();
    let mut graph = Graph::new();
    for (file, inside) in &sources {
        let known = imports(&file.text).filter_map(|import| {
            let target = joined(inside, import);
            let endings = ["", ".ts", ".tsx", "/index.ts"].iter();
            let mut candidates = endings.map(|ending| format!("{target}{ending}"));
            candidates.find(|candidate| names.contains(candidate.as_str()))
        });
        let known = known.map(|inside| format!("{root}{inside}"));
        graph.insert(file.path.clone(), known.collect());
    }
    graph
}

/// Groups of files each of which leads to every other.
pub fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> = graph
        .keys()
        .map(|file| (file, reachable(graph, file)))
        .collect();
    let mut circles = BTreeSet::new();
    for (file, reached) in &reach {
        let back = |other: &&&String| reach.get(**other).is_some_and(|from| from.contains(file));
        let circle: Vec<String> = reached
            .iter()
            .filter(back)
            .map(|&one| one.clone())
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reachable<'a>(graph: &'a Graph, from: &'a String) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&String> = vec![from];
    while let Some(file) = open.pop() {
        let next = graph.get(file).into_iter().flatten();
        open.extend(next.filter(|next| reached.insert(*next)));
    }
    reached
}

fn sources<'a>(
    files: &'a [File],
    root: &'a str,
    endings: &'a [&str],
) -> impl Iterator<Item = (&'a File, &'a str)> {
    let inside = files
        .iter()
        .filter_map(move |file| Some((file, file.path.strip_prefix(root)?)));
    inside.filter(move |(file, _)| {
        endings.contains(&file.extension()) && !file.is_test() && !is_set_up_for_tests(file)
    })
}

/// What surrounds tests and is not told by its folder.
fn is_set_up_for_tests(file: &File) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    matches!(name, "testing.rs" | "flows.rs") || name.starts_with("test-")
}

/// `a/b.rs` and `a/b/mod.rs` are both `a::b`; `lib.rs` and `main.rs` are the root itself.
fn module(inside: &str) -> Vec<String> {
    let path = inside.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    match path {
        "lib" => Vec::new(),
        path => path.split('/').map(str::to_owned).collect(),
    }
}

/// Names that a module takes from those within it, so that others find them there.
fn passed_on(module: &[String], text: &str, modules: &Modules) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (at, _) in text.match_indices("use ") {
        let rest = text.get(at + "use ".len()..).unwrap_or_default();
        for path in use_tree::tree(rest).0 {
            let (Some(first), Some(last)) = (path.first(), path.last()) else {
                continue;
            };
            let child = [module, std::slice::from_ref(first)].concat();
            if path.len() > 1 && modules.contains_key(&child) {
                names.insert(last.clone(), first.clone());
            }
        }
    }
    names
}

/// The path from the root of the crate; `None` where it leads out of it.
fn absolute(module: &[String], path: &[String], modules: &Modules) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let base = match path.first()?.as_str() {
        "crate" => &[],
        _ => module.get(..module.len().checked_sub(ups)?)?,
    };
    let rest = path.get(ups.max(1)..)?;
    debug_assert!(modules.contains_key(module), "it was read from there");
    Some([base, rest].concat())
}

/// The module where a path ends, following what modules pass on.
fn resolve(path: &[String], modules: &Modules, aliases: &Aliases) -> Vec<String> {
    let mut at = Vec::new();
    for part in path {
        let below = [at.clone(), vec![part.clone()]].concat();
        if modules.contains_key(&below) {
            at = below;
            continue;
        }
        if let Some(child) = aliases.get(&at).and_then(|names| names.get(part)) {
            at.push(child.clone());
        }
        break;
    }
    at
}

/// What TypeScript imports from files beside it, now or later.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split(['\'', '"']).zip(text.split(['\'', '"']).skip(1));
    quoted.filter_map(|(before, quoted)| {
        let before = before.trim_end();
        let before = before.strip_suffix('(').unwrap_or(before);
        let imports = before.ends_with("from") || before.ends_with("import");
        (imports && quoted.starts_with('.')).then_some(quoted)
    })
}

/// `import` as seen from the folder of `file`.
fn joined(file: &str, import: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(files: &[(&str, &str)]) -> Graph {
        let files = files
            .iter()
            .map(|(path, text)| File::new(&format!("src/{path}"), text));
        of_rust(&files.collect::<Vec<_>>(), "src/")
    }

    fn known<'a>(graph: &'a Graph, file: &str) -> Vec<&'a str> {
        let known = graph.get(&format!("src/{file}")).into_iter().flatten();
        known.filter_map(|file| file.strip_prefix("src/")).collect()
    }

    #[test]
    fn lists_paths_and_what_is_passed_on_are_followed() {
        let graph = rust(&[
            ("lib.rs", ""),
            (
                "a.rs",
                "use crate::{b::{self, X}, c::Y as Z};\nfn f() { crate::d::g() }",
            ),
            ("b.rs", ""),
            ("c/mod.rs", "mod inner; pub use inner::Y;"),
            ("c/inner.rs", "use super::Other; use super::super::b::X;"),
            ("d.rs", "// crate::a\nconst TEXT: &str = \"crate::a\";"),
        ]);
        assert_eq!(known(&graph, "a.rs"), ["b.rs", "c/inner.rs", "d.rs"]);
        assert_eq!(known(&graph, "c/inner.rs"), ["b.rs"]);
        assert!(known(&graph, "c/mod.rs").is_empty());
        assert!(
            known(&graph, "d.rs").is_empty(),
            "comments and texts import nothing"
        );
    }

    #[test]
    fn tests_may_know_whom_they_like() {
        let graph = rust(&[
            ("a.rs", "#[cfg(test)]\nmod tests { use crate::b::B; }"),
            ("b.rs", ""),
            ("b/tests.rs", "use crate::a::A;"),
        ]);
        assert!(known(&graph, "a.rs").is_empty());
        assert!(!graph.contains_key("src/b/tests.rs"));
    }

    #[test]
    fn typescript_is_read_with_types_and_lazy_screens() {
        let files = [
            File::new(
                "src/a.ts",
                "import type {B} from './b';\nimport('./c/view').then();",
            ),
            File::new("src/b.ts", "import {useState} from 'react';"),
            File::new(
                "src/c/view.tsx",
                "import './view.css';\nexport {B} from \"../b\";",
            ),
        ];
        let graph = of_typescript(&files, "src/");
        assert_eq!(known(&graph, "a.ts"), ["b.ts", "c/view.tsx"]);
        assert_eq!(known(&graph, "c/view.tsx"), ["b.ts"]);
        assert!(known(&graph, "b.ts").is_empty());
    }

    #[test]
    fn a_circle_of_three_is_found_once() {
        let graph = rust(&[
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "use crate::a::A;"),
            ("d.rs", "use crate::a::A;"),
        ]);
        assert_eq!(circles(&graph), [["src/a.rs", "src/b.rs", "src/c.rs"]]);
    }
}
