//! STUN messages, read and written (RFC 8489 sections 5 and 14, RFC 8656 sections 17 to 19).

use crate::key::Key;
use std::net::{IpAddr, SocketAddr};

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER_BYTES: usize = 20;
/// What a MESSAGE-INTEGRITY takes: its head and an HMAC-SHA1.
const INTEGRITY_BYTES: u16 = 24;

/// What a message asks, says or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method(pub u16);

impl Method {
    pub const BINDING: Self = Self(0x001);
    pub const ALLOCATE: Self = Self(0x003);
    pub const REFRESH: Self = Self(0x004);
    pub const SEND: Self = Self(0x006);
    pub const DATA: Self = Self(0x007);
    pub const CREATE_PERMISSION: Self = Self(0x008);
    pub const CHANNEL_BIND: Self = Self(0x009);
}

/// RFC 8489 section 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Request,
    Indication,
    Success,
    Error,
}

/// The number of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute(pub u16);

impl Attribute {
    pub const USERNAME: Self = Self(0x0006);
    pub const MESSAGE_INTEGRITY: Self = Self(0x0008);
    pub const ERROR_CODE: Self = Self(0x0009);
    pub const UNKNOWN_ATTRIBUTES: Self = Self(0x000a);
    pub const CHANNEL_NUMBER: Self = Self(0x000c);
    pub const LIFETIME: Self = Self(0x000d);
    pub const XOR_PEER_ADDRESS: Self = Self(0x0012);
    pub const DATA: Self = Self(0x0013);
    pub const REALM: Self = Self(0x0014);
    pub const NONCE: Self = Self(0x0015);
    pub const XOR_RELAYED_ADDRESS: Self = Self(0x0016);
    pub const REQUESTED_ADDRESS_FAMILY: Self = Self(0x0017);
    pub const REQUESTED_TRANSPORT: Self = Self(0x0019);
    pub const XOR_MAPPED_ADDRESS: Self = Self(0x0020);

    /// Whether who does not know it must refuse the whole message (RFC 8489 section 14).
    pub fn is_required(self) -> bool {
        self.0 < 0x8000
    }
}

pub(crate) const BAD_REQUEST: u16 = 400;
pub(crate) const UNAUTHENTICATED: u16 = 401;
pub(crate) const FORBIDDEN: u16 = 403;
pub(crate) const UNKNOWN_ATTRIBUTE: u16 = 420;
pub(crate) const ALLOCATION_MISMATCH: u16 = 437;
pub(crate) const STALE_NONCE: u16 = 438;
pub(crate) const ADDRESS_FAMILY_NOT_SUPPORTED: u16 = 440;
pub(crate) const WRONG_CREDENTIALS: u16 = 441;
pub(crate) const UNSUPPORTED_TRANSPORT: u16 = 442;
pub(crate) const PEER_ADDRESS_FAMILY_MISMATCH: u16 = 443;
/// One credential holds its share of allocations.
pub const ALLOCATION_QUOTA_REACHED: u16 = 486;
/// There is no room for an allocation.
pub const INSUFFICIENT_CAPACITY: u16 = 508;

/// A message that holds together; its attributes may say anything.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub class: Class,
    pub method: Method,
    pub transaction: [u8; 12],
    bytes: &'a [u8],
}

