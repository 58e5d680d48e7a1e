//! The names that WebRTC gives to sections, streams, formats and channels, as types of our own.

use std::fmt;

/// The identification tag of a media section (RFC 5888).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mid(pub(super) str0m::media::Mid);

impl Mid {
    pub(crate) fn new(name: &str) -> Self {
        Self(name.into())
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Mid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The name of one of the streams of a section: a simulcast layer (RFC 8851).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rid(pub(super) str0m::media::Rid);

impl Rid {
    pub(super) fn new(name: &str) -> Self {
        Self(name.into())
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

/// The synchronization source of an RTP stream (RFC 3550).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ssrc(pub(crate) u32);

/// The payload type of an RTP packet (RFC 3550).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PayloadType(pub(crate) u8);

/// A data channel of one transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChannelId(pub(super) str0m::channel::ChannelId);
