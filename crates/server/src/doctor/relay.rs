//! Whether the relay works: over each way to it an allocation is asked for, and a worker is reached through
//! it by ICE and DTLS, as clients reach it that get through no other way.

use super::connection::{self, keys};
use super::network::reachable;
use super::reach::{self, Datagrams};
use super::visit::{self, Visit};
use super::{Finding, public};
use crate::clock;
use crate::config::Plan;
use crate::entropy::random_bytes;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;
use visio_protocol::token::ApiKeys;
use visio_sfu::Protocol;
use visio_sfu::probe::{Probe, Reached, advertised};
use visio_turn::{FRAME_BYTES_MAX, Heard, Visitor, frame};

/// A relay on this machine answers within this; one behind a proxy may take a moment.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// Requests in a conversation that asks for one thing: a nonce may have to be learned first.
const REQUESTS_MAX: usize = 3;

/// Frames that are not for the visitor before the one that is.
const FRAMES_MAX: usize = 64;

/// A way to the relay.
enum Way {
    Udp(SocketAddr),
    Tcp(&'static str, SocketAddr),
    Url(String),
}

impl Way {
    fn name(&self) -> String {
        match self {
            Self::Udp(address) => format!("Relay over UDP at {address} (turn.udp_port)"),
            Self::Tcp(setting, address) => format!("Relay over TCP at {address} ({setting})"),
            Self::Url(url) => format!("Relay at {url} (turn.urls)"),
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Url(_) => {
                "have what stands at that address pass its streams on to server.listen, without TLS, or \
                 take it out of turn.urls"
            }
            _ => "look into the log of visio, and let this machine reach its own ports",
        }
    }
}

/// Looks at a server that runs: nothing else knows its credentials.
pub(super) fn look(plan: &Plan) -> Vec<Finding> {
    // Where there are none, it is said of media.
    let Ok(keys) = keys(plan) else {
        return Vec::new();
    };
    let listen = reachable(plan.http.listen);
    let udp = |port| Way::Udp(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    let mut ways: Vec<Way> = plan.turn.udp_port.map(udp).into_iter().collect();
    ways.push(Way::Tcp("server.listen", listen));
    let tls = plan.tls.listen().map(reachable);
    ways.extend(tls.map(|address| Way::Tcp("tls.listen", address)));
    ways.extend(plan.turn.urls.iter().cloned().map(Way::Url));
    let tried = ways.iter().map(|way| match through(way, &keys, listen) {
        Ok(()) => Finding::ok(way.name(), "leads to the media workers"),
        Err(problem) => Finding::failure(way.name(), problem, way.remedy()),
    });
    tried.collect()
}

/// Reaches a worker by this way.
fn through(way: &Way, keys: &ApiKeys, listen: SocketAddr) -> Result<(), String> {
    let said = |error: io::Error| error.to_string();
    let room = visit::new_room();
    let token = visit::token(keys, &room).ok_or("there is no API key")?;
    let (mut visit, access) = enter(listen, &token)?;
    let transaction = random_bytes();
    let mut line = RelayLine {
        ends: Ends::open(way)?,
        unread: Vec::new(),
        visitor: Visitor::new(&access.username, &access.password, transaction),
    };
    line.ask(Visitor::allocate)?;
    let local = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);
    let (mut probe, offer) = Probe::new(clock::now(), local).map_err(|error| error.to_string())?;
    let answer = visit.answer(&offer)?;
    let worker = advertised(&answer).into_iter();
    let worker = worker.filter(|(protocol, _)| *protocol == Protocol::Udp);
    // The relay takes the family that IPv4 machines have, where there is one.
    let worker = worker
        .map(|(_, address)| address)
        .min_by_key(SocketAddr::is_ipv6);
    let worker = worker.ok_or("clients are told no address")?;
    line.ask(|visitor| visitor.bind(worker))?;
    probe
        .accept(&answer, worker)
        .map_err(|error| error.to_string())?;
    let reached = reach::connect(probe, &mut line, worker);
    // Nobody waits for the answer.
    let release = line.visitor.release();
    line.ends.write(&release).map_err(said)?;
    match reached {
        Reached::Dtls => Ok(()),
        Reached::Ice => Err("ICE answers through it, and DTLS does not".to_owned()),
        Reached::Nothing => Err("no worker answers through it".to_owned()),
    }
}

fn enter(
    listen: SocketAddr,
    token: &str,
) -> Result<(Visit<TcpStream>, visio_livekit::encode::RelayAccess), String> {
    let stream = connection::stream(listen)?;
    let mut visit = Visit::begin(stream, &listen.to_string(), token)?;
    let access = visit.relay()?;
    Ok((visit, access))
}

enum Ends {
    Udp(UdpSocket),
    Tcp(TcpStream),
    /// Has timeouts of its own.
    Tls(Box<dyn public::Stream>),
}

impl Ends {
    fn open(way: &Way) -> Result<Self, String> {
        let said = |error: io::Error| error.to_string();
        match way {
            Way::Udp(address) => Self::udp(*address).map_err(said),
            Way::Tcp(_, address) => Self::tcp(*address).map_err(said),
            Way::Url(url) => Self::of_url(url),
        }
    }

