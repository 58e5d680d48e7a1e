//! Sockets at all addresses of this machine, of IPv6 and of IPv4: one of IPv6 takes both (RFC 3493
//! section 3.7), where the kernel has IPv6 at all.

use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

/// As many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A UDP socket at a port of all addresses; 0 lets the system choose.
pub fn udp(port: u16) -> io::Result<UdpSocket> {
    open(Type::DGRAM, port).map(UdpSocket::from)
}

/// A TCP listener at a port of all addresses; 0 lets the system choose.
pub fn tcp(port: u16) -> io::Result<TcpListener> {
    let socket = open(Type::STREAM, port)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn open(kind: Type, port: u16) -> io::Result<Socket> {
    match bound(Domain::IPV6, kind, Ipv6Addr::UNSPECIFIED.into(), port) {
        // The port is taken: by IPv4 it would be too, or it would be another program's by IPv6.
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            bound(Domain::IPV4, kind, Ipv4Addr::UNSPECIFIED.into(), port)
        }
        outcome => outcome,
    }
}

fn bound(domain: Domain, kind: Type, address: IpAddr, port: u16) -> io::Result<Socket> {
    let socket = Socket::new(domain, kind, None)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(false)?;
    }
    if kind == Type::STREAM {
        // Connections of the former process may linger.
        socket.set_reuse_address(true)?;
    }
    socket.bind(&SocketAddr::new(address, port).into())?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// An address as people write it: one of IPv4 comes to a socket of IPv6 in a form of its own (RFC 4291
/// section 2.5.5.2).
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// An address as a socket of IPv6 takes it.
pub(crate) fn mapped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(v4) => SocketAddr::new(v4.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_port_is_reached_by_both_families() {
        let socket = udp(0).unwrap();
        let port = socket.local_addr().unwrap().port();
        let listener = tcp(0).unwrap();
        let listening = listener.local_addr().unwrap().port();
        for home in [IpAddr::V4(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
            let client = UdpSocket::bind((home, 0)).unwrap();
            client.send_to(b"hello", (home, port)).unwrap();
            let mut buffer = [0; 16];
            socket.set_nonblocking(false).unwrap();
            let (length, source) = socket.recv_from(&mut buffer).unwrap();
            assert_eq!(&buffer[..length], b"hello");
            assert_eq!(canonical(source), client.local_addr().unwrap());
            socket.send_to(b"back", mapped(canonical(source))).unwrap();
            assert_eq!(client.recv(&mut buffer).unwrap(), 4);
            std::net::TcpStream::connect((home, listening)).unwrap();
        }
    }

    #[test]
    fn a_port_that_ipv4_has_is_taken() {
        let other = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = other.local_addr().unwrap().port();
        assert_eq!(udp(port).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
