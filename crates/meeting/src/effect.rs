//! What a meeting wants done: messages to clients, orders to the media plane, events for the server.

use crate::identity::{ConnectionId, ParticipantId, TrackId};
use crate::leave::LeaveReason;
use crate::notice::Notice;
use crate::revocation::TokenOverride;
use crate::subscription::TrackSettings;
use crate::track::{Codec, MediaKind, Source, TrackInfo};
use visio_protocol::ids::{ParticipantSid, TrackSid};
use visio_protocol::join::ConnectionMode;
use visio_protocol::names::Identity;

/// Something a meeting wants done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Tell a client.
    Notify {
        connection: ConnectionId,
        notice: Notice,
    },
    /// Tell many clients the same.
    NotifyMany {
        connections: Vec<ConnectionId>,
        notice: Notice,
    },
    /// Close a client's signal connection, after what was told before has been sent.
    Hangup {
        connection: ConnectionId,
    },
    /// Make the media plane ready for a participant.
    Attach {
        participant: ParticipantId,
        connection: ConnectionId,
        mode: ConnectionMode,
    },
    /// The participant's client came back on a new signal connection.
    Reattach {
        participant: ParticipantId,
        connection: ConnectionId,
    },
    /// Drop everything the media plane holds of a participant.
    Detach {
        participant: ParticipantId,
    },
    /// A track will appear in the participant's next offer.
    Expect {
        participant: ParticipantId,
        track: TrackId,
        info: Box<TrackInfo>,
    },
    /// A track will appear in another encoding too: what its publisher says of all of them.
    ExpectBackup {
        track: TrackId,
        codecs: Vec<Codec>,
    },
    /// A track is gone.
    Forget {
        participant: ParticipantId,
        track: TrackId,
    },
    /// A track was muted or unmuted: the media plane expects no packets of a muted one.
    SetMuted {
        participant: ParticipantId,
        track: TrackId,
        muted: bool,
    },
    /// Send `track` to `subscriber`.
    Subscribe {
        subscriber: ParticipantId,
        publisher: ParticipantId,
        track: TrackId,
    },
    Unsubscribe {
        subscriber: ParticipantId,
        track: TrackId,
    },
    /// How `subscriber` wants `track`.
    Configure {
        subscriber: ParticipantId,
        track: TrackId,
        settings: TrackSettings,
    },
    /// Hand the packets of a microphone to the transcription.
    OpenTap {
        participant: ParticipantId,
        track: TrackId,
        speaker: SpeakerInfo,
    },
    /// What the transcription should know of a speaker changed.
    UpdateTap {
        track: TrackId,
        speaker: SpeakerInfo,
    },
    CloseTap {
        track: TrackId,
    },
    /// For the server: the database, metrics, later webhooks.
    Announce(Event),
}

/// What the transcription knows of the speaker of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeakerInfo {
    pub identity: Identity,
    pub name: String,
    pub track: TrackSid,
    /// ISO 639-1, or `None` to detect it.
    pub language: Option<String>,
}

/// What happened, for the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Started,
    ParticipantJoined {
        identity: Identity,
        sid: ParticipantSid,
    },
    ParticipantLeft {
        identity: Identity,
        sid: ParticipantSid,
        reason: LeaveReason,
    },
    /// A moderator sent somebody away, who may have been away already: what they hold was issued to
    /// them before then, in seconds since 1970.
    Removed {
        identity: Identity,
        before_unix_s: i64,
    },
    /// The client of a session must not come back to it.
    SessionRevoked {
        sid: ParticipantSid,
        reason: LeaveReason,
    },
    /// What a moderator said holds against the older tokens of somebody.
    TokensOverridden {
        identity: Identity,
        tokens: TokenOverride,
    },
    TrackPublished {
        identity: Identity,
        track: TrackSid,
        kind: MediaKind,
        source: Source,
    },
    TrackUnpublished {
        identity: Identity,
        track: TrackSid,
    },
    /// Whether a transcript is kept has changed.
    TranscriptKept {
        kept: bool,
    },
    /// Nobody is left; the meeting is over and may be dropped.
    Ended,
    /// The server stops or its part of it failed: the meeting may be dropped here, and its people
    /// come back to it.
    Interrupted,
}

impl Event {
    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Ended | Self::Interrupted)
    }
}
