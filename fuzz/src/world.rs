//! A worker with Alice in a call: real ICE, DTLS and SRTP between two state machines, no network.
//!
//! Time is virtual but begins at the clock, because str0m's moments cannot be made up.

use std::net::SocketAddr;
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::Receive;
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output as RtcOutput, Rtc, RtcConfig};
use visio_meeting::{Command, ConnectionId, Now};
use visio_protocol::names::{MeetingId, RoomName};
use visio_sfu::tap::TapEvent;
use visio_sfu::{
    ClientMessage, Datagram, MeetingSetup, Output, PipelinedJoin, Protocol, Request, Settings, Sfu,
};

pub const SERVER: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7882);
pub const ALICE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 40_001);
pub const EVE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 40_666);

/// A handshake takes a handful of round trips; one that needs more will not end.
const HANDSHAKE_STEPS_MAX: usize = 500;
const STEP: Duration = Duration::from_millis(20);

/// An Opus packet of 20 ms (RFC 6716 section 3.1).
const VOICE: [u8; 80] = [0x78; 80];

/// A worker, its meetings and the time.
#[derive(Debug)]
pub struct World {
    pub now: Instant,
    sfu: Box<SfuCell>,
    connections: u64,
    /// What is on its way to Alice, no matter who asked for the outputs.
    for_alice: Vec<Vec<u8>>,
    /// Packets of hers that reached the tap and were not counted yet.
    tapped: usize,
}

/// The worker's state is not for printing.
struct SfuCell(Sfu);

impl std::fmt::Debug for SfuCell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sfu")
    }
}

/// What the worker wanted done.
#[derive(Debug, Default)]
pub struct StepOutput {
    /// Datagrams by destination, but for Alice's.
    pub datagrams: Vec<(SocketAddr, Vec<u8>)>,
    pub answers: Vec<String>,
    pub hangups: Vec<ConnectionId>,
}

impl World {
    pub fn new() -> Result<Self, &'static str> {
        let settings = Settings {
            addresses: vec![(Protocol::Udp, SERVER)],
            initial_bitrate_bps: 1_000_000,
        };
        let sfu = Box::new(SfuCell(Sfu::new(settings, [7; 32])?));
        Ok(Self {
            now: Instant::now(),
            sfu,
            connections: 0,
            for_alice: Vec::new(),
            tapped: 0,
        })
    }

    /// Somebody comes into a room, with or without asking for something at once.
    pub fn enter(&mut self, room: &str, identity: &str, requests: Vec<Request>) -> ConnectionId {
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let pipelined = PipelinedJoin {
            join: visio_fixtures::join(connection, identity),
            requests,
        };
        let setup = MeetingSetup {
            config: visio_fixtures::config(room),
            meeting_id: Some(MeetingId::new("meeting")),
        };
        let entered = self.sfu.0.enter(self.moment(), setup, pipelined);
        assert!(entered.is_ok(), "nobody refuses {identity}: {entered:?}");
        connection
    }

    pub fn request(&mut self, connection: ConnectionId, request: Request) {
        let now = self.moment();
        self.sfu.0.request(now, connection, request);
    }

    pub fn receive(&mut self, source: SocketAddr, bytes: &[u8]) {
        let datagram = Datagram {
            protocol: Protocol::Udp,
            source,
            destination: SERVER,
            bytes,
        };
        let now = self.moment();
        self.sfu.0.receive(now, &datagram);
    }

    pub fn end(&mut self, room: &str) {
        let ended = self
            .sfu
            .0
            .command(self.moment(), &RoomName::new(room), None, Command::End);
        assert!(
            ended.is_ok(),
            "the room is there to be ended: a panic would have taken it away"
        );
    }

    /// Lets time pass and collects what is to be done.
    pub fn step(&mut self, passed: Duration) -> StepOutput {
        self.now += passed;
        let now = self.moment();
        self.sfu.0.handle_timeout(now);
        let mut collected = StepOutput::default();
        while let Some(output) = self.sfu.0.poll() {
            match output {
                Output::Transmit(packet) if packet.destination == ALICE => {
                    self.for_alice.push(packet.bytes);
                }
                Output::Transmit(packet) => {
                    collected.datagrams.push((packet.destination, packet.bytes));
                }
                Output::Client {
                    message: ClientMessage::Answer { sdp, .. },
                    ..
                } => collected.answers.push(sdp),
                Output::Hangup { connection } => collected.hangups.push(connection),
                Output::Tap(TapEvent::Packet { .. }) => self.tapped += 1,
                _ => {}
            }
        }
        collected
    }

    /// How many are in a room; `None` where there is no meeting.
    pub fn present(&self, room: &str) -> Option<usize> {
        let summaries = self.sfu.0.summaries();
        summaries
            .iter()
            .find(|summary| summary.room.name == room)
            .map(|summary| summary.participants.len())
    }

    fn moment(&self) -> Now {
        Now {
            instant: self.now,
            unix_ms: 1_800_000_000_000,
        }
    }
}

/// Alice's browser, as far as a microphone and a camera go.
#[derive(Debug)]
pub struct Alice {
    rtc: Rtc,
    connected: bool,
    audio: Mid,
    video: Mid,
    sequence: u64,
    /// Everything that she has sent, for others to imitate.
    pub sent: Vec<Vec<u8>>,
}

