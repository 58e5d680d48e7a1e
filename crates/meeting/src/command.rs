//! What can be asked of a meeting, and by whom.

use crate::client::ClientInfo;
use crate::identity::{ConnectionId, ParticipantId};
use crate::participant::{ParticipantKind, Permissions};
use crate::subscription::{SubscriptionPermission, TrackSettings};
use crate::track::{BackupCodecPolicy, Layer, MediaKind, Source};
use std::collections::BTreeMap;
use visio_protocol::ids::{ParticipantSid, TrackSid};
use visio_protocol::join::ConnectionMode;
use visio_protocol::names::Identity;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody in the meeting.
    Participant(ParticipantId),
    /// The API or the command line, whose right to moderate this room was checked at the edge.
    Administrator,
}

/// Everything that can be asked of a running meeting, whichever door it came through.
#[derive(Clone, Debug)]
pub enum Command {
    /// The caller leaves of their own will.
    Leave,
    AddTrack(AddTrack),
    AddBackup(AddBackup),
    /// The caller mutes or unmutes a track of their own.
    Mute {
        track: TrackSid,
        muted: bool,
    },
    Subscribe {
        tracks: Vec<TrackSid>,
        wanted: bool,
    },
    ConfigureSubscription {
        tracks: Vec<TrackSid>,
        settings: TrackSettings,
    },
    SetAudience(SubscriptionPermission),
    /// A client that resumed says what it believes.
    SyncState(SyncState),
    UpdateMetadata {
        request: u32,
        change: MetadataChange,
    },
    UpdateAudioFeatures {
        track: TrackSid,
        features: Vec<i32>,
    },
    /// The caller asks to be treated as by a failing server: SDKs test their reconnecting so.
    Simulate(Simulation),
    UpdateVideoSize {
        track: TrackSid,
        width: u32,
        height: u32,
    },
    /// Moderation: removes somebody and revokes their tokens.
    Remove {
        identity: Identity,
        /// Those issued before, in seconds since 1970; `None`: all that they can have by now.
        tokens_before_unix_s: Option<i64>,
    },
    /// Moderation: mutes a track of somebody's.
    MuteTrack {
        identity: Identity,
        track: TrackSid,
        muted: bool,
    },
    /// Moderation: changes what somebody is called or may do.
    UpdateParticipant {
        identity: Identity,
        change: MetadataChange,
        permissions: Option<Permissions>,
    },
    /// Moderation: subscribes or unsubscribes somebody.
    UpdateSubscriptions {
        identity: Identity,
        tracks: Vec<TrackSid>,
        wanted: bool,
    },
    /// Starts or stops to keep a transcript of what is said.
    KeepTranscript {
        kept: bool,
    },
    UpdateRoomMetadata {
        metadata: String,
    },
    /// Ends the meeting for everybody.
    End,
}

/// What a server that fails does to a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simulation {
    /// The session is lost: the client joins again.
    SessionLost,
    /// The signal connection goes elsewhere: the client resumes on a new one.
    Migration,
}

/// Somebody who comes in, as their token and their client describe them.
#[derive(Clone, Debug)]
pub struct Join {
    pub connection: ConnectionId,
    pub identity: Identity,
    pub name: String,
    pub metadata: String,
    pub attributes: BTreeMap<String, String>,
    pub kind: ParticipantKind,
    pub permissions: Permissions,
    pub client: ClientInfo,
    pub mode: ConnectionMode,
    pub auto_subscribe: bool,
    /// When the token was issued, in seconds since 1970; 0 where it does not say.
    pub token_issued_at_unix_s: i64,
    /// Came by a link: less is kept of a guest than of those whom an application lets in.
    pub is_guest: bool,
}

/// A track that a participant is about to publish.
#[derive(Clone, Debug)]
pub struct AddTrack {
    pub cid: String,
    pub name: String,
    pub kind: MediaKind,
    pub source: Source,
    pub muted: bool,
    pub width: u32,
    pub height: u32,
    pub stereo: bool,
    pub disable_dtx: bool,
    pub disable_red: bool,
    pub encryption: i32,
    pub stream: String,
    pub audio_features: Vec<i32>,
    pub packet_trailer_features: Vec<i32>,
    pub backup_codec_policy: BackupCodecPolicy,
    pub layers: Vec<Layer>,
    /// Media types and ids of the encodings; empty lets the first packet tell.
    pub codecs: Vec<(String, String, Vec<Layer>)>,
}

/// A track of the caller's that they are about to send in a backup codec too.
#[derive(Clone, Debug)]
pub struct AddBackup {
    pub track: TrackSid,
    pub cid: String,
    /// One of those that the track was announced with, by its name: `vp8`.
    pub codec: String,
    pub encryption: i32,
    /// Empty leaves what was announced.
    pub layers: Vec<Layer>,
}

/// A change of name, metadata or attributes. `None` leaves as is; an empty attribute deletes it.
#[derive(Clone, Debug, Default)]
pub struct MetadataChange {
    pub name: Option<String>,
    pub metadata: Option<String>,
    pub attributes: BTreeMap<String, String>,
}

/// What a client that resumed believes of its tracks; what it asked for meanwhile is in it.
#[derive(Clone, Debug, Default)]
pub struct SyncState {
    /// Tracks of others that it subscribed to, or declined.
    pub tracks: Vec<TrackSid>,
    /// Which of the two.
    pub wanted: bool,
    /// Tracks of others that it does not show at the moment.
    pub disabled: Vec<TrackSid>,
    /// Its own tracks.
    pub published: Vec<TrackSid>,
}

/// To whom a data packet goes.
#[derive(Clone, Debug, Default)]
pub struct DataScope {
    /// Empty means everybody.
    pub identities: Vec<Identity>,
    pub sids: Vec<ParticipantSid>,
}
