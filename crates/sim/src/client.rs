//! A client: what a browser with one of LiveKit's SDKs does, as far as the server can tell.

use crate::dice::Dice;
use crate::media::{Kind, RIDS, Truth, picture_id};
use crate::packets;
use crate::peer_connection::PeerConnection;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use str0m::Event;
use str0m::channel::ChannelId;
use str0m::media::{Mid, Rid};
use str0m::rtp::RtpPacket;
use visio_meeting::{ConnectionId, ConnectionMode, ParticipantView, Permissions};
use visio_protocol::ids::{ParticipantSid, TrackSid};
use visio_rtc::packet::red;
use visio_sfu::Request;

/// How long an Opus packet lasts: the longest there is, so that few packets tell as much.
const AUDIO_INTERVAL: Duration = Duration::from_millis(60);
/// How long a frame of a camera or a screen lasts, unless told otherwise.
const FRAME_INTERVAL: Duration = Duration::from_millis(200);

/// Sequence numbers begin below this, so that the first packets lost mislead nobody (RFC 3711
/// section 3.3.1), and high enough that some run over 2^16.
const FIRST_SEQUENCE_MAX: u64 = 32_000;

/// Who comes in, and how.
#[derive(Clone, Debug)]
pub struct Guest {
    pub identity: String,
    pub permissions: Permissions,
    pub mode: ConnectionMode,
    pub auto_subscribe: bool,
    /// Goes on talking when muted by others.
    pub deaf: bool,
    /// Names tracks otherwise in its offers than when it announces them, as Firefox does.
    pub renames: bool,
    /// Sends and takes redundant audio (RFC 2198), as browsers but Firefox do.
    pub redundant: bool,
}

impl Guest {
    /// Somebody who may speak, listen and send data, and comes with a single connection.
    #[must_use]
    pub fn new(identity: &str) -> Self {
        Self {
            identity: identity.to_owned(),
            permissions: visio_fixtures::guest(),
            mode: ConnectionMode::Single,
            auto_subscribe: true,
            deaf: false,
            renames: false,
            redundant: false,
        }
    }

    /// With redundant audio.
    #[must_use]
    pub fn redundant(self) -> Self {
        Self {
            redundant: true,
            ..self
        }
    }

    /// With two connections, as the older SDKs do.
    #[must_use]
    pub fn dual(self) -> Self {
        Self {
            mode: ConnectionMode::Dual,
            ..self
        }
    }

    #[must_use]
    pub fn host(mut self) -> Self {
        self.permissions.room_admin = true;
        self
    }

    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.permissions.hidden = true;
        self
    }
}

/// A track of the client's own.
pub(crate) struct Published {
    pub(crate) kind: Kind,
    pub(crate) cid: String,
    pub(crate) mid: Option<Mid>,
    pub(crate) sid: Option<TrackSid>,
    pub(crate) muted: bool,
    pub(crate) stopped: bool,
    /// The best layer anybody wants, as the server told; `None` for nobody.
    pub(crate) wanted: Option<usize>,
    pub(crate) encodings: Vec<Encoding>,
}

/// One layer on its way out.
pub(crate) struct Encoding {
    sequence: u64,
    timestamp: u32,
    picture: u16,
    pub(crate) key_wanted: bool,
    /// The frame of sound before, with its timestamp.
    before: Option<(u32, Vec<u8>)>,
}

/// A packet as it arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) mid: Mid,
    pub(crate) ssrc: u32,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) picture: Option<u16>,
    pub(crate) truth: Truth,
}

/// Where a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    In,
    /// The WebSocket broke; media may still flow.
    Adrift,
    Gone,
}

