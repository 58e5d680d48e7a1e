//! The clock, the data folder and the room on its disk.

use super::Finding;
use crate::clock;
use crate::config::Plan;
use crate::files;
use crate::secrets::{self, Exposure};
use std::path::Path;

/// With less room than this, somebody should look soon: a month of meetings is about that much.
const COMFORT_BYTES: u64 = 1024 * 1024 * 1024;

pub(super) fn clock() -> Finding {
    let now_ms = clock::system_unix_ms();
    let built_at_unix_s = env!("VISIO_BUILT_AT_UNIX_S").parse().unwrap_or(0);
    if now_ms / 1000 < built_at_unix_s {
        let problem = format!(
            "it is {} here, before this program was built",
            clock::rfc3339(now_ms)
        );
        return Finding::failure("Clock", problem, "timedatectl set-ntp true");
    }
    Finding::ok("Clock", clock::rfc3339(now_ms))
}

/// Looks without making anything: who examines may be another user than who will serve.
pub(super) fn folder(folder: &Path) -> Finding {
    let what = format!("Data folder {}", folder.display());
    let existing = nearest_existing(folder);
    let detail = match existing == folder {
        true => "can be written to",
        false => "will be made on the first start",
    };
    match files::prove_writable(existing) {
        Ok(()) => Finding::ok(what, detail),
        Err(error) => Finding::failure(
            what,
            error.to_string(),
            "make it writable for the user that runs visio, or choose another by data.folder",
        ),
    }
}

pub(super) fn room(folder: &Path) -> Finding {
    match files::free_bytes(nearest_existing(folder)) {
        Ok(free) if free < files::FREE_BYTES_MIN => Finding::failure(
            "Disk",
            format!("{} MB left, at least 100 are needed", free >> 20),
            "make room, or choose another folder by data.folder",
        ),
        Ok(free) if free < COMFORT_BYTES => {
            Finding::warning("Disk", format!("{} MB left", free >> 20), "make room soon")
        }
        Ok(free) => Finding::ok("Disk", format!("{} GB left", free >> 30)),
        Err(error) => Finding::failure("Disk", error.to_string(), "see the data folder above"),
    }
}

/// Who else can reach what must stay secret.
pub(super) fn secrets(plan: &Plan) -> Vec<Finding> {
    let exposed = secrets::exposed(plan);
    if exposed.is_empty() {
        return vec![Finding::ok("Secrets", "only this user can read them")];
    }
    let finding = |exposure: Exposure| {
        let what = format!("Secret {}", exposure.path.display());
        match exposure.is_grave {
            true => Finding::failure(what, exposure.problem, exposure.remedy),
            false => Finding::warning(what, exposure.problem, exposure.remedy),
        }
    };
    exposed.into_iter().map(finding).collect()
}

fn nearest_existing(folder: &Path) -> &Path {
    let here = Path::new(".");
    let named = folder.ancestors().find(|ancestor| ancestor.exists());
    named
        .filter(|ancestor| !ancestor.as_os_str().is_empty())
        .unwrap_or(here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_a_file_is_a_failure_with_a_remedy() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(folder(&file).is_failure());
        assert!(folder(&file.join("under")).is_failure());
        let new = parent.path().join("new");
        assert!(!folder(&new).is_failure());
        assert!(!new.exists(), "looking makes nothing");
        assert!(!clock().is_failure());
    }
}
