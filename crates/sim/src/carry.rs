//! Carrying: datagrams and messages between the server, the clients and the network.

use crate::client::{Presence, home};
use crate::network::{Flight, Way};
use crate::websockets::SignalMessage;
use crate::world::{SERVER, World};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};
use visio_meeting::ConnectionId;
use visio_sfu::{ClientMessage, Datagram, Output, Packet, Protocol};

/// Who has not shown to be where they say is sent at most so many times what came from there (RFC 9000
/// section 8.1).
const AMPLIFICATION_MAX: usize = 3;

/// As many datagrams of the past are kept for Eve to imitate.
const TRAFFIC_MAX: usize = 64;

impl World {
    pub(crate) fn deliver_datagrams(&mut self) {
        while let Some(Flight { way, client, bytes }) = self.network.arrived(self.now) {
            match way {
                Way::Up => {
                    let seen = self.network.seen_from_outside(client);
                    self.reach_server(seen, &bytes);
                }
                Way::Down => self.reach_client(client, &bytes),
            }
        }
    }

    /// A datagram reaches the server, from any sender and with any address.
    pub(crate) fn reach_server(&mut self, source: SocketAddr, bytes: &[u8]) {
        if self.at(source.ip()).is_none() {
            let credit = self.strangers.entry(source.ip()).or_default();
            *credit += bytes.len() * AMPLIFICATION_MAX;
        }
        let datagram = Datagram {
            protocol: Protocol::Udp,
            source,
            destination: SERVER,
            bytes,
        };
        self.sfu.receive(self.moment(), &datagram);
        self.flush_server();
    }

    fn reach_client(&mut self, address: SocketAddr, bytes: &[u8]) {
        let there = |index: &usize| self.clients[*index].presence != Presence::Gone;
        let Some(index) = self.at(address.ip()).filter(there) else {
            return;
        };
        if !self.clients[index].listens_at(address) {
            return self.network.lose(address.ip(), Way::Down);
        }
        self.clients[index].receive(self.now, address, SERVER, bytes);
        self.judge(index);
        self.flush_client(index);
    }

    pub(crate) fn deliver_messages(&mut self) {
        for message in self.websockets.arrived(self.now) {
            match message {
                SignalMessage::ToServer(connection, request) => {
                    self.sfu.request(self.moment(), connection, request);
                    self.flush_server();
                }
                SignalMessage::ToClient(connection, message) => {
                    if let Some(index) = self.on(connection) {
                        self.read(index, message);
                        self.flush_client(index);
                    }
                }
                SignalMessage::Hangup(connection) => self.hung_up(connection),
            }
        }
    }

    /// Carries away what the server wants done.
    pub(crate) fn flush_server(&mut self) {
        while let Some(output) = self.sfu.poll() {
            match output {
                Output::Transmit(packet) => self.transmit(packet),
                Output::Client {
                    connection,
                    message,
                } => self.post_to(connection, message),
                Output::Hangup { connection } => self
                    .websockets
                    .send(self.arrival(connection), SignalMessage::Hangup(connection)),
                Output::Tap(event) => self.judge_tap(event),
                Output::DataDropped { .. } => {}
                Output::Event { event, .. } => self.ended += u32::from(event.is_last()),
            }
        }
    }

    fn transmit(&mut self, packet: Packet) {
        if self.at(packet.destination.ip()).is_none() {
            return self.judge_stranger(packet.destination.ip(), &packet.bytes);
        }
        let Some(client) = self.network.behind(packet.destination) else {
            return self.network.lose(packet.destination.ip(), Way::Down);
        };
        let flight = Flight {
            way: Way::Down,
            client,
            bytes: packet.bytes,
        };
        self.network.send(self.now, flight);
    }

    fn post_to(&mut self, connection: ConnectionId, message: ClientMessage) {
        self.websockets.send(
            self.arrival(connection),
            SignalMessage::ToClient(connection, message),
        );
    }

    /// Carries away what a client wants sent.
    pub(crate) fn flush_client(&mut self, index: usize) {
        let client = &mut self.clients[index];
        let connection = client.connection;
        let outgoing: Vec<(SocketAddr, SocketAddr, Vec<u8>)> = client.outgoing().collect();
        for (from, _, bytes) in outgoing {
            if !client.listens_at(from) {
                self.network.lose(from.ip(), Way::Up);
                continue;
            }
            self.traffic.push_back(bytes.clone());
            self.network.send(
                self.now,
                Flight {
                    way: Way::Up,
                    client: from,
                    bytes,
                },
            );
        }
        let requests = std::mem::take(&mut self.clients[index].requests);
        for request in requests {
            self.websockets.send(
                self.arrival(connection),
                SignalMessage::ToServer(connection, request),
            );
        }
        let excess = self.traffic.len().saturating_sub(TRAFFIC_MAX);
        self.traffic.drain(..excess);
    }

    /// When a message sent now arrives: a WebSocket hides losses and takes the link's latency.
    fn arrival(&self, connection: ConnectionId) -> Instant {
        let index = self.on(connection);
        let weather = index.map(|index| self.network.weather(self.clients[index].address()));
        self.now + Duration::from_millis(weather.unwrap_or_default().latency_ms)
    }

    /// Where the client of a connection stands in the list.
    pub(crate) fn on(&self, connection: ConnectionId) -> Option<usize> {
        self.clients
            .iter()
            .position(|client| client.connection == connection && client.presence != Presence::Gone)
    }

    fn at(&self, address: IpAddr) -> Option<usize> {
        self.clients
            .iter()
            .position(|client| home(client.number) == address)
    }
}
