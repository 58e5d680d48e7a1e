//! One WebRTC connection: str0m behind a type of our own, so that its interface stops here.

pub(crate) mod dependency;

use crate::output::Datagram;
use crate::output::{Output, Packet};
use crate::settings::Settings;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::bwe::{Bitrate, BweKind};
use str0m::channel::ChannelId;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::format::{Codec, CodecSpec};
use str0m::media::{KeyframeRequestKind, MediaKind, Mid, Pt, Rid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, Ssrc};
use str0m::{Candidate, Event, IceConnectionState, Input, Output as RtcOutput, Rtc, RtcConfig};

/// Data channels may hold that much unsent; beyond it the peer's own queue grows instead.
pub(crate) const SCTP_BUFFER_BYTES: usize = 4 << 20;

/// How often line statistics arrive; connection quality is told every five seconds.
const STATISTICS_INTERVAL: Duration = Duration::from_secs(2);

/// The id under which the dependency descriptor is offered; browsers choose their own.
const DEPENDENCY_DESCRIPTOR_ID: u8 = 12;

/// What all transports of a worker share.
pub(crate) struct TransportConfig {
    pub(crate) settings: Settings,
    pub(crate) certificate: DtlsCert,
    pub(crate) crypto: Arc<CryptoProvider>,
}

/// What happened on a transport.
pub(crate) enum TransportEvent {
    Connected,
    Packet(Box<RtpPacket>),
    KeyframeWanted {
        mid: Mid,
    },
    ChannelOpen {
        channel: ChannelId,
        label: String,
    },
    ChannelData {
        channel: ChannelId,
        bytes: Vec<u8>,
    },
    ChannelDrained,
    Estimate {
        bits_per_second: u64,
    },
    Statistics {
        loss: Option<f32>,
        round_trip: Option<Duration>,
    },
    /// ICE heard nothing for so long that the remote end counts as gone.
    Lost,
    /// ICE hears the remote end.
    Found,
}

pub(crate) struct Transport {
    pub(crate) rtc: Rtc,
    pub(crate) deadline: Instant,
    connected: bool,
    /// Payload types the remote end may send, and what they mean.
    formats: Vec<Format>,
}

/// What a payload type means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    payload_type: Pt,
    pub(crate) spec: CodecSpec,
    /// Redundant audio (RFC 2198) around the codec.
    pub(crate) redundant: bool,
}

impl Format {
    /// The codec without redundancy around it.
    pub(crate) fn plain(self) -> Self {
        Self {
            redundant: false,
            ..self
        }
    }
}

impl Transport {
    pub(crate) fn new(now: Instant, config: &TransportConfig) -> Self {
        let mut rtc = configured(config).build(now);
        for &(protocol, address) in &config.settings.addresses {
            match candidate(protocol, address) {
                Ok(candidate) => {
                    rtc.add_local_candidate(candidate);
                }
                Err(error) => tracing::warn!(%error, "a media address makes no candidate"),
            }
        }
        Self {
            rtc,
            deadline: now,
            connected: false,
            formats: Vec::new(),
        }
    }

    pub(crate) fn connected(&self) -> bool {
        self.connected
    }

    /// The name by which the remote end's checks find this transport.
    pub(crate) fn local_ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Whether `datagram` is for this transport: for a STUN check that its integrity holds.
    pub(crate) fn accepts(&self, now: Instant, datagram: &Datagram<'_>) -> bool {
        received(now, datagram).is_some_and(|input| self.rtc.accepts(&input))
    }

    /// Takes a datagram. The caller must drain the transport before the next one: a received
    /// packet sits in a single slot inside.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &Datagram<'_>) {
        let Some(input) = received(now, datagram) else {
            return;
        };
        if let Err(error) = self.rtc.handle_input(input) {
            tracing::debug!(%error, "a datagram was refused");
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let Err(error) = self.rtc.handle_input(Input::Timeout(now)) {
            tracing::debug!(%error, "a transport failed");
            self.rtc.disconnect();
        }
    }

