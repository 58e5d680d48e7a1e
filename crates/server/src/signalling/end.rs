//! Why a signal connection ends, and what its client is told.

use crate::media::Undelivered;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client closed it.
    Closed,
    /// The meeting said its last word.
    HungUp,
    /// The network broke.
    Broken,
    /// The client could not be reached for too long.
    Silent,
    /// The client does not read fast enough.
    Slow,
    TooLong,
    Malformed(&'static str),
    Flood,
    /// The worker did not take or answer what was handed to it.
    Unserved,
}

impl End {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HungUp => "hung_up",
            Self::Broken => "broken",
            Self::Silent => "silent",
            Self::Slow => "slow",
            Self::TooLong => "too_long",
            Self::Malformed(_) => "malformed",
            Self::Flood => "flood",
            Self::Unserved => "unserved",
        }
    }

    /// What the client is told; browsers show it in their console. At most 123 bytes (RFC 6455
    /// section 5.5).
    pub(super) fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Closed | Self::Broken => return None,
            Self::HungUp => (CloseCode::Normal, ""),
            Self::Silent => (CloseCode::Away, "no answer to pings: is the network gone?"),
            Self::Slow => (
                CloseCode::Policy,
                "too many messages are waiting: read faster or resume",
            ),
            Self::TooLong => (CloseCode::Size, "a signal message may have at most 512 KiB"),
            Self::Malformed(reason) => (CloseCode::Protocol, reason),
            Self::Flood => (
                CloseCode::Policy,
                "too many signal messages in too short a time",
            ),
            Self::Unserved => (
                CloseCode::Again,
                "the server is busy: try again in a moment",
            ),
        };
        Some(CloseFrame {
            code,
            reason: reason.into(),
        })
    }
}

impl From<Undelivered> for End {
    fn from(_: Undelivered) -> Self {
        Self::Unserved
    }
}
