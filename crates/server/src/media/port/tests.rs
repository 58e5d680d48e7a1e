//! A client on a real socket, behind whose back addresses are translated as NAT does it.

use super::*;
use crate::clock;
use crate::media::testing::{pipelined, setup};
use std::io::{Read as _, Write as _};
use std::net::{Ipv6Addr, TcpStream, UdpSocket as StdUdpSocket};
use std::time::Duration;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::net::{Receive, TcpType};
use str0m::{Candidate, Event, Input, Output as RtcOutput, Rtc};
use visio_meeting::Now;
use visio_sfu::{ClientMessage, Output, Request, Settings, Sfu};

/// What a server advertises, one address of each family, neither of which it has.
const PUBLIC: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 5)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5)),
];
const LOCALHOST: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// Over which addresses Bob connects.
#[derive(Clone, Copy, Debug)]
enum Family {
    V4 = 0,
    V6 = 1,
}

/// How long a connection over loopback may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn moment() -> Now {
    Now {
        instant: clock::now(),
        unix_ms: 0,
    }
}

/// Bob's line: over TCP with a length before each packet.
enum Wire {
    Udp(StdUdpSocket),
    Tcp(TcpStream, Vec<u8>),
}

impl Wire {
    fn open(protocol: Protocol, family: Family, port: &Port) -> Self {
        let to = |port: u16| SocketAddr::new(LOCALHOST[family as usize], port);
        if protocol == Protocol::Udp {
            let socket = StdUdpSocket::bind(to(0)).unwrap();
            socket.connect(to(port.udp_port)).unwrap();
            socket.set_nonblocking(true).unwrap();
            return Self::Udp(socket);
        }
        let listener = port.listener.as_ref().unwrap();
        let stream = TcpStream::connect(to(listener.local_addr().unwrap().port())).unwrap();
        stream.set_nonblocking(true).unwrap();
        Self::Tcp(stream, Vec::new())
    }

    fn ends(&self) -> (SocketAddr, SocketAddr) {
        match self {
            Self::Udp(socket) => (socket.local_addr().unwrap(), socket.peer_addr().unwrap()),
            Self::Tcp(stream, _) => (stream.local_addr().unwrap(), stream.peer_addr().unwrap()),
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Udp(socket) => drop(socket.send(bytes).unwrap()),
            Self::Tcp(stream, _) => {
                let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
                stream.write_all(&[&length, bytes].concat()).unwrap();
            }
        }
    }

    fn receive(&mut self) -> Option<Vec<u8>> {
        let mut buffer = [0; 4096];
        match self {
            Self::Udp(socket) => {
                let length = socket.recv(&mut buffer).ok()?;
                Some(buffer[..length].to_vec())
            }
            Self::Tcp(stream, arrived) => {
                if let Ok(length) = stream.read(&mut buffer) {
                    arrived.extend(&buffer[..length]);
                }
                let head = arrived.first_chunk::<2>()?;
                let end = 2 + usize::from(u16::from_be_bytes(*head));
                (arrived.len() >= end).then(|| arrived.drain(..end).skip(2).collect())
            }
        }
    }
}

/// Bob with a data channel, who is told the server's addresses by its answer.
struct Bob {
    rtc: Rtc,
    wire: Wire,
    family: Family,
    pending: Option<SdpPendingOffer>,
    connected: bool,
}

impl Bob {
    fn new(protocol: Protocol, family: Family, port: &Port) -> (Self, String) {
        let wire = Wire::open(protocol, family, port);
        let (local, _) = wire.ends();
        let mut rtc = Rtc::new(clock::now());
        let candidate = if protocol == Protocol::Udp {
            Candidate::host(local, "udp").unwrap()
        } else {
            let active = Candidate::builder().tcp().host(local);
            active.tcptype(TcpType::Active).build().unwrap()
        };
        rtc.add_local_candidate(candidate);
        let mut api = rtc.sdp_api();
        api.add_channel("_reliable".to_owned());
        let (offer, pending) = api.apply().unwrap();
        let bob = Self {
            rtc,
            wire,
            family,
            pending: Some(pending),
            connected: false,
        };
        (bob, offer.to_sdp_string())
    }

    fn accept(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).unwrap();
        let pending = self.pending.take().unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    }

    /// Sends and receives; the NAT puts the public address for the server's own.
    fn work(&mut self, protocol: Protocol) {
        let (local, remote) = self.wire.ends();
        let advertised = SocketAddr::new(PUBLIC[self.family as usize], remote.port());
        let protocol = match protocol {
            Protocol::Udp => str0m::net::Protocol::Udp,
            Protocol::Tcp => str0m::net::Protocol::Tcp,
        };
        while let Some(bytes) = self.wire.receive() {
            let receive = Receive::new(protocol, advertised, local, &bytes).unwrap();
            let input = Input::Receive(clock::now(), receive);
            self.rtc.handle_input(input).unwrap();
            self.drain(advertised);
        }
        self.rtc.handle_input(Input::Timeout(clock::now())).unwrap();
        self.drain(advertised);
    }

    fn drain(&mut self, advertised: SocketAddr) {
        loop {
            match self.rtc.poll_output().unwrap() {
                RtcOutput::Timeout(_) => return,
                RtcOutput::Transmit(packet) if packet.destination == advertised => {
                    self.wire.send(&packet.contents);
                }
                RtcOutput::Event(Event::Connected) => self.connected = true,
                RtcOutput::Transmit(_) | RtcOutput::Event(_) => {}
            }
        }
    }
}

