//! A dependency is named in a crate's manifest only if its sources use it, and for the workspace only if a crate does.

use crate::{Complaint, File};

/// Looks at every manifest; `Cargo.toml` of the workspace is compared with those of its crates.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let manifests: Vec<&File> = files
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml"))
        .collect();
    let mut complaints: Vec<Complaint> = manifests
        .iter()
        .flat_map(|manifest| check_manifest(manifest, &manifests, files))
        .collect();
    let of_workspace = files.iter().filter(|file| file.path == "Cargo.toml");
    for name in of_workspace.flat_map(|file| named(&file.text)) {
        let used = |manifest: &&File| named(&manifest.text).any(|other| other == name);
        if !manifests.iter().any(used) {
            complaints.push(format!("Cargo.toml: no crate depends on {name}"));
        }
    }
    complaints
}

fn check_manifest(manifest: &File, manifests: &[&File], files: &[File]) -> Vec<Complaint> {
    let folder = folder_of(&manifest.path);
    // A crate may lie inside another's folder: its sources are its own.
    let inner: Vec<&str> = manifests
        .iter()
        .map(|other| folder_of(&other.path))
        .filter(|other| other.len() > folder.len() && other.starts_with(folder))
        .collect();
    let is_own =
        |path: &str| path.starts_with(folder) && !inner.iter().any(|inner| path.starts_with(inner));
    let sources: Vec<&File> = files
        .iter()
        .filter(|file| file.extension() == "rs" && is_own(&file.path))
        .collect();
    named(&manifest.text)
        .filter(|name| {
            let word = name.replace('-', "_");
            !sources.iter().any(|file| has_word(&file.text, &word))
        })
        .map(|name| format!("{}: nothing uses {name}", manifest.path))
        .collect()
}

/// With the slash at its end, so that `bench/` is no beginning of `bench-speech/`.
fn folder_of(manifest: &str) -> &str {
    manifest.trim_end_matches("Cargo.toml")
}

/// The names under `[dependencies]` and its like.
fn named(manifest: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    manifest.lines().filter_map(move |line| {
        if let Some(header) = line.strip_prefix('[') {
            inside = header.trim_end().ends_with("dependencies]");
            return None;
        }
        let name = line.split(['=', '.']).next()?.trim();
        (inside && !name.is_empty() && !name.starts_with('#')).then_some(name)
    })
}

fn has_word(text: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(part_of_name) && !text[at + word.len()..].starts_with(part_of_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(source: &str) -> Vec<File> {
        vec![
            File::new(
                "Cargo.toml",
                "[workspace.dependencies]\nrand = \"1\"\ntime-core = \"1\"\n",
            ),
            File::new(
                "crates/x/Cargo.toml",
                "[package]\nname = \"x\"\n[dependencies]\nrand.workspace = true\n[dev-dependencies]\ntime-core = { version = \"1\" }\n",
            ),
            File::new("crates/x/src/lib.rs", source),
        ]
    }

    #[test]
    fn what_is_used_passes() {
        assert!(check(&house("use rand::Rng; fn now() { time_core::now() }")).is_empty());
    }

    #[test]
    fn what_nothing_uses_is_refused() {
        assert_eq!(
            check(&house("use rand::Rng; fn my_time_core() {}")),
            ["crates/x/Cargo.toml: nothing uses time-core"]
        );
    }

    #[test]
    fn what_another_crate_inside_the_folder_uses_does_not_count() {
        let mut files = house("use rand::Rng;");
        files.push(File::new(
            "crates/x/y/Cargo.toml",
            "[package]\nname = \"y\"\n",
        ));
        files.push(File::new("crates/x/y/src/lib.rs", "use time_core::now;"));
        assert_eq!(check(&files).len(), 1);
    }

    #[test]
    fn what_the_workspace_names_for_nobody_is_refused() {
        let mut files = house("use rand::Rng; use time_core::now;");
        files[0].text.push_str("leftover = \"1\"\n");
        assert_eq!(check(&files), ["Cargo.toml: no crate depends on leftover"]);
    }
}
