//! SHA-256 of files and of bytes, in small hexadecimal letters.

use aws_lc_rs::digest::{Context, SHA256, digest};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

const READ_BYTES: usize = 1 << 20;

pub(super) fn of_file(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hexadecimal(context.finish().as_ref()));
        }
        context.update(&buffer[..read]);
    }
}

pub(super) fn of_bytes(bytes: &[u8]) -> String {
    hexadecimal(digest(&SHA256, bytes).as_ref())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_bytes_give_the_published_digest_of_abc() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(of_bytes(b"abc"), abc);
        assert_eq!(of_file(&path).unwrap(), abc);
    }
}