/// The server's side, without its thread.
struct Server {
    port: Port,
    sfu: Sfu,
}

impl Server {
    fn new() -> Self {
        let port = Port::open(0, Some(0), &PUBLIC).unwrap();
        let tcp_port = port.listener.as_ref().unwrap().local_addr().unwrap().port();
        let settings = Settings {
            addresses: PUBLIC
                .iter()
                .flat_map(|&public| {
                    [
                        (Protocol::Udp, SocketAddr::new(public, port.udp_port)),
                        (Protocol::Tcp, SocketAddr::new(public, tcp_port)),
                    ]
                })
                .collect(),
            initial_bitrate_bps: 1_000_000,
        };
        let sfu = Sfu::new(settings, [0; 32]).unwrap();
        Self { port, sfu }
    }

    /// Does what is due; returns the answer to Bob's offer when it is given.
    fn work(&mut self) -> Option<String> {
        let mut events = mio::Events::with_capacity(16);
        let wait = Some(Duration::from_millis(1));
        self.port.poll.poll(&mut events, wait).unwrap();
        for event in &events {
            let Self { port, sfu } = self;
            match Port::ready(event.token()) {
                Ready::Listener => port.accept(clock::now()),
                Ready::Stream(number) => {
                    port.serve_stream(number, |datagram| sfu.receive(moment(), datagram));
                }
                Ready::Udp | Ready::Woken => {}
            }
        }
        let Self { port, sfu } = self;
        port.receive_udp(|datagram| sfu.receive(moment(), datagram));
        sfu.handle_timeout(moment());
        let mut answer = None;
        while let Some(output) = sfu.poll() {
            match output {
                Output::Transmit(packet) => port.send(packet),
                Output::Client {
                    message: ClientMessage::Answer { sdp, .. },
                    ..
                } => answer = Some(sdp),
                _ => {}
            }
        }
        port.flush();
        answer
    }
}

/// The server after Bob got through ICE and DTLS.
fn connect(protocol: Protocol, family: Family) -> Server {
    let mut server = Server::new();
    let_in(&mut server, protocol, family);
    server
}

fn let_in(server: &mut Server, protocol: Protocol, family: Family) {
    let (mut bob, offer) = Bob::new(protocol, family, &server.port);
    server
        .sfu
        .enter(
            moment(),
            setup(),
            pipelined(vec![Request::Offer { id: 1, sdp: offer }]),
        )
        .unwrap();
    let begun = clock::now();
    while !bob.connected && clock::now() - begun < PATIENCE {
        if let Some(sdp) = server.work() {
            bob.accept(&sdp);
        }
        if bob.pending.is_none() {
            bob.work(protocol);
        }
    }
    assert!(bob.connected);
}

#[test]
fn bob_reaches_a_server_behind_nat_over_udp() {
    for family in [Family::V4, Family::V6] {
        connect(Protocol::Udp, family);
    }
}

#[test]
fn bob_reaches_a_server_by_ipv6_over_tcp() {
    connect(Protocol::Tcp, Family::V6);
}

#[test]
fn bob_reaches_a_server_behind_nat_over_tcp_and_eve_only_occupies_it() {
    let mut server = connect(Protocol::Tcp, Family::V4);
    let listener = server.port.listener.as_ref().unwrap();
    let tcp_port = listener.local_addr().unwrap().port();
    let eve: Vec<_> = (0..5)
        .map(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, tcp_port)).unwrap())
        .collect();
    let now = clock::now();
    server.port.accept(now);
    assert_eq!(server.port.streams.len(), 1 + eve.len());
    server.port.accept(now + Duration::from_secs(11));
    assert_eq!(server.port.streams.len(), 1, "Bob stays");
}

/// Eve's connections, from ten addresses of this machine.
const SILENT: usize = 3_000;

#[test]
fn eve_holds_three_thousand_silent_connections_and_bob_is_in_within_a_second() {
    crate::open_files::raise().unwrap();
    let mut server = Server::new();
    let tcp_port = server
        .port
        .listener
        .as_ref()
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    let mut eve = Vec::new();
    for number in 0..SILENT {
        let from = SocketAddr::from(([127, 0, 0, (number % 10 + 1) as u8], 0));
        let to = SocketAddr::new(LOCALHOST[0], tcp_port);
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(from).unwrap();
            socket.connect(to).await.unwrap()
        });
        eve.push(stream);
        server.port.accept(clock::now());
    }
    assert_eq!(server.port.streams.len(), STREAMS.idle);
    // He comes from one of her addresses.
    let begun = clock::now();
    let_in(&mut server, Protocol::Tcp, Family::V4);
    assert!(clock::now() - begun < Duration::from_secs(1));
    drop(eve);
}
