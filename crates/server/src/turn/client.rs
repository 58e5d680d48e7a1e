//! One client of the relay and the socket of its allocation.

use super::Turn;
use super::quota::Place;
use crate::clock;
use socket2::SockRef;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;
use tokio::net::UdpSocket;
use visio_turn::{ALLOCATION_QUOTA_REACHED, INSUFFICIENT_CAPACITY, Session, Step, Wanted};

/// More than any path lets through.
const DATAGRAM_BYTES_MAX: usize = 2 * 1024;

pub(super) struct Client {
    turn: Turn,
    address: SocketAddr,
    session: Session,
    socket: Option<Arc<RelaySocket>>,
}

/// What an allocation takes; given back when it is dropped.
pub(super) struct RelaySocket {
    socket: UdpSocket,
    _place: Place,
}

impl Client {
    pub(super) fn new(turn: &Turn, address: SocketAddr) -> Self {
        Self {
            turn: turn.clone(),
            address,
            session: Session::new(address),
            socket: None,
        }
    }

    /// When it is over, unless it says something before; `None` where it has no allocation.
    pub(super) fn expires_at(&self) -> Option<Instant> {
        self.session.expires_at()
    }

    pub(super) fn socket(&self) -> Option<&Arc<RelaySocket>> {
        self.socket.as_ref()
    }

    /// Whether its participant has left, or it has not refreshed its allocation in time.
    pub(super) fn is_over(&self) -> bool {
        let expires_at = self.session.expires_at();
        let holder = self.session.username();
        expires_at.is_none_or(|at| at <= clock::now())
            || !holder.is_some_and(|name| self.turn.0.credentials.is_held(name))
    }

    /// Does what a message of the client asks for; returns what it is answered.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let shared = Arc::clone(&self.turn.0);
        let accounts = |username: &str| shared.credentials.key(username);
        let step = self
            .session
            .handle(clock::now(), &shared.relay, &accounts, bytes);
        if self.session.expires_at().is_none() {
            self.socket = None;
        }
        match step {
            Step::Nothing => None,
            Step::Answer(answer) | Step::Release(answer) => Some(answer),
            Step::Refused { code, answer } => {
                count_refused(code);
                Some(answer)
            }
            Step::ToPeer { to, data } => {
                self.send(to, data);
                None
            }
            Step::Allocate(wanted) => Some(self.allocate(wanted)),
        }
    }

    fn allocate(&mut self, wanted: Wanted) -> Vec<u8> {
        let place = self.turn.0.quota.take(wanted.username(), self.address.ip());
        let home = self.turn.0.relay.peers.home(wanted.family);
        let opened = place.and_then(|place| RelaySocket::open(home, place));
        match opened {
            Ok((socket, relayed)) => {
                self.socket = Some(Arc::new(socket));
                self.session.allocated(clock::now(), wanted, relayed)
            }
            Err(code) => {
                count_refused(code);
                wanted.refuse(code)
            }
        }
    }

    /// What the system does not take is lost, as on any full line.
    fn send(&self, to: SocketAddr, data: &[u8]) {
        let Some(socket) = &self.socket else {
            return;
        };
        // At once, also before the runtime has learned that the socket can be written to.
        if SockRef::from(&socket.socket)
            .send_to(data, &to.into())
            .is_ok()
        {
            count_bytes("to_server", data.len());
        }
    }

    /// Reads one packet at the allocation's socket, if there is one; returns what the client is sent of
    /// it: nothing of what is not from a worker of theirs.
    pub(super) fn hear(&self, socket: &RelaySocket) -> Option<Vec<u8>> {
        let mut buffer = [0; DATAGRAM_BYTES_MAX];
        let (length, source) = socket.socket.try_recv_from(&mut buffer).ok()?;
        let data = buffer.get(..length).unwrap_or_default();
        let heard = self.session.from_peer(clock::now(), source, data);
        if heard.is_some() {
            count_bytes("to_client", length);
        }
        Some(heard.unwrap_or_default())
    }
}

impl RelaySocket {
    /// At a port that the system chooses, or the code that says why there is none.
    fn open(home: IpAddr, place: Place) -> Result<(Self, SocketAddr), u16> {
        let bound = std::net::UdpSocket::bind((home, 0)).and_then(|socket| {
            socket.set_nonblocking(true)?;
            let address = socket.local_addr()?;
            Ok((UdpSocket::from_std(socket)?, address))
        });
        match bound {
            Ok((socket, address)) => Ok((
                Self {
                    socket,
                    _place: place,
                },
                address,
            )),
            Err(error) => {
                tracing::warn!(%error, "an allocation has no socket");
                Err(INSUFFICIENT_CAPACITY)
            }
        }
    }

    /// Waits until there may be something to hear.
    pub(super) async fn readable(&self) {
        // An error is seen by who reads.
        let _ = self.socket.readable().await;
    }
}

fn count_bytes(direction: &'static str, bytes: usize) {
    metrics::counter!("visio_turn_bytes_total", "direction" => direction).increment(bytes as u64);
}

fn count_refused(code: u16) {
    let reason = match code {
        401 | 441 => "credential",
        403 | 443 => "peer",
        ALLOCATION_QUOTA_REACHED => "quota",
        INSUFFICIENT_CAPACITY => "capacity",
        _ => "request",
    };
    metrics::counter!("visio_turn_refused_total", "reason" => reason).increment(1);
}
