//! Subscriptions as data: what a subscriber asks of a track, what its publisher allows.

use crate::track::LayerQuality;
use visio_protocol::ids::{ParticipantSid, TrackSid};
use visio_protocol::names::Identity;

/// How somebody wants to receive a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackSettings {
    /// Not shown at the moment: send nothing.
    pub disabled: bool,
    pub quality: LayerQuality,
    /// Size on screen; 0 leaves the choice to `quality`.
    pub width: u32,
    pub height: u32,
}

impl Default for TrackSettings {
    fn default() -> Self {
        Self {
            disabled: false,
            quality: LayerQuality::High,
            width: 0,
            height: 0,
        }
    }
}

/// Whom a publisher lets receive their tracks.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionPermission {
    pub all_participants: bool,
    pub grants: Vec<TrackGrant>,
}

/// One entry of a [`SubscriptionPermission`]: what somebody may have who is named by either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackGrant {
    pub participant: Option<ParticipantSid>,
    pub identity: Option<Identity>,
    pub all_tracks: bool,
    pub tracks: Vec<TrackSid>,
}

/// Why somebody who should receive a track does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionError {
    TrackNotFound,
    /// Their client agreed to none of the codecs that the track is published in.
    CodecUnsupported,
}

/// Whether a stream flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamState {
    Active,
    Paused,
}

/// What a participant said about a track, and whether it is being sent to them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Subscription {
    /// Their own word; `None` leaves it to auto-subscribe.
    pub(crate) wanted: Option<bool>,
    pub(crate) settings: TrackSettings,
    pub(crate) active: bool,
    /// Whether it flows, as the client was last told; `None` if it was told nothing.
    pub(crate) stream: Option<StreamState>,
    /// Whether they may have it, as the client was last told; `None` if it was told nothing.
    pub(crate) allowed: Option<bool>,
    /// Whether the client was told that it cannot receive the track's codec: it is not sent.
    pub(crate) is_codec_unsupported: bool,
}
