//! A client of one connection, made of str0m.

use crate::transport::dependency;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId};
use str0m::format::Codec;
use str0m::media::{
    Direction, KeyframeRequestKind, MediaKind, Mid, Pt, Rid, Simulcast, SimulcastLayer,
};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use visio_fixtures::svc::SvcPacket;
use visio_rtc::packet::red;

/// The simulcast layers of a camera, worst first.
pub(super) const RIDS: [&str; 3] = ["q", "h", "f"];

/// How the pictures of [`Client::show_vp9`] end, and how long they are.
pub(super) const VP9_MARK: &[u8] = b"a picture in VP9";
const VP9_BYTES: usize = 500;

const DEPENDENCY_DESCRIPTOR_ID: u8 = 12;

/// A packet of sound as it arrived.
pub(super) struct Sound {
    pub(super) is_redundant: bool,
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) payload: Vec<u8>,
}

/// What was sent towards a client: packets, their bytes, and the bytes of those with sound.
#[derive(Clone, Copy, Default)]
pub(super) struct Wire {
    pub(super) packets: usize,
    pub(super) bytes: usize,
    pub(super) sound_bytes: usize,
}

pub(super) struct Client {
    pub(super) rtc: Rtc,
    pub(super) address: SocketAddr,
    pub(super) is_connected: bool,
    pub(super) reliable: Option<ChannelId>,
    pending: Option<SdpPendingOffer>,
    /// The first section it receives on.
    receiving: Option<Mid>,
    pub(super) outgoing: Vec<Vec<u8>>,
    /// What arrived: payloads of RTP packets by section, and data packets.
    pub(super) media: Vec<(Mid, Vec<u8>)>,
    pub(super) data: Vec<Vec<u8>>,
    /// The packets of pictures among it, with their numbers.
    pub(super) pictures: Vec<Received>,
    /// Whether it sends the layers of pictures as streams of their own.
    pub(super) has_simulcast: bool,
    /// Packets of sound among them.
    pub(super) sound: Vec<Sound>,
    pub(super) wire: Wire,
    /// The sections a keyframe was asked of.
    pub(super) keyframes_asked: Vec<Mid>,
    sequences: BTreeMap<(Mid, Option<String>), u64>,
}

/// A packet that arrived.
pub(super) struct Received {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: Vec<u8>,
}

impl Client {
    /// A client that sends and takes Opus, with `redundant` audio or without, and `video`.
    pub(super) fn new(now: Instant, address: SocketAddr, video: &[Codec], redundant: bool) -> Self {
        let mut rtc = RtcConfig::new()
            .set_rtp_mode(true)
            .set_extension(DEPENDENCY_DESCRIPTOR_ID, dependency::extension())
            .clear_codecs()
            .enable_opus(true, redundant)
            .enable_vp8(video.contains(&Codec::Vp8))
            .enable_vp9(video.contains(&Codec::Vp9))
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        Self {
            rtc,
            address,
            is_connected: false,
            reliable: None,
            pending: None,
            receiving: None,
            outgoing: Vec::new(),
            media: Vec::new(),
            sound: Vec::new(),
            wire: Wire::default(),
            data: Vec::new(),
            pictures: Vec::new(),
            has_simulcast: true,
            keyframes_asked: Vec::new(),
            sequences: BTreeMap::new(),
        }
    }

    /// An offer with a section for each track of `sent`, and that many more to receive on.
    pub(super) fn offer(
        &mut self,
        sent: &[(MediaKind, &str)],
        receiving: (u32, u32),
    ) -> (String, Vec<Mid>) {
        let has_simulcast = self.has_simulcast;
        let mut api = self.rtc.sdp_api();
        if self.reliable.is_none() {
            self.reliable = Some(api.add_channel_with_config(ChannelConfig {
                label: "_reliable".to_owned(),
                ..ChannelConfig::default()
            }));
        }
        let mids = sent.iter().map(|&(kind, cid)| {
            let layers = (kind == MediaKind::Video && has_simulcast).then(simulcast);
            let (stream, cid) = (Some("own".to_owned()), Some(cid.to_owned()));
            api.add_media(kind, Direction::SendOnly, stream, cid, layers)
        });
        let mids = mids.collect();
        for (kind, count) in [
            (MediaKind::Audio, receiving.0),
            (MediaKind::Video, receiving.1),
        ] {
            for _ in 0..count {
                let mid = api.add_media(kind, Direction::RecvOnly, None, None, None);
                self.receiving.get_or_insert(mid);
            }
        }
        // An offer that changes nothing is a change to and fro.
        if let (false, Some(mid)) = (api.has_changes(), self.receiving) {
            api.set_direction(mid, Direction::Inactive);
            api.set_direction(mid, Direction::RecvOnly);
        }
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        (offer.to_sdp_string(), mids)
    }