    /// Empties the transport: packets to `out`, happenings to `events`.
    pub(crate) fn drain(
        &mut self,
        now: Instant,
        out: &mut VecDeque<Output>,
        events: &mut Vec<TransportEvent>,
    ) {
        loop {
            match self.rtc.poll_output() {
                Ok(RtcOutput::Timeout(deadline)) => {
                    self.deadline = deadline;
                    return;
                }
                Ok(RtcOutput::Transmit(transmit)) => out.push_back(Output::Transmit(Packet {
                    protocol: transmit.proto,
                    source: transmit.source,
                    destination: transmit.destination,
                    bytes: transmit.contents.into(),
                })),
                Ok(RtcOutput::Event(event)) => events.extend(self.translate(event)),
                Err(error) => {
                    tracing::debug!(%error, "a transport failed");
                    self.rtc.disconnect();
                    self.deadline = now + Duration::from_secs(3600);
                    return;
                }
            }
        }
    }

    fn translate(&mut self, event: Event) -> Option<TransportEvent> {
        Some(match event {
            Event::Connected => {
                self.connected = true;
                TransportEvent::Connected
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                TransportEvent::Lost
            }
            Event::IceConnectionStateChange(
                IceConnectionState::Connected | IceConnectionState::Completed,
            ) => TransportEvent::Found,
            Event::RtpPacket(packet) => TransportEvent::Packet(Box::new(packet)),
            Event::KeyframeRequest(request) => TransportEvent::KeyframeWanted { mid: request.mid },
            Event::ChannelOpen(channel, label) => TransportEvent::ChannelOpen { channel, label },
            Event::ChannelData(data) => TransportEvent::ChannelData {
                channel: data.id,
                bytes: data.data,
            },
            Event::ChannelBufferedAmountLow(_) => TransportEvent::ChannelDrained,
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                TransportEvent::Estimate {
                    bits_per_second: estimate.as_u64(),
                }
            }
            Event::PeerStats(stats) => TransportEvent::Statistics {
                loss: worse(stats.egress_loss_fraction, stats.ingress_loss_fraction),
                round_trip: stats.rtt,
            },
            _ => return None,
        })
    }

    /// Learns the payload types anew after a negotiation.
    pub(crate) fn renegotiated(&mut self) {
        self.formats.clear();
        for params in self.rtc.codec_config().params() {
            let spec = params.spec();
            self.formats.push(Format {
                payload_type: params.pt(),
                spec,
                redundant: false,
            });
            if let Some(payload_type) = params.red() {
                self.formats.push(Format {
                    payload_type,
                    spec,
                    redundant: true,
                });
            }
        }
    }

    /// What a packet's payload type means here.
    pub(crate) fn format(&self, payload_type: Pt) -> Option<Format> {
        self.formats
            .iter()
            .find(|format| format.payload_type == payload_type)
            .copied()
    }

    /// The payload type under which the remote end takes `format` on `mid`, and whether it is
    /// redundant there.
    pub(crate) fn payload_type(&self, mid: Mid, format: Format) -> Option<(Pt, bool)> {
        let taken = self.rtc.media(mid)?.remote_pts();
        let fits = |spec: CodecSpec| spec.codec == format.spec.codec;
        let best = self
            .rtc
            .codec_config()
            .params()
            .iter()
            .filter(|params| taken.contains(&params.pt()) && fits(params.spec()))
            .max_by_key(|params| params.spec().format == format.spec.format)?;
        let redundant = best
            .red()
            .filter(|red| format.redundant && taken.contains(red));
        Some(redundant.map_or((best.pt(), false), |red| (red, true)))
    }

    /// The section and layer a stream belongs to.
    pub(crate) fn stream(&mut self, ssrc: Ssrc) -> Option<(Mid, Option<Rid>)> {
        let mut api = self.rtc.direct_api();
        let stream = api.stream_rx(&ssrc)?;
        Some((stream.mid(), stream.rid()))
    }

    /// By its number, not by its section: a section that carried another track before still
    /// knows that one's streams.
    pub(crate) fn ask_keyframe(&mut self, ssrc: Ssrc) {
        if let Some(stream) = self.rtc.direct_api().stream_rx(&ssrc) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    pub(crate) fn write(&mut self, mid: Mid, packet: RtpWrite) {
        if let Some(stream) = self.rtc.direct_api().stream_tx_by_mid(mid, None) {
            stream.write_rtp(packet);
        }
    }

    /// Audio is small and late audio is useless: it passes by the pacer.
    pub(crate) fn send_unpaced(&mut self, mid: Mid) {
        if let Some(stream) = self.rtc.direct_api().stream_tx_by_mid(mid, None) {
            stream.set_unpaced(true);
        }
    }

    /// A section that carried one track will carry another: with the old number a receiver
    /// would drop the new packets as replays (RFC 3711 section 3.3.2).
    /// It is taken away and declared anew: renamed in place, str0m keeps it under its old number,
    /// and no request for a keyframe or a lost packet finds it any more.
    pub(crate) fn renew_stream(&mut self, mid: Mid) {
        let mut api = self.rtc.direct_api();
        let Some(former) = api.stream_tx_by_mid(mid, None).map(|stream| stream.ssrc()) else {
            return;
        };
        let (ssrc, resend) = (api.new_ssrc(), api.new_ssrc());
        let resends = api
            .stream_tx(&former)
            .is_some_and(|stream| stream.rtx().is_some());
        api.remove_stream_tx(former);
        api.declare_stream_tx(ssrc, resends.then_some(resend), mid, None);
    }

    /// The rate to be sustained, with padding where media is less and the line is believed to
    /// carry it, and what would be sent on a perfect line, which is looked for now and then.
    pub(crate) fn set_bitrate(&mut self, sustained_bps: u64, desired_bps: u64) {
        self.rtc
            .bwe()
            .set_bitrate(Bitrate::bps(sustained_bps), Bitrate::bps(desired_bps));
    }
}

