//! One WebRTC connection: str0m behind types of our own. It is named in this module and nowhere
//! else in the crate.

pub(crate) mod dependency;
pub(crate) mod description;
mod dtls;
pub(crate) mod format;
pub(crate) mod ids;
mod outgoing;
pub(crate) mod packet;
mod path;
pub mod probe;
mod receiving;
pub(crate) mod reception;
mod sending;
mod srtp;

use crate::output::{Datagram, Output, Protocol};
use crate::settings::Settings;
use format::{Codec, Format};
use ids::{ChannelId, Mid, PayloadType};
use packet::ReceivedPacket;
use path::Path;
pub(crate) use receiving::Described;
use receiving::Receiving;
use sending::Sending;
pub(crate) use sending::Sent;
use srtp::Srtp;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::ice::StunMessage;
use str0m::net::{Receive, TcpType};
use str0m::stats::PeerStats;
use str0m::{Candidate, Event, IceConnectionState, Input, Output as RtcOutput, Rtc, RtcConfig};
use visio_meeting::Now;

/// Data channels may hold that much unsent; beyond it the peer's own queue grows instead.
const SCTP_BUFFER_BYTES: usize = 4 << 20;

/// Below that much unsent data a transport says that its channels have capacity again.
const LOW_WATER_BYTES: usize = 256 << 10;

/// How often statistics of the link arrive; its quality is published every five seconds.
const STATISTICS_INTERVAL: Duration = Duration::from_secs(2);

/// str0m has nothing to report: it is not shown what comes, and sends nothing.
const STR0M_REPORT_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// A transport that failed has nothing to do until its peer is removed.
const FAILED_DEADLINE: Duration = Duration::from_secs(3600);

/// The id under which the dependency descriptor is offered; browsers choose their own.
const DEPENDENCY_DESCRIPTOR_ID: u8 = 12;

/// What all transports of a worker share.
pub(crate) struct TransportConfig {
    pub(crate) settings: Settings,
    /// Nobody knows what is drawn from it.
    secret: [u8; 32],
    certificate: DtlsCert,
    crypto: Arc<CryptoProvider>,
}

/// What happened on a transport.
pub(crate) enum TransportEvent {
    Connected,
    Packet(Box<ReceivedPacket>),
    KeyframeRequested {
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
    /// ICE received nothing for so long that the remote end counts as gone.
    Lost,
    /// ICE receives from the remote end.
    Found,
}

pub(crate) struct Transport {
    rtc: Rtc,
    /// Whether it may have something to say.
    is_rtc_touched: bool,
    /// When it wants to be woken.
    rtc_deadline: Instant,
    srtp: Srtp,
    path: Path,
    /// What is sent; `None` before the first stream.
    sending: Option<Box<Sending>>,
    /// What is received; `None` before the remote end has described something.
    receiving: Option<Box<Receiving>>,
    /// What happened and was not told yet.
    events: Vec<TransportEvent>,
    /// When it was made.
    began: Now,
    /// What the link is believed to carry at first.
    initial_bitrate_bps: u64,
    pub(crate) deadline: Instant,
    is_connected: bool,
    has_ended: bool,
    /// Payload types the remote end may send, and what they mean.
    formats: Vec<Format>,
    /// By section: the payload type of redundant audio that the remote end takes.
    redundancy: BTreeMap<Mid, PayloadType>,
}

impl TransportConfig {
    /// # Errors
    /// When the cryptography library cannot make a certificate for DTLS.
    pub(crate) fn new(settings: Settings, secret: [u8; 32]) -> Result<Self, &'static str> {
        let crypto: Arc<CryptoProvider> = Arc::new(dtls::provider());
        let certificate = crypto.dtls_provider.generate_certificate();
        Ok(Self {
            settings,
            secret,
            certificate: certificate.ok_or("no certificate for DTLS could be made")?,
            crypto,
        })
    }
}