    pub(super) fn accept(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        let pending = self.pending.take().unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    }

    /// Sends one packet of sound, as loud as `level`, in dB below overload.
    pub(super) fn speak(&mut self, now: Instant, mid: Mid, level: u8) {
        let extensions = ExtensionValues {
            audio_level: Some(-i8::try_from(level).unwrap()),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        self.write(now, (mid, None), Codec::Opus, vec![0x78; 80], extensions);
    }

    /// Sends a frame of sound with a copy of the one before.
    pub(super) fn speak_redundantly(
        &mut self,
        now: Instant,
        mid: Mid,
        frame: &[u8],
        before: &[u8],
    ) {
        let time = self.next_time((mid, None));
        let (opus, red) = self.sound_types();
        let payload = red::write(opus, (time, frame), &[(time.wrapping_sub(960), before)]);
        let extensions = ExtensionValues::default();
        self.write_as(now, (mid, None), red.unwrap().into(), payload, extensions);
    }

    /// Sends a frame of sound alone.
    pub(super) fn speak_plainly(&mut self, now: Instant, mid: Mid, frame: &[u8]) {
        let extensions = ExtensionValues::default();
        self.write(now, (mid, None), Codec::Opus, frame.to_vec(), extensions);
    }

    /// The payload types of Opus and of redundant audio.
    fn sound_types(&self) -> (u8, Option<u8>) {
        let mut params = self.rtc.codec_config().params().iter();
        let opus = params.find(|params| params.spec().codec == Codec::Opus);
        let opus = opus.unwrap();
        (*opus.pt(), opus.red().map(|red| *red))
    }

    /// Counts what is on its way to the client.
    pub(super) fn count(&mut self, bytes: &[u8]) {
        let (opus, red) = self.sound_types();
        let payload_type = bytes[1] & 0x7f;
        let is_sound = is_media(bytes) && (payload_type == opus || Some(payload_type) == red);
        self.wire.packets += 1;
        self.wire.bytes += bytes.len();
        self.wire.sound_bytes += if is_sound { bytes.len() } else { 0 };
    }

    /// Sends one packet of a picture in VP9, which begins a keyframe.
    pub(super) fn show_vp9(&mut self, now: Instant, mid: Mid, rid: &str) {
        // The descriptor of a packet that begins a frame which is not predicted (RFC 9628
        // section 4.2: B set, P clear).
        let picture = [0; VP9_BYTES - VP9_MARK.len()];
        let payload = [&[0x08], &picture[..], VP9_MARK].concat();
        let extensions = ExtensionValues::default();
        self.write(
            now,
            (mid, Some(rid.into())),
            Codec::Vp9,
            payload,
            extensions,
        );
    }

    /// Sends one packet of a picture whose layers are one stream.
    pub(super) fn show_svc(&mut self, now: Instant, mid: Mid, packet: &SvcPacket) {
        let mut extensions = ExtensionValues::default();
        let descriptor = dependency::Descriptor(packet.descriptor.clone());
        extensions.user_values.set(descriptor);
        let payload_type = self.payload_type(Codec::Vp9);
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None).unwrap();
        let (sequence, payload) = (packet.sequence.into(), packet.payload.clone());
        let write = RtpWrite::new(payload_type, sequence, packet.timestamp, now, payload);
        stream.write_rtp(write.ext_vals(extensions).marker(packet.marker));
    }

    fn payload_type(&self, codec: Codec) -> Pt {
        let params = self.rtc.codec_config().params();
        let params = params.iter().find(|params| params.spec().codec == codec);
        params.unwrap().pt()
    }

    /// Sends one packet of a picture, of `bytes` bytes, which begins a keyframe or does not.
    pub(super) fn show(&mut self, now: Instant, mid: Mid, rid: &str, is_key: bool, bytes: usize) {
        // The payload descriptor starts a partition; its first byte's lowest bit is clear in
        // keyframes (RFC 7741 sections 4.2 and 4.3).
        let mut payload = vec![0; bytes];
        payload[0] = 0x10;
        payload[1] = u8::from(!is_key);
        let extensions = ExtensionValues::default();
        self.write(
            now,
            (mid, Some(rid.into())),
            Codec::Vp8,
            payload,
            extensions,
        );
    }

