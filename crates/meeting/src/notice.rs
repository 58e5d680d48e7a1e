//! What a meeting tells one client.

use crate::leave::{LeaveReason, Refusal};
use crate::participant::{ParticipantView, Speaker};
use crate::subscription::{StreamState, SubscriptionError};
use crate::track::{LayerQuality, TrackInfo};
use visio_protocol::ids::{ParticipantSid, RoomSid, TrackSid};
use visio_protocol::join::ConnectionMode;
use visio_protocol::names::RoomName;

/// A message to one client.
#[derive(Clone, Debug)]
pub enum Notice {
    Joined(Box<Welcome>),
    /// First words to a client that resumed.
    Resumed {
        last_data_sequence: u32,
        me: Box<ParticipantView>,
    },
    Participants(Vec<ParticipantView>),
    Room(RoomView),
    TrackPublished {
        cid: String,
        track: Box<TrackInfo>,
    },
    /// The client may not publish what it announced.
    TrackRefused {
        cid: String,
        refusal: Refusal,
    },
    TrackUnpublished {
        track: TrackSid,
    },
    /// The server muted a track of the client's.
    Muted {
        track: TrackSid,
        muted: bool,
    },
    /// Somebody receives the client's track for the first time.
    TrackSubscribed {
        track: TrackSid,
    },
    Speakers(Vec<Speaker>),
    Quality(Vec<(ParticipantSid, Quality, f32)>),
    /// Streams the server paused or resumed for want of bandwidth.
    StreamState(Vec<(ParticipantSid, TrackSid, StreamState)>),
    /// The best layer that anybody wants of each encoding of the client's picture, which its media
    /// type names; `None` when nobody wants any.
    SubscribedQuality {
        track: TrackSid,
        codecs: Vec<(String, Option<LayerQuality>)>,
    },
    /// Which encodings of the client's sound anybody wants.
    SubscribedAudioCodecs {
        track: TrackSid,
        codecs: Vec<(String, bool)>,
    },
    /// A publisher allows or refuses the client a track.
    SubscriptionAllowed {
        participant: ParticipantSid,
        track: TrackSid,
        allowed: bool,
    },
    SubscriptionRefused {
        track: TrackSid,
        error: SubscriptionError,
    },
    Response {
        request: u32,
        response: Response,
    },
    /// The client is out; [`LeaveReason::action`] is what it does next.
    Leave {
        reason: LeaveReason,
    },
}

/// The first message to a client that joined.
#[derive(Clone, Debug)]
pub struct Welcome {
    pub room: RoomView,
    pub me: ParticipantView,
    pub others: Vec<ParticipantView>,
    pub mode: ConnectionMode,
}

/// The meeting as clients are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomView {
    pub sid: RoomSid,
    pub name: RoomName,
    pub metadata: String,
    pub transcript_kept: bool,
    pub created_at_ms: i64,
    pub participants: u32,
    pub participants_max: u32,
    pub publishers: u32,
    pub empty_timeout_seconds: u32,
    pub departure_timeout_seconds: u32,
}

/// How good somebody's connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    Lost,
    Poor,
    Good,
    Excellent,
}

/// The answer to a numbered request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    Done,
    Refused(Refusal),
}
