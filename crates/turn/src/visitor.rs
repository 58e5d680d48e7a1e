//! The other side of the conversation: a client that is let in and talks to one peer, for who looks
//! whether the relay works.

use crate::auth::REALM;
use crate::key::Key;
use crate::stun::{self, Attribute, Class, Message, Method, Writer};
use std::net::SocketAddr;

/// The one channel of a visitor.
const CHANNEL: [u8; 2] = [0x40, 0];

/// Somebody with a credential.
#[derive(Debug)]
pub struct Visitor {
    username: String,
    key: Key,
    /// Empty until the relay has named one.
    nonce: Vec<u8>,
    transaction: [u8; 12],
}

/// What the relay says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The request is to be made again: there is a new nonce.
    Again,
    Done,
    Refused(u16),
    /// What the peer says.
    Data(Vec<u8>),
    /// Nothing that a visitor expects.
    Other,
}

impl Visitor {
    /// `transaction` is nobody else's; those of the requests count on from there.
    pub fn new(username: &str, password: &str, transaction: [u8; 12]) -> Self {
        Self {
            username: username.to_owned(),
            key: Key::new(username, REALM, password),
            nonce: Vec::new(),
            transaction,
        }
    }

    /// Asks for an allocation.
    pub fn allocate(&mut self) -> Vec<u8> {
        self.request(Method::ALLOCATE, |writer| {
            writer.attribute(Attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
        })
    }

    /// Asks for the channel to a peer.
    pub fn bind(&mut self, peer: SocketAddr) -> Vec<u8> {
        let [n0, n1] = CHANNEL;
        self.request(Method::CHANNEL_BIND, |writer| {
            writer
                .attribute(Attribute::CHANNEL_NUMBER, &[n0, n1, 0, 0])
                .address(Attribute::XOR_PEER_ADDRESS, peer)
        })
    }

    /// Gives the allocation back.
    pub fn release(&mut self) -> Vec<u8> {
        self.request(Method::REFRESH, |writer| {
            writer.attribute(Attribute::LIFETIME, &[0; 4])
        })
    }

    /// What is for the peer, as the relay takes it: the same on a stream and in a datagram.
    pub fn wrap(&self, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
        let mut frame = [&CHANNEL[..], &length.to_be_bytes(), data].concat();
        frame.resize(frame.len().next_multiple_of(4), 0);
        frame
    }

    /// Reads one frame.
    pub fn read(&mut self, bytes: &[u8]) -> Heard {
        if let Some(rest) = bytes.strip_prefix(&CHANNEL) {
            let data = rest.split_first_chunk();
            let data =
                data.and_then(|(length, rest)| rest.get(..u16::from_be_bytes(*length).into()));
            return data.map_or(Heard::Other, |data| Heard::Data(data.to_vec()));
        }
        let message = Message::parse(bytes).filter(|one| one.transaction == self.transaction);
        let Some(message) = message else {
            return Heard::Other;
        };
        match (message.class, message.error_code()) {
            (Class::Success, _) if message.is_made_with(&self.key) => Heard::Done,
            (Class::Error, Some(code)) => self.refused(code, &message),
            _ => Heard::Other,
        }
    }

    fn refused(&mut self, code: u16, message: &Message<'_>) -> Heard {
        let is_first = self.nonce.is_empty() && code == stun::UNAUTHENTICATED;
        match message.attribute(Attribute::NONCE) {
            Some(nonce) if is_first || code == stun::STALE_NONCE => {
                self.nonce = nonce.to_vec();
                Heard::Again
            }
            _ => Heard::Refused(code),
        }
    }

    fn request(&mut self, method: Method, attributes: impl Fn(Writer) -> Writer) -> Vec<u8> {
        let [count, ..] = &mut self.transaction;
        *count = count.wrapping_add(1);
        let request = attributes(Writer::new(Class::Request, method, self.transaction));
        if self.nonce.is_empty() {
            return request.finish(None);
        }
        request
            .attribute(Attribute::USERNAME, self.username.as_bytes())
            .attribute(Attribute::REALM, REALM.as_bytes())
            .attribute(Attribute::NONCE, &self.nonce)
            .finish(Some(&self.key))
    }
}