pub(crate) struct Client {
    pub(crate) number: u32,
    pub(crate) born: Instant,
    pub(crate) guest: Guest,
    pub(crate) connection: ConnectionId,
    pub(crate) presence: Presence,
    pub(crate) sid: Option<ParticipantSid>,
    pub(crate) publisher: PeerConnection,
    pub(crate) subscriber: Option<PeerConnection>,
    pub(crate) published: Vec<Published>,
    /// By identity, as LiveKit's clients know people: those whom the server shows.
    pub(crate) roster: BTreeMap<String, ParticipantView>,
    /// By mid: the track that the server says it carries, and since when.
    pub(crate) names: BTreeMap<String, (String, Instant)>,
    pub(crate) requests: VecDeque<Request>,
    pub(crate) heard: Vec<Heard>,
    /// The stream numbers of each section, newest last.
    numbers: BTreeMap<Mid, Vec<u32>>,
    truths: BTreeSet<Truth>,
    /// How many copies of earlier frames came with those of others.
    pub(crate) copies: u64,
    pub(crate) data: Vec<Vec<u8>>,
    pub(crate) offers: u32,
    pub(crate) offer_wanted: bool,
    pub(crate) restart_wanted: bool,
    /// Sections to receive on that the server misses: audio, video.
    pub(crate) sections_wanted: (u32, u32),
    pub(crate) receiving: Vec<Mid>,
    pub(crate) reliable: Option<ChannelId>,
    pub(crate) reliable_open: bool,
    /// Since when data can reach the client.
    pub(crate) ready: Option<Instant>,
    pub(crate) unsent: VecDeque<Vec<u8>>,
    pub(crate) next_audio: Instant,
    pub(crate) next_frame: Instant,
    pub(crate) frame_interval: Duration,
}

impl Client {
    pub(crate) fn new(now: Instant, number: u32, guest: Guest, connection: ConnectionId) -> Self {
        let dual = guest.mode == ConnectionMode::Dual;
        let connect =
            |port| PeerConnection::new(now, SocketAddr::new(home(number), port), guest.redundant);
        let mut client = Self {
            number,
            born: now,
            publisher: connect(4000),
            subscriber: dual.then(|| connect(4001)),
            guest,
            connection,
            presence: Presence::In,
            sid: None,
            published: Vec::new(),
            roster: BTreeMap::new(),
            names: BTreeMap::new(),
            requests: VecDeque::new(),
            heard: Vec::new(),
            numbers: BTreeMap::new(),
            truths: BTreeSet::new(),
            copies: 0,
            data: Vec::new(),
            offers: 0,
            offer_wanted: true,
            restart_wanted: false,
            sections_wanted: if dual { (0, 0) } else { (1, 1) },
            receiving: Vec::new(),
            reliable: None,
            reliable_open: false,
            ready: None,
            unsent: VecDeque::new(),
            next_audio: now,
            next_frame: now,
            frame_interval: FRAME_INTERVAL,
        };
        client.negotiate();
        client
    }

    pub(crate) fn address(&self) -> IpAddr {
        self.publisher.address.ip()
    }

    pub(crate) fn deadline(&self) -> Instant {
        let connections = [Some(&self.publisher), self.subscriber.as_ref()];
        let connections = connections
            .into_iter()
            .flatten()
            .map(|connection| connection.deadline);
        connections
            .chain([self.next_audio, self.next_frame])
            .min()
            .unwrap_or(self.next_audio)
    }

    pub(crate) fn receive(
        &mut self,
        now: Instant,
        to: SocketAddr,
        source: SocketAddr,
        bytes: &[u8],
    ) {
        let subscriber = self
            .subscriber
            .as_mut()
            .filter(|connection| connection.address == to);
        subscriber
            .unwrap_or(&mut self.publisher)
            .receive(now, source, bytes);
        self.digest(now);
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        for connection in [Some(&mut self.publisher), self.subscriber.as_mut()]
            .into_iter()
            .flatten()
        {
            if connection.deadline <= now {
                connection.handle_timeout(now);
            }
        }
        if self.next_audio <= now {
            self.next_audio += AUDIO_INTERVAL;
            self.send_media(now, Kind::Microphone);
        }
        if self.next_frame <= now {
            self.next_frame += self.frame_interval;
            self.send_media(now, Kind::Camera);
            self.send_media(now, Kind::Screen);
        }
        self.send_data(now);
        self.digest(now);
    }

