//! A call and its clients, with a perfect link between them and time that passes when asked to.

use super::client::{Client, is_media};
use crate::call::Call;
use crate::demux::{CallId, Route};
use crate::output::{
    ClientMessage, Datagram, MeetingSetup, Output, PipelinedJoin, Protocol, Request,
};
use crate::parts::peer::Side;
use crate::settings::Settings;
use crate::transport::TransportConfig;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use str0m::Input;
use str0m::channel::ChannelId;
use str0m::format::Codec;
use str0m::media::Mid;
use str0m::net::Receive;
use visio_meeting::{
    AddTrack, Command, ConnectionId, Layer, LayerQuality, MetadataChange, Now, ParticipantId,
    Permissions,
};
use visio_protocol::names::MeetingId;

const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

const STEP: Duration = Duration::from_millis(10);

/// The server is woken at most that often.
const TICK: Duration = Duration::from_millis(1);

pub(super) struct Rig {
    pub(super) call: Call,
    pub(super) now: Instant,
    pub(super) clients: Vec<Client>,
    /// What clients were sent over their signal connections, with the client's index.
    pub(super) messages: Vec<(usize, ClientMessage)>,
    /// Everything else that is no packet.
    pub(super) outputs: Vec<Output>,
    /// Whether clients answer requests for more sections.
    pub(super) answers: bool,
    /// How many of a thousand packets of media are lost on the way to the server, and from it.
    pub(super) loss_permille: (u32, u32),
    dice: u32,
}

impl Rig {
    pub(super) fn new() -> Self {
        Self::estimating(5_000_000)
    }