impl Alice {
    /// Joins `room` with her microphone and waits until her voice reaches the tap.
    pub fn join(world: &mut World, room: &str) -> Result<Self, String> {
        let (mut alice, offer, pending) = Self::new(world.now)?;
        let connection = world.enter(room, "alice", Vec::new());
        world.request(
            connection,
            Request::Command(Command::AddTrack(visio_fixtures::microphone("microphone"))),
        );
        world.request(
            connection,
            Request::Command(Command::AddTrack(visio_fixtures::camera("camera"))),
        );
        world.request(connection, Request::Offer { id: 1, sdp: offer });
        let output = world.step(Duration::ZERO);
        let answer = output
            .answers
            .first()
            .ok_or("the worker does not answer her offer")?;
        let answer = SdpAnswer::from_sdp_string(answer).map_err(|error| error.to_string())?;
        alice
            .rtc
            .sdp_api()
            .accept_answer(pending, answer)
            .map_err(|error| error.to_string())?;
        for _ in 0..HANDSHAKE_STEPS_MAX {
            if alice.speak(world) > 0 {
                return Ok(alice);
            }
        }
        Err(format!(
            "her voice does not arrive; connected: {}",
            alice.connected
        ))
    }

    /// An offer as hers, to be mutated.
    pub fn offer(now: Instant) -> Result<String, String> {
        Self::new(now).map(|(_, offer, _)| offer)
    }

    /// 20 ms pass in which she says something; how many packets the tap heard.
    pub fn speak(&mut self, world: &mut World) -> usize {
        drop(self.rtc.handle_input(Input::Timeout(world.now)));
        self.send(world);
        if self.connected {
            self.write(world.now, Codec::Opus, false, &VOICE);
            self.send(world);
        }
        world.step(STEP);
        for bytes in std::mem::take(&mut world.for_alice) {
            if let Ok(contents) = bytes.as_slice().try_into() {
                let receive = Receive {
                    proto: str0m::net::Protocol::Udp,
                    source: SERVER,
                    destination: ALICE,
                    contents,
                };
                // What she does not understand she passes over, as a browser does.
                drop(self.rtc.handle_input(Input::Receive(world.now, receive)));
                self.send(world);
            }
        }
        std::mem::take(&mut world.tapped)
    }

    /// str0m wants to be drained after every input before it gets the next.
    fn send(&mut self, world: &mut World) {
        for datagram in self.drain() {
            world.receive(ALICE, &datagram);
            self.sent.push(datagram);
        }
    }

    fn new(now: Instant) -> Result<(Self, String, SdpPendingOffer), String> {
        let mut rtc = RtcConfig::new()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, true)
            .enable_vp8(true)
            .enable_vp9(true)
            .enable_h264(true)
            .enable_av1(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(ALICE, "udp").map_err(|error| error.to_string())?);
        let mut api = rtc.sdp_api();
        let audio = api.add_media(
            MediaKind::Audio,
            Direction::SendOnly,
            Some("own".into()),
            Some("microphone".into()),
            None,
        );
        let video = api.add_media(
            MediaKind::Video,
            Direction::SendOnly,
            Some("own".into()),
            Some("camera".into()),
            None,
        );
        api.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        let (offer, pending) = api.apply().ok_or("an offer with lines is an offer")?;
        let alice = Self {
            rtc,
            connected: false,
            audio,
            video,
            sequence: 1,
            sent: Vec::new(),
        };
        Ok((alice, offer.to_sdp_string(), pending))
    }

    /// Sends one packet with any payload, under the number of a codec or of redundancy around it.
    pub fn send_payload(
        &mut self,
        world: &mut World,
        codec: Codec,
        redundant: bool,
        payload: &[u8],
    ) {
        self.write(world.now, codec, redundant, payload);
        self.send(world);
    }

    fn write(&mut self, now: Instant, codec: Codec, redundant: bool, payload: &[u8]) {
        let mut params = self.rtc.codec_config().params().iter();
        let format = params.find(|params| params.spec().codec == codec);
        let number = format.and_then(|format| {
            if redundant {
                format.red()
            } else {
                Some(format.pt())
            }
        });
        let mid = if codec.is_audio() {
            self.audio
        } else {
            self.video
        };
        let mut api = self.rtc.direct_api();
        if let (Some(number), Some(stream)) = (number, api.stream_tx_by_mid(mid, None)) {
            let time = u32::try_from(self.sequence * 960 % u64::from(u32::MAX)).unwrap_or_default();
            stream.write_rtp(RtpWrite::new(
                number,
                self.sequence.into(),
                time,
                now,
                payload,
            ));
            self.sequence += 1;
        }
    }

    fn drain(&mut self) -> Vec<Vec<u8>> {
        let mut datagrams = Vec::new();
        loop {
            match self.rtc.poll_output() {
                Ok(RtcOutput::Transmit(transmit)) => datagrams.push(transmit.contents.to_vec()),
                Ok(RtcOutput::Event(Event::Connected)) => self.connected = true,
                Ok(RtcOutput::Event(_)) => {}
                Ok(RtcOutput::Timeout(_)) | Err(_) => return datagrams,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alice_is_heard_for_a_minute_when_nobody_disturbs_her() {
        let mut world = World::new().unwrap();
        let mut alice = Alice::join(&mut world, "room").unwrap();
        let heard: usize = (0..3000).map(|_| alice.speak(&mut world)).sum();
        assert!(heard > 2950, "{heard} of 3000");
    }
}
