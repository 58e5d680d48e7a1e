//! The control plane of a meeting: who is there, what they may do, what they publish and receive.
//!
//! Contract: a [`Meeting`] is a pure state machine. Feed it commands ([`Meeting::handle`]), facts
//! from the media plane ([`Meeting::observe`]) and the passing of time
//! ([`Meeting::handle_timeout`]); then drain [`Meeting::poll`] until it is empty. It reads no
//! clock and draws randomness only from the seed it was given, so a seed replays a run.
//!
//! It does not know about packets, sockets, SDP, LiveKit's wire messages or the database.

mod admit;
mod allowance;
mod announcement;
mod authorise;
mod client;
mod command;
mod config;
mod depart;
mod effect;
mod identity;
mod leave;
mod lookalike;
mod lookup;
mod meeting;
mod moderate;
mod notice;
mod notify;
mod observe;
mod participant;
mod pending_reply;
mod profile;
mod publish;
mod reconcile;
mod resync;
mod revocation;
mod subscribe;
mod subscription;
mod taken_name;
mod tap;
mod track;
mod update;
mod weight;

pub use client::ClientInfo;
pub use command::{
    Actor, AddBackup, AddTrack, Command, DataScope, Join, MetadataChange, Simulation, SyncState,
};
pub use config::{Config, RoomOptions};
pub use effect::{Effect, Event, SpeakerInfo};
pub use identity::{ConnectionId, Now, ParticipantId, TrackId};
pub use leave::{LeaveAction, LeaveReason, Refusal};
pub use meeting::Meeting;
pub use notice::{Notice, Quality, Response, RoomView, Welcome};
pub use observe::Observation;
pub use participant::{ParticipantKind, ParticipantState, ParticipantView, Permissions, Speaker};
pub use revocation::{RevokedSessions, TokenOverride, TokenOverrides};
pub use subscription::{
    StreamState, SubscriptionError, SubscriptionPermission, TrackGrant, TrackSettings,
};
pub use track::{BackupCodecPolicy, Codec, Layer, LayerQuality, MediaKind, Source, TrackInfo};
pub use visio_protocol::join::ConnectionMode;
