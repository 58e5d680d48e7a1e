//! The clients of the relay on its UDP port.

use super::Turn;
use super::client::{Client, RelaySocket};
use crate::background::keep_running;
use crate::media::sockets::{canonical, mapped};
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use std::collections::BTreeMap;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// One receive may hold many datagrams of one sender (UDP GRO).
const RECEIVE_BYTES: usize = 64 * 1024;

/// How often it is looked which clients are gone: nothing else tells it of those on UDP.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// A client with an allocation, and the task that listens at its socket.
struct Entry {
    client: Arc<Mutex<Client>>,
    listening: AbortHandle,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// The socket at all addresses of this machine.
struct Everywhere {
    socket: UdpSocket,
    state: UdpSocketState,
    /// Whether it is one of IPv6, which takes both families.
    is_dual: bool,
}

/// Where a client is, and at which address of this machine it asks: it takes answers from no other.
#[derive(Clone, Copy)]
struct Ends {
    client: SocketAddr,
    asked_at: Option<IpAddr>,
}

struct Port {
    turn: Turn,
    everywhere: Arc<Everywhere>,
    /// Only those with an allocation: strangers take no memory, and of the others there are as many as
    /// the quota lets in.
    clients: BTreeMap<SocketAddr, Entry>,
}

impl Turn {
    /// Serves the UDP port until `stop` turns true.
    ///
    /// # Errors
    /// The socket cannot be used.
    pub fn datagrams(
        &self,
        socket: std::net::UdpSocket,
        stop: watch::Receiver<bool>,
    ) -> io::Result<impl Future<Output = ()> + Send + use<>> {
        let everywhere = Everywhere {
            is_dual: socket.local_addr()?.is_ipv6(),
            state: UdpSocketState::new(UdpSockRef::from(&socket))?,
            socket: UdpSocket::from_std(socket)?,
        };
        let (turn, everywhere) = (self.clone(), Arc::new(everywhere));
        let begin = move || {
            let port = Port {
                turn: turn.clone(),
                everywhere: Arc::clone(&everywhere),
                clients: BTreeMap::new(),
            };
            port.serve(stop.clone())
        };
        Ok(keep_running("relay over UDP", begin))
    }
}

impl Port {
    async fn serve(mut self, mut stop: watch::Receiver<bool>) {
        let mut looks = tokio::time::interval(LOOK_INTERVAL);
        let mut buffer = vec![0; RECEIVE_BYTES];
        let everywhere = Arc::clone(&self.everywhere);
        loop {
            tokio::select! {
                meta = everywhere.receive(&mut buffer) => {
                    let whole = buffer.get(..meta.len).unwrap_or_default();
                    let ends = Ends {
                        client: canonical(meta.addr),
                        asked_at: meta.dst_ip.map(|ip| ip.to_canonical()),
                    };
                    for datagram in whole.chunks(meta.stride.max(1)) {
                        self.take(ends, datagram);
                    }
                }
                _ = looks.tick() => self.clients.retain(|_, entry| !lock(&entry.client).is_over()),
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    fn take(&mut self, ends: Ends, bytes: &[u8]) {
        if let Some(entry) = self.clients.get(&ends.client) {
            let mut client = lock(&entry.client);
            let answer = client.take(bytes);
            let has_ended = client.socket().is_none();
            drop(client);
            if has_ended {
                self.clients.remove(&ends.client);
            }
            return self.everywhere.send(ends, &answer.unwrap_or_default());
        }
        let mut client = Client::new(&self.turn, ends.client);
        let answer = client.take(bytes);
        if let Some(socket) = client.socket().cloned() {
            let client = Arc::new(Mutex::new(client));
            let everywhere = Arc::clone(&self.everywhere);
            let listening = listen(Arc::clone(&client), socket, everywhere, ends);
            let listening = tokio::spawn(listening).abort_handle();
            let entry = Entry { client, listening };
            self.clients.insert(ends.client, entry);
        }
        self.everywhere.send(ends, &answer.unwrap_or_default());
    }
}

/// Brings a client what its worker says, until it is aborted.
async fn listen(
    client: Arc<Mutex<Client>>,
    socket: Arc<RelaySocket>,
    everywhere: Arc<Everywhere>,
    ends: Ends,
) {
    loop {
        socket.readable().await;
        while let Some(heard) = hear(&client, &socket) {
            everywhere.send(ends, &heard);
        }
    }
}

fn hear(client: &Mutex<Client>, socket: &RelaySocket) -> Option<Vec<u8>> {
    lock(client).hear(socket)
}

impl Everywhere {
    /// What came from one client, in pieces of one size.
    async fn receive(&self, buffer: &mut [u8]) -> RecvMeta {
        loop {
            // An error is seen by who reads.
            let _ = self.socket.readable().await;
            let mut meta = [RecvMeta::default()];
            let received = self.socket.try_io(Interest::READABLE, || {
                let socket = UdpSockRef::from(&self.socket);
                self.state
                    .recv(socket, &mut [IoSliceMut::new(buffer)], &mut meta)
            });
            // An error is that of an earlier packet: nothing to read, nothing lost.
            if let (Ok(1..), [meta]) = (received, meta) {
                return meta;
            }
        }
    }

    /// What the system does not take is lost, as on any full line.
    fn send(&self, ends: Ends, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let transmit = Transmit {
            destination: match self.is_dual {
                true => mapped(ends.client),
                false => ends.client,
            },
            ecn: None,
            contents: bytes,
            segment_size: None,
            src_ip: ends.asked_at,
        };
        let _ = self
            .state
            .try_send(UdpSockRef::from(&self.socket), &transmit);
    }
}

fn lock(client: &Mutex<Client>) -> std::sync::MutexGuard<'_, Client> {
    client.lock().unwrap_or_else(PoisonError::into_inner)
}
