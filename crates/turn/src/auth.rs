//! The long-term credential mechanism (RFC 8489 section 9.2): who asks, and for how long a nonce holds.

use crate::key::Key;
use crate::stun::{self, Attribute, Message, Writer};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use std::net::{IpAddr, SocketAddr};

/// Short: whoever is not known yet is answered with few bytes.
pub const REALM: &str = "visio";

/// A nonce that is older is replaced; a client then asks once more, and notices nothing.
const NONCE_MINUTES_MAX: u16 = 60;

/// Nonces say themselves when and for whom they were made: strangers take no memory.
#[derive(Debug)]
pub(crate) struct Nonces(hmac::Key);

impl Nonces {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// Sixteen digits: four for the minute, twelve that only this server can make.
    fn make(&self, minute: u16, client: SocketAddr) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&minute.to_be_bytes());
        match client.ip() {
            IpAddr::V4(ip) => context.update(&ip.octets()),
            IpAddr::V6(ip) => context.update(&ip.octets()),
        }
        context.update(&client.port().to_be_bytes());
        let tag = context.sign();
        let digits = tag.as_ref().iter().take(6);
        digits.fold(format!("{minute:04x}"), |text, byte| {
            format!("{text}{byte:02x}")
        })
    }

    fn is_fresh(&self, nonce: &[u8], minute: u16, client: SocketAddr) -> bool {
        let made = nonce
            .get(..4)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let Some(made) = made else { return false };
        minute.wrapping_sub(made) <= NONCE_MINUTES_MAX
            && verify_slices_are_equal(nonce, self.make(made, client).as_bytes()).is_ok()
    }
}

/// Whose request it is.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) username: String,
    pub(crate) key: Key,
}

/// What they are answered who do not show that they may.
#[derive(Debug)]
pub(crate) enum Unproven {
    /// Clients ask without a credential first, to learn what it is for.
    Challenged(Vec<u8>),
    Wrong(Vec<u8>),
}

/// Who asks.
pub(crate) fn authenticate(
    message: &Message<'_>,
    nonces: &Nonces,
    minute: u16,
    client: SocketAddr,
    accounts: &dyn Fn(&str) -> Option<Key>,
) -> Result<Caller, Unproven> {
    let challenge = |code| {
        let nonce = nonces.make(minute, client);
        Writer::error(code, message)
            .attribute(Attribute::REALM, REALM.as_bytes())
            .attribute(Attribute::NONCE, nonce.as_bytes())
            .finish(None)
    };
    if message.attribute(Attribute::MESSAGE_INTEGRITY).is_none() {
        return Err(Unproven::Challenged(challenge(stun::UNAUTHENTICATED)));
    }
    let (Some(username), Some(_), Some(nonce)) = (
        message.attribute(Attribute::USERNAME),
        message.attribute(Attribute::REALM),
        message.attribute(Attribute::NONCE),
    ) else {
        let answer = Writer::error(stun::BAD_REQUEST, message).finish(None);
        return Err(Unproven::Wrong(answer));
    };
    if !nonces.is_fresh(nonce, minute, client) {
        return Err(Unproven::Challenged(challenge(stun::STALE_NONCE)));
    }
    let username = std::str::from_utf8(username).unwrap_or_default();
    match accounts(username) {
        Some(key) if message.is_made_with(&key) => Ok(Caller {
            username: username.to_owned(),
            key,
        }),
        _ => Err(Unproven::Wrong(challenge(stun::UNAUTHENTICATED))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_for_one_client_and_one_hour() {
        let nonces = Nonces::new(&[1; 32]);
        let alice: SocketAddr = "192.0.2.1:4000".parse().unwrap();
        let eve: SocketAddr = "192.0.2.66:4000".parse().unwrap();
        let made = nonces.make(u16::MAX - 10, alice);
        let is_fresh =
            |nonce: &str, minute, client| nonces.is_fresh(nonce.as_bytes(), minute, client);
        assert!(is_fresh(&made, u16::MAX - 10, alice));
        assert!(is_fresh(&made, 49, alice), "an hour later");
        assert!(!is_fresh(&made, 50, alice), "too old");
        assert!(!is_fresh(&made, u16::MAX - 11, alice), "of tomorrow");
        assert!(!is_fresh(&made, u16::MAX - 10, eve));
        for wrong in ["", "fff", "ffff", "zzzz00000000", &made[..15], "ffé"] {
            assert!(!is_fresh(wrong, u16::MAX - 10, alice), "{wrong}");
        }
    }
}
