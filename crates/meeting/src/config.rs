//! What a meeting is told when it starts, and what a program may ask of a room that it creates.

use crate::revocation::TokenOverrides;
use visio_protocol::names::RoomName;

/// Longest that a program may have a meeting kept without anybody in it, a day; a longer wish is cut.
const ROOM_TIMEOUT_SECONDS_MAX: u32 = 24 * 3600;

/// What a meeting is told when it starts.
#[derive(Clone, Debug)]
pub struct Config {
    pub room: RoomName,
    pub metadata: String,
    /// Reaching it refuses the next to join.
    pub participants_max: usize,
    /// How long an empty meeting is kept when nobody ever came.
    pub empty_timeout_seconds: u32,
    /// How long it is kept after the last one left.
    pub departure_timeout_seconds: u32,
    /// Whether microphones are tapped for captions.
    pub transcribe: bool,
    /// Whether a transcript is kept when it starts.
    pub transcript_kept: bool,
    /// What was said of older tokens before it was interrupted.
    pub token_overrides: TokenOverrides,
}

/// What a program asks of a room that it creates; `None` leaves what the server has set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomOptions {
    pub metadata: Option<String>,
    pub participants_max: Option<u32>,
    pub empty_timeout_seconds: Option<u32>,
    pub departure_timeout_seconds: Option<u32>,
}

impl Config {
    /// As `options` ask for; nobody gets more participants than the server has set.
    #[must_use]
    pub fn with(mut self, options: RoomOptions) -> Self {
        if let Some(metadata) = options.metadata {
            self.metadata = metadata;
        }
        if let Some(asked) = options.participants_max {
            let asked = usize::try_from(asked).unwrap_or(usize::MAX);
            self.participants_max = self.participants_max.min(asked);
        }
        let timeouts = [
            (
                &mut self.empty_timeout_seconds,
                options.empty_timeout_seconds,
            ),
            (
                &mut self.departure_timeout_seconds,
                options.departure_timeout_seconds,
            ),
        ];
        for (timeout, asked) in timeouts {
            *timeout = asked.map_or(*timeout, |asked| asked.min(ROOM_TIMEOUT_SECONDS_MAX));
        }
        self
    }
}
