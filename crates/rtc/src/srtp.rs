//! SRTP and SRTCP (RFC 3711; AES-GCM: RFC 7714) of one connection, keyed by DTLS (RFC 5764).
//!
//! A [`Sender`] seals and a [`Receiver`] opens; each holds the keys of one direction. A packet's
//! number is sealed once and opened once: neither repeats a nonce, neither takes a replay.

mod cipher;
mod derive;
mod receiver;
mod sender;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_hex;
mod window;

pub use receiver::{OpenError, OpenedRtcp, OpenedRtp, Order, Receiver};
pub use sender::{SealError, Sender};

/// The header of an RTCP packet that stays readable (RFC 3711 section 3.4).
const RTCP_CLEAR_BYTES: usize = 8;
/// The index behind it, with the flag "encrypted" in its highest bit.
const RTCP_INDEX_BYTES: usize = 4;
const ENCRYPTED: u32 = 1 << 31;

/// How packets are protected, as DTLS negotiated it (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Aes128CmHmacSha1_80,
    AeadAes128Gcm,
    AeadAes256Gcm,
}

/// The master key and salt of one direction.
#[derive(Clone)]
pub struct MasterKey {
    profile: Profile,
    key: Vec<u8>,
    salt: Vec<u8>,
}

impl Profile {
    fn key_bytes(self) -> usize {
        match self {
            Self::Aes128CmHmacSha1_80 | Self::AeadAes128Gcm => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    fn salt_bytes(self) -> usize {
        match self {
            Self::Aes128CmHmacSha1_80 => 14,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
        }
    }

    /// How much the tag adds to a packet.
    #[must_use]
    pub fn tag_bytes(self) -> usize {
        match self {
            Self::Aes128CmHmacSha1_80 => 10,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
        }
    }
}

impl MasterKey {
    /// `None` if key or salt has another length than the profile's.
    #[must_use]
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Option<Self> {
        let fits = key.len() == profile.key_bytes() && salt.len() == profile.salt_bytes();
        fits.then(|| Self {
            profile,
            key: key.to_vec(),
            salt: salt.to_vec(),
        })
    }

    /// What DTLS exports, as the keys of its client and of its server (RFC 5764 section 4.2).
    #[must_use]
    pub fn of_dtls(profile: Profile, material: &[u8]) -> Option<(Self, Self)> {
        let (key, salt) = (profile.key_bytes(), profile.salt_bytes());
        let (client_key, rest) = material.split_at_checked(key)?;
        let (server_key, rest) = rest.split_at_checked(key)?;
        let (client_salt, rest) = rest.split_at_checked(salt)?;
        let (server_salt, _) = rest.split_at_checked(salt)?;
        Some((
            Self::new(profile, client_key, client_salt)?,
            Self::new(profile, server_key, server_salt)?,
        ))
    }
}
