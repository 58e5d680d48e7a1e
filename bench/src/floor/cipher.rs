//! Packets of the floor: an RTP header with one extension, then a payload under AES-128-GCM.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Twelve bytes of RTP header and one extension block of eight, as with transport-wide numbers.
pub const HEADER_BYTES: usize = 20;
/// What AES-GCM appends.
pub const TAG_BYTES: usize = 16;
/// Stands for the salt that DTLS would have agreed on (RFC 7714 section 8.1).
const SALT: u8 = 0x5c;
/// Offsets in the header that a forwarder rewrites.
const SEQUENCE_AT: usize = 2;
const SSRC_AT: usize = 8;

/// One direction's key.
#[derive(Debug)]
pub struct Cipher(LessSafeKey);

impl Cipher {
    /// Keys are numbers here: nothing is secret.
    pub fn new(number: u8) -> crate::Result<Self> {
        let key = UnboundKey::new(&AES_128_GCM, &[number; 16])
            .map_err(|_| "a key of 16 bytes is a key")?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Appends a sealed packet to `out`: `header` with the given stream and number, then `payload`.
    pub fn seal(
        &self,
        header: &[u8],
        ssrc: u32,
        sequence: u16,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> crate::Result<()> {
        let start = out.len();
        out.extend_from_slice(header);
        out.extend_from_slice(payload);
        let (head, body) = out[start..].split_at_mut(HEADER_BYTES);
        head[SEQUENCE_AT..SEQUENCE_AT + 2].copy_from_slice(&sequence.to_be_bytes());
        head[SSRC_AT..SSRC_AT + 4].copy_from_slice(&ssrc.to_be_bytes());
        let sealed =
            self.0
                .seal_in_place_separate_tag(nonce(ssrc, sequence), Aad::from(&*head), body);
        out.extend_from_slice(sealed.map_err(|_| "sealing failed")?.as_ref());
        Ok(())
    }

    /// Opens a packet in place and says how long its payload is; `None` for a forgery.
    pub fn open(&self, packet: &mut [u8]) -> Option<usize> {
        if packet.len() < HEADER_BYTES + TAG_BYTES {
            return None;
        }
        let (head, body) = packet.split_at_mut(HEADER_BYTES);
        let sequence = u16::from_be_bytes([head[SEQUENCE_AT], head[SEQUENCE_AT + 1]]);
        let ssrc = u32::from_be_bytes([
            head[SSRC_AT],
            head[SSRC_AT + 1],
            head[SSRC_AT + 2],
            head[SSRC_AT + 3],
        ]);
        let payload = self
            .0
            .open_in_place(nonce(ssrc, sequence), Aad::from(&*head), body)
            .ok()?;
        Some(payload.len())
    }
}

/// An RTP header with one extension block; the forwarder writes stream and number into it.
pub fn header(payload_type: u8) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[0] = 0x90;
    header[1] = payload_type;
    header[12..16].copy_from_slice(&[0xbe, 0xde, 0, 1]);
    header[16] = 0x31;
    header
}

/// RFC 7714 section 8.1, with a rollover counter that stays at zero: no run has 65536 packets.
fn nonce(ssrc: u32, sequence: u16) -> Nonce {
    let mut bytes = [0; 12];
    bytes[2..6].copy_from_slice(&ssrc.to_be_bytes());
    bytes[10..12].copy_from_slice(&sequence.to_be_bytes());
    Nonce::assume_unique_for_key(bytes.map(|byte| byte ^ SALT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_and_what_is_touched_does_not() {
        let cipher = Cipher::new(1).unwrap();
        let mut packet = Vec::new();
        cipher
            .seal(&header(96), 7, 9, b"payload", &mut packet)
            .unwrap();
        assert_eq!(cipher.open(&mut packet.clone()), Some(7));
        packet[1] ^= 1;
        assert_eq!(cipher.open(&mut packet), None);
    }
}
