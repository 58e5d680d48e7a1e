//! Why somebody leaves or is refused, and what their client does next.

/// Why somebody is not in the meeting any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveReason {
    ClientInitiated,
    DuplicateIdentity,
    ServerShutdown,
    Removed,
    MeetingEnded,
    StateMismatch,
    ConnectionTimeout,
    JoinFailure,
    /// The participant stays, on another signal connection.
    Migration,
}

/// What the client should do after a `Leave`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveAction {
    Disconnect,
    /// Come back on a new signal connection, keeping media.
    Resume,
    /// Join again from the start.
    Reconnect,
}

impl LeaveReason {
    /// What a client does that leaves for this reason: the only place that decides it.
    #[must_use]
    pub const fn action(self) -> LeaveAction {
        match self {
            Self::ServerShutdown | Self::StateMismatch => LeaveAction::Reconnect,
            Self::Migration => LeaveAction::Resume,
            Self::ClientInitiated
            | Self::DuplicateIdentity
            | Self::Removed
            | Self::MeetingEnded
            | Self::ConnectionTimeout
            | Self::JoinFailure => LeaveAction::Disconnect,
        }
    }

    /// Whether the session is ended for good: a client that was not told must not come straight back.
    pub(crate) const fn revokes_session(self) -> bool {
        match self {
            Self::Removed | Self::DuplicateIdentity | Self::MeetingEnded => true,
            Self::ClientInitiated
            | Self::ServerShutdown
            | Self::StateMismatch
            | Self::ConnectionTimeout
            | Self::JoinFailure
            | Self::Migration => false,
        }
    }
}

/// Why a meeting refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("you are not allowed to do this here; ask the host")]
    NotAllowed,
    #[error("nobody of that identity is in this room")]
    NoSuchParticipant,
    #[error("no such track; it may have been unpublished")]
    NoSuchTrack,
    #[error("the track was announced without this codec, or with other encryption")]
    NoSuchCodec,
    #[error("there is no meeting in this room at the moment")]
    NoSuchMeeting,
    #[error("the room is full; try again when somebody has left")]
    Full,
    #[error("too many tracks published by one participant; unpublish one first")]
    TooManyTracks,
    #[error("metadata or attributes are too long; see the documented limits")]
    TooLong,
    #[error("too many changes in too short a time; wait a second before the next")]
    TooOften,
    #[error("the session to resume is not here any more; join again")]
    StateMismatch,
    #[error("you were sent away from this meeting; ask the host before you join again")]
    Revoked(LeaveReason),
}

impl Refusal {
    /// The reason given to a client whose join or resumption is refused.
    #[must_use]
    pub const fn leave_reason(self) -> LeaveReason {
        match self {
            Self::StateMismatch => LeaveReason::StateMismatch,
            Self::Revoked(reason) => reason,
            Self::NotAllowed
            | Self::NoSuchParticipant
            | Self::NoSuchTrack
            | Self::NoSuchCodec
            | Self::NoSuchMeeting
            | Self::Full
            | Self::TooManyTracks
            | Self::TooLong
            | Self::TooOften => LeaveReason::JoinFailure,
        }
    }
}
