//! A participant: who they are, what they may do, what they publish.

use crate::allowance::ChangeAllowance;
use crate::client::ClientInfo;
use crate::identity::{ConnectionId, Now, ParticipantId, TrackId};
use crate::leave::LeaveReason;
use crate::subscription::{Subscription, TrackGrant};
use crate::taken_name::TakenName;
use crate::track::{Progress, Source, Track, TrackInfo};
use std::collections::BTreeMap;
use std::time::Instant;
use visio_protocol::data::{Authority, LOOKALIKE_ATTRIBUTE};
use visio_protocol::ids::ParticipantSid;
use visio_protocol::join::ConnectionMode;
use visio_protocol::names::Identity;

/// What a participant's token grants.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent grants, as the token lists them"
)]
pub struct Permissions {
    pub can_subscribe: bool,
    pub can_publish: bool,
    pub can_publish_data: bool,
    /// The only sources that may be published; empty allows all.
    pub publish_sources: Vec<Source>,
    pub can_update_metadata: bool,
    /// Present without being shown to others.
    pub hidden: bool,
    pub recorder: bool,
    pub agent: bool,
    /// May moderate this room.
    pub room_admin: bool,
}

impl Permissions {
    /// Whether a track from `source` may be published.
    #[must_use]
    pub fn may_publish(&self, source: Source) -> bool {
        self.can_publish
            && (self.publish_sources.is_empty() || self.publish_sources.contains(&source))
    }
}

/// What kind of client takes part, in LiveKit's terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParticipantKind {
    #[default]
    Standard,
    Ingress,
    Egress,
    Sip,
    Agent,
}

/// Where a participant stands, as others are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParticipantState {
    /// Signalling is up, media not yet.
    Joined,
    /// Media flows.
    Active,
    /// Gone.
    Disconnected(LeaveReason),
}

/// A participant as others are told of it.
#[derive(Clone, Debug)]
pub struct ParticipantView {
    pub sid: ParticipantSid,
    pub identity: Identity,
    pub name: String,
    pub metadata: String,
    pub attributes: BTreeMap<String, String>,
    pub state: ParticipantState,
    /// Rises with each change: clients drop what is older than what they have.
    pub version: u32,
    pub joined_at_ms: i64,
    pub permissions: Permissions,
    pub kind: ParticipantKind,
    pub tracks: Vec<TrackInfo>,
    pub client_protocol: i32,
    pub capabilities: Vec<i32>,
}

/// How loud somebody is.
#[derive(Clone, Debug, PartialEq)]
pub struct Speaker {
    pub sid: ParticipantSid,
    /// 0 (silent) to 1.
    pub level: f32,
    pub active: bool,
}

/// Whether the participant's WebSocket is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Connected(ConnectionId),
    /// Gone without a word; the participant may resume until then.
    Lost {
        until: Instant,
    },
}

pub(crate) struct Participant {
    pub(crate) id: ParticipantId,
    pub(crate) sid: ParticipantSid,
    pub(crate) identity: Identity,
    pub(crate) name: String,
    pub(crate) taken_name: TakenName,
    pub(crate) metadata: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) kind: ParticipantKind,
    pub(crate) permissions: Permissions,
    pub(crate) client: ClientInfo,
    pub(crate) mode: ConnectionMode,
    pub(crate) auto_subscribe: bool,
    pub(crate) is_guest: bool,
    pub(crate) profile_changes: ChangeAllowance,
    pub(crate) state: ParticipantState,
    pub(crate) signal: Signal,
    pub(crate) version: u32,
    pub(crate) joined: Now,
    pub(crate) tracks: BTreeMap<TrackId, Track>,
    pub(crate) subscriptions: BTreeMap<TrackId, Subscription>,
    /// Who may receive this participant's tracks; `None` means everybody.
    pub(crate) audience: Option<Vec<TrackGrant>>,
    /// How loud they are, as it was told last; `None` until they speak for the first time.
    pub(crate) loudness: Option<Speaker>,
}

impl Participant {
    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        match self.signal {
            Signal::Connected(connection) => Some(connection),
            Signal::Lost { .. } => None,
        }
    }

    pub(crate) fn view(&self) -> ParticipantView {
        ParticipantView {
            sid: self.sid.clone(),
            identity: self.identity.clone(),
            name: self.name.clone(),
            metadata: self.metadata.clone(),
            attributes: self.attributes_as_told(),
            state: self.state,
            version: self.version,
            joined_at_ms: self.joined.unix_ms,
            permissions: self.permissions.clone(),
            kind: self.kind,
            tracks: self
                .live_tracks()
                .map(|(_, track)| track.info.clone())
                .collect(),
            client_protocol: self.client.client_protocol,
            capabilities: self.client.capabilities.clone(),
        }
    }

    /// What the server says of a name comes from nobody else, also where a token names it.
    fn attributes_as_told(&self) -> BTreeMap<String, String> {
        let mut attributes = self.attributes.clone();
        attributes.remove(LOOKALIKE_ATTRIBUTE);
        if self.taken_name.is_lookalike {
            attributes.insert(LOOKALIKE_ATTRIBUTE.to_owned(), "true".to_owned());
        }
        attributes
    }

    /// What is remembered of somebody who left: who it was, without what they carried.
    pub(crate) fn farewell(&self) -> ParticipantView {
        ParticipantView {
            metadata: String::new(),
            attributes: BTreeMap::new(),
            tracks: Vec::new(),
            ..self.view()
        }
    }

    pub(crate) fn live_tracks(&self) -> impl Iterator<Item = (TrackId, &Track)> {
        self.tracks
            .iter()
            .filter(|(_, track)| track.progress == Progress::Live)
            .map(|(&id, track)| (id, track))
    }

    /// Whether this participant lets `other` receive `track`.
    pub(crate) fn lets_receive(&self, other: &Participant, track: &TrackInfo) -> bool {
        let Some(audience) = &self.audience else {
            return true;
        };
        audience
            .iter()
            .filter(|grant| other.is_named_by(grant))
            .any(|grant| grant.all_tracks || grant.tracks.contains(&track.sid))
    }

    /// In whose name this participant may speak.
    pub(crate) fn authority(&self) -> Authority {
        if self.kind == ParticipantKind::Agent || self.permissions.agent {
            Authority::Agent
        } else {
            Authority::Participant
        }
    }

    /// Whether this participant may give themselves these attributes: others take some of them for
    /// the word of the server or of an agent.
    pub(crate) fn may_have(&self, attributes: &BTreeMap<String, String>) -> bool {
        let mut keys = attributes.keys();
        keys.all(|key| Authority::of_participant_attribute(key) <= self.authority())
    }

    fn is_named_by(&self, grant: &TrackGrant) -> bool {
        grant.participant.as_ref() == Some(&self.sid)
            || grant.identity.as_ref() == Some(&self.identity)
    }
}
