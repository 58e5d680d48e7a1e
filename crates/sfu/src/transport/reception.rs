//! What arrives at a transport and leaves it: opened and sealed, and to where the remote end is.

use crate::output::{self, Datagram, Protocol};
use crate::transport::ids::Ssrc;
use crate::transport::path::Place;
use crate::transport::{Transport, received};
use std::time::Instant;
use str0m::Rtc;
use str0m::net::Transmit;
use visio_rtc::packet::class::{Class, classify};
use visio_rtc::rtcp::{Packet, packets};
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
    /// Takes a datagram. The caller must drain the transport before the next one: a received
    /// packet sits in a single slot inside.
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
            Class::Srtp | Class::Srtcp => return self.receive_sealed(now, datagram),
            Class::Dtls | Class::Noise => handle(self.rtc(), now, datagram),
        }
        Reception::Taken
    }

    fn receive_sealed(&mut self, now: Instant, datagram: &Datagram<'_>) -> Reception {
        let is_media = classify(datagram.bytes) == Class::Srtp;
        let Some(authentic) = self.srtp.open(datagram.bytes) else {
            return Reception::Refused;
        };
        let ntp = self.ntp(now);
        let told = if is_media {
            Some(self.srtp.told_rtp())
        } else {
            if let Some(sending) = &mut self.sending {
                sending.receive(now, ntp, self.srtp.clear(), &mut self.events);
            }
            for packet in packets(self.srtp.clear()) {
                if let Packet::SenderReport { info, .. } = packet {
                    self.capture.report(now, &info);
                }
            }
            self.srtp.told_rtcp(authentic)
        };
        if let Some(bytes) = told {
            self.is_rtc_touched = true;
            handle(&mut self.rtc, now, &Datagram { bytes, ..*datagram });
        }
        let is_newest = authentic.order != Order::Late;
        self.path.media_came(now, datagram, is_newest);
        if is_media && authentic.order == Order::First {
            Reception::FirstOf(Ssrc(authentic.ssrc))
        } else {
            Reception::Taken
        }
    }

    /// A datagram of str0m's, sealed, on its way to where the remote end is.
    pub(super) fn outgoing(&mut self, now: Instant, transmit: Transmit) -> Option<output::Packet> {
        let selected = Place {
            protocol: if transmit.proto == str0m::net::Protocol::Udp {
                Protocol::Udp
            } else {
                Protocol::Tcp
            },
            local: transmit.source,
            remote: transmit.destination,
        };
        let bytes: Vec<u8> = transmit.contents.into();
        match classify(&bytes) {
            // A check is answered where it came from.
            Class::Stun { .. } => Some(selected.packet(bytes)),
            Class::Srtcp => {
                let place = self.path.place(now, selected);
                let sealed = self.srtp.seal_told(&bytes);
                sealed.map(|sealed| place.packet(sealed))
            }
            // It is given nothing to send.
            Class::Srtp => None,
            Class::Dtls | Class::Noise => Some(self.path.place(now, selected).packet(bytes)),
        }
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