/// The extensions that go on to a subscriber; str0m writes the transport's own.
pub(crate) fn forwarded_extensions(incoming: &ExtensionValues) -> ExtensionValues {
    let mut values = ExtensionValues {
        audio_level: incoming.audio_level,
        voice_activity: incoming.voice_activity,
        video_orientation: incoming.video_orientation,
        ..ExtensionValues::default()
    };
    if let Some(descriptor) = incoming.user_values.get_arc::<dependency::Descriptor>() {
        values.user_values.set_arc(descriptor);
    }
    values
}

/// The media type by which LiveKit names a codec.
pub(crate) fn mime(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus => "audio/opus",
        Codec::Vp8 => "video/VP8",
        Codec::Vp9 => "video/VP9",
        Codec::H264 => "video/H264",
        Codec::Av1 => "video/AV1",
        _ => "",
    }
}

/// Ticks per second of a kind's RTP clock: Opus (RFC 7587 section 4.1) and all video codecs.
pub(crate) fn clock_rate_hz(kind: MediaKind) -> u32 {
    match kind {
        MediaKind::Audio => 48_000,
        MediaKind::Video => 90_000,
    }
}

fn worse(a: Option<f32>, b: Option<f32>) -> Option<f32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

fn configured(config: &TransportConfig) -> RtcConfig {
    Rtc::builder()
        .set_crypto_provider(Arc::clone(&config.crypto))
        .set_dtls_cert(config.certificate.clone())
        .set_extension(DEPENDENCY_DESCRIPTOR_ID, dependency::extension())
        .set_rtp_mode(true)
        .set_ice_lite(true)
        .set_sctp_max_buffered_amount(SCTP_BUFFER_BYTES)
        .set_stats_interval(Some(STATISTICS_INTERVAL))
        .enable_bwe(Some(Bitrate::bps(config.settings.initial_bitrate_bps)))
        .clear_codecs()
        .enable_opus(true, true)
        .enable_vp8(true)
        .enable_h264(true)
        .enable_vp9(true)
        .enable_av1(true)
}

fn candidate(
    protocol: Protocol,
    address: std::net::SocketAddr,
) -> Result<Candidate, Box<dyn std::error::Error>> {
    if protocol == Protocol::Udp {
        return Ok(Candidate::host(address, "udp")?);
    }
    let tcp = Candidate::builder()
        .tcp()
        .host(address)
        .tcptype(TcpType::Passive);
    Ok(tcp.build()?)
}

fn received<'a>(now: Instant, datagram: &Datagram<'a>) -> Option<Input<'a>> {
    let receive = Receive {
        proto: datagram.protocol,
        source: datagram.source,
        destination: datagram.destination,
        contents: datagram.bytes.try_into().ok()?,
    };
    Some(Input::Receive(now, receive))
}
