//! Files that only this server may read, and the room left on their disk.

use rustix::fs::Mode;
use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// With less room than this on the disk, transcripts are about to be lost: the server does not
/// start, and one that runs says that it is not ready.
pub const FREE_BYTES_MIN: u64 = 100 * 1024 * 1024;

/// Writes a new file that no other user can read; durable when this returns.
pub fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    // The name is durable only when its folder is.
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Makes a folder that no other user can look into, with all above it.
pub fn create_private_folder(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// Whatever this process makes from here on, also through libraries, is for its own user alone.
pub fn make_private_by_default() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Takes the folder for this process until the file is closed; `Ok(None)` if another has it.
pub fn take_folder(folder: &Path) -> std::io::Result<Option<File>> {
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(folder.join("visio.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Proves that files can be made in a folder, by making one.
pub fn prove_writable(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(".visio-write-test");
    std::fs::write(&probe, b"visio")?;
    std::fs::remove_file(&probe)
}

/// Bytes left on the disk of this folder for users like ours.
pub fn free_bytes(folder: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_folder_is_taken_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = take_folder(folder.path()).unwrap();
        assert!(first.is_some());
        assert!(take_folder(folder.path()).unwrap().is_none());
        drop(first);
        assert!(take_folder(folder.path()).unwrap().is_some());
    }

    #[test]
    fn a_private_file_is_whole_private_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_libraries_make_is_private_too() {
        make_private_by_default();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made");
        std::fs::write(&path, "x").unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_writable() {
        let folder = tempfile::tempdir().unwrap();
        assert!(prove_writable(folder.path()).is_ok());
        assert!(prove_writable(&folder.path().join("absent")).is_err());
        assert!(free_bytes(folder.path()).unwrap() > 0);
    }
}