impl<'a> Message<'a> {
    /// `None` for what is no STUN message of exactly these bytes.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (head, body) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        let [t0, t1, l0, l1, c0, c1, c2, c3, transaction @ ..] = *head;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if t0 >= 0x40 || [c0, c1, c2, c3] != MAGIC_COOKIE || length != body.len() || length % 4 != 0
        {
            return None;
        }
        let kind = u16::from_be_bytes([t0, t1]);
        let class = match (kind & 0x100 != 0, kind & 0x10 != 0) {
            (false, false) => Class::Request,
            (false, true) => Class::Indication,
            (true, false) => Class::Success,
            (true, true) => Class::Error,
        };
        let method = (kind & 0xf) | ((kind & 0xe0) >> 1) | ((kind & 0x3e00) >> 2);
        let message = Self {
            class,
            method: Method(method),
            transaction,
            bytes,
        };
        let mut rest = body;
        while !rest.is_empty() {
            (_, _, rest) = split_attribute(rest)?;
        }
        Some(message)
    }

    /// All attributes up to the MESSAGE-INTEGRITY: what follows that is not protected by it, and is
    /// passed over (RFC 8489 section 14.5).
    pub fn attributes(&self) -> impl Iterator<Item = (Attribute, &'a [u8])> + use<'a> {
        let mut rest = self.bytes.get(HEADER_BYTES..).unwrap_or_default();
        std::iter::from_fn(move || {
            let (kind, value, after) = split_attribute(rest)?;
            rest = match kind {
                Attribute::MESSAGE_INTEGRITY => &[],
                _ => after,
            };
            Some((kind, value))
        })
    }

    /// The first of its kind: the others are passed over (RFC 8489 section 14).
    pub fn attribute(&self, wanted: Attribute) -> Option<&'a [u8]> {
        let mut all = self.attributes();
        all.find(|(kind, _)| *kind == wanted)
            .map(|(_, value)| value)
    }

    /// The code of an ERROR-CODE (RFC 8489 section 14.8).
    pub fn error_code(&self) -> Option<u16> {
        let (&[_, _, class, number], _) =
            self.attribute(Attribute::ERROR_CODE)?.split_first_chunk()?;
        Some(u16::from(class & 7) * 100 + u16::from(number))
    }

    /// A transport address as XOR-PEER-ADDRESS has it (RFC 8489 section 14.2).
    pub fn address(&self, value: &[u8]) -> Option<SocketAddr> {
        let (&[_, family, p0, p1], ip) = value.split_first_chunk()?;
        let port = u16::from_be_bytes([p0 ^ MAGIC_COOKIE[0], p1 ^ MAGIC_COOKIE[1]]);
        let mut ip = ip.to_vec();
        mask(&mut ip, &self.transaction);
        let ip: IpAddr = match family {
            1 => <[u8; 4]>::try_from(ip).ok()?.into(),
            2 => <[u8; 16]>::try_from(ip).ok()?.into(),
            _ => return None,
        };
        Some(SocketAddr::new(ip, port))
    }

    /// Whether the MESSAGE-INTEGRITY was made with this key (RFC 8489 section 14.5).
    pub(crate) fn is_made_with(&self, key: &Key) -> bool {
        let Some(tag) = self.attribute(Attribute::MESSAGE_INTEGRITY) else {
            return false;
        };
        let ahead = self
            .attributes()
            .take_while(|(kind, _)| *kind != Attribute::MESSAGE_INTEGRITY);
        let ahead: usize = ahead.map(|(_, value)| 4 + padded(value.len())).sum();
        let ahead = self.bytes.get(..HEADER_BYTES + ahead);
        ahead.is_some_and(|ahead| key.verify(&protected(ahead), tag))
    }
}

fn split_attribute(bytes: &[u8]) -> Option<(Attribute, &[u8], &[u8])> {
    let (&[k0, k1, l0, l1], rest) = bytes.split_first_chunk()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let value = rest.get(..length)?;
    let after = rest.get(padded(length)..)?;
    Some((Attribute(u16::from_be_bytes([k0, k1])), value, after))
}

/// What comes before a MESSAGE-INTEGRITY, with the length that the message has up to its end.
fn protected(ahead: &[u8]) -> Vec<u8> {
    let mut bytes = ahead.to_vec();
    let body = u16::try_from(ahead.len().saturating_sub(HEADER_BYTES)).unwrap_or(u16::MAX);
    set_length(&mut bytes, body.saturating_add(INTEGRITY_BYTES));
    bytes
}

