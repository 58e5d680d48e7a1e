//! The numbers by which a worker names participants, tracks and signal connections.

use std::time::Instant;

/// The present moment, on both clocks a meeting needs: it reads neither itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Monotonic: for deadlines.
    pub instant: Instant,
    /// Wall clock, milliseconds since 1970: for what people and clients are shown.
    pub unix_ms: i64,
}

/// A participant, unique within its meeting and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantId(pub u64);

/// A published track, unique within its meeting and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u64);

/// A signal connection: one WebSocket. A participant that resumes comes with a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);
