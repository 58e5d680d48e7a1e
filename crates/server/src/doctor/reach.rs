//! One connection over real sockets to one address that clients are told: how far it comes.

use crate::clock;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};
use visio_sfu::Protocol;
use visio_sfu::probe::{Probe, ProbeOutput, Reached};

/// Checks are sent five times in it, and a handshake that lost a packet is repeated.
const PATIENCE: Duration = Duration::from_secs(3);

/// What one read takes: the largest datagram that ICE and DTLS send is far smaller.
const READ_BYTES: usize = 4_096;

/// A line that carries datagrams to one address and back.
pub(super) trait Datagrams {
    fn send(&mut self, datagram: &[u8]) -> io::Result<()>;

    /// The next datagram, if one comes in time.
    fn receive(&mut self, within: Duration) -> io::Result<Option<Vec<u8>>>;
}

/// A socket that is connected to one address.
pub(super) struct Line {
    socket: Socket,
    /// Of TCP: what is not a whole datagram yet (RFC 4571).
    unread: Vec<u8>,
}

enum Socket {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

impl Line {
    pub(super) fn open(protocol: Protocol, remote: SocketAddr) -> io::Result<Self> {
        let socket = match protocol {
            Protocol::Udp => {
                let any = match remote {
                    SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                    SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
                };
                let socket = UdpSocket::bind((any, 0))?;
                socket.connect(remote)?;
                Socket::Udp(socket)
            }
            Protocol::Tcp => Socket::Tcp(TcpStream::connect_timeout(&remote, PATIENCE)?),
        };
        let unread = Vec::new();
        Ok(Self { socket, unread })
    }

    pub(super) fn local(&self) -> io::Result<SocketAddr> {
        match &self.socket {
            Socket::Udp(socket) => socket.local_addr(),
            Socket::Tcp(stream) => stream.local_addr(),
        }
    }
}

impl Datagrams for Line {
    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        match &mut self.socket {
            Socket::Udp(socket) => socket.send(datagram).map(drop),
            Socket::Tcp(stream) => {
                let length = u16::try_from(datagram.len()).map_err(|_| ErrorKind::InvalidInput)?;
                stream.write_all(&[&length.to_be_bytes()[..], datagram].concat())
            }
        }
    }

    fn receive(&mut self, within: Duration) -> io::Result<Option<Vec<u8>>> {
        if let Some(whole) = take_whole(&mut self.unread) {
            return Ok(Some(whole));
        }
        // Zero would mean for ever.
        let within = Some(within.max(Duration::from_millis(1)));
        let mut buffer = [0; READ_BYTES];
        let read = match &mut self.socket {
            Socket::Udp(socket) => {
                socket.set_read_timeout(within)?;
                socket.recv(&mut buffer)
            }
            Socket::Tcp(stream) => {
                stream.set_read_timeout(within)?;
                stream.read(&mut buffer)
            }
        };
        let read = match read {
            Ok(read) => buffer[..read].to_vec(),
            Err(error) if is_nothing(error.kind()) => return Ok(None),
            Err(error) => return Err(error),
        };
        match self.socket {
            Socket::Udp(_) => Ok(Some(read)),
            Socket::Tcp(_) if read.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
            Socket::Tcp(_) => {
                self.unread.extend(read);
                Ok(take_whole(&mut self.unread))
            }
        }
    }
}

/// A datagram that could not be delivered is told at the next read: the next one may be.
fn is_nothing(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::ConnectionRefused
    )
}

fn take_whole(unread: &mut Vec<u8>) -> Option<Vec<u8>> {
    let [high, low, rest @ ..] = unread.as_slice() else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let whole = rest.get(..length)?.to_vec();
    unread.drain(..2 + length);
    Some(whole)
}

/// Lets a probe that has its answer connect, and says how far it came.
pub(super) fn connect(mut probe: Probe, line: &mut impl Datagrams, remote: SocketAddr) -> Reached {
    let end = clock::now() + PATIENCE;
    probe.handle_timeout(clock::now());
    while let Some(wait) = send_all(&mut probe, line) {
        let now = clock::now();
        if probe.reached() == Reached::Dtls || now >= end {
            break;
        }
        let within = wait.min(end).saturating_duration_since(now);
        match line.receive(within) {
            Ok(Some(datagram)) => probe.receive(clock::now(), remote, &datagram),
            Ok(None) => probe.handle_timeout(clock::now()),
            Err(_) => break,
        }
    }
    probe.reached()
}

/// Sends what the probe wants sent; until when it waits then.
fn send_all(probe: &mut Probe, line: &mut impl Datagrams) -> Option<Instant> {
    loop {
        match probe.poll()? {
            // A datagram that is lost here is sent again, as one that is lost later.
            ProbeOutput::Send(datagram) => drop(line.send(&datagram)),
            ProbeOutput::Wait(until) => return Some(until),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_are_found_in_what_tcp_makes_of_them() {
        let mut unread = vec![0, 2, 7];
        assert_eq!(take_whole(&mut unread), None);
        unread.extend([8, 0, 0, 0]);
        assert_eq!(take_whole(&mut unread), Some(vec![7, 8]));
        assert_eq!(take_whole(&mut unread), Some(vec![]));
        assert_eq!(take_whole(&mut unread), None);
        assert_eq!(unread, [0]);
    }
}
