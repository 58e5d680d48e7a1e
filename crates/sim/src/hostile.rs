//! Eve's datagrams: noise, and what she saw on the wire, bent.

use crate::dice::Dice;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The first bytes by which datagrams are told apart (RFC 7983): STUN, DTLS, RTP, RTCP, TURN.
const FIRST_BYTES: [u8; 8] = [0, 1, 22, 20, 128, 144, 129, 64];

/// Noise is at most that long.
const NOISE_BYTES_MAX: u64 = 64;

/// `count` datagrams, from `source` or from many addresses of Eve's own.
pub(crate) fn datagrams(
    mut dice: Dice,
    seen: &VecDeque<Vec<u8>>,
    count: u64,
    source: Option<SocketAddr>,
) -> Vec<(SocketAddr, Vec<u8>)> {
    (0..count)
        .map(|_| {
            let octet = dice.number().to_le_bytes()[0];
            let own = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(66, 6, 6, octet)), 6666);
            (source.unwrap_or(own), datagram(&mut dice, seen))
        })
        .collect()
}

fn datagram(dice: &mut Dice, seen: &VecDeque<Vec<u8>>) -> Vec<u8> {
    let at = usize::try_from(dice.below(seen.len() as u64)).unwrap_or(0);
    match (dice.below(3), seen.get(at)) {
        (0, _) | (_, None) => noise(dice),
        (_, Some(copied)) => bent(dice, copied.clone()),
    }
}

fn noise(dice: &mut Dice) -> Vec<u8> {
    let length = dice.below(NOISE_BYTES_MAX + 1);
    let mut bytes = dice.bytes(length);
    let kind = dice.pick(&FIRST_BYTES).copied();
    if let (Some(first), Some(kind)) = (bytes.first_mut(), kind) {
        *first = kind;
    }
    bytes
}

/// Some bytes changed, perhaps cut short; the first stays, so that it is still taken for itself.
fn bent(dice: &mut Dice, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=dice.below(4) {
        let at = usize::try_from(1 + dice.below(bytes.len() as u64)).unwrap_or(1);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = dice.number().to_le_bytes()[0];
        }
    }
    if dice.permille(300) {
        bytes.truncate(usize::try_from(dice.below(bytes.len() as u64 + 1)).unwrap_or(0));
    }
    bytes
}
