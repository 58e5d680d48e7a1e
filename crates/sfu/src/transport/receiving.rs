//! What one connection receives: its streams, what is missing of them, and what is said of them.
//!
//! Packets are read here in clear; what is answered the transport seals.

mod extensions;
mod reports;
mod sections;
mod stream;

use crate::transport::format::Format;
use crate::transport::ids::{Mid, PayloadType, Rid, Ssrc};
use crate::transport::packet::ReceivedPacket;
use extensions::Said;
pub(crate) use sections::Described;
pub(super) use sections::Sections;
use sections::{Origin, Repaired};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use stream::{Novelty, Stream};
use visio_rtc::packet::rtp::without_padding;
use visio_rtc::receive::arrivals::Arrivals;
use visio_rtc::receive::capture::CaptureClock;
use visio_rtc::receive::reports::{Loss, Reception};
use visio_rtc::srtp::OpenedRtp;

/// A camera and a shared screen in three layers each, with a backup codec, take a dozen. Of more the one
/// that was heard longest ago is forgotten.
const STREAMS_MAX: usize = 64;
/// What is added below RTP: the tag of SRTP, UDP and IPv4.
const BELOW_BYTES: usize = 44;

pub(super) struct Receiving {
    /// Who says all this.
    ssrc: Ssrc,
    sections: Sections,
    streams: BTreeMap<Ssrc, Stream>,
    resends: BTreeMap<Ssrc, Resends>,
    /// When what comes was captured.
    capture: CaptureClock,
    arrivals: Arrivals,
    report_due: Option<Instant>,
    /// Of the reports since it was asked for.
    loss: Loss,
    round_trip: Option<Duration>,
    /// Of which streams a keyframe is to be asked for.
    keyframes: BTreeSet<Ssrc>,
    /// What is to be asked for again.
    lost: Vec<(Ssrc, Vec<u16>)>,
}

/// A stream of resends (RFC 4588).
struct Resends {
    of: Ssrc,
    reception: Reception,
}

impl Receiving {
    /// `ssrc` is used by no stream of the connection.
    pub(super) fn new(now: Instant, ssrc: Ssrc, sections: Sections) -> Self {
        Self {
            ssrc,
            sections,
            streams: BTreeMap::new(),
            resends: BTreeMap::new(),
            capture: CaptureClock::default(),
            arrivals: Arrivals::new(now),
            report_due: None,
            loss: Loss::default(),
            round_trip: None,
            keyframes: BTreeSet::new(),
            lost: Vec::new(),
        }
    }

    /// The sections were negotiated anew: streams that have none any more are forgotten.
    pub(super) fn learn(&mut self, sections: Sections) {
        self.streams.retain(|_, stream| sections.has(stream.origin));
        self.sections = sections;
        self.forget_resends();
    }

    /// The section a stream belongs to, and its layer.
    pub(super) fn stream(&self, ssrc: Ssrc) -> Option<(Mid, Option<Rid>)> {
        let Origin { mid, rid } = self.streams.get(&ssrc)?.origin;
        Some((mid, rid))
    }

    /// Asks for a keyframe of a stream.
    pub(super) fn request_keyframe(&mut self, ssrc: Ssrc) {
        if self.streams.contains_key(&ssrc) {
            self.keyframes.insert(ssrc);
        }
    }

