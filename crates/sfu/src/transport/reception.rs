//! What arrives at a transport and leaves it: opened and sealed, and to where the remote end is.

use crate::output::{self, Datagram, Protocol};
use crate::transport::ids::{Mid, Rid, Ssrc};
use crate::transport::path::Place;
use crate::transport::receiving::{Described, Receiving, Sections};
use crate::transport::{Transport, TransportEvent, received};
use std::net::SocketAddr;
use std::time::Instant;
use str0m::Rtc;
use str0m::net::Transmit;
use visio_rtc::packet::class::{Class, classify};
use visio_rtc::srtp::Order;

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reception {
    /// It is not authentic, or came before.
    Refused,
    Taken,
    /// It is the first that is authentic of an RTP stream with that SSRC.
    FirstOf(Ssrc),
    /// It answers a check of ours: the remote end is where it came from.
    Proven,
}

impl Transport {
    /// Takes a datagram. The caller drains the transport afterwards.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &Datagram<'_>) -> Reception {
        match classify(datagram.bytes) {
            Class::Stun { is_answer: true } => {
                return if self.path.answer_came(now, datagram) {
                    Reception::Proven
                } else {
                    Reception::Refused
                };
            }
            Class::Stun { is_answer: false } => {
                self.path.check_came(now, datagram);
                handle(self.rtc(), now, datagram);
            }
            Class::Srtp => return self.receive_media(now, datagram),
            Class::Srtcp => return self.receive_reports(now, datagram),
            Class::Dtls | Class::Noise => handle(self.rtc(), now, datagram),
        }
        Reception::Taken
    }

    fn receive_media(&mut self, now: Instant, datagram: &Datagram<'_>) -> Reception {
        let Some(opened) = self.srtp.open_rtp(datagram.bytes) else {
            return Reception::Refused;
        };
        if let Some(receiving) = &mut self.receiving {
            let packet = receiving.receive(now, &opened, self.srtp.clear(), &self.formats);
            let packet = packet.map(|packet| TransportEvent::Packet(Box::new(packet)));
            self.events.extend(packet);
        }
        let is_newest = opened.order != Order::Late;
        self.path.media_came(now, datagram, is_newest);
        if opened.order == Order::First {
            Reception::FirstOf(Ssrc(opened.header.ssrc))
        } else {
            Reception::Taken
        }
    }

    fn receive_reports(&mut self, now: Instant, datagram: &Datagram<'_>) -> Reception {
        let Some(opened) = self.srtp.open_rtcp(datagram.bytes) else {
            return Reception::Refused;
        };
        let ntp = self.ntp(now);
        if let Some(sending) = &mut self.sending {
            sending.receive(now, ntp, self.srtp.clear(), &mut self.events);
        }
        if let Some(receiving) = &mut self.receiving {
            receiving.hear(now, ntp, self.srtp.clear());
        }
        let is_newest = opened.order != Order::Late;
        self.path.media_came(now, datagram, is_newest);
        Reception::Taken
    }

    /// The section a stream belongs to, and the name of its simulcast layer.
    pub(crate) fn stream(&self, ssrc: Ssrc) -> Option<(Mid, Option<Rid>)> {
        self.receiving.as_ref()?.stream(ssrc)
    }

    /// By its number, not by its section, which may have carried another before.
    pub(crate) fn request_keyframe(&mut self, ssrc: Ssrc) {
        if let Some(receiving) = &mut self.receiving {
            receiving.request_keyframe(ssrc);
        }
    }

    /// What the remote end sends on, by its description that was accepted.
    pub(crate) fn learn_sections(
        &mut self,
        now: Instant,
        described: impl Iterator<Item = Described>,
    ) {
        let mut sections = Sections::default();
        for described in described {
            if let Some(media) = self.rtc.media(described.mid.0) {
                sections.add(described, media);
            }
        }
        match &mut self.receiving {
            Some(receiving) => receiving.learn(sections),
            None if sections.are_sent_on() && !self.has_ended => {
                let ssrc = Ssrc(*self.rtc.direct_api().new_ssrc());
                self.receiving = Some(Box::new(Receiving::new(now, ssrc, sections)));
            }
            None => {}
        }
    }

    /// A datagram of str0m's, sealed, on its way to where the remote end is.
    pub(super) fn outgoing(&mut self, now: Instant, transmit: Transmit) -> Option<output::Packet> {
        let selected = place(transmit.proto, transmit.source, transmit.destination);
        let bytes: Vec<u8> = transmit.contents.into();
        match classify(&bytes) {
            // A check is answered where it came from.
            Class::Stun { .. } => Some(selected.packet(bytes)),
            // It is given nothing to send, nor shown what comes.
            Class::Srtp | Class::Srtcp => None,
            Class::Dtls | Class::Noise => Some(self.path.place(now, selected).packet(bytes)),
        }
    }
}

/// Where str0m would send a packet.
pub(super) fn place(
    protocol: str0m::net::Protocol,
    local: SocketAddr,
    remote: SocketAddr,
) -> Place {
    let protocol = if protocol == str0m::net::Protocol::Udp {
        Protocol::Udp
    } else {
        Protocol::Tcp
    };
    Place {
        protocol,
        local,
        remote,
    }
}

fn handle(rtc: &mut Rtc, now: Instant, datagram: &Datagram<'_>) {
    let Some(input) = received(now, datagram) else {
        return;
    };
    if let Err(error) = rtc.handle_input(input) {
        tracing::debug!(%error, "a datagram was refused");
    }
}