    fn write(
        &mut self,
        now: Instant,
        (mid, rid): (Mid, Option<Rid>),
        codec: Codec,
        payload: Vec<u8>,
        extensions: ExtensionValues,
    ) {
        let payload_type = self.payload_type(codec);
        self.write_as(now, (mid, rid), payload_type, payload, extensions);
    }

    fn write_as(
        &mut self,
        now: Instant,
        (mid, rid): (Mid, Option<Rid>),
        payload_type: Pt,
        payload: Vec<u8>,
        extensions: ExtensionValues,
    ) {
        let time = self.next_time((mid, rid));
        let (opus, red) = self.sound_types();
        let is_sound = *payload_type == opus || Some(*payload_type) == red;
        let last = self
            .sequences
            .entry((mid, rid.map(|rid| rid.to_string())))
            .or_default();
        *last += 1;
        let sequence = *last;
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, rid).unwrap();
        let write = RtpWrite::new(payload_type, sequence.into(), time, now, payload);
        stream.write_rtp(write.ext_vals(extensions).marker(true).nackable(!is_sound));
    }

    /// The timestamp of the packet that is written next.
    fn next_time(&self, (mid, rid): (Mid, Option<Rid>)) -> u32 {
        let key = (mid, rid.map(|rid| rid.to_string()));
        let last = self.sequences.get(&key).copied().unwrap_or(0);
        u32::try_from((last + 1) * 960).unwrap()
    }

    /// Asks for a keyframe of what it receives on a section.
    pub(super) fn ask_keyframe(&mut self, mid: Mid) {
        let mut api = self.rtc.direct_api();
        let stream = api.stream_rx_by_mid(mid, None).unwrap();
        stream.request_keyframe(KeyframeRequestKind::Pli);
    }

    /// An offer by which it stops to send on some sections.
    pub(super) fn offer_end(&mut self, mids: &[Mid]) -> String {
        let mut api = self.rtc.sdp_api();
        for &mid in mids {
            api.set_direction(mid, Direction::Inactive);
        }
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub(super) fn send_data(&mut self, packet: &[u8]) {
        self.send_on(self.reliable.unwrap(), packet);
    }

    pub(super) fn send_on(&mut self, channel: ChannelId, bytes: &[u8]) {
        let mut channel = self.rtc.channel(channel).unwrap();
        assert!(channel.write(true, bytes).unwrap());
    }

    /// Opens a channel with a label of its own on the connection that is there.
    pub(super) fn open_channel(&mut self, label: &str) -> ChannelId {
        self.rtc.direct_api().create_data_channel(ChannelConfig {
            label: label.to_owned(),
            ..ChannelConfig::default()
        })
    }

    pub(super) fn handle(&mut self, input: Input<'_>) {
        self.rtc.handle_input(input).unwrap();
        self.drain();
    }

    pub(super) fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(_) => return,
                Output::Transmit(transmit) => self.outgoing.push(transmit.contents.to_vec()),
                Output::Event(event) => self.note(event),
            }
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Connected => self.is_connected = true,
            Event::RtpPacket(packet) => {
                let mut api = self.rtc.direct_api();
                let mid = api.stream_rx(&packet.header.ssrc).unwrap().mid();
                self.media.push((mid, packet.payload.to_vec()));
                let (opus, red) = self.sound_types();
                let payload_type = *packet.header.payload_type;
                if payload_type == opus || Some(payload_type) == red {
                    self.sound.push(Sound {
                        is_redundant: payload_type != opus,
                        sequence: *packet.seq_no,
                        timestamp: packet.header.timestamp,
                        payload: packet.payload.to_vec(),
                    });
                } else {
                    self.pictures.push(Received {
                        sequence: *packet.seq_no,
                        timestamp: packet.header.timestamp,
                        marker: packet.header.marker,
                        payload: packet.payload.to_vec(),
                    });
                }
            }
            Event::ChannelData(data) => self.data.push(data.data),
            Event::KeyframeRequest(request) => self.keyframes_asked.push(request.mid),
            _ => {}
        }
    }
}

/// Whether a datagram is RTP and no RTCP (RFC 5761 section 4).
pub(super) fn is_media(bytes: &[u8]) -> bool {
    (128..192).contains(&bytes[0]) && !(192..224).contains(&bytes[1])
}

fn simulcast() -> Simulcast {
    let mut layers = Simulcast::new();
    for rid in RIDS {
        layers.add_send_layer(SimulcastLayer::new(rid));
    }
    layers
}
