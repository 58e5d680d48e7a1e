//! One stream that is sent: how its packets are written, and which are kept.

use crate::transport::dependency::Descriptor;
use crate::transport::ids::{Mid, PayloadType, Ssrc};
use crate::transport::packet::SentPacket;
use std::time::{Duration, Instant};
use visio_rtc::send::header::{self, ExtensionIds, Extensions, Fields};
use visio_rtc::send::history::History;

/// Padding of one packet: its last octet counts it (RFC 3550 section 5.1).
const PADDING_OCTETS_MAX: u8 = 255;

/// What a stream is by the description of its section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transport) struct Description {
    pub(in crate::transport) mid: Mid,
    /// The stream on which its packets are sent again (RFC 4588).
    pub(in crate::transport) resends: Option<Ssrc>,
    pub(in crate::transport) extensions: ExtensionIds,
    pub(in crate::transport) is_audio: bool,
    pub(in crate::transport) clock_rate_hz: u32,
}

pub(super) struct Stream {
    ssrc: Ssrc,
    pub(super) description: Description,
    pub(super) history: History<SentPacket>,
    /// The next number of the stream of resends.
    next_resend: u16,
    /// As what padding is sent, and its time on the media clock.
    padding: Option<(PayloadType, u32)>,
    /// Whether the remote end knows which section this is, and its resends: it has reported on them.
    pub(super) is_known: bool,
    pub(super) are_resends_known: bool,
    /// Packets of it were dropped: it goes on where a decoder can begin.
    pub(super) is_broken: bool,
    pub(super) packets: u32,
    pub(super) octets: u32,
    pub(super) clock: MediaClock,
}

/// The media clock of a stream by that of the server: as the publisher's reports say, else as the packet
/// said that was least delayed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MediaClock {
    anchor: Option<(Instant, u32)>,
    /// The publisher's reports say so.
    is_reported: bool,
    /// The anchor was used for a report: the next packet is the next anchor.
    is_used: bool,
}

impl Description {
    /// Whether what a link carries can be found out by this stream.
    pub(super) fn is_probed(&self) -> bool {
        self.extensions.transport_sequence != 0 && self.resends.is_some()
    }

    /// The transport-wide number, if the section has that extension.
    pub(super) fn numbered(&self, next: u64) -> Option<u64> {
        (self.extensions.transport_sequence != 0).then_some(next)
    }
}

impl Stream {
    pub(super) fn new(ssrc: Ssrc, description: Description) -> Self {
        Self {
            ssrc,
            description,
            history: History::default(),
            next_resend: 0,
            padding: None,
            is_known: false,
            are_resends_known: false,
            is_broken: false,
            packets: 0,
            octets: 0,
            clock: MediaClock::default(),
        }
    }

    /// A packet that is sent for the first time.
    pub(super) fn write(&mut self, packet: &SentPacket, number: Option<u16>) -> Vec<u8> {
        self.count(packet.payload.len());
        let fields = first(self.ssrc, packet, self.is_known);
        written(&self.description, packet, &fields, number)
    }

    /// A packet that is kept; by RTX if it was sent before, and whether that is so.
    pub(super) fn write_kept(
        &mut self,
        now: Instant,
        sequence: u64,
        number: Option<u16>,
    ) -> Option<(Vec<u8>, bool)> {
        let named = (&self.description, self.are_resends_known);
        let (packet, was_sent) = self.history.leave(now, sequence)?;
        let fields = if was_sent {
            resent(named, &mut self.next_resend, packet, 0)?
        } else {
            first(self.ssrc, packet, self.is_known)
        };
        let written = written(&self.description, packet, &fields, number);
        if !was_sent {
            self.padding = packet.resend.map(|resend| (resend, packet.timestamp));
            let octets = packet.payload.len();
            self.count(octets);
        }
        Some((written, was_sent))
    }

    /// A packet of about so many bytes that nobody needs.
    pub(super) fn write_padding(&mut self, bytes: usize, number: Option<u16>) -> Option<Vec<u8>> {
        let named = (&self.description, self.are_resends_known);
        let known = self.history.padding(bytes);
        let octets = bytes.saturating_sub(known.map_or(0, |one| one.payload.len()));
        let octets = u8::try_from(octets).unwrap_or(PADDING_OCTETS_MAX);
        if let Some(packet) = known {
            let fields = resent(named, &mut self.next_resend, packet, octets)?;
            return Some(written(&self.description, packet, &fields, number));
        }
        let (resend, timestamp) = self.padding?;
        let empty = SentPacket {
            resend: Some(resend),
            ..SentPacket::own(resend, 0, timestamp, &[])
        };
        let next = &mut self.next_resend;
        let fields = resent(named, next, &empty, octets.max(1))?;
        let mut padding = header(&self.description, &empty, &fields, number);
        pad(&mut padding, fields.padding);
        Some(padding)
    }

    /// Whether something can be sent that nobody needs.
    pub(super) fn can_pad(&self) -> bool {
        self.description.resends.is_some() && self.padding.is_some()
    }

