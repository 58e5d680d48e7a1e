//! What is made of packets that come, and what is said of them.
#![expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]

use super::extensions::ExtensionIds;
use super::*;
use crate::transport::format::Codec;
use str0m::format::{CodecSpec, FormatParams};
use str0m::media::Frequency;
use visio_rtc::packet::rtp::Header;
use visio_rtc::rtcp::{self, Packet, ReportBlock, SenderInfo, Writer};
use visio_rtc::srtp::Order;

mod reporting;
mod streams;

const OPUS: u8 = 111;
const VP8: u8 = 96;
const RTX: u8 = 97;
const VP9: u8 = 98;

/// The microphone, the camera in one layer, the screen in three.
const MICROPHONE: &str = "0";
const CAMERA: &str = "1";
const SCREEN: &str = "2";

/// A packet of a picture that does not begin a keyframe (RFC 7741 section 4.2), and one that does.
const PICTURE: &[u8] = &[0x10, 1, 0, 0, 7];
const KEYFRAME: &[u8] = &[0x10, 0, 0, 0, 7];
const OWN: u32 = 99;

/// Who sends, and the server's end of the connection.
struct Publisher {
    now: Instant,
    receiving: Receiving,
    formats: Vec<Format>,
}

/// A packet in the making.
#[derive(Clone, Copy)]
struct Packed<'a> {
    ssrc: u32,
    payload_type: u8,
    sequence: u16,
    mid: &'a str,
    rid: &'a str,
    repaired: &'a str,
    number: Option<u16>,
    payload: &'a [u8],
    padding: u8,
}

/// A packet of the camera without extensions.
fn camera(ssrc: u32, sequence: u16) -> Packed<'static> {
    Packed {
        ssrc,
        payload_type: VP8,
        sequence,
        mid: "",
        rid: "",
        repaired: "",
        number: None,
        payload: PICTURE,
        padding: 0,
    }
}

fn on(mid: &'static str, packed: Packed<'static>) -> Packed<'static> {
    Packed { mid, ..packed }
}

/// A resend of the packet of the camera with that number.
fn resend(ssrc: u32, sequence: u16, payload: &[u8]) -> Packed<'_> {
    Packed {
        payload_type: RTX,
        mid: CAMERA,
        payload,
        ..camera(ssrc, sequence)
    }
}

impl Packed<'_> {
    fn written(&self) -> Vec<u8> {
        let number = self.number.map(u16::to_be_bytes).unwrap_or_default();
        let values = [
            (4, self.mid.as_bytes()),
            (5, self.rid.as_bytes()),
            (6, self.repaired.as_bytes()),
            (3, self.number.map_or(&[][..], |_| &number)),
        ];
        let mut extensions = Vec::new();
        for (id, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
            extensions.push(id << 4 | u8::try_from(value.len() - 1).unwrap());
            extensions.extend_from_slice(value);
        }
        extensions.resize(extensions.len().next_multiple_of(4), 0);
        let flags = 0x90 | if self.padding > 0 { 0x20 } else { 0 };
        let mut bytes = vec![flags, self.payload_type];
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend([0, 0, 0, 9]);
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend([0xbe, 0xde]);
        bytes.extend(u16::try_from(extensions.len() / 4).unwrap().to_be_bytes());
        bytes.extend(extensions);
        bytes.extend_from_slice(self.payload);
        bytes.resize(bytes.len() + usize::from(self.padding), self.padding);
        bytes
    }
}

fn format(codec: Codec, payload_type: u8, resend: Option<u8>) -> Format {
    let spec = CodecSpec {
        codec: str0m::format::Codec::Vp8,
        clock_rate: Frequency::NINETY_KHZ,
        channels: None,
        format: FormatParams::default(),
    };
    Format {
        payload_type: PayloadType(payload_type),
        codec,
        spec,
        is_redundant: false,
        resend: resend.map(PayloadType),
    }
}

fn described(mid: &str, payload_types: &[u8], streams: &[(u32, Option<u32>)]) -> Described {
    let streams = streams.iter();
    Described {
        mid: Mid::new(mid),
        sends: true,
        payload_types: payload_types.iter().copied().map(PayloadType).collect(),
        streams: streams
            .map(|&(main, resends)| (Ssrc(main), resends.map(Ssrc)))
            .collect(),
    }
}

/// Of the camera only streams with these numbers are declared.
fn sections(streams: &[(u32, Option<u32>)]) -> Sections {
    let mut sections = Sections::default();
    sections.ids = ExtensionIds {
        mid: 4,
        rid: 5,
        repaired_rid: 6,
        transport_sequence: 3,
        ..ExtensionIds::default()
    };
    sections.insert(described(MICROPHONE, &[OPUS], &[]), Vec::new());
    sections.insert(described(CAMERA, &[VP8, RTX], streams), Vec::new());
    let rids = ["q", "h", "f"].map(Rid::new);
    sections.insert(described(SCREEN, &[VP8, RTX, VP9], &[]), rids.into());
    sections
}

impl Publisher {
    fn new() -> Self {
        Self::declaring(&[])
    }

    fn declaring(streams: &[(u32, Option<u32>)]) -> Self {
        let now = Instant::now();
        Self {
            now,
            receiving: Receiving::new(now, Ssrc(OWN), sections(streams)),
            formats: vec![
                format(Codec::Opus, OPUS, None),
                format(Codec::Vp8, VP8, Some(RTX)),
                format(Codec::Vp9, VP9, None),
            ],
        }
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    fn send(&mut self, packed: Packed<'_>) -> Option<ReceivedPacket> {
        let bytes = packed.written();
        let opened = OpenedRtp {
            header: Header::parse(&bytes).unwrap(),
            index: packed.sequence.into(),
            end: bytes.len(),
            order: Order::Newest,
        };
        self.receiving
            .receive(self.now, &opened, &bytes, &self.formats)
    }

    /// The section of what goes on of a packet, and its layer.
    fn place(&mut self, packed: Packed<'_>) -> Option<(String, Option<String>)> {
        let packet = self.send(packed)?;
        let (mid, rid) = self.receiving.stream(packet.ssrc).unwrap();
        Some((mid.to_string(), rid.map(|rid| rid.name().to_owned())))
    }

    /// What the server says now.
    fn hear(&mut self) -> Vec<Vec<u8>> {
        self.receiving.poll(self.now, 0)
    }

    /// The numbers that it asks for now.
    fn asked(&mut self) -> Vec<(u32, u16)> {
        let mut asked = Vec::new();
        for compound in self.hear() {
            for packet in rtcp::packets(&compound) {
                if let Packet::Nack {
                    media_ssrc, lost, ..
                } = packet
                {
                    asked.extend(lost.map(|lost| (media_ssrc, lost)));
                }
            }
        }
        asked
    }
}