impl Transport {
    pub(crate) fn new(now: Now, config: &TransportConfig) -> Self {
        let instant = now.instant;
        let (mut rtc, exported) = dtls::exporting(|| configured(config).build(instant));
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
            is_rtc_touched: true,
            rtc_deadline: instant,
            srtp: Srtp::new(exported),
            path: Path::new(Arc::clone(&config.crypto), config.secret),
            sending: None,
            receiving: None,
            events: Vec::new(),
            began: now,
            initial_bitrate_bps: config.settings.initial_bitrate_bps,
            deadline: instant,
            is_connected: false,
            has_ended: false,
            formats: Vec::new(),
            redundancy: BTreeMap::new(),
        }
    }

    /// str0m, for a change: it is asked afterwards what that has led to.
    fn rtc(&mut self) -> &mut Rtc {
        self.is_rtc_touched = true;
        &mut self.rtc
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// The ICE user name by which the remote end's checks find this transport.
    pub(crate) fn local_ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Whether `datagram` is for this transport: for a STUN check that its integrity holds.
    pub(crate) fn accepts(&self, now: Instant, datagram: &Datagram<'_>) -> bool {
        received(now, datagram).is_some_and(|input| self.rtc.accepts(&input))
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if now < self.rtc_deadline {
            return;
        }
        if let Err(error) = self.rtc().handle_input(Input::Timeout(now)) {
            tracing::debug!(%error, "a transport failed");
            self.end();
        }
    }

    /// Nothing goes over it any more.
    fn end(&mut self) {
        self.rtc.disconnect();
        self.sending = None;
        self.receiving = None;
        self.has_ended = true;
    }

    /// Empties the transport: packets to `out`, what happened to `events`.
    pub(crate) fn drain(
        &mut self,
        now: Instant,
        out: &mut VecDeque<Output>,
        events: &mut Vec<TransportEvent>,
    ) {
        out.extend(std::iter::from_fn(|| self.path.poll()).map(Output::Transmit));
        if std::mem::take(&mut self.is_rtc_touched) {
            self.drain_rtc(now, out, events);
        }
        let estimate = self.sending.as_mut().and_then(|sending| sending.poll(now));
        self.flush(now, out);
        self.report(now, out);
        events.append(&mut self.events);
        events.extend(estimate.map(|bits_per_second| TransportEvent::Estimate { bits_per_second }));
        self.deadline = self.rtc_deadline.min(self.media_deadline(now));
    }

    fn drain_rtc(
        &mut self,
        now: Instant,
        out: &mut VecDeque<Output>,
        events: &mut Vec<TransportEvent>,
    ) {
        loop {
            match self.rtc.poll_output() {
                Ok(RtcOutput::Timeout(deadline)) => {
                    self.rtc_deadline = deadline;
                    return;
                }
                Ok(RtcOutput::Transmit(transmit)) => {
                    out.extend(self.outgoing(now, transmit).map(Output::Transmit));
                }
                Ok(RtcOutput::Event(event)) => events.extend(self.translate(now, event)),
                Err(error) => {
                    tracing::debug!(%error, "a transport failed");
                    self.end();
                    self.rtc_deadline = now + FAILED_DEADLINE;
                    return;
                }
            }
        }
    }

    fn translate(&mut self, now: Instant, event: Event) -> Option<TransportEvent> {
        Some(match event {
            Event::Connected => {
                self.is_connected = true;
                TransportEvent::Connected
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                TransportEvent::Lost
            }
            Event::IceConnectionStateChange(
                IceConnectionState::Connected | IceConnectionState::Completed,
            ) => TransportEvent::Found,
            Event::Closed => {
                self.end();
                TransportEvent::Lost
            }
            Event::ChannelOpen(channel, label) => TransportEvent::ChannelOpen {
                channel: ChannelId(channel),
                label,
            },
            Event::ChannelData(data) => TransportEvent::ChannelData {
                channel: ChannelId(data.id),
                bytes: data.data,
            },
            Event::ChannelBufferedAmountLow(_) => TransportEvent::ChannelDrained,
            Event::PeerStats(stats) => self.statistics(now, &stats),
            _ => return None,
        })
    }

    /// How the link was since the last time.
    fn statistics(&mut self, now: Instant, stats: &PeerStats) -> TransportEvent {
        if let Some(pair) = &stats.selected_candidate_pair {
            let selected = reception::place(pair.protocol, pair.local.addr, pair.remote.addr);
            self.path.place(now, selected);
        }
        let sent = self.sending.as_deref_mut();
        let received = self.receiving.as_deref_mut();
        TransportEvent::Statistics {
            loss: worse(
                sent.and_then(Sending::take_loss),
                received.and_then(Receiving::take_loss),
            ),
            round_trip: self.round_trip(),
        }
    }

    /// Reads the payload types again, after a negotiation.
    pub(crate) fn renegotiated(&mut self) {
        self.formats.clear();
        for params in self.rtc.codec_config().params() {
            let Some(format) = Format::new(params) else {
                continue;
            };
            self.formats.push(format);
            self.formats.extend(params.red().map(|red| Format {
                payload_type: PayloadType(*red),
                is_redundant: true,
                ..format
            }));
        }
    }

    /// What a packet's payload type means here.
    pub(crate) fn format(&self, payload_type: PayloadType) -> Option<Format> {
        self.formats
            .iter()
            .find(|format| format.payload_type == payload_type)
            .copied()
    }

    /// The sections on which the remote end takes redundant audio, and its number there: str0m
    /// knows whether a connection has it, not which of its sections.
    pub(crate) fn learn_redundancy(&mut self, sections: impl Iterator<Item = (Mid, PayloadType)>) {
        self.redundancy = sections.collect();
    }

    /// The codecs that the remote end takes on `mid`: none before it has described the section.
    pub(crate) fn codecs(&self, mid: Mid) -> Vec<Codec> {
        let taken = self
            .rtc
            .media(mid.0)
            .map_or(&[][..], |media| media.remote_pts());
        let params = self.rtc.codec_config().params().iter();
        params
            .filter(|params| taken.contains(&params.pt()))
            .filter_map(|params| Codec::of(params.spec().codec))
            .collect()
    }

    /// Writes to a data channel; `false` when it is not open or holds too much already.
    pub(crate) fn send_data(&mut self, channel: ChannelId, packet: &[u8]) -> bool {
        let Some(mut channel) = self.rtc().channel(channel.0) else {
            return false;
        };
        channel.set_buffered_amount_low_threshold(LOW_WATER_BYTES);
        channel.write(true, packet).unwrap_or(false)
    }
}

