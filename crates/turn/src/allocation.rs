//! What one client has been given: a relayed address, with whom it may talk, and for how long.

use crate::auth::Caller;
use crate::peers::{Family, Peers};
use crate::stun::{Attribute, Class, Method, Writer};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// How long an allocation holds without being refreshed, whatever is asked for: the default of RFC 8656
/// section 3.2. Clients ask again a minute before its end.
pub const LIFETIME: Duration = Duration::from_secs(600);

/// RFC 8656 section 9.
const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// RFC 8656 section 12.
const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) holder: Caller,
    /// By which it was asked for: asked again, it is answered the same.
    pub(crate) transaction: [u8; 12],
    pub(crate) relayed: SocketAddr,
    pub(crate) expires_at: Instant,
    /// As many as the workers have addresses, at most.
    permissions: BTreeMap<IpAddr, Instant>,
    /// One for each socket of a worker, at most.
    channels: BTreeMap<u16, Channel>,
    /// Where the client's packets went to on this machine, and which peer it means by that.
    reached: BTreeMap<SocketAddr, SocketAddr>,
}

#[derive(Debug)]
struct Channel {
    peer: SocketAddr,
    expires_at: Instant,
}

impl Allocation {
    pub(crate) fn new(
        now: Instant,
        holder: Caller,
        transaction: [u8; 12],
        relayed: SocketAddr,
    ) -> Self {
        Self {
            holder,
            transaction,
            relayed,
            expires_at: now + LIFETIME,
            permissions: BTreeMap::new(),
            channels: BTreeMap::new(),
            reached: BTreeMap::new(),
        }
    }

    pub(crate) fn family(&self) -> Family {
        Family::of(self.relayed.ip())
    }

    pub(crate) fn permit(&mut self, now: Instant, peer: IpAddr) {
        self.permissions.insert(peer, now + PERMISSION_LIFETIME);
    }

    /// Refuses a number that is another peer's, or a peer that has another number.
    pub(crate) fn bind(&mut self, now: Instant, number: u16, peer: SocketAddr) -> bool {
        self.channels.retain(|_, channel| channel.expires_at > now);
        let is_taken =
            |(&other, channel): (&u16, &Channel)| (other == number) != (channel.peer == peer);
        if self.channels.iter().any(is_taken) {
            return false;
        }
        let expires_at = now + CHANNEL_LIFETIME;
        self.channels.insert(number, Channel { peer, expires_at });
        self.permit(now, peer.ip());
        true
    }

    pub(crate) fn peer_of(&self, now: Instant, number: u16) -> Option<SocketAddr> {
        let channel = self.channels.get(&number)?;
        (channel.expires_at > now).then_some(channel.peer)
    }

    /// Where to send what is for a peer; `None` where it may not be sent.
    pub(crate) fn reach(
        &mut self,
        now: Instant,
        peers: &Peers,
        peer: SocketAddr,
    ) -> Option<SocketAddr> {
        let to = peers.leads_to(peer)?;
        self.permissions.get(&peer.ip()).filter(|at| **at > now)?;
        self.reached.insert(to, peer);
        Some(to)
    }

    /// Writes what came from `source` on this machine as the client reads it; nothing from whom it did
    /// not send to.
    pub(crate) fn wrap(&self, now: Instant, source: SocketAddr, data: &[u8]) -> Option<Vec<u8>> {
        let peer = *self.reached.get(&source)?;
        self.permissions.get(&peer.ip()).filter(|at| **at > now)?;
        let mut bound = self.channels.iter();
        let bound = bound.find(|(_, channel)| channel.peer == peer && channel.expires_at > now);
        let length = u16::try_from(data.len()).ok()?;
        Some(match bound {
            Some((number, _)) => [&number.to_be_bytes(), &length.to_be_bytes(), data].concat(),
            None => Writer::new(Class::Indication, Method::DATA, [0; 12])
                .address(Attribute::XOR_PEER_ADDRESS, peer)
                .attribute(Attribute::DATA, data)
                .finish(None),
        })
    }
}