fn set_length(bytes: &mut [u8], length: u16) {
    if let Some(field) = bytes.get_mut(2..4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

fn padded(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn mask(ip: &mut [u8], transaction: &[u8; 12]) {
    let key = MAGIC_COOKIE.iter().chain(transaction);
    for (byte, key) in ip.iter_mut().zip(key) {
        *byte ^= key;
    }
}

/// A message in the making.
#[derive(Debug)]
pub struct Writer {
    transaction: [u8; 12],
    bytes: Vec<u8>,
}

impl Writer {
    pub fn new(class: Class, method: Method, transaction: [u8; 12]) -> Self {
        let class = match class {
            Class::Request => 0,
            Class::Indication => 0x10,
            Class::Success => 0x100,
            Class::Error => 0x110,
        };
        let Method(method) = method;
        let kind = (method & 0xf) | ((method & 0x70) << 1) | ((method & 0xf80) << 2) | class;
        let mut bytes = Vec::with_capacity(128);
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(MAGIC_COOKIE);
        bytes.extend(transaction);
        Self { transaction, bytes }
    }

    /// What answers a request.
    pub(crate) fn answer(class: Class, to: &Message<'_>) -> Self {
        Self::new(class, to.method, to.transaction)
    }

    pub(crate) fn error(code: u16, to: &Message<'_>) -> Self {
        Self::answer(Class::Error, to).error_code(code)
    }

    /// Without a reason phrase: whoever is not known yet is answered with few bytes.
    pub(crate) fn error_code(self, code: u16) -> Self {
        let digits = [code / 100, code % 100];
        let [class, number] = digits.map(|digits| u8::try_from(digits).unwrap_or_default());
        self.attribute(Attribute::ERROR_CODE, &[0, 0, class, number])
    }

    /// A value longer than a message may be is left out.
    #[must_use]
    pub fn attribute(mut self, kind: Attribute, value: &[u8]) -> Self {
        if let Ok(length) = u16::try_from(value.len()) {
            self.bytes.extend(kind.0.to_be_bytes());
            self.bytes.extend(length.to_be_bytes());
            self.bytes.extend(value);
            self.bytes.resize(padded(self.bytes.len()), 0);
        }
        self
    }

    #[must_use]
    pub fn address(self, kind: Attribute, address: SocketAddr) -> Self {
        let (family, mut ip) = match address.ip() {
            IpAddr::V4(ip) => (1, ip.octets().to_vec()),
            IpAddr::V6(ip) => (2, ip.octets().to_vec()),
        };
        mask(&mut ip, &self.transaction);
        let mut port = address.port().to_be_bytes();
        mask(&mut port, &self.transaction);
        self.attribute(kind, &[&[0, family], &port[..], &ip].concat())
    }

    /// The message, protected by a key where there is one.
    pub fn finish(mut self, key: Option<&Key>) -> Vec<u8> {
        if let Some(key) = key {
            let tag = key.sign(&protected(&self.bytes));
            self = self.attribute(Attribute::MESSAGE_INTEGRITY, &tag);
        }
        let body = self.bytes.len().saturating_sub(HEADER_BYTES);
        set_length(&mut self.bytes, u16::try_from(body).unwrap_or(u16::MAX));
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 section 2.4: a request with long-term authentication.
    const LONG_TERM_REQUEST: &str = "\
        000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382af\
        e382b900000015001c662f2f3439396b39353464364f4c33346f4c394653547679363473410014\
        000b6578616d706c652e6f72670000080014f67024656dd64a3e02b8e0712e85c9a28ca89666";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex
            .chars()
            .filter_map(|digit| digit.to_digit(16))
            .map(|digit| u8::try_from(digit).unwrap())
            .collect();
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()
    }

    #[test]
    fn the_request_of_rfc_5769_is_genuine_and_a_changed_one_is_not() {
        let mut request = bytes(LONG_TERM_REQUEST);
        let key = Key::new("マトリックス", "example.org", "TheMatrIX");
        let message = Message::parse(&request).unwrap();
        assert_eq!(
            (message.class, message.method),
            (Class::Request, Method::BINDING)
        );
        assert!(message.is_made_with(&key));
        assert!(!message.is_made_with(&Key::new("マトリックス", "example.org", "TheMatrix")));
        request[30] ^= 1;
        assert!(!Message::parse(&request).unwrap().is_made_with(&key));
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let key = Key::new("a", "b", "c");
        for address in [
            "192.0.2.1:32853",
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
        ] {
            let address: SocketAddr = address.parse().unwrap();
            let written = Writer::new(Class::Success, Method::CHANNEL_BIND, [7; 12])
                .address(Attribute::XOR_RELAYED_ADDRESS, address)
                .attribute(Attribute::DATA, b"odd")
                .finish(Some(&key));
            let read = Message::parse(&written).unwrap();
            assert_eq!(
                (read.class, read.method),
                (Class::Success, Method::CHANNEL_BIND)
            );
            let value = read.attribute(Attribute::XOR_RELAYED_ADDRESS).unwrap();
            assert_eq!(read.address(value), Some(address));
            assert_eq!(read.attribute(Attribute::DATA), Some(&b"odd"[..]));
            assert!(read.is_made_with(&key));
        }
    }

    #[test]
    fn what_follows_the_integrity_is_not_read() {
        let mut written = Writer::new(Class::Request, Method::ALLOCATE, [7; 12])
            .finish(Some(&Key::new("a", "b", "c")));
        written.extend([0, 0x13, 0, 4, 1, 2, 3, 4]);
        let length = written.len() - HEADER_BYTES;
        set_length(&mut written, u16::try_from(length).unwrap());
        let read = Message::parse(&written).unwrap();
        assert!(read.is_made_with(&Key::new("a", "b", "c")));
        assert_eq!(read.attribute(Attribute::DATA), None);
    }

    #[test]
    fn what_does_not_hold_together_is_no_message() {
        let good = bytes(LONG_TERM_REQUEST);
        for length in 0..good.len() {
            assert!(Message::parse(&good[..length]).is_none());
        }
        let mut attribute_too_long = good.clone();
        attribute_too_long[23] = 0xff;
        let mut other_cookie = good.clone();
        other_cookie[4] = 0;
        let mut channel = good;
        channel[0] = 0x40;
        for wrong in [attribute_too_long, other_cookie, channel] {
            assert!(Message::parse(&wrong).is_none());
        }
    }
}