    fn count(&mut self, octets: usize) {
        self.packets = self.packets.wrapping_add(1);
        let octets = u32::try_from(octets).unwrap_or_default();
        self.octets = self.octets.wrapping_add(octets);
    }
}

/// As what a packet is sent.
struct As {
    ssrc: Ssrc,
    payload_type: PayloadType,
    sequence: u16,
    /// Of a resend: the number that it was sent under first.
    original: Option<u16>,
    padding: u8,
    /// Whether the remote end knows the section of that stream.
    is_known: bool,
}

/// As itself.
fn first(ssrc: Ssrc, packet: &SentPacket, is_known: bool) -> As {
    As {
        is_known,
        ssrc,
        payload_type: packet.payload_type,
        sequence: low(packet.sequence),
        original: None,
        padding: 0,
    }
}

/// `None` where resends were not negotiated.
fn resent(
    (description, is_known): (&Description, bool),
    next: &mut u16,
    packet: &SentPacket,
    padding: u8,
) -> Option<As> {
    let (ssrc, payload_type) = description.resends.zip(packet.resend)?;
    let sequence = *next;
    *next = next.wrapping_add(1);
    Some(As {
        is_known,
        ssrc,
        payload_type,
        sequence,
        original: Some(low(packet.sequence)),
        padding,
    })
}

impl MediaClock {
    /// A packet with this time came now, and was captured then.
    pub(super) fn note(
        &mut self,
        clock_rate_hz: u32,
        now: Instant,
        captured: Option<Instant>,
        timestamp: u32,
    ) {
        if let Some(captured) = captured {
            self.anchor = Some((captured, timestamp));
            self.is_reported = true;
            return;
        }
        let known = self.at(clock_rate_hz, now);
        let known = known.filter(|_| self.is_reported || !self.is_used);
        let is_earlier = known.is_some_and(|expected| {
            let behind = expected.wrapping_sub(timestamp);
            behind > 0 && behind < clock_rate_hz / 2
        });
        if !is_earlier {
            self.anchor = Some((now, timestamp));
            (self.is_reported, self.is_used) = (false, false);
        }
    }

    /// The time that a report says.
    pub(super) fn report(&mut self, clock_rate_hz: u32, now: Instant) -> Option<u32> {
        self.is_used = true;
        self.at(clock_rate_hz, now)
    }

    fn at(&self, clock_rate_hz: u32, now: Instant) -> Option<u32> {
        let (came, timestamp) = self.anchor?;
        let ticks = |passed: Duration| {
            let ticks = passed.as_micros() * u128::from(clock_rate_hz) / 1_000_000;
            u32::try_from(ticks % (1 << 32)).unwrap_or_default()
        };
        let after = ticks(now.saturating_duration_since(came));
        let before = ticks(came.saturating_duration_since(now));
        Some(timestamp.wrapping_add(after).wrapping_sub(before))
    }
}

/// The lowest 16 bits of a number, which are on the wire.
pub(super) fn low(number: u64) -> u16 {
    let [.., high, low] = number.to_be_bytes();
    u16::from_be_bytes([high, low])
}

fn header(
    description: &Description,
    packet: &SentPacket,
    fields: &As,
    number: Option<u16>,
) -> Vec<u8> {
    let forwarded = &packet.forwarded;
    let descriptor = forwarded.dependency.as_deref();
    let renumbered = descriptor.and_then(|one| one.renumbered(packet.frame_number?));
    let descriptor = renumbered.as_ref().or(descriptor).map(Descriptor::bytes);
    let extensions = Extensions {
        mid: (!fields.is_known).then_some(description.mid.name().as_bytes()),
        transport_sequence: number,
        audio_level: forwarded.audio_level,
        video_orientation: forwarded.video_orientation,
        dependency: descriptor,
    };
    let fields = Fields {
        has_padding: fields.padding > 0,
        marker: packet.marker,
        payload_type: fields.payload_type.0,
        sequence: fields.sequence,
        timestamp: packet.timestamp,
        ssrc: fields.ssrc.0,
    };
    let mut written = Vec::with_capacity(packet.payload.len() + super::HEADERS_BYTES);
    header::write(&mut written, &fields, description.extensions, &extensions);
    written
}

fn written(
    description: &Description,
    packet: &SentPacket,
    fields: &As,
    number: Option<u16>,
) -> Vec<u8> {
    let mut written = header(description, packet, fields, number);
    if let Some(original) = fields.original {
        written.extend(original.to_be_bytes());
    }
    let begin = written.len();
    written.extend_from_slice(&packet.payload);
    if let (Some(patch), Some(payload)) = (&packet.vp8, written.get_mut(begin..)) {
        patch.apply(payload);
    }
    pad(&mut written, fields.padding);
    written
}

