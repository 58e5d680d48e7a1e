//! TURN (RFC 8656): media for clients that reach nothing but the web port, or no port of the workers.
//!
//! A walk: `credentials` has a name and a password for each participant as long as they are connected,
//! `offer` says how clients reach the relay, `client` carries out what `visio-turn` decides for one of
//! them, `stream` is a client on a TCP or TLS connection, `datagrams` are all on the UDP port. A client's
//! packets leave by a socket of their own on this machine for a worker, which takes it for the client.

mod client;
mod credentials;
mod datagrams;
mod offer;
mod quota;
mod stream;
#[cfg(test)]
mod tests;

pub use credentials::Holding;
pub use offer::{Over, Way};

use crate::clock;
use crate::config::TurnPlan;
use crate::entropy::random_bytes;
use credentials::Credentials;
use quota::Quota;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use visio_protocol::names::{Identity, RoomName};
use visio_turn::{Peers, Relay};

/// The relay. Cheap to clone.
#[derive(Clone)]
pub struct Turn(Arc<Shared>);

struct Shared {
    plan: TurnPlan,
    relay: Relay,
    credentials: Credentials,
    quota: Quota,
}

/// What a client is told of the relay, for as long as it is connected.
pub struct Access {
    pub urls: Vec<String>,
    pub username: String,
    pub password: String,
    /// Ends the credential some time after the connection.
    pub holding: Holding,
}

impl Turn {
    /// `told` to clients are the addresses of the workers' UDP sockets; `own` are those of this machine.
    pub fn new(plan: &TurnPlan, told: &[SocketAddr], own: &[IpAddr]) -> Self {
        let peers = Peers::new(told.iter().copied(), own);
        Self(Arc::new(Shared {
            plan: plan.clone(),
            relay: Relay::new(clock::now(), &random_bytes(), peers),
            credentials: Credentials::new(random_bytes()),
            quota: Quota::default(),
        }))
    }

    /// The ways to the relay for a participant who came in by `way`.
    pub fn access(&self, way: &Way, room: &RoomName, identity: &Identity) -> Access {
        let holding = self.0.credentials.hold(room, identity);
        Access {
            urls: offer::urls(&self.0.plan, way),
            username: holding.username().to_owned(),
            password: self.0.credentials.password(holding.username()),
            holding,
        }
    }
}
