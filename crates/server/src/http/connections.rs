//! The connections of the listeners: each holds a slot, and an idle one gives it up when asked to.

use crate::config::TrustedProxies;
use crate::connection_limit::{Arrival, Bounds, ConnectionLimit, ConnectionNumber, Full};
use crate::http::address;
use axum::http::HeaderMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A company behind one address has thousands of people, each with a WebSocket. Idle ones are those
/// without a request under way: browsers keep a few each and open them again when they need them.
const BOUNDS: Bounds = Bounds {
    total: 10_000,
    idle: 2_000,
    per_address: 4_000,
    reserved: 2_000,
};

/// All connections of the listeners that share them.
pub struct Connections {
    limit: Mutex<ConnectionLimit<Arc<Notify>>>,
    /// All the world comes through these.
    proxies: TrustedProxies,
}

/// The slot of one connection, free again when this is dropped.
pub(super) struct Slot {
    connections: Arc<Connections>,
    number: ConnectionNumber,
    evicted: Arc<Notify>,
}

impl Connections {
    pub fn new(proxies: &TrustedProxies) -> Arc<Self> {
        Self::within(BOUNDS, proxies)
    }

    pub(super) fn within(bounds: Bounds, proxies: &TrustedProxies) -> Arc<Self> {
        Arc::new(Self {
            limit: Mutex::new(ConnectionLimit::new(bounds)),
            proxies: proxies.clone(),
        })
    }

    /// A slot for one more connection of this address. Proxies and this machine itself take as
    /// many as they like.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Arc<Slot>> {
        let unlimited = address.to_canonical().is_loopback() || self.proxies.contains(address);
        let ours = Arc::new(Notify::new());
        let arrived = self.lock().arrive(address, unlimited, Arc::clone(&ours));
        let Ok(Arrival { number, evicted }) = arrived else {
            metrics::counter!("visio_http_connections_refused_total").increment(1);
            return None;
        };
        if let Some(evicted) = evicted {
            metrics::counter!("visio_http_connections_evicted_total").increment(1);
            evicted.notify_one();
        }
        Some(Arc::new(Slot {
            connections: Arc::clone(self),
            number,
            evicted: ours,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, ConnectionLimit<Arc<Notify>>> {
        self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many connections are open, by anybody.
    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.lock().len()
    }
}

impl Slot {
    /// A request is under way, for a client who may stand behind a proxy; refused to one who holds
    /// their share of all connections already.
    pub(super) fn busy(&self, remote: IpAddr, headers: &HeaderMap) -> Result<(), Full> {
        let client = address::client(remote.to_canonical(), headers, &self.connections.proxies);
        let taken = self.connections.lock().busy_for(self.number, client);
        if taken.is_err() {
            metrics::counter!("visio_http_connections_refused_total").increment(1);
        }
        taken
    }

    pub(super) fn idle(&self) {
        self.connections.lock().idle(self.number);
    }

    /// Waits until the slot is somebody else's.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.lock().leave(self.number);
    }
}