    pub(crate) fn outgoing(
        &mut self,
    ) -> impl Iterator<Item = (SocketAddr, SocketAddr, Vec<u8>)> + '_ {
        let connections = [Some(&mut self.publisher), self.subscriber.as_mut()]
            .into_iter()
            .flatten();
        connections.flat_map(|connection| connection.outgoing.drain(..))
    }

    /// Whether one of the client's sockets is open at `address`.
    pub(crate) fn listens_at(&self, address: SocketAddr) -> bool {
        let connections = [Some(&self.publisher), self.subscriber.as_ref()];
        let mut connections = connections.into_iter().flatten();
        connections.any(|connection| connection.address == address)
    }

    pub(crate) fn add_track(&mut self, seed: u64, kind: Kind) -> usize {
        let track = self.published.len();
        let encoding = |layer: usize| {
            let mut dice = Dice::new(seed, &[self.number.into(), track as u64, layer as u64]);
            Encoding {
                sequence: 1 + dice.below(FIRST_SEQUENCE_MAX),
                timestamp: dice
                    .number()
                    .to_be_bytes()
                    .first_chunk()
                    .map_or(0, |word| u32::from_be_bytes(*word)),
                picture: u16::try_from(dice.below(1 << 15)).unwrap_or(0),
                key_wanted: true,
                before: None,
            }
        };
        self.published.push(Published {
            kind,
            cid: format!("cid-{}-{track}", self.number),
            mid: None,
            sid: None,
            muted: false,
            stopped: false,
            wanted: Some(RIDS.len() - 1),
            encodings: (0..kind.layers()).map(encoding).collect(),
        });
        track
    }

    /// Makes of what the connections told what the client knows.
    fn digest(&mut self, now: Instant) {
        for event in std::mem::take(&mut self.publisher.events) {
            match event {
                Event::KeyframeRequest(request) => self.key_wanted(request.mid, request.rid),
                Event::ChannelOpen(id, _) if Some(id) == self.reliable => {
                    self.reliable_open = true;
                    if self.subscriber.is_none() {
                        self.ready.get_or_insert(now);
                    }
                }
                other => self.take(now, other),
            }
        }
        let events = self
            .subscriber
            .as_mut()
            .map(|connection| std::mem::take(&mut connection.events));
        for event in events.unwrap_or_default() {
            self.take(now, event);
        }
    }

    fn take(&mut self, now: Instant, event: Event) {
        match event {
            Event::ChannelOpen(..) if self.subscriber.is_some() => {
                self.ready.get_or_insert(now);
            }
            Event::RtpPacket(packet) => self.hear(&packet),
            Event::ChannelData(data) => self.data.push(data.data),
            _ => {}
        }
    }

    fn hear(&mut self, packet: &RtpPacket) {
        let connection = self.subscriber.as_mut().unwrap_or(&mut self.publisher);
        let red = connection.sound_types().and_then(|(_, red)| red);
        let red = red.filter(|red| *red == packet.header.payload_type);
        let red = red.and_then(|_| red::read(&packet.payload));
        let copies = red.map_or(0, |red| red.copies().count() as u64);
        let payload = red.map_or(&*packet.payload, |red| red.primary);
        let Some(truth) = Truth::read(payload) else {
            return;
        };
        self.copies += copies;
        let mut api = connection.rtc.direct_api();
        let Some(mid) = api
            .stream_rx(&packet.header.ssrc)
            .map(|stream| stream.mid())
        else {
            return;
        };
        // A section that got another stream number keeps it: str0m, unlike browsers, finds the
        // stream of a resent packet by its section alone and may name a former one.
        let ssrc = *packet.header.ssrc;
        let numbers = self.numbers.entry(mid).or_default();
        let resent = !self.truths.insert(truth);
        if numbers.last() != Some(&ssrc) {
            if resent || numbers.contains(&ssrc) {
                return;
            }
            numbers.push(ssrc);
        }
        self.heard.push(Heard {
            mid,
            ssrc,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            picture: picture_id(&packet.payload),
            truth,
        });
    }

    fn key_wanted(&mut self, mid: Mid, rid: Option<Rid>) {
        let layer = rid.and_then(|rid| RIDS.iter().position(|&name| rid == Rid::from(name)));
        let published = self.published.iter_mut().find(|one| one.mid == Some(mid));
        let encoding = published.and_then(|one| one.encodings.get_mut(layer.unwrap_or(0)));
        if let Some(encoding) = encoding {
            encoding.key_wanted = true;
        }
    }

    fn send_media(&mut self, now: Instant, kind: Kind) {
        if !self.publisher.connected {
            return;
        }
        for track in 0..self.published.len() {
            let Some(published) = self.published.get(track).filter(|one| one.kind == kind) else {
                continue;
            };
            let silent = published.muted || published.stopped || published.sid.is_none();
            let (Some(mid), false) = (published.mid, silent) else {
                continue;
            };
            for layer in 0..published.encodings.len() {
                self.send_frame(now, mid, track, layer);
            }
        }
        self.publisher.drain(now);
    }

    fn send_frame(&mut self, now: Instant, mid: Mid, track: usize, layer: usize) {
        let Some(published) = self.published.get_mut(track) else {
            return;
        };
        let (kind, simulcast) = (published.kind, published.encodings.len() > 1);
        // Layers that nobody wants are not sent, as LiveKit's dynacast does.
        let wanted = kind == Kind::Microphone || published.wanted.is_some_and(|best| layer <= best);
        let Some(encoding) = published.encodings.get_mut(layer) else {
            return;
        };
        encoding.timestamp = encoding.timestamp.wrapping_add(ticks(kind));
        if !wanted {
            encoding.key_wanted = true;
            return;
        }
        let key = std::mem::take(&mut encoding.key_wanted) || kind == Kind::Microphone;
        encoding.picture = (encoding.picture + 1) % (1 << 15);
        let packets = if key && kind != Kind::Microphone {
            2
        } else {
            1
        };
        for index in 0..packets {
            encoding.sequence += 1;
            let truth = Truth {
                client: self.number,
                track: u32::try_from(track).unwrap_or(u32::MAX),
                layer: u8::try_from(layer).unwrap_or(u8::MAX),
                key: key && index == 0,
                sequence: u32::try_from(encoding.sequence).unwrap_or(u32::MAX),
                timestamp: encoding.timestamp,
                picture: encoding.picture,
                sent_ms: u32::try_from((now - self.born).as_millis()).unwrap_or(u32::MAX),
            };
            let rid = simulcast
                .then(|| RIDS.get(layer).map(|&rid| Rid::from(rid)))
                .flatten();
            let edges = (index == 0, index + 1 == packets);
            let before = &mut encoding.before;
            packets::write(
                &mut self.publisher,
                now,
                (mid, rid),
                kind,
                (&truth, before),
                edges,
            );
        }
    }

    pub(crate) fn send_data(&mut self, now: Instant) {
        let Some(id) = self.reliable.filter(|_| self.reliable_open) else {
            return;
        };
        while let Some(packet) = self.unsent.front() {
            let channel = self.publisher.rtc.channel(id);
            let written = channel.map(|mut channel| channel.write(true, packet));
            if !matches!(written, Some(Ok(true))) {
                break;
            }
            self.unsent.pop_front();
        }
        self.publisher.drain(now);
    }
}

fn ticks(kind: Kind) -> u32 {
    match kind {
        Kind::Microphone => 48 * 60,
        Kind::Camera | Kind::Screen => 90 * 200,
    }
}

/// Everybody lives at an address of their own.
pub(crate) fn home(number: u32) -> IpAddr {
    let [_, _, high, low] = number.to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(10, 1, high, low))
}