fn pad(written: &mut Vec<u8>, octets: u8) {
    if let Some(zeros) = octets.checked_sub(1) {
        written.resize(written.len() + usize::from(zeros), 0);
        written.push(octets);
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;
    use std::time::Duration;
    use visio_rtc::packet::rtp::{Header, without_padding};

    const CLOCK_HZ: u32 = 90_000;
    const PLAIN: PayloadType = PayloadType(96);
    const RESEND: PayloadType = PayloadType(97);

    fn stream() -> Stream {
        let description = Description {
            mid: Mid::new("3"),
            resends: Some(Ssrc(8)),
            extensions: ExtensionIds {
                mid: 4,
                transport_sequence: 3,
                ..ExtensionIds::default()
            },
            is_audio: false,
            clock_rate_hz: CLOCK_HZ,
        };
        Stream::new(Ssrc(7), description)
    }

    fn packet(sequence: u64) -> SentPacket {
        SentPacket {
            resend: Some(RESEND),
            ..SentPacket::own(PLAIN, sequence, 9, &[5; 100])
        }
    }

    #[test]
    fn a_packet_is_sent_again_behind_its_number() {
        let now = Instant::now();
        let mut stream = stream();
        stream.history.keep(now, 70_000, 100, packet(70_000));
        let (first, was_sent) = stream.write_kept(now, 70_000, Some(1)).unwrap();
        let header = Header::parse(&first).unwrap();
        assert!(!was_sent);
        assert_eq!((header.ssrc, header.payload_type), (7, PLAIN.0));
        assert_eq!(header.sequence, low(70_000));
        let (again, was_sent) = stream.write_kept(now, 70_000, Some(2)).unwrap();
        let header = Header::parse(&again).unwrap();
        assert!(was_sent);
        assert_eq!(
            (header.ssrc, header.payload_type, header.sequence),
            (8, RESEND.0, 0)
        );
        let expected = [&low(70_000).to_be_bytes()[..], &[5; 100]].concat();
        assert_eq!(again[header.length..], expected);
        assert_eq!(
            (stream.packets, stream.octets),
            (1, 100),
            "resends do not count"
        );
    }

    #[test]
    fn the_section_is_named_until_the_remote_end_knows_it() {
        let mut stream = stream();
        let named = |stream: &mut Stream| {
            let written = stream.write(&packet(1), Some(1));
            let header = Header::parse(&written).unwrap();
            header.extensions(&written).any(|one| one.data == b"3")
        };
        assert!(named(&mut stream));
        stream.is_known = true;
        assert!(!named(&mut stream));
    }

    #[test]
    fn padding_fills_what_an_old_packet_leaves() {
        let now = Instant::now();
        let mut stream = stream();
        assert_eq!(stream.write_padding(300, None), None, "nothing was sent");
        stream.history.keep(now, 1, 100, packet(1));
        stream.write_kept(now, 1, None);
        let padded = stream.write_padding(300, None).unwrap();
        let header = Header::parse(&padded).unwrap();
        let payload = &padded[header.length..];
        assert!(header.has_padding && header.ssrc == 8);
        assert_eq!(payload.len(), 2 + 300);
        assert_eq!(without_padding(payload).unwrap().len(), 2 + 100);
        stream.history = History::default();
        let empty = stream.write_padding(5_000, None).unwrap();
        let header = Header::parse(&empty).unwrap();
        assert_eq!(without_padding(&empty[header.length..]), Some(&[][..]));
        assert_eq!(header.timestamp, 9);
    }

    #[test]
    fn the_clock_is_that_of_the_packet_that_was_least_delayed() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut clock = MediaClock::default();
        assert_eq!(clock.report(CLOCK_HZ, start), None);
        clock.note(CLOCK_HZ, after(40), None, 0);
        clock.note(CLOCK_HZ, after(50), None, 20 * 90);
        clock.note(CLOCK_HZ, after(110), None, 40 * 90);
        assert_eq!(clock.report(CLOCK_HZ, after(130)), Some(100 * 90));
        clock.note(CLOCK_HZ, after(170), None, 60 * 90);
        assert_eq!(clock.report(CLOCK_HZ, after(170)), Some(60 * 90), "anew");
        clock.note(CLOCK_HZ, after(180), None, 1_000_000);
        assert_eq!(
            clock.report(CLOCK_HZ, after(180)),
            Some(1_000_000),
            "a jump"
        );
    }

    #[test]
    fn the_clock_is_that_of_the_publishers_reports_where_there_are_some() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut clock = MediaClock::default();
        clock.note(CLOCK_HZ, after(140), Some(after(100)), 0);
        clock.note(CLOCK_HZ, after(145), None, 20 * 90);
        assert_eq!(clock.report(CLOCK_HZ, after(150)), Some(50 * 90));
        clock.note(CLOCK_HZ, after(161), None, 40 * 90);
        assert_eq!(clock.report(CLOCK_HZ, after(170)), Some(70 * 90), "used");
        clock.note(CLOCK_HZ, after(180), Some(after(200)), 100 * 90);
        assert_eq!(clock.report(CLOCK_HZ, after(180)), Some(80 * 90), "to come");
    }
}
