//! A worker's sockets: one UDP socket and one TCP listener, none shared with anybody.

use super::MediaError;
use super::addresses::Addresses;
use super::batch::{Batch, Run};
use super::sockets;
use super::stream::{Finished, Stream};
use crate::clock;
use crate::connection_limit::{Arrival, Bounds, ConnectionLimit};
use mio::net::{TcpListener, UdpSocket};
use mio::{Interest, Poll, Token};
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;
use visio_sfu::{Datagram, Packet, Protocol};

pub(super) const WAKER: Token = Token(0);
const UDP: Token = Token(1);
const LISTENER: Token = Token(2);
const FIRST_STREAM: usize = 3;

/// Datagrams taken in one go before the worker looks at anything else.
const RECEIVE_ROUNDS_MAX: usize = 64;

/// One receive may hold many datagrams of one sender (UDP GRO).
const RECEIVE_BYTES: usize = 64 * 1024;

/// A burst of a large meeting must fit: 4 MiB is what the kernel grants without privileges at most.
const SOCKET_BUFFER_BYTES: usize = 4 << 20;

/// Media connections over TCP. One address may be a whole company's. Idle ones are those on which no
/// connectivity check that holds has come yet: it comes within a second of opening.
const STREAMS: Bounds = Bounds {
    total: 2_048,
    idle: 256,
    per_address: 1_024,
    reserved: 256,
};

pub(super) struct Port {
    pub(super) poll: Poll,
    addresses: Addresses,
    udp: UdpSocket,
    /// Whether the UDP socket is one of IPv6, which takes both families.
    is_dual: bool,
    udp_state: UdpSocketState,
    udp_port: u16,
    listener: Option<TcpListener>,
    streams: BTreeMap<usize, Stream>,
    limit: ConnectionLimit<usize>,
    by_remote: BTreeMap<SocketAddr, usize>,
    /// Streams that were not read to their end: the poll does not tell of them again.
    unread: BTreeSet<usize>,
    last_stream: usize,
    batch: Batch,
    /// The packets of one run.
    joined: Vec<u8>,
    buffer: Vec<u8>,
}

/// What became readable.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ready {
    Udp,
    Listener,
    Stream(usize),
    Woken,
}

impl Port {
    /// Opens the sockets; clients are told to send to `advertised`, wherever that leads to here.
    pub(super) fn open(
        udp_port: u16,
        tcp_port: Option<u16>,
        advertised: &[IpAddr],
    ) -> Result<Self, MediaError> {
        let worker = |error: io::Error| MediaError::Worker(error.to_string());
        let poll = Poll::new().map_err(worker)?;
        let udp = sockets::udp(udp_port).map_err(|error| MediaError::Port {
            protocol: "UDP",
            port: udp_port,
            setting: "media.udp_port",
            error,
        })?;
        let mut udp = UdpSocket::from_std(udp);
        let local = udp.local_addr().map_err(worker)?;
        let (udp_port, is_dual) = (local.port(), local.is_ipv6());
        let udp_state = UdpSocketState::new(UdpSockRef::from(&udp)).map_err(worker)?;
        // Smaller buffers than asked for work too, only worse under load.
        let _ = udp_state.set_recv_buffer_size(UdpSockRef::from(&udp), SOCKET_BUFFER_BYTES);
        let _ = udp_state.set_send_buffer_size(UdpSockRef::from(&udp), SOCKET_BUFFER_BYTES);
        poll.registry()
            .register(&mut udp, UDP, Interest::READABLE)
            .map_err(worker)?;
        let mut listener = tcp_port.map(listen).transpose()?;
        if let Some(listener) = &mut listener {
            poll.registry()
                .register(listener, LISTENER, Interest::READABLE)
                .map_err(worker)?;
        }
        Ok(Self {
            poll,
            addresses: Addresses::new(advertised),
            udp,
            is_dual,
            udp_state,
            udp_port,
            listener,
            streams: BTreeMap::new(),
            limit: ConnectionLimit::new(STREAMS),
            by_remote: BTreeMap::new(),
            unread: BTreeSet::new(),
            last_stream: FIRST_STREAM,
            batch: Batch::default(),
            joined: Vec::new(),
            buffer: vec![0; RECEIVE_BYTES],
        })
    }

    /// The numbers of its sockets, also where the system chose them.
    pub(super) fn numbers(&self) -> (u16, Option<u16>) {
        let listener = self.listener.as_ref();
        let tcp = listener.and_then(|listener| listener.local_addr().ok());
        (self.udp_port, tcp.map(|address| address.port()))
    }

    pub(super) fn ready(token: Token) -> Ready {
        match token {
            WAKER => Ready::Woken,
            UDP => Ready::Udp,
            LISTENER => Ready::Listener,
            Token(stream) => Ready::Stream(stream),
        }
    }

