//! What arrives at a transport and leaves it: opened and sealed, and to where the remote end is.

use crate::output::{Datagram, Packet, Protocol};
use crate::transport::ids::Ssrc;
use crate::transport::path::Place;
use crate::transport::{Transport, estimator, received};
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
                handle(&mut self.rtc, now, datagram);
            }
            Class::Srtp | Class::Srtcp => return self.receive_sealed(now, datagram),
            Class::Dtls | Class::Noise => handle(&mut self.rtc, now, datagram),
        }
        Reception::Taken
    }

    fn receive_sealed(&mut self, now: Instant, datagram: &Datagram<'_>) -> Reception {
        let is_media = classify(datagram.bytes) == Class::Srtp;
        let Self {
            rtc,
            srtp,
            path,
            is_resting,
            ..
        } = self;
        let Some(authentic) = srtp.open(datagram.bytes) else {
            return Reception::Refused;
        };
        if *is_resting && !is_media {
            estimator::forget(rtc);
        }
        let clear = Datagram {
            bytes: authentic.packet,
            ..*datagram
        };
        handle(rtc, now, &clear);
        path.media_came(now, datagram, authentic.order != Order::Late);
        if is_media && authentic.order == Order::First {
            Reception::FirstOf(Ssrc(authentic.ssrc))
        } else {
            Reception::Taken
        }
    }

    /// A datagram of str0m's, sealed, on its way to where the remote end is.
    pub(super) fn outgoing(&mut self, now: Instant, transmit: Transmit) -> Option<Packet> {
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
            Class::Srtp | Class::Srtcp => {
                let place = self.path.place(now, selected);
                self.srtp.seal(bytes).map(|sealed| place.packet(sealed))
            }
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
