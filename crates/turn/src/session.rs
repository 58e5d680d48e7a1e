//! One client's conversation with the server, on its own UDP address or TCP connection.

use crate::allocation::{Allocation, LIFETIME};
use crate::auth::{Caller, Nonces, Unproven, authenticate};
use crate::key::Key;
use crate::peers::{Family, Peers};
use crate::stun::{self, Attribute, Class, Message, Method, Writer};
use std::net::SocketAddr;
use std::time::Instant;

/// The one transport that is relayed (RFC 8656 section 18.8): UDP.
const UDP: u8 = 17;

/// What all sessions share.
#[derive(Debug)]
pub struct Relay {
    began: Instant,
    nonces: Nonces,
    pub peers: Peers,
}

impl Relay {
    /// Nobody else may know `nonce_key`.
    pub fn new(began: Instant, nonce_key: &[u8; 32], peers: Peers) -> Self {
        Self {
            began,
            nonces: Nonces::new(nonce_key),
            peers,
        }
    }

    /// Minutes since it began; those of 45 days ago are called the same.
    fn minute(&self, now: Instant) -> u16 {
        let minutes = now.saturating_duration_since(self.began).as_secs() / 60;
        u16::try_from(minutes % 0x1_0000).unwrap_or_default()
    }
}

/// What follows from what a client said.
#[derive(Debug)]
pub enum Step<'a> {
    Nothing,
    Answer(Vec<u8>),
    /// The answer, and the code in it that says why not (RFC 8656 section 19).
    Refused {
        code: u16,
        answer: Vec<u8>,
    },
    /// To be sent from the allocation's socket.
    ToPeer {
        to: SocketAddr,
        data: &'a [u8],
    },
    /// Somebody may have an allocation if there is a socket for it.
    Allocate(Wanted),
    /// The allocation is over.
    Release(Vec<u8>),
}

/// An allocation that is asked for.
#[derive(Debug)]
pub struct Wanted {
    pub family: Family,
    caller: Caller,
    transaction: [u8; 12],
}

impl Wanted {
    pub fn username(&self) -> &str {
        &self.caller.username
    }

    /// The answer where there is none, with the code that says why.
    pub fn refuse(&self, code: u16) -> Vec<u8> {
        Writer::new(Class::Error, Method::ALLOCATE, self.transaction)
            .error_code(code)
            .finish(Some(&self.caller.key))
    }
}

/// A client, by where its messages come from.
#[derive(Debug)]
pub struct Session {
    client: SocketAddr,
    allocation: Option<Allocation>,
}

impl Session {
    pub fn new(client: SocketAddr) -> Self {
        Self {
            client,
            allocation: None,
        }
    }

    /// When the allocation ends unless it is refreshed; `None` where there is none.
    pub fn expires_at(&self) -> Option<Instant> {
        self.allocation.as_ref().map(|one| one.expires_at)
    }

    /// Whose credential the allocation was made with.
    pub fn username(&self) -> Option<&str> {
        let holder = self.allocation.as_ref().map(|one| &one.holder);
        holder.map(|holder| holder.username.as_str())
    }

