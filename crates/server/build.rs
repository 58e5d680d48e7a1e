//! Notes when this program was built, and makes sure that there is a folder to take the web client
//! from: an empty one builds a server that says how to fill it.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

fn main() -> std::io::Result<()> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    std::fs::create_dir_all(&web)?;
    println!("cargo::rerun-if-changed={}", web.display());
    println!("cargo::rerun-if-changed=../../migrations");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!(
        "cargo::rustc-env=VISIO_BUILT_AT_UNIX_S={}",
        built_at_unix_s()
    );
    Ok(())
}

/// Reproducible builds say when they are made (reproducible-builds.org).
fn built_at_unix_s() -> u64 {
    let given = std::env::var("SOURCE_DATE_EPOCH")
        .ok()
        .and_then(|text| text.parse().ok());
    #[expect(clippy::disallowed_methods, reason = "the build is what has this time")]
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs()
    };
    given.unwrap_or_else(now)
}
