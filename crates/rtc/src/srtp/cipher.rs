//! The two ways of protecting a packet: AES-GCM (RFC 7714), and AES in counter mode with
//! HMAC-SHA1 (RFC 3711 sections 4.1 and 4.2).

use super::derive::{Label, Protocol, counter_mode};
use super::{MasterKey, Profile};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{EncryptingKey, EncryptionContext};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

/// The tag of `HMAC_SHA1_80`, in SRTP and in SRTCP.
const HMAC_TAG_BYTES: usize = 10;

/// The session keys of one direction and one protocol.
pub(super) enum Cipher {
    Gcm(Gcm),
    Counter(Box<Counter>),
}

/// AES-GCM: encrypts and authenticates in one.
pub(super) struct Gcm {
    key: LessSafeKey,
    salt: [u8; 12],
}

/// AES in counter mode, and HMAC-SHA1 over the result.
pub(super) struct Counter {
    key: EncryptingKey,
    salt: [u8; 14],
    authentication: hmac::Key,
}

impl Cipher {
    pub(super) fn new(master: &MasterKey, protocol: Protocol) -> Result<Self, Unspecified> {
        match master.profile {
            Profile::AeadAes128Gcm => {
                Gcm::derived::<16>(master, protocol, &AES_128_GCM).map(Self::Gcm)
            }
            Profile::AeadAes256Gcm => {
                Gcm::derived::<32>(master, protocol, &AES_256_GCM).map(Self::Gcm)
            }
            Profile::Aes128CmHmacSha1_80 => {
                Counter::derived(master, protocol).map(|counter| Self::Counter(Box::new(counter)))
            }
        }
    }
}

impl Gcm {
    fn derived<const KEY: usize>(
        master: &MasterKey,
        protocol: Protocol,
        algorithm: &'static Algorithm,
    ) -> Result<Self, Unspecified> {
        let key: [u8; KEY] = master.derive(protocol, Label::Encryption)?;
        Ok(Self {
            key: LessSafeKey::new(UnboundKey::new(algorithm, &key)?),
            salt: master.derive(protocol, Label::Salt)?,
        })
    }

    /// Encrypts `text` in place and writes its tag.
    pub(super) fn seal(
        &self,
        (ssrc, index): (u32, u64),
        associated: &[u8],
        text: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Unspecified> {
        let (nonce, associated) = (self.nonce(ssrc, index), Aad::from(associated));
        self.key
            .seal_in_place_scatter(nonce, associated, text, &[], tag)
    }

    /// Decrypts `text` in place if the tag is right.
    pub(super) fn open(
        &self,
        (ssrc, index): (u32, u64),
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Unspecified> {
        let (nonce, associated) = (self.nonce(ssrc, index), Aad::from(associated));
        let opened = self
            .key
            .open_in_place_separate_tag(nonce, associated, tag, text);
        opened.map(|_| ())
    }

    /// RFC 7714 sections 8.1 and 9.1: SRTCP's index of 31 bits stands where the lowest of SRTP's 48 do.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let numbers = (u128::from(ssrc) << 48) | u128::from(index & 0xffff_ffff_ffff);
        let mut nonce = self.salt;
        let [_, _, _, _, numbers @ ..] = numbers.to_be_bytes();
        for (octet, number) in nonce.iter_mut().zip(numbers) {
            *octet ^= number;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

impl Counter {
    fn derived(master: &MasterKey, protocol: Protocol) -> Result<Self, Unspecified> {
        let key: [u8; 16] = master.derive(protocol, Label::Encryption)?;
        let authentication: [u8; 20] = master.derive(protocol, Label::Authentication)?;
        let sha1 = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
        Ok(Self {
            key: counter_mode(&key)?,
            salt: master.derive(protocol, Label::Salt)?,
            authentication: hmac::Key::new(sha1, &authentication),
        })
    }

    /// Encrypts or decrypts in place: both are the same.
    pub(super) fn apply(
        &self,
        (ssrc, index): (u32, u64),
        text: &mut [u8],
    ) -> Result<(), Unspecified> {
        // RFC 3711 section 4.1.1: salt, SSRC and index shifted as there, then a counter of 16 bits.
        let numbers = (u128::from(ssrc) << 64) | (u128::from(index & 0xffff_ffff_ffff) << 16);
        let mut iv = numbers.to_be_bytes();
        for (octet, salt) in iv.iter_mut().zip(self.salt) {
            *octet ^= salt;
        }
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        self.key.less_safe_encrypt(text, context).map(|_| ())
    }

    /// The tag of what `parts` hold together.
    pub(super) fn tag(&self, parts: [&[u8]; 2]) -> [u8; HMAC_TAG_BYTES] {
        let mut context = hmac::Context::with_key(&self.authentication);
        for part in parts {
            context.update(part);
        }
        let mut tag = [0; HMAC_TAG_BYTES];
        for (octet, signed) in tag.iter_mut().zip(context.sign().as_ref()) {
            *octet = *signed;
        }
        tag
    }

    /// Whether `tag` is that of `parts`.
    pub(super) fn verify(&self, parts: [&[u8]; 2], tag: &[u8]) -> Result<(), Unspecified> {
        verify_slices_are_equal(&self.tag(parts), tag)
    }
}

#[cfg(test)]
impl Gcm {
    /// Keyed as the vectors of RFC 7714 are, which begin behind the derivation.
    pub(super) fn with_session_key(key: &[u8], salt: [u8; 12]) -> Self {
        let algorithm = if key.len() == 16 {
            &AES_128_GCM
        } else {
            &AES_256_GCM
        };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).unwrap());
        Self { key, salt }
    }
}
