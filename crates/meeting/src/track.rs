//! What is known of a published track.

use visio_protocol::ids::TrackSid;

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaKind {
    Audio,
    Video,
}

/// Where a track comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    #[default]
    Unknown,
    Camera,
    Microphone,
    ScreenShare,
    ScreenShareAudio,
}

/// How good a layer is, in LiveKit's three steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LayerQuality {
    Low,
    Medium,
    #[default]
    High,
}

impl LayerQuality {
    /// All of them, worst first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];
}

/// One simulcast or spatial layer, as its publisher declared it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    pub quality: LayerQuality,
    pub width: u32,
    pub height: u32,
    pub bitrate_bps: u32,
    pub ssrc: u32,
    pub spatial_layer: i32,
    pub rid: String,
}

/// One encoding of a track: most have one, some add a backup codec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codec {
    /// For example `video/VP8`; empty until the first packet tells.
    pub mime: String,
    /// The browser's id of the media stream track: the second token of `a=msid` in the offer.
    /// Empty for a backup that is not about to be sent yet.
    pub cid: String,
    pub mid: String,
    pub layers: Vec<Layer>,
}

impl Codec {
    /// Whether `name` is the codec's, which clients write as `vp8`, `VP8` or `video/VP8`.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        let short = |mime: &str| mime.rsplit('/').next().map(str::to_ascii_lowercase);
        short(&self.mime) == short(name)
    }
}

/// Who gets the backup codec of a track when some of its subscribers cannot receive the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackupCodecPolicy {
    /// LiveKit leaves it to the server whether to regress: Visio does, as with [`Self::Regression`].
    #[default]
    PreferRegression,
    /// Both are sent, and each subscriber gets the first that it can receive.
    Simulcast,
    /// While anybody needs the backup, all who can receive it get it, and the publisher encodes
    /// once. When nobody needs it any more, all get the first again.
    Regression,
}

impl BackupCodecPolicy {
    #[must_use]
    pub fn regresses(self) -> bool {
        self != Self::Simulcast
    }
}

/// A track as its publisher describes it and as others are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackInfo {
    pub sid: TrackSid,
    pub kind: MediaKind,
    pub source: Source,
    pub name: String,
    pub muted: bool,
    pub width: u32,
    pub height: u32,
    pub stereo: bool,
    pub disable_dtx: bool,
    pub disable_red: bool,
    /// LiveKit's number of the end-to-end encryption in use, 0 for none: passed through.
    pub encryption: i32,
    pub stream: String,
    /// LiveKit's numbers of audio features (noise suppression …): passed through.
    pub audio_features: Vec<i32>,
    /// LiveKit's numbers of what is appended to frames (time stamp, frame id): passed through.
    pub packet_trailer_features: Vec<i32>,
    pub backup_codec_policy: BackupCodecPolicy,
    /// The first, and after it its backups, of which the publisher sends those that are needed.
    pub codecs: Vec<Codec>,
}

impl TrackInfo {
    /// Whether its publisher sends more than one layer.
    #[must_use]
    pub fn simulcast(&self) -> bool {
        self.layers().len() > 1
    }

    /// The layers of the first encoding.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        self.codecs.first().map_or(&[], |codec| &codec.layers)
    }

    /// The media type of the first encoding, empty while unknown.
    #[must_use]
    pub fn mime(&self) -> &str {
        self.codecs.first().map_or("", |codec| &codec.mime)
    }

    /// The browser's id of what the first encoding is made of.
    #[must_use]
    pub fn cid(&self) -> &str {
        self.codecs.first().map_or("", |codec| &codec.cid)
    }
}

/// A track within its meeting.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) info: TrackInfo,
    pub(crate) progress: Progress,
    /// Muted by a host, and its publisher has not said anything since.
    pub(crate) silenced: bool,
}

/// How far a track has come from announcement to media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Announced by its publisher; no packet yet. Others do not know of it.
    Pending,
    /// Packets arrive: others see it and may subscribe.
    Live,
}
