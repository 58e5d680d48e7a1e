//! The bounds of what one message may hold, and what reaching them means.

/// Tracks named in one message; further ones are ignored.
pub(crate) const TRACKS_PER_MESSAGE_MAX: usize = 4_096;

/// Layers of one encoding, and encodings of one track; an announcement beyond is refused.
pub(crate) const LAYERS_MAX: usize = 8;
pub(crate) const CODECS_MAX: usize = 8;

/// Longest short text of a track: its cid, its stream, its codec; an announcement beyond is
/// refused.
pub(crate) const TRACK_TEXT_BYTES_MAX: usize = 256;

/// Participants named in one subscription permission; further ones are ignored.
pub(crate) const GRANTS_PER_MESSAGE_MAX: usize = 4_096;

/// What a server's program sends as one message: what LiveKit's clients take (15 KB in their own
/// limits, with some room). A longer one is refused.
pub const DATA_BYTES_MAX: usize = 16 * 1024;

/// What clients are told: how often to ping, and after how long without an answer to resume.
pub(crate) const PING_INTERVAL_SECONDS: i32 = 5;
pub(crate) const PING_TIMEOUT_SECONDS: i32 = 15;

/// Random bytes that end server-made frames in end-to-end encrypted rooms.
pub const SIF_TRAILER_BYTES: usize = 16;