/// The server's half of the user name in a STUN check (RFC 8445 section 7.2.2).
pub(crate) fn checked_ufrag(bytes: &[u8]) -> Option<String> {
    let message = StunMessage::parse(bytes).ok()?;
    let (local, _) = message.split_username()?;
    Some(local.to_owned())
}

fn worse(a: Option<f32>, b: Option<f32>) -> Option<f32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

fn configured(config: &TransportConfig) -> RtcConfig {
    Rtc::builder()
        .set_rtcp_report_interval_audio(STR0M_REPORT_INTERVAL)
        .set_rtcp_report_interval_video(STR0M_REPORT_INTERVAL)
        .set_crypto_provider(Arc::clone(&config.crypto))
        .set_dtls_cert(config.certificate.clone())
        .set_extension(DEPENDENCY_DESCRIPTOR_ID, dependency::extension())
        .set_rtp_mode(true)
        .set_ice_lite(true)
        .set_sctp_max_buffered_amount(SCTP_BUFFER_BYTES)
        .set_stats_interval(Some(STATISTICS_INTERVAL))
        .clear_codecs()
        .enable_opus(true, true)
        .enable_pcmu(true, false)
        .enable_vp8(true)
        .enable_h264(true)
        .enable_vp9(true)
        .enable_av1(true)
}

fn candidate(
    protocol: Protocol,
    address: SocketAddr,
) -> Result<Candidate, Box<dyn std::error::Error>> {
    match protocol {
        Protocol::Udp => Ok(Candidate::host(address, "udp")?),
        Protocol::Tcp => {
            let tcp = Candidate::builder().tcp().host(address);
            Ok(tcp.tcptype(TcpType::Passive).build()?)
        }
    }
}

fn received<'a>(now: Instant, datagram: &Datagram<'a>) -> Option<Input<'a>> {
    let receive = Receive {
        proto: match datagram.protocol {
            Protocol::Udp => str0m::net::Protocol::Udp,
            Protocol::Tcp => str0m::net::Protocol::Tcp,
        },
        source: datagram.source,
        destination: datagram.destination,
        contents: datagram.bytes.try_into().ok()?,
    };
    Some(Input::Receive(now, receive))
}
