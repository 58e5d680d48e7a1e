//! Generated files that are committed: `make gen` writes them, the tests find them stale.

use std::path::Path;

/// Set by `make gen`.
const WRITE: &str = "VISIO_GEN";

/// Compares a file of the repository with what it should hold, or writes it.
pub(crate) fn check(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(file);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{file} is stale: run make gen");
}