    /// Takes a packet in clear; returns what of it goes on.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        opened: &OpenedRtp,
        clear: &[u8],
        formats: &[Format],
    ) -> Option<ReceivedPacket> {
        let header = &opened.header;
        let said = Said::read(self.sections.ids, header, clear);
        if let Some(number) = said.transport_sequence {
            self.arrivals
                .received(now, number, clear.len() + BELOW_BYTES);
        }
        let mut payload = clear.get(header.length..)?;
        if header.has_padding {
            payload = without_padding(payload)?;
        }
        let payload_type = PayloadType(header.payload_type);
        let is_repair = |format: &&Format| format.resend == Some(payload_type);
        if let Some(format) = formats.iter().find(is_repair) {
            return self.resent(now, opened, &said, payload, *format);
        }
        let plain = |format: &&Format| format.payload_type == payload_type;
        let format = *formats.iter().find(plain)?;
        self.sent(now, opened, &said, payload, format)
    }

    /// A packet that is sent for the first time.
    fn sent(
        &mut self,
        now: Instant,
        opened: &OpenedRtp,
        said: &Said<'_>,
        payload: &[u8],
        format: Format,
    ) -> Option<ReceivedPacket> {
        let ssrc = Ssrc(opened.header.ssrc);
        // Padding may be sent among the resends under the payload type of the codec.
        if let Some(resends) = self.resends.get_mut(&ssrc) {
            resends.received(now, opened);
            return None;
        }
        // Padding alone makes no stream: it may be a probe that belongs nowhere.
        if !self.streams.contains_key(&ssrc) && !payload.is_empty() {
            self.begin(now, ssrc, said, format);
        }
        let stream = self.streams.get_mut(&ssrc)?;
        match stream.received(now, opened, format.codec.needs_nothing_before(payload)) {
            Novelty::New => {}
            Novelty::Known => return None,
            Novelty::Restart if format.codec.starts_keyframe(payload) => {}
            Novelty::Restart => {
                self.keyframes.insert(ssrc);
            }
        }
        self.note_news(now);
        Some(self.packet(now, (ssrc, opened.index), opened, said, (payload, format)))
    }

    /// A packet that is sent again, behind its number (RFC 4588 section 4), or padding.
    fn resent(
        &mut self,
        now: Instant,
        opened: &OpenedRtp,
        said: &Said<'_>,
        payload: &[u8],
        format: Format,
    ) -> Option<ReceivedPacket> {
        let ssrc = Ssrc(opened.header.ssrc);
        if !self.resends.contains_key(&ssrc) {
            self.begin_resends(ssrc, opened, said, format);
        }
        let resends = self.resends.get_mut(&ssrc)?;
        resends.received(now, opened);
        let of = resends.of;
        self.note_news(now);
        let (original, payload) = payload.split_first_chunk()?;
        let original = u16::from_be_bytes(*original);
        let begins = format.codec.needs_nothing_before(payload);
        let stream = self.streams.get_mut(&of)?;
        let number = stream.resent(now, original, begins)?;
        Some(self.packet(now, (of, number), opened, said, (payload, format)))
    }

    fn packet(
        &self,
        now: Instant,
        (ssrc, sequence): (Ssrc, u64),
        opened: &OpenedRtp,
        said: &Said<'_>,
        (payload, format): (&[u8], Format),
    ) -> ReceivedPacket {
        let timestamp = opened.header.timestamp;
        let clock_rate_hz = format.codec.clock_rate_hz();
        ReceivedPacket {
            ssrc,
            payload_type: format.payload_type,
            sequence,
            timestamp,
            captured: self.capture.captured(now, ssrc.0, timestamp, clock_rate_hz),
            marker: opened.header.marker,
            payload: payload.into(),
            forwarded: said.forwarded(),
        }
    }

    /// A stream begins, in the place of the one that was there before.
    fn begin(&mut self, now: Instant, ssrc: Ssrc, said: &Said<'_>, format: Format) {
        let named = (said.mid, said.rid);
        let Some(origin) = self.sections.origin(ssrc, format.payload_type, named) else {
            return;
        };
        let former = self.at(origin);
        if let Some(former) = former {
            let known = self.streams.get(&former);
            if known.is_some_and(|known| !known.yields_to(now, ssrc)) {
                return;
            }
            self.forget(former);
        }
        if self.streams.len() >= STREAMS_MAX {
            let longest = self.streams.iter().min_by_key(|(_, one)| one.heard);
            if let Some((&longest, _)) = longest {
                self.forget(longest);
            }
        }
        let stream = Stream::new(now, ssrc, origin, format, former);
        self.streams.insert(ssrc, stream);
        self.note_begin(now);
    }

    /// A stream of resends begins, in the place of the one that repaired the same before.
    fn begin_resends(&mut self, ssrc: Ssrc, opened: &OpenedRtp, said: &Said<'_>, format: Format) {
        let payload_type = PayloadType(opened.header.payload_type);
        let of = match self.sections.repaired(ssrc, payload_type, said) {
            Some(Repaired::Stream(of)) => Some(of),
            Some(Repaired::Origin(origin)) => self.at(origin),
            None => None,
        };
        let Some(of) = of.filter(|of| self.streams.contains_key(of)) else {
            return;
        };
        self.resends.retain(|_, known| known.of != of);
        let reception = Reception::new(ssrc.0, format.codec.clock_rate_hz());
        self.resends.insert(ssrc, Resends { of, reception });
    }

    /// The stream that belongs there.
    fn at(&self, origin: Origin) -> Option<Ssrc> {
        let mut streams = self.streams.iter();
        let (&ssrc, _) = streams.find(|(_, stream)| stream.origin == origin)?;
        Some(ssrc)
    }

    fn forget(&mut self, ssrc: Ssrc) {
        self.streams.remove(&ssrc);
        self.forget_resends();
    }

    /// Nothing is asked for of streams that are gone, nor is anything of them sent again.
    fn forget_resends(&mut self) {
        let streams = &self.streams;
        self.resends.retain(|_, one| streams.contains_key(&one.of));
        self.keyframes.retain(|ssrc| streams.contains_key(ssrc));
    }
}

impl Resends {
    fn received(&mut self, now: Instant, opened: &OpenedRtp) {
        let header = &opened.header;
        self.reception
            .received(now, header.sequence, header.timestamp);
    }
}

#[cfg(test)]
mod tests;
