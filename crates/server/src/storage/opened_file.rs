//! The file of a SQLite database: whether it still is the one that was opened.

use super::error::StorageError;
use super::location::Location;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The file of a SQLite database as it was opened. A file that was deleted can still be written to,
/// and nobody will ever read it.
#[derive(Clone, Debug)]
pub(super) struct OpenedFile {
    path: PathBuf,
    device_and_inode: Option<(u64, u64)>,
}

impl OpenedFile {
    pub(super) fn of(location: &Location) -> Option<Self> {
        match location {
            Location::Sqlite(path) => Some(Self {
                path: path.clone(),
                device_and_inode: device_and_inode(path),
            }),
            Location::Postgres(_) => None,
        }
    }

    pub(super) fn check(&self) -> Result<(), StorageError> {
        if device_and_inode(&self.path) == self.device_and_inode {
            return Ok(());
        }
        let path = self.path.clone();
        Err(StorageError::FileGone { path })
    }
}

fn device_and_inode(path: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}
