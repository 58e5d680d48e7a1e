//! The ciphers at rest: each meeting has a key of its own, wrapped by the master key of this server.

use super::error::StorageError;
use crate::entropy::random_bytes;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};
use visio_protocol::names::MeetingId;

/// AES-256.
pub(super) const KEY_BYTES: usize = 32;

/// The key that wraps the keys of all meetings. It lives outside the database.
#[derive(Clone)]
pub struct MasterKey(SealingKey);

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    #[error("cannot use the master key file {path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "the master key in {place} is {problem}. Restore it from your backup: what was written \
         under it cannot be read without it"
    )]
    Malformed {
        place: String,
        problem: &'static str,
    },
}

impl MasterKey {
    /// Reads the key from its file, or makes both.
    pub fn load_or_create(path: &Path) -> Result<Self, MasterKeyError> {
        if !path.exists() {
            let text = STANDARD.encode(random_bytes::<KEY_BYTES>());
            let made = crate::files::write_private(path, text.as_bytes());
            made.map_err(|source| MasterKeyError::File {
                path: path.to_owned(),
                source,
            })?;
        }
        Self::load(path)
    }

    /// Reads the key from its file.
    pub fn load(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::File {
            path: path.to_owned(),
            source,
        };
        let text = std::fs::read(path).map_err(failed)?;
        Self::decode(&text).map_err(|problem| MasterKeyError::Malformed {
            place: path.display().to_string(),
            problem,
        })
    }

    /// The key as the setting `data.master_key` carries it.
    pub fn from_setting(text: &str) -> Result<Self, MasterKeyError> {
        Self::decode(text.as_bytes()).map_err(|problem| MasterKeyError::Malformed {
            place: "the setting data.master_key".to_owned(),
            problem,
        })
    }

    fn decode(text: &[u8]) -> Result<Self, &'static str> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err("empty");
        }
        let bytes = STANDARD.decode(text).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes
            .map(|bytes| Self(SealingKey::new(bytes)))
            .ok_or("not 32 bytes in base64")
    }

    pub(super) fn wrap(&self, meeting: &MeetingId, key: &SealingKey) -> Vec<u8> {
        self.0.seal(meeting.as_bytes(), &key.bytes)
    }

    pub(super) fn unwrap(
        &self,
        meeting: &MeetingId,
        wrapped: &[u8],
    ) -> Result<SealingKey, StorageError> {
        let bytes = self.0.open(meeting.as_bytes(), wrapped)?;
        bytes
            .try_into()
            .map(SealingKey::new)
            .map_err(|_| StorageError::Sealed)
    }

    /// Tells two keys apart and nothing about them.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"visio master key fingerprint\0");
        context.update(&self.0.bytes);
        context.finish().as_ref().to_vec()
    }
}

/// A key that seals: a random nonce of 96 bits stands before each sealed text. The bound of 2^32
/// texts under one key (NIST SP 800-38D, section 8.3) is hours of speech by millions away.
#[derive(Clone)]
pub(super) struct SealingKey {
    bytes: [u8; KEY_BYTES],
}

impl SealingKey {
    pub(super) fn random() -> Self {
        Self::new(random_bytes())
    }

    fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self { bytes }
    }

    /// Seals `text`; it opens only together with the same `associated` data.
    pub(super) fn seal(&self, associated: &[u8], text: &[u8]) -> Vec<u8> {
        let nonce = random_bytes::<NONCE_LEN>();
        let mut sealed = text.to_vec();
        #[expect(clippy::expect_used, reason = "fails only for texts beyond 64 GiB")]
        self.cipher()
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated),
                &mut sealed,
            )
            .expect("a line is shorter than 64 GiB");
        [nonce.as_slice(), &sealed].concat()
    }

    pub(super) fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StorageError> {
        let (nonce, rest) = sealed
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(StorageError::Sealed)?;
        let mut text = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .cipher()
            .open_in_place(nonce, Aad::from(associated), &mut text)
            .map_err(|_| StorageError::Sealed)?
            .len();
        text.truncate(opened);
        Ok(text)
    }

    /// Bytes that follow from this key and a purpose, and tell nothing about the key (RFC 5869).
    pub(super) fn derive<const N: usize>(&self, purpose: &[u8]) -> [u8; N] {
        let mut derived = [0; N];
        #[expect(clippy::expect_used, reason = "fails only beyond 255 times 32 bytes")]
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"visio")
            .extract(&self.bytes)
            .expand(&[purpose], Length(N))
            .and_then(|output| output.fill(&mut derived))
            .expect("a few dozen bytes can be derived");
        derived
    }

    fn cipher(&self) -> LessSafeKey {
        #[expect(clippy::expect_used, reason = "the length is in the type")]
        let key = UnboundKey::new(&AES_256_GCM, &self.bytes).expect("the key has 32 bytes");
        LessSafeKey::new(key)
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_file_is_made_once_and_only_for_this_user() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let made = MasterKey::load_or_create(&path).unwrap();
        let read = MasterKey::load_or_create(&path).unwrap();
        assert_eq!(made.fingerprint(), read.fingerprint());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_emptied_or_damaged_file_is_named_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        for (content, problem) in [
            (b"".as_slice(), "is empty"),
            (b" \n", "is empty"),
            (b"\xff\xfe\0", "is not 32 bytes"),
            (b"AAAA", "is not 32 bytes"),
        ] {
            crate::files::write_private(&path, content).unwrap();
            let refused = MasterKey::load_or_create(&path).err().unwrap().to_string();
            assert!(refused.contains(problem), "{refused}");
            assert!(refused.contains("master.key"), "{refused}");
            assert_eq!(std::fs::read(&path).unwrap(), content);
        }
    }

    #[test]
    fn what_is_sealed_opens_only_in_its_place_and_unchanged() {
        let key = SealingKey::random();
        let sealed = key.seal(b"line 1", b"Alice: good morning");
        assert!(!sealed.windows(5).any(|bytes| bytes == b"Alice"));
        assert_eq!(
            key.open(b"line 1", &sealed).unwrap(),
            b"Alice: good morning"
        );
        assert!(key.open(b"line 2", &sealed).is_err());
        assert!(SealingKey::random().open(b"line 1", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut tampered = sealed.clone();
            tampered[at] ^= 1;
            assert!(key.open(b"line 1", &tampered).is_err(), "byte {at}");
        }
        assert!(key.open(b"line 1", b"short").is_err());
    }

    #[test]
    fn no_sealed_text_is_like_another() {
        let key = SealingKey::random();
        assert_ne!(key.seal(b"", b"yes"), key.seal(b"", b"yes"));
    }
}
