//! What clients send as sound and pictures: payloads that say themselves where they come from.

use str0m::rtp::Vp8Descriptor;
use visio_meeting::{Layer, LayerQuality, MediaKind, Source};

/// Marks a payload as one of ours.
const MAGIC: [u8; 4] = *b"VISI";

/// The descriptor (RFC 7741 section 4.2) with everything in it, and the first byte of the frame.
const VP8_HEAD_BYTES: usize = 7;

/// The layers of a camera, worst first.
pub const RIDS: [&str; 3] = ["q", "h", "f"];

/// What a person may publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Microphone,
    Camera,
    Screen,
}

impl Kind {
    pub(crate) fn media(self) -> MediaKind {
        match self {
            Self::Microphone => MediaKind::Audio,
            Self::Camera | Self::Screen => MediaKind::Video,
        }
    }

    pub(crate) fn source(self) -> Source {
        match self {
            Self::Microphone => Source::Microphone,
            Self::Camera => Source::Camera,
            Self::Screen => Source::ScreenShare,
        }
    }

    /// How many layers it is sent in.
    pub(crate) fn layers(self) -> usize {
        if self == Self::Camera { RIDS.len() } else { 1 }
    }

    pub(crate) fn declared_layers(self) -> Vec<Layer> {
        let sizes = [
            (LayerQuality::Low, 320, 180),
            (LayerQuality::Medium, 640, 360),
            (LayerQuality::High, 1280, 720),
        ];
        let declared = sizes
            .iter()
            .zip(RIDS)
            .map(|(&(quality, width, height), rid)| Layer {
                quality,
                width,
                height,
                bitrate_bps: 0,
                ssrc: 0,
                spatial_layer: 0,
                rid: rid.to_owned(),
            });
        declared
            .take(if self == Self::Camera { 3 } else { 0 })
            .collect()
    }

    pub(crate) fn codecs(self, cid: &str) -> Vec<(String, String, Vec<Layer>)> {
        match self.media() {
            MediaKind::Audio => Vec::new(),
            MediaKind::Video => vec![(
                "video/VP8".to_owned(),
                cid.to_owned(),
                self.declared_layers(),
            )],
        }
    }
}

/// What a payload says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Truth {
    /// The number of the client that made it.
    pub client: u32,
    /// The number of the track within its client.
    pub track: u32,
    pub layer: u8,
    /// Whether a decoder can begin here.
    pub key: bool,
    /// The numbers it was sent under.
    pub sequence: u32,
    pub timestamp: u32,
    pub picture: u16,
    /// When it was sent: milliseconds of its client's life.
    pub sent_ms: u32,
}

impl Truth {
    /// An Opus packet: the first byte says 60 ms of speech (RFC 6716 section 3.1).
    pub(crate) fn audio_payload(&self) -> Vec<u8> {
        [&[0x58][..], &self.bytes()].concat()
    }

    /// A VP8 packet; only the first of a frame `begins` it.
    pub(crate) fn video_payload(&self, begins: bool) -> Vec<u8> {
        let [high, low] = self.picture.to_be_bytes();
        let start = if begins { 0x90 } else { 0x80 };
        let temporal = 0x20;
        let frame = u8::from(!self.key);
        let head = [start, 0xf0, 0x80 | high, low, self.layer, temporal, frame];
        let padding = vec![0; 60 * (usize::from(self.layer) + 1)];
        [&head[..], &self.bytes(), &padding].concat()
    }

    /// Reads a payload of either kind.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let at = [1, VP8_HEAD_BYTES]
            .into_iter()
            .find(|&at| payload.get(at..at + 4) == Some(&MAGIC))?;
        let rest = payload.get(at + 4..at + 28)?;
        let word = |from: usize| {
            Some(u32::from_be_bytes(
                rest.get(from..from + 4)?.try_into().ok()?,
            ))
        };
        Some(Self {
            client: word(0)?,
            track: word(4)?,
            layer: *rest.get(16)?,
            key: *rest.get(17)? == 1,
            sequence: word(8)?,
            timestamp: word(12)?,
            picture: u16::from_be_bytes(rest.get(18..20)?.try_into().ok()?),
            sent_ms: word(20)?,
        })
    }

    fn bytes(&self) -> Vec<u8> {
        let words = [self.client, self.track, self.sequence, self.timestamp];
        let mut bytes = MAGIC.to_vec();
        bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        bytes.extend([self.layer, u8::from(self.key)]);
        bytes.extend(self.picture.to_be_bytes());
        bytes.extend(self.sent_ms.to_be_bytes());
        bytes
    }
}

/// The picture id under which a VP8 payload arrived.
pub(crate) fn picture_id(payload: &[u8]) -> Option<u16> {
    Vp8Descriptor::parse(payload).ok()?.picture_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_tells_what_was_put_into_it() {
        let truth = Truth {
            client: 3,
            track: 2,
            layer: 1,
            key: true,
            sequence: 70_000,
            timestamp: 9,
            picture: 32_767,
            sent_ms: 70_000,
        };
        assert_eq!(Truth::read(&truth.audio_payload()), Some(truth));
        let payload = truth.video_payload(true);
        assert_eq!(Truth::read(&payload), Some(truth));
        assert_eq!(picture_id(&payload), Some(32_767));
        assert!(Vp8Descriptor::parse(&payload).is_ok_and(|read| read.starts_keyframe(&payload)));
        assert_eq!(Truth::read(b"noise"), None);
    }
}
