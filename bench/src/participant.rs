//! One synthetic participant: joins, publishes packets of a given shape, counts what arrives.

mod publishing;
mod signalling;

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use str0m::change::{SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use visio_protocol::wire;

use crate::shape::{AUDIO_PAYLOAD_BYTES, Schedule, Shape, VIDEO_PAYLOAD_BYTES};
use crate::signal::{Request, Signal};

/// LiveKit's clients ping each five seconds; a server gives up after fifteen.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// The largest datagram that anybody sends here.
const DATAGRAM_BYTES_MAX: usize = 2048;

/// How a participant takes part.
#[derive(Debug, Clone)]
pub struct Role {
    pub shape: Option<Shape>,
    /// Receiving lines offered at once: fewer make the server ask for more.
    pub audio_lines: u32,
    pub video_lines: u32,
    /// Cameras of others that are watched; the rest is turned off.
    pub tiles: usize,
    /// Puts off the first packet, so that many publishers do not fall into step.
    pub phase: Duration,
}

impl Default for Role {
    /// Watches one publisher.
    fn default() -> Self {
        Self {
            shape: None,
            audio_lines: 1,
            video_lines: 1,
            tiles: usize::MAX,
            phase: Duration::ZERO,
        }
    }
}

/// What a participant has sent and received so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    pub sent: u64,
    pub received_video: u64,
    pub received_audio: u64,
}

impl Counters {
    pub fn received(&self) -> u64 {
        self.received_video + self.received_audio
    }
}

/// What has to happen before the media lines are offered.
#[derive(Debug, PartialEq, Eq)]
enum Publishing {
    Nothing,
    /// AddTrack was sent for this many tracks that are not confirmed yet.
    Announced(u32),
    Confirmed,
    Offered,
}

/// A participant's state; driven by [`crate::crowd::Crowd`].
#[derive(Debug)]
pub struct Participant {
    pub socket: UdpSocket,
    pub signal: Signal,
    pub counters: Counters,
    role: Role,
    rtc: Rtc,
    address: SocketAddr,
    connected: bool,
    publishing: Publishing,
    pending: Option<(u32, SdpPendingOffer)>,
    offers: u32,
    own_sid: String,
    /// Cameras that others have published, in the order in which they were heard of.
    cameras: Vec<String>,
    /// Receiving lines that the server still misses, and whether it wants an offer anyway.
    lines_missing: (u32, u32),
    nudged: bool,
    receiving: Vec<Mid>,
    audio: Option<Mid>,
    video: Option<Mid>,
    video_sequence: u64,
    audio_sequence: u64,
    schedule: Option<Schedule>,
    media_deadline: Instant,
    ping_at: Instant,
}

impl Participant {
    pub fn join(host: &str, token: &str, role: Role) -> crate::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let now = Instant::now();
        let mut rtc = RtcConfig::new()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_vp8(true)
            .enable_opus(true, false)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        let mut receiving = Vec::new();
        let mut api = rtc.sdp_api();
        for kind in lines(role.audio_lines.max(1), role.video_lines.max(1)) {
            receiving.push(api.add_media(kind, Direction::RecvOnly, None, None, None));
        }
        let (offer, pending) = api.apply().ok_or("an offer with lines is an offer")?;
        let signal = Signal::connect(host, token, Some(description(&offer, 1)))?;
        Ok(Self {
            socket,
            signal,
            counters: Counters::default(),
            role,
            rtc,
            address,
            connected: false,
            publishing: Publishing::Nothing,
            pending: Some((1, pending)),
            offers: 1,
            own_sid: String::new(),
            cameras: Vec::new(),
            lines_missing: (0, 0),
            nudged: false,
            receiving,
            audio: None,
            video: None,
            video_sequence: 1,
            audio_sequence: 1,
            schedule: None,
            media_deadline: now,
            ping_at: now + PING_INTERVAL,
        })
    }

    /// Media flows where media was asked for.
    pub fn is_ready(&self) -> bool {
        self.connected && (self.role.shape.is_none() || self.schedule.is_some())
    }

    /// When something has to be done even if nothing arrives.
    pub fn deadline(&self) -> Instant {
        let publish = self.schedule.as_ref().and_then(Schedule::deadline);
        publish
            .into_iter()
            .chain([self.media_deadline, self.ping_at])
            .min()
            .unwrap_or(self.ping_at)
    }

    /// Reads and answers everything that the server has said.
    pub fn handle_signal(&mut self) -> crate::Result<()> {
        while let Some(message) = self.signal.receive()? {
            self.handle_response(message)?;
        }
        self.negotiate()?;
        self.drain()
    }

    /// Reads every datagram that has arrived; str0m is drained after each (its contract).
    pub fn handle_datagrams(&mut self) -> crate::Result<()> {
        let mut buffer = [0; DATAGRAM_BYTES_MAX];
        loop {
            match self.socket.recv_from(&mut buffer) {
                Ok((length, source)) => self.handle_datagram(&buffer[..length], source)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Timers, pings and the packets that are due.
    pub fn handle_timeout(&mut self, now: Instant) -> crate::Result<()> {
        if now >= self.media_deadline {
            self.rtc.handle_input(Input::Timeout(now))?;
            self.drain()?;
        }
        if now >= self.ping_at {
            self.ping_at = now + PING_INTERVAL;
            self.signal.send(Request::PingReq(wire::Ping {
                timestamp: 0,
                rtt: 0,
            }))?;
        }
        while let Some(due) = self
            .schedule
            .as_mut()
            .and_then(|schedule| schedule.poll(now))
        {
            self.publish(due, now)?;
        }
        Ok(())
    }

    pub fn leave(&mut self) -> crate::Result<()> {
        self.signal
            .send(Request::Leave(wire::LeaveRequest::default()))
    }

    fn handle_datagram(&mut self, datagram: &[u8], source: SocketAddr) -> crate::Result<()> {
        let Ok(contents) = datagram.try_into() else {
            return Ok(());
        };
        let receive = Receive {
            proto: Protocol::Udp,
            source,
            destination: self.address,
            contents,
        };
        self.rtc
            .handle_input(Input::Receive(Instant::now(), receive))?;
        self.drain()
    }

    fn drain(&mut self) -> crate::Result<()> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.media_deadline = at;
                    return Ok(());
                }
                // A full socket buffer loses the datagram, as a full line would.
                Output::Transmit(transmit) => drop(
                    self.socket
                        .send_to(&transmit.contents, transmit.destination),
                ),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(packet))
                    if packet.payload.len() == AUDIO_PAYLOAD_BYTES =>
                {
                    self.counters.received_audio += 1;
                }
                Output::Event(Event::RtpPacket(packet))
                    if packet.payload.len() >= VIDEO_PAYLOAD_BYTES =>
                {
                    self.counters.received_video += 1;
                }
                Output::Event(_) => {}
            }
        }
    }
}

fn lines(audios: u32, videos: u32) -> impl Iterator<Item = MediaKind> {
    (0..audios)
        .map(|_| MediaKind::Audio)
        .chain((0..videos).map(|_| MediaKind::Video))
}

fn description(offer: &SdpOffer, id: u32) -> wire::SessionDescription {
    wire::SessionDescription {
        r#type: "offer".to_owned(),
        sdp: offer.to_sdp_string(),
        id,
        ..Default::default()
    }
}
