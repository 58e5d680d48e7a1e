//! What a payload type stands for: a codec, plain or inside redundant audio.

use crate::transport::ids::{PayloadType, Ssrc};
use str0m::format::{CodecSpec, PayloadParams};
use visio_rtc::packet::{av1, h264, vp8, vp9};

/// The codecs a worker forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Opus,
    Pcmu,
    Vp8,
    Vp9,
    H264,
    Av1,
}

impl Codec {
    /// `None` for a codec that is not negotiated.
    pub(super) fn of(codec: str0m::format::Codec) -> Option<Self> {
        use str0m::format::Codec as Wire;
        Some(match codec {
            Wire::Opus => Self::Opus,
            Wire::PCMU => Self::Pcmu,
            Wire::Vp8 => Self::Vp8,
            Wire::Vp9 => Self::Vp9,
            Wire::H264 => Self::H264,
            Wire::Av1 => Self::Av1,
            _ => return None,
        })
    }

    /// The codec of a media type; `None` where it is not known, or not forwarded.
    pub(crate) fn named(mime: &str) -> Option<Self> {
        let sound = [Self::Opus, Self::Pcmu];
        let pictures = [Self::Vp8, Self::Vp9, Self::H264, Self::Av1];
        let mut all = sound.into_iter().chain(pictures);
        all.find(|codec| codec.mime().eq_ignore_ascii_case(mime))
    }

    /// Ticks per second of its RTP clock: Opus (RFC 7587 section 4.1), G.711 (RFC 3551 section
    /// 4.5.14) and all codecs of pictures.
    pub(crate) fn clock_rate_hz(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Pcmu => 8_000,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1 => 90_000,
        }
    }

    /// Whether `payload` is a packet from which a decoder can begin: the first of a keyframe.
    pub(crate) fn starts_keyframe(self, payload: &[u8]) -> bool {
        match self {
            Self::Opus | Self::Pcmu => true,
            Self::Vp8 => vp8::starts_keyframe(payload),
            Self::Vp9 => vp9::starts_keyframe(payload),
            Self::H264 => h264::starts_keyframe(payload),
            Self::Av1 => av1::starts_keyframe(payload),
        }
    }

    /// Whether nothing before this packet is of use: with H.264 a keyframe starts with several packets.
    pub(crate) fn needs_nothing_before(self, payload: &[u8]) -> bool {
        match self {
            Self::H264 => h264::has_sequence_parameters(payload),
            _ => self.starts_keyframe(payload),
        }
    }

    /// The media type by which LiveKit names it.
    pub(crate) fn mime(self) -> &'static str {
        match self {
            Self::Opus => "audio/opus",
            Self::Pcmu => "audio/PCMU",
            Self::Vp8 => "video/VP8",
            Self::Vp9 => "video/VP9",
            Self::H264 => "video/H264",
            Self::Av1 => "video/AV1",
        }
    }
}

/// What a payload type means on one transport.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    pub(super) payload_type: PayloadType,
    pub(crate) codec: Codec,
    pub(super) spec: CodecSpec,
    /// Redundant audio (RFC 2198) around the codec.
    pub(crate) is_redundant: bool,
    /// As what its packets are sent again (RFC 4588), where that was negotiated.
    pub(super) resend: Option<PayloadType>,
}

/// The payload types under which the remote end takes a codec on one section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) plain: PayloadType,
    /// Inside redundant audio, if the remote end agreed to that.
    pub(crate) redundant: Option<PayloadType>,
    /// Sent again (RFC 4588), if the remote end agreed to that.
    pub(crate) resend: Option<PayloadType>,
    /// The stream on which it is sent.
    pub(crate) ssrc: Ssrc,
}

impl Format {
    pub(super) fn new(params: &PayloadParams) -> Option<Self> {
        let spec = params.spec();
        Some(Self {
            payload_type: PayloadType(*params.pt()),
            codec: Codec::of(spec.codec)?,
            spec,
            is_redundant: false,
            resend: params.resend().map(|resend| PayloadType(*resend)),
        })
    }
}