    fn udp(address: SocketAddr) -> io::Result<Self> {
        let any = match address.is_ipv4() {
            true => "0.0.0.0:0",
            false => "[::]:0",
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(address)?;
        Ok(Self::Udp(socket))
    }

    fn tcp(address: SocketAddr) -> io::Result<Self> {
        Ok(Self::Tcp(TcpStream::connect_timeout(
            &address,
            ANSWER_TIMEOUT,
        )?))
    }

    /// The settings have checked what it is made of (RFC 7065).
    fn of_url(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once(':').unwrap_or_default();
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_encrypted = scheme == "turns";
        let default_port = if is_encrypted { 5349 } else { 3478 };
        let authority = match authority.rsplit_once(':') {
            Some((host, _)) if !host.contains(':') || host.ends_with(']') => authority.to_owned(),
            _ => format!("{authority}:{default_port}"),
        };
        if is_encrypted {
            return public::encrypted(&authority).map(Self::Tls);
        }
        let said = |error: io::Error| error.to_string();
        let addresses = std::net::ToSocketAddrs::to_socket_addrs(&authority).map_err(said)?;
        let address = addresses
            .into_iter()
            .next()
            .ok_or("its name has no address")?;
        match query {
            "transport=tcp" => Self::tcp(address).map_err(said),
            _ => Self::udp(address).map_err(said),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp(socket) => socket.send(bytes).map(drop),
            Self::Tcp(stream) => stream.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    /// What comes in time; nothing where a stream has ended.
    fn read(&mut self, within: Duration) -> io::Result<Vec<u8>> {
        // Zero would mean for ever.
        let within = Some(within.max(Duration::from_millis(1)));
        let mut buffer = vec![0; FRAME_BYTES_MAX];
        let length = match self {
            Self::Udp(socket) => {
                socket.set_read_timeout(within)?;
                socket.recv(&mut buffer)?
            }
            Self::Tcp(stream) => {
                stream.set_read_timeout(within)?;
                stream.read(&mut buffer)?
            }
            Self::Tls(stream) => stream.read(&mut buffer)?,
        };
        buffer.truncate(length);
        Ok(buffer)
    }
}

/// A line to one worker that leads through the relay.
struct RelayLine {
    ends: Ends,
    unread: Vec<u8>,
    visitor: Visitor,
}

impl RelayLine {
    fn ask(&mut self, request: impl Fn(&mut Visitor) -> Vec<u8>) -> Result<(), String> {
        for _ in 0..REQUESTS_MAX {
            let asked = request(&mut self.visitor);
            self.ends.write(&asked).map_err(|error| error.to_string())?;
            match self.hear(ANSWER_TIMEOUT).map_err(|error| unheard(&error))? {
                Heard::Again => {}
                Heard::Done => return Ok(()),
                Heard::Refused(code) => return Err(format!("it refuses with code {code}")),
                Heard::Data(_) | Heard::Other => return Err("it answers something else".to_owned()),
            }
        }
        Err("it asks for another nonce again and again".to_owned())
    }

    /// The next that is for the visitor.
    fn hear(&mut self, within: Duration) -> io::Result<Heard> {
        for _ in 0..FRAMES_MAX {
            let whole = frame(&self.unread).map_err(|_| ErrorKind::InvalidData)?;
            let Some(next) = whole else {
                let read = self.ends.read(within)?;
                if read.is_empty() {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                self.unread.extend(read);
                continue;
            };
            let bytes: Vec<u8> = self.unread.drain(..next.with_padding).collect();
            match self
                .visitor
                .read(bytes.get(..next.bytes).unwrap_or_default())
            {
                Heard::Other => {}
                heard => return Ok(heard),
            }
        }
        Err(ErrorKind::InvalidData.into())
    }
}

impl Datagrams for RelayLine {
    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        let wrapped = self.visitor.wrap(datagram);
        self.ends.write(&wrapped)
    }

    fn receive(&mut self, within: Duration) -> io::Result<Option<Vec<u8>>> {
        match self.hear(within) {
            Ok(Heard::Data(datagram)) => Ok(Some(datagram)),
            Ok(_) => Ok(None),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn unheard(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "it does not answer".to_owned(),
        ErrorKind::InvalidData => "something else answers".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet_plan;
    use super::super::text;
    use super::*;
    use crate::app::testing::Server;
    use tokio::net::TcpListener;

    #[tokio::test(flavor = "multi_thread")]
    async fn each_way_to_the_relay_is_tried_and_one_that_leads_elsewhere_is_named() {
        let server = Server::start().await;
        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let elsewhere = other.local_addr().unwrap();
        tokio::spawn(async move { while other.accept().await.is_ok() {} });
        let folder = tempfile::tempdir().unwrap();
        let mut plan = quiet_plan(folder.path(), |settings| {
            settings.tls.mode = "off".to_owned();
            settings.turn.urls = vec![
                format!("turn:{}?transport=tcp", server.address),
                format!("turn:{elsewhere}?transport=tcp"),
            ];
        });
        plan.http.listen = server.address;
        plan.api_keys = Some((*server.app.keys).clone());
        plan.turn.udp_port = None;
        let findings = tokio::task::spawn_blocking(move || look(&plan))
            .await
            .unwrap();
        let text = text(&findings);
        let ok = format!(
            "ok    Relay over TCP at {} (server.listen): leads",
            server.address
        );
        assert!(text.contains(&ok), "{text}");
        assert!(
            text.contains(&format!("ok    Relay at turn:{}", server.address)),
            "{text}"
        );
        assert!(
            text.contains(&format!("FAIL  Relay at turn:{elsewhere}")),
            "{text}"
        );
    }
}