    /// A call that believes of each link at first that it carries so much.
    #[expect(
        clippy::disallowed_methods,
        reason = "any moment will do: only differences to it matter"
    )]
    pub(super) fn estimating(initial_bitrate_bps: u64) -> Self {
        let now = Instant::now();
        let settings = Settings {
            addresses: vec![(Protocol::Udp, SERVER)],
            initial_bitrate_bps,
        };
        let setup = MeetingSetup {
            config: visio_fixtures::config("room"),
            meeting_id: Some(MeetingId::new("meeting")),
        };
        let transports = Rc::new(TransportConfig::new(settings, [0; 32]).unwrap());
        Self {
            call: Call::new(moment(now), CallId(1), setup, transports, [7; 32]),
            now,
            clients: Vec::new(),
            messages: Vec::new(),
            outputs: Vec::new(),
            answers: true,
            loss_permille: (0, 0),
            dice: 7,
        }
    }

    /// Somebody joins and connects.
    pub(super) fn join(&mut self, name: &str) -> usize {
        self.join_with(name, &[Codec::Vp8])
    }

    /// Somebody joins whose client knows these codecs of pictures.
    pub(super) fn join_with(&mut self, name: &str, video: &[Codec]) -> usize {
        self.join_as(name, video, false)
    }

    /// Somebody joins whose client sends and takes redundant audio.
    pub(super) fn join_redundant(&mut self, name: &str) -> usize {
        self.join_as(name, &[Codec::Vp8], true)
    }

    fn join_as(&mut self, name: &str, video: &[Codec], redundant: bool) -> usize {
        let index = self.clients.len();
        let port = 1_000 + u16::try_from(index).unwrap();
        let address = SocketAddr::new(SERVER.ip(), port);
        let client = Client::new(self.now, address, video, redundant);
        self.clients.push(client);
        let pipelined = PipelinedJoin {
            join: visio_fixtures::join(connection(index), name),
            requests: Vec::new(),
        };
        self.call.set_now(moment(self.now));
        self.call.enter(pipelined).unwrap();
        self.offer(index, &[], (1, 0));
        for _ in 0..100 {
            self.step(STEP);
        }
        assert!(self.clients[index].is_connected, "{name} is connected");
        index
    }

    /// A client offers; the answer has arrived when this returns.
    pub(super) fn offer(
        &mut self,
        index: usize,
        sent: &[(str0m::media::MediaKind, &str)],
        receiving: (u32, u32),
    ) -> Vec<Mid> {
        let (sdp, mids) = self.clients[index].offer(sent, receiving);
        self.request(index, Request::Offer { id: 1, sdp });
        mids
    }

    /// A client stops to send on some sections.
    pub(super) fn stop(&mut self, index: usize, mids: &[Mid]) {
        let sdp = self.clients[index].offer_end(mids);
        self.request(index, Request::Offer { id: 1, sdp });
    }

    /// Announces a microphone and offers it.
    pub(super) fn publish_microphone(&mut self, index: usize) -> Mid {
        let add = visio_fixtures::microphone("audio");
        self.request(index, Request::Command(Command::AddTrack(add)));
        self.offer(index, &[(str0m::media::MediaKind::Audio, "audio")], (0, 0))[0]
    }

    /// Announces a camera with three layers and offers it.
    pub(super) fn publish_camera(&mut self, index: usize) -> Mid {
        let add = simulcast_camera("video");
        self.request(index, Request::Command(Command::AddTrack(add)));
        self.offer(index, &[(str0m::media::MediaKind::Video, "video")], (0, 0))[0]
    }

    /// Opens a data channel of the client's own; it is open when this returns.
    pub(super) fn open_channel(&mut self, index: usize, label: &str) -> ChannelId {
        let channel = self.clients[index].open_channel(label);
        self.pass(Duration::from_millis(200));
        channel
    }

    /// Takes the right to send data from a participant.
    pub(super) fn forbid_data(&mut self, index: usize) {
        let id = self.id(index);
        let identity = self.call.meeting().name_tag(id).unwrap().1.clone();
        let permissions = Permissions {
            can_publish_data: false,
            ..visio_fixtures::guest()
        };
        self.call.set_now(moment(self.now));
        let command = Command::UpdateParticipant {
            identity,
            change: MetadataChange::default(),
            permissions: Some(permissions),
        };
        self.call.command(None, command).unwrap();
        self.carry();
    }

    /// Somebody leaves, for good.
    pub(super) fn leave(&mut self, index: usize) {
        self.request(index, Request::Command(Command::Leave));
    }

    /// Mutes the first track of a participant.
    pub(super) fn mute(&mut self, index: usize, muted: bool) {
        let id = self.id(index);
        let (_, publication) = self.call.tracks.of(id).next().unwrap();
        let track = publication.info.sid.clone();
        self.request(index, Request::Command(Command::Mute { track, muted }));
    }

    /// Mutes the track that a participant published last.
    pub(super) fn mute_last(&mut self, index: usize) {
        let id = self.id(index);
        let (_, publication) = self.call.tracks.of(id).last().unwrap();
        let track = publication.info.sid.clone();
        let muted = true;
        self.request(index, Request::Command(Command::Mute { track, muted }));
    }

    pub(super) fn request(&mut self, index: usize, request: Request) {
        self.call.set_now(moment(self.now));
        self.call.request(connection(index), request);
        self.carry();
    }

    /// Lets time pass; the server is woken on the way whenever it wants to be, as a pacer needs it.
    pub(super) fn step(&mut self, passed: Duration) {
        let end = self.now + passed;
        loop {
            self.now = self.call.deadline().max(self.now + TICK).min(end);
            self.call.set_now(moment(self.now));
            self.call.handle_timeout();
            for client in &mut self.clients {
                client.handle(Input::Timeout(self.now));
            }
            self.carry();
            if self.now == end {
                return;
            }
        }
    }

    /// Lets time pass in small steps, as packets need it.
    pub(super) fn pass(&mut self, passed: Duration) {
        let end = self.now + passed;
        while self.now < end {
            self.step(STEP);
        }
    }

    pub(super) fn id(&self, index: usize) -> ParticipantId {
        self.call
            .meeting()
            .on_connection(connection(index))
            .unwrap()
    }

    /// Carries packets and answers until nobody has anything to say.
    pub(super) fn carry(&mut self) {
        loop {
            self.drain_clients();
            let mut outputs = VecDeque::new();
            self.call.take_outputs(&mut outputs);
            if outputs.is_empty() {
                return;
            }
            for output in outputs {
                self.deliver(output);
            }
        }
    }

    fn drain_clients(&mut self) {
        for index in 0..self.clients.len() {
            self.clients[index].drain();
            let source = self.clients[index].address;
            // The packets of somebody who was removed reach nobody.
            let Some(participant) = self.call.meeting().on_connection(connection(index)) else {
                continue;
            };
            for bytes in std::mem::take(&mut self.clients[index].outgoing) {
                if self.loses(&bytes, self.loss_permille.0) {
                    continue;
                }
                let datagram = Datagram {
                    protocol: Protocol::Udp,
                    source,
                    destination: SERVER,
                    bytes: &bytes,
                };
                let route = Route {
                    call: CallId(1),
                    participant,
                    side: Side::Publisher,
                };
                self.call.set_now(moment(self.now));
                self.call.receive(route, &datagram);
            }
        }
    }

    /// Draws whether a packet is lost (xorshift, 32 bits).
    fn loses(&mut self, bytes: &[u8], permille: u32) -> bool {
        if permille == 0 || !is_media(bytes) {
            return false;
        }
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 17;
        self.dice ^= self.dice << 5;
        self.dice % 1000 < permille
    }

    fn deliver(&mut self, output: Output) {
        match output {
            Output::Transmit(packet) => {
                let is_lost = self.loses(&packet.bytes, self.loss_permille.1);
                let mut to = self.clients.iter_mut();
                let client = to.find(|one| one.address == packet.destination);
                let client = client.unwrap();
                client.count(&packet.bytes);
                if is_lost {
                    return;
                }
                let receive = Receive {
                    proto: str0m::net::Protocol::Udp,
                    source: packet.source,
                    destination: packet.destination,
                    contents: packet.bytes.as_slice().try_into().unwrap(),
                };
                client.handle(Input::Receive(self.now, receive));
            }
            Output::Client {
                connection,
                message,
            } => {
                let index = usize::try_from(connection.0).unwrap();
                self.messages.push((index, message.clone()));
                match message {
                    ClientMessage::Answer { sdp, .. } => self.clients[index].accept(&sdp),
                    ClientMessage::MoreSections { audio, video } if self.answers => {
                        self.offer(index, &[], (audio, video));
                    }
                    _ => {}
                }
            }
            other => self.outputs.push(other),
        }
    }
}

fn moment(instant: Instant) -> Now {
    Now {
        instant,
        unix_ms: 1_800_000_000_000,
    }
}

fn connection(index: usize) -> ConnectionId {
    ConnectionId(u64::try_from(index).unwrap())
}

pub(super) fn simulcast_camera(cid: &str) -> AddTrack {
    AddTrack {
        layers: LayerQuality::ALL.into_iter().map(layer).collect(),
        ..visio_fixtures::camera(cid)
    }
}

/// A camera that sends its layers in one stream.
pub(super) fn svc_camera(cid: &str) -> AddTrack {
    AddTrack {
        codecs: vec![("video/VP9".to_owned(), cid.to_owned(), Vec::new())],
        ..simulcast_camera(cid)
    }
}

fn layer(quality: LayerQuality) -> Layer {
    let scale = match quality {
        LayerQuality::Low => 4,
        LayerQuality::Medium => 2,
        LayerQuality::High => 1,
    };
    Layer {
        quality,
        width: 1280 / scale,
        height: 720 / scale,
        bitrate_bps: 0,
        ssrc: 0,
        spatial_layer: 0,
        rid: String::new(),
    }
}