    /// Takes datagrams until none is left or it is somebody else's turn; returns whether some may
    /// be left.
    pub(super) fn receive_udp(&mut self, mut take: impl FnMut(&Datagram<'_>)) -> bool {
        for _ in 0..RECEIVE_ROUNDS_MAX {
            let mut meta = [RecvMeta::default()];
            let mut slices = [IoSliceMut::new(&mut self.buffer)];
            let received = self
                .udp_state
                .recv(UdpSockRef::from(&self.udp), &mut slices, &mut meta);
            match received {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // An ICMP error of some earlier packet: nothing to read, nothing lost.
                Err(_) => continue,
            }
            let [
                RecvMeta {
                    addr: source,
                    len,
                    stride,
                    dst_ip,
                    ..
                },
            ] = meta;
            let source = sockets::canonical(source);
            let local = dst_ip
                .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
                .to_canonical();
            let advertised = self.addresses.arrived_at(local);
            let destination = SocketAddr::new(advertised, self.udp_port);
            for bytes in self
                .buffer
                .get(..len)
                .unwrap_or_default()
                .chunks(stride.max(1))
            {
                take(&Datagram {
                    protocol: Protocol::Udp,
                    source,
                    destination,
                    bytes,
                });
            }
        }
        true
    }

    /// Accepts the TCP connections that wait; those on which nobody came for long make room.
    pub(super) fn accept(&mut self, now: Instant) {
        let idle = self.streams.iter().filter(|(_, one)| one.is_idle(now));
        let idle: Vec<usize> = idle.map(|(&number, _)| number).collect();
        for number in idle {
            self.close(number);
        }
        while let Some((mut socket, remote)) = self
            .listener
            .as_ref()
            .and_then(|listener| listener.accept().ok())
        {
            let remote = sockets::canonical(remote);
            let number = self.last_stream + 1;
            let Ok(Arrival {
                number: slot,
                evicted,
            }) = self.limit.arrive(remote.ip(), false, number)
            else {
                metrics::counter!("visio_media_tcp_refused_total").increment(1);
                continue;
            };
            if let Some(evicted) = evicted {
                self.close(evicted);
            }
            self.last_stream = number;
            let both = Interest::READABLE | Interest::WRITABLE;
            let registered = self
                .poll
                .registry()
                .register(&mut socket, Token(number), both);
            let stream = Stream::new(now, socket, remote, slot);
            let (Ok(()), Ok(mut stream)) = (registered, stream) else {
                self.limit.leave(slot);
                continue;
            };
            stream
                .local
                .set_ip(self.addresses.advertised(stream.local.ip()));
            self.by_remote.insert(remote, number);
            self.streams.insert(number, stream);
        }
    }

    /// Reads a TCP connection and sends what waited on it.
    pub(super) fn serve_stream(&mut self, number: usize, mut take: impl FnMut(&Datagram<'_>)) {
        let Some(stream) = self.streams.get_mut(&number) else {
            return;
        };
        let (source, destination) = (stream.remote, stream.local);
        let outcome = stream.read(|bytes| {
            take(&Datagram {
                protocol: Protocol::Tcp,
                source,
                destination,
                bytes,
            });
        });
        let more = outcome.and_then(|more| stream.flush().map(|()| more));
        match more {
            Ok(true) => drop(self.unread.insert(number)),
            Ok(false) => {}
            Err(Finished) => self.close(number),
        }
    }

    /// The streams that were not read to their end.
    pub(super) fn take_unread(&mut self) -> BTreeSet<usize> {
        std::mem::take(&mut self.unread)
    }

    pub(super) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Takes a packet to be sent with the next flush.
    pub(super) fn send(&mut self, packet: Packet) {
        if packet.protocol == Protocol::Udp {
            self.batch.push(packet, self.udp_state.max_gso_segments());
            return;
        }
        let Some(&number) = self.by_remote.get(&packet.destination) else {
            return;
        };
        let Some(stream) = self.streams.get_mut(&number) else {
            return;
        };
        let slot = stream.slot;
        if stream.send(clock::now(), &packet.bytes) == Err(Finished) {
            self.close(number);
        } else {
            // The server answers only checks that hold.
            self.limit.busy(slot);
        }
    }

    /// Sends everything taken since the last time. What the kernel does not take is lost, as on
    /// any full line: media does not wait.
    pub(super) fn flush(&mut self) {
        let mut joined = std::mem::take(&mut self.joined);
        for run in self.batch.take() {
            if self.send_run(&run, run.joined(&mut joined)).is_err() {
                metrics::counter!("visio_media_send_failed_total").increment(1);
            }
        }
        self.joined = joined;
    }

    fn send_run(&self, run: &Run, joined: &[u8]) -> io::Result<()> {
        let segmented = run.packets.len() > 1;
        let sent = self.transmit(run, joined, segmented.then_some(run.segment_bytes));
        if sent.is_err() && segmented && self.udp_state.max_gso_segments() == 1 {
            // This kernel or card cannot segment: the state has noted it, the packets go singly.
            for packet in &run.packets {
                self.transmit(run, packet, None)?;
            }
            return Ok(());
        }
        sent
    }

    fn transmit(&self, run: &Run, contents: &[u8], segment_size: Option<usize>) -> io::Result<()> {
        let transmit = Transmit {
            destination: if self.is_dual {
                sockets::mapped(run.destination)
            } else {
                run.destination
            },
            ecn: None,
            contents,
            segment_size,
            src_ip: self.addresses.to_send_from(run.source.ip()),
        };
        self.udp_state
            .try_send(UdpSockRef::from(&self.udp), &transmit)
    }

    /// Closes all streams and forgets what was to be sent; the sockets stay.
    pub(super) fn reset(&mut self) {
        let streams: Vec<usize> = self.streams.keys().copied().collect();
        for number in streams {
            self.close(number);
        }
        self.unread.clear();
        self.batch = Batch::default();
    }

    fn close(&mut self, number: usize) {
        if let Some(mut stream) = self.streams.remove(&number) {
            self.by_remote.remove(&stream.remote);
            self.limit.leave(stream.slot);
            self.unread.remove(&number);
            // The socket closes with the stream whether or not it can be taken out of the poll.
            let _ = self.poll.registry().deregister(&mut stream.socket);
        }
    }
}

fn listen(port: u16) -> Result<TcpListener, MediaError> {
    let listener = sockets::tcp(port).map_err(|error| MediaError::Port {
        protocol: "TCP",
        port,
        setting: "media.tcp_port",
        error,
    })?;
    Ok(TcpListener::from_std(listener))
}

#[cfg(test)]
mod tests;