    /// Reads one message or frame. `accounts` knows the keys of those who may come.
    pub fn handle<'a>(
        &mut self,
        now: Instant,
        relay: &Relay,
        accounts: &dyn Fn(&str) -> Option<Key>,
        bytes: &'a [u8],
    ) -> Step<'a> {
        self.allocation.take_if(|one| one.expires_at <= now);
        if let Some(0x40..0x50) = bytes.first() {
            return self
                .channel_data(now, relay, bytes)
                .unwrap_or(Step::Nothing);
        }
        let Some(message) = Message::parse(bytes) else {
            return Step::Nothing;
        };
        match (message.class, message.method) {
            (Class::Request, Method::BINDING) => Step::Answer(self.binding(&message)),
            (
                Class::Request,
                Method::ALLOCATE
                | Method::REFRESH
                | Method::CREATE_PERMISSION
                | Method::CHANNEL_BIND,
            ) => {
                let minute = relay.minute(now);
                match authenticate(&message, &relay.nonces, minute, self.client, accounts) {
                    Ok(caller) => self.request(now, relay, &message, caller),
                    Err(Unproven::Challenged(answer)) => Step::Answer(answer),
                    Err(Unproven::Wrong(answer)) => Step::Refused {
                        code: stun::UNAUTHENTICATED,
                        answer,
                    },
                }
            }
            (Class::Indication, Method::SEND) => {
                self.send(now, relay, &message).unwrap_or(Step::Nothing)
            }
            _ => Step::Nothing,
        }
    }

    /// The allocation that was asked for is there, by a socket of this machine; its answer.
    pub fn allocated(&mut self, now: Instant, wanted: Wanted, relayed: SocketAddr) -> Vec<u8> {
        let made = Allocation::new(now, wanted.caller, wanted.transaction, relayed);
        let answer = self.granted(&made);
        self.allocation = Some(made);
        answer
    }

    /// Writes what came from `source` at the allocation's socket as the client reads it.
    pub fn from_peer(&self, now: Instant, source: SocketAddr, data: &[u8]) -> Option<Vec<u8>> {
        let allocation = self
            .allocation
            .as_ref()
            .filter(|one| one.expires_at > now)?;
        allocation.wrap(now, source, data)
    }

    fn binding(&self, message: &Message<'_>) -> Vec<u8> {
        Writer::answer(Class::Success, message)
            .address(Attribute::XOR_MAPPED_ADDRESS, self.client)
            .finish(None)
    }

    fn granted(&self, allocation: &Allocation) -> Vec<u8> {
        Writer::new(Class::Success, Method::ALLOCATE, allocation.transaction)
            .address(Attribute::XOR_RELAYED_ADDRESS, allocation.relayed)
            .attribute(Attribute::LIFETIME, &seconds())
            .address(Attribute::XOR_MAPPED_ADDRESS, self.client)
            .finish(Some(&allocation.holder.key))
    }

    fn channel_data<'a>(
        &mut self,
        now: Instant,
        relay: &Relay,
        bytes: &'a [u8],
    ) -> Option<Step<'a>> {
        let (&[n0, n1, l0, l1], data) = bytes.split_first_chunk()?;
        let data = data.get(..usize::from(u16::from_be_bytes([l0, l1])))?;
        let allocation = self.allocation.as_mut()?;
        let peer = allocation.peer_of(now, u16::from_be_bytes([n0, n1]))?;
        let to = allocation.reach(now, &relay.peers, peer)?;
        Some(Step::ToPeer { to, data })
    }

    /// A client that may not is not told: indications have no answer (RFC 8656 section 11.2).
    fn send<'a>(&mut self, now: Instant, relay: &Relay, message: &Message<'a>) -> Option<Step<'a>> {
        let known = [Attribute::XOR_PEER_ADDRESS, Attribute::DATA];
        if !unknown(message, &known).is_empty() {
            return None;
        }
        let peer = message.address(message.attribute(Attribute::XOR_PEER_ADDRESS)?)?;
        let data = message.attribute(Attribute::DATA)?;
        let to = self.allocation.as_mut()?.reach(now, &relay.peers, peer)?;
        Some(Step::ToPeer { to, data })
    }

    fn request<'a>(
        &mut self,
        now: Instant,
        relay: &Relay,
        message: &Message<'_>,
        caller: Caller,
    ) -> Step<'a> {
        let key = caller.key.clone();
        let holder = self.username();
        if holder.is_some_and(|holder| holder != caller.username) {
            return refused(stun::WRONG_CREDENTIALS, message, &key);
        }
        let unknown = unknown(message, &KNOWN);
        if !unknown.is_empty() {
            let answer = Writer::error(stun::UNKNOWN_ATTRIBUTE, message)
                .attribute(Attribute::UNKNOWN_ATTRIBUTES, &unknown)
                .finish(Some(&key));
            return Step::Refused {
                code: stun::UNKNOWN_ATTRIBUTE,
                answer,
            };
        }
        let outcome = match message.method {
            Method::ALLOCATE => self.allocate(relay, message, caller),
            Method::REFRESH => self.refresh(now, message),
            Method::CREATE_PERMISSION => self.create_permission(now, relay, message),
            _ => self.bind_channel(now, relay, message),
        };
        outcome.unwrap_or_else(|code| refused(code, message, &key))
    }

    fn allocate<'a>(
        &self,
        relay: &Relay,
        message: &Message<'_>,
        caller: Caller,
    ) -> Result<Step<'a>, u16> {
        if let Some(made) = &self.allocation {
            return match made.transaction == message.transaction {
                // It was asked for again because the answer was lost.
                true => Ok(Step::Answer(self.granted(made))),
                false => Err(stun::ALLOCATION_MISMATCH),
            };
        }
        match message.attribute(Attribute::REQUESTED_TRANSPORT) {
            Some([UDP, ..]) => {}
            Some([_, ..]) => return Err(stun::UNSUPPORTED_TRANSPORT),
            _ => return Err(stun::BAD_REQUEST),
        }
        let family = match family(message)? {
            Some(family) => family,
            None => relay.peers.default_family(),
        };
        if !relay.peers.has(family) {
            return Err(stun::ADDRESS_FAMILY_NOT_SUPPORTED);
        }
        Ok(Step::Allocate(Wanted {
            family,
            caller,
            transaction: message.transaction,
        }))
    }

    fn refresh<'a>(&mut self, now: Instant, message: &Message<'_>) -> Result<Step<'a>, u16> {
        let allocation = self.allocation.as_mut().ok_or(stun::ALLOCATION_MISMATCH)?;
        if family(message)?.is_some_and(|family| family != allocation.family()) {
            return Err(stun::PEER_ADDRESS_FAMILY_MISMATCH);
        }
        let key = allocation.holder.key.clone();
        let answer = |lifetime: &[u8]| {
            Writer::answer(Class::Success, message)
                .attribute(Attribute::LIFETIME, lifetime)
                .finish(Some(&key))
        };
        if message.attribute(Attribute::LIFETIME) == Some(&[0; 4]) {
            self.allocation = None;
            return Ok(Step::Release(answer(&[0; 4])));
        }
        allocation.expires_at = now + LIFETIME;
        Ok(Step::Answer(answer(&seconds())))
    }

    fn create_permission<'a>(
        &mut self,
        now: Instant,
        relay: &Relay,
        message: &Message<'_>,
    ) -> Result<Step<'a>, u16> {
        let allocation = self.allocation.as_mut().ok_or(stun::ALLOCATION_MISMATCH)?;
        let named = message.attributes();
        let named = named.filter(|(kind, _)| *kind == Attribute::XOR_PEER_ADDRESS);
        let peers: Option<Vec<SocketAddr>> =
            named.map(|(_, value)| message.address(value)).collect();
        let peers = peers
            .filter(|all| !all.is_empty())
            .ok_or(stun::BAD_REQUEST)?;
        // All or none of them (RFC 8656 section 10.2).
        for peer in &peers {
            check(allocation, relay, *peer)?;
        }
        for peer in peers {
            allocation.permit(now, peer.ip());
        }
        Ok(done(message, &allocation.holder.key))
    }

    fn bind_channel<'a>(
        &mut self,
        now: Instant,
        relay: &Relay,
        message: &Message<'_>,
    ) -> Result<Step<'a>, u16> {
        let allocation = self.allocation.as_mut().ok_or(stun::ALLOCATION_MISMATCH)?;
        let number = match message.attribute(Attribute::CHANNEL_NUMBER) {
            Some(&[n0 @ 0x40..0x50, n1, _, _]) => u16::from_be_bytes([n0, n1]),
            _ => return Err(stun::BAD_REQUEST),
        };
        let peer = message.attribute(Attribute::XOR_PEER_ADDRESS);
        let peer = peer
            .and_then(|value| message.address(value))
            .ok_or(stun::BAD_REQUEST)?;
        check(allocation, relay, peer)?;
        if peer.port() == 0 || !allocation.bind(now, number, peer) {
            return Err(stun::BAD_REQUEST);
        }
        Ok(done(message, &allocation.holder.key))
    }
}

