//! Session keys out of a master key (RFC 3711 section 4.3; with AES-256: RFC 6188 section 3).

use super::MasterKey;
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;

/// What a session key is for (RFC 3711 section 4.3.2); those of SRTCP follow those of SRTP.
#[derive(Clone, Copy, Debug)]
pub(super) enum Label {
    Encryption = 0,
    Authentication = 1,
    Salt = 2,
}

/// Which of the two protocols a session key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Rtp = 0,
    Rtcp = 3,
}

impl MasterKey {
    /// Derives a session key of `N` octets. It never changes in mid-call: the derivation rate is 0.
    pub(super) fn derive<const N: usize>(
        &self,
        protocol: Protocol,
        label: Label,
    ) -> Result<[u8; N], Unspecified> {
        let mut iv = [0; 16];
        for (octet, salt) in iv.iter_mut().zip(&self.salt) {
            *octet = *salt;
        }
        iv[7] ^= protocol as u8 + label as u8;
        // A salt of 14 octets is followed by a counter of two; one of 12 by zeros before that.
        let mut key = [0; N];
        counter_mode(&self.key)?
            .less_safe_encrypt(&mut key, EncryptionContext::Iv128(FixedLength::from(iv)))?;
        Ok(key)
    }
}

/// AES in counter mode with a key of 16 or 32 octets.
pub(super) fn counter_mode(key: &[u8]) -> Result<EncryptingKey, Unspecified> {
    let algorithm = if key.len() == 16 { &AES_128 } else { &AES_256 };
    EncryptingKey::ctr(UnboundCipherKey::new(algorithm, key)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::srtp::Profile;
    use crate::srtp::tests_hex::hex;

    #[test]
    fn keys_are_those_of_rfc_3711_appendix_b_3() {
        let master = MasterKey::new(
            Profile::Aes128CmHmacSha1_80,
            &hex("e1f97a0d3e018be0d64fa32c06de4139"),
            &hex("0ec675ad498afeebb6960b3aabe6"),
        )
        .unwrap();
        let key: [u8; 16] = master.derive(Protocol::Rtp, Label::Encryption).unwrap();
        assert_eq!(key[..], hex("c61e7a93744f39ee10734afe3ff7a087"));
        let salt: [u8; 14] = master.derive(Protocol::Rtp, Label::Salt).unwrap();
        assert_eq!(salt[..], hex("30cbbc08863d8c85d49db34a9ae1"));
        let auth: [u8; 20] = master.derive(Protocol::Rtp, Label::Authentication).unwrap();
        assert_eq!(auth[..], hex("cebe321f6ff7716b6fd4ab49af256a156d38baa4"));
    }

    #[test]
    fn keys_of_256_bits_are_those_of_rfc_6188_section_7_2() {
        let master = MasterKey {
            profile: Profile::AeadAes256Gcm,
            key: hex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"),
            salt: hex("3b04803de51ee7c96423ab5b78d2"),
        };
        let key: [u8; 32] = master.derive(Protocol::Rtp, Label::Encryption).unwrap();
        let expected = hex("5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4");
        assert_eq!(key[..], expected);
        let salt: [u8; 14] = master.derive(Protocol::Rtp, Label::Salt).unwrap();
        assert_eq!(salt[..], hex("fa31791685ca444a9e07c6c64e93"));
        let auth: [u8; 20] = master.derive(Protocol::Rtp, Label::Authentication).unwrap();
        assert_eq!(auth[..], hex("fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"));
    }
}
