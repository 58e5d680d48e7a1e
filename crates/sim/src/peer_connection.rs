//! One WebRTC connection of a client, made of str0m: real ICE, DTLS, SRTP and SCTP, no socket.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use str0m::change::SdpPendingOffer;
use str0m::config::DtlsCert;
use str0m::format::Codec;
use str0m::media::Pt;
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

/// Each client has two ports; those after an ICE restart lie above the former ones.
const PORTS_PER_CLIENT: u16 = 2;

/// A connection that failed asks for nothing any more.
const NEVER: Duration = Duration::from_secs(86_400);

pub(crate) struct PeerConnection {
    pub(crate) rtc: Rtc,
    pub(crate) address: SocketAddr,
    /// The ICE name that goes with the address.
    ufrag: String,
    pub(crate) deadline: Instant,
    pub(crate) connected: bool,
    /// The offer without an answer: its number, its text and what it changes.
    pub(crate) pending: Option<(u32, String, SdpPendingOffer)>,
    /// What it wants sent: source, destination and bytes.
    pub(crate) outgoing: VecDeque<(SocketAddr, SocketAddr, Vec<u8>)>,
    pub(crate) events: Vec<Event>,
}

impl PeerConnection {
    pub(crate) fn new(now: Instant, address: SocketAddr, redundant: bool) -> Self {
        let mut builder = RtcConfig::new()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, redundant)
            .enable_vp8(true);
        if let Some(certificate) = certificate() {
            builder = builder.set_dtls_cert(certificate);
        }
        let mut rtc = builder.build(now);
        if let Ok(candidate) = Candidate::host(address, "udp") {
            rtc.add_local_candidate(candidate);
        }
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        Self {
            rtc,
            address,
            ufrag,
            deadline: now,
            connected: false,
            pending: None,
            outgoing: VecDeque::new(),
            events: Vec::new(),
        }
    }

    /// The payload types of Opus and of redundant audio, as far as they are negotiated.
    pub(crate) fn sound_types(&self) -> Option<(Pt, Option<Pt>)> {
        let mut params = self.rtc.codec_config().params().iter();
        let opus = params.find(|params| params.spec().codec == Codec::Opus)?;
        Some((opus.pt(), opus.red()))
    }

    pub(crate) fn receive(&mut self, now: Instant, source: SocketAddr, bytes: &[u8]) {
        let Ok(contents) = bytes.try_into() else {
            return;
        };
        let receive = Receive {
            proto: Protocol::Udp,
            source,
            destination: self.address,
            contents,
        };
        // What a client cannot read it passes over, as a browser does.
        drop(self.rtc.handle_input(Input::Receive(now, receive)));
        self.drain(now);
    }

    /// After an ICE restart a client listens on a new port and no longer on the former one
    /// (RFC 8445 section 9 gathers candidates again; pion closes the sockets at once).
    pub(crate) fn negotiated(&mut self) {
        let mut api = self.rtc.direct_api();
        let ufrag = api.local_ice_credentials().ufrag;
        if ufrag == self.ufrag {
            return;
        }
        self.ufrag = ufrag;
        if let Ok(former) = Candidate::host(self.address, "udp") {
            api.invalidate_candidate(&former);
        }
        self.address
            .set_port(self.address.port() + PORTS_PER_CLIENT);
        if let Ok(candidate) = Candidate::host(self.address, "udp") {
            self.rtc.add_local_candidate(candidate);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        drop(self.rtc.handle_input(Input::Timeout(now)));
        self.drain(now);
    }

    pub(crate) fn drain(&mut self, now: Instant) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(deadline)) => {
                    self.deadline = deadline;
                    return;
                }
                Ok(Output::Transmit(transmit)) => {
                    self.outgoing.push_back((
                        transmit.source,
                        transmit.destination,
                        transmit.contents.into(),
                    ));
                }
                Ok(Output::Event(Event::Connected)) => self.connected = true,
                Ok(Output::Event(event)) => self.events.push(event),
                Err(_) => {
                    self.deadline = now + NEVER;
                    return;
                }
            }
        }
    }
}

/// One certificate for all clients of all seeds: making one costs as much as a handshake.
fn certificate() -> Option<DtlsCert> {
    static CERTIFICATE: OnceLock<Option<DtlsCert>> = OnceLock::new();
    let made = || {
        str0m::crypto::from_feature_flags()
            .dtls_provider
            .generate_certificate()
    };
    CERTIFICATE.get_or_init(made).clone()
}