/// What requests may hold that must be understood.
const KNOWN: [Attribute; 10] = [
    Attribute::USERNAME,
    Attribute::MESSAGE_INTEGRITY,
    Attribute::REALM,
    Attribute::NONCE,
    Attribute::CHANNEL_NUMBER,
    Attribute::LIFETIME,
    Attribute::XOR_PEER_ADDRESS,
    Attribute::DATA,
    Attribute::REQUESTED_ADDRESS_FAMILY,
    Attribute::REQUESTED_TRANSPORT,
];

/// The numbers of what must be understood and is not.
fn unknown(message: &Message<'_>, known: &[Attribute]) -> Vec<u8> {
    let kinds = message.attributes().map(|(kind, _)| kind);
    let unknown = kinds.filter(|kind| kind.is_required() && !known.contains(kind));
    unknown.flat_map(|kind| kind.0.to_be_bytes()).collect()
}

fn family(message: &Message<'_>) -> Result<Option<Family>, u16> {
    match message.attribute(Attribute::REQUESTED_ADDRESS_FAMILY) {
        None => Ok(None),
        Some([1, ..]) => Ok(Some(Family::V4)),
        Some([2, ..]) => Ok(Some(Family::V6)),
        Some(_) => Err(stun::ADDRESS_FAMILY_NOT_SUPPORTED),
    }
}

fn check(allocation: &Allocation, relay: &Relay, peer: SocketAddr) -> Result<(), u16> {
    if !relay.peers.admits(peer) {
        Err(stun::FORBIDDEN)
    } else if Family::of(peer.ip()) != allocation.family() {
        Err(stun::PEER_ADDRESS_FAMILY_MISMATCH)
    } else {
        Ok(())
    }
}

fn done<'a>(message: &Message<'_>, key: &Key) -> Step<'a> {
    Step::Answer(Writer::answer(Class::Success, message).finish(Some(key)))
}

fn refused<'a>(code: u16, message: &Message<'_>, key: &Key) -> Step<'a> {
    let answer = Writer::error(code, message).finish(Some(key));
    Step::Refused { code, answer }
}

fn seconds() -> [u8; 4] {
    u32::try_from(LIFETIME.as_secs())
        .unwrap_or(u32::MAX)
        .to_be_bytes()
}
