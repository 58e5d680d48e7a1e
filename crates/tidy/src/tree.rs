//! The files of the house: what git tracks or would track, with their text.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file with its path from the root of the repository.
#[derive(Debug, Clone)]
pub struct File {
    pub path: String,
    pub text: String,
    /// Whether it can be started as a program.
    pub is_executable: bool,
}

impl File {
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            is_executable: false,
        }
    }

    /// What comes after the last dot of the name.
    pub fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Rust or TypeScript that only tests use.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path
            .split('/')
            .any(|part| matches!(part, "tests" | "testing" | "e2e" | "benches"))
            || name == "tests.rs"
            || name.ends_with("_tests.rs")
            || name.contains(".test.")
    }

    /// Written by a program and committed, so that a test can say when it is stale.
    pub fn is_generated(&self) -> bool {
        self.path.contains("/gen/")
            || self.path.contains("/generated/")
            || self.text.lines().take(8).any(|line| {
                line.contains("@generated")
                    || line.contains("auto-generated")
                    || line.contains("do not edit")
            })
    }
}

/// Where the repository begins, seen from this crate.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every text file that git tracks or that nobody told it to ignore.
pub fn files(root: &Path) -> Result<Vec<File>, String> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ])
        .current_dir(root)
        .output()
        .map_err(|error| format!("git could not be started: {error}"))?;
    if !listed.status.success() {
        return Err(format!(
            "git ls-files: {}",
            String::from_utf8_lossy(&listed.stderr)
        ));
    }
    let names = String::from_utf8_lossy(&listed.stdout);
    Ok(names
        .split('\0')
        .filter(|name| !name.is_empty())
        .filter_map(|name| read(root, name))
        .collect())
}

/// Binary files and files that were deleted but not yet committed are no text of ours.
fn read(root: &Path, name: &str) -> Option<File> {
    let text = std::fs::read_to_string(root.join(name)).ok()?;
    let mode = std::fs::metadata(root.join(name))
        .ok()?
        .permissions()
        .mode();
    Some(File {
        path: name.to_owned(),
        text,
        is_executable: mode & 0o111 != 0,
    })
}
