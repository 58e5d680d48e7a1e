//! How a client asks to come in: the query of `/rtc` (v0) and the `join_request` of `/rtc/v1`.

mod v0;
mod v1;

use crate::ids::ParticipantSid;
use crate::limits::{
    CLIENT_CAPABILITIES_MAX, CLIENT_TEXT_BYTES_MAX, JOIN_PARAMETER_BYTES_MAX,
    JOIN_REQUEST_BYTES_MAX, JOIN_TRACKS_MAX, SDP_BYTES_MAX,
};
use crate::text::{TextProblem, check_attributes, check_metadata};
use crate::wire;
use std::collections::BTreeMap;

/// Over how many peer connections a client negotiates: LiveKit's signalling has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionMode {
    /// Two (`/rtc`): the client offers on one, the server on the one that receives.
    Dual,
    /// One (`/rtc/v1`): the client always offers.
    Single,
}

/// What a client asks for when it opens its signal connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    pub mode: ConnectionMode,
    pub auto_subscribe: bool,
    pub client: ClientInfo,
    /// Set by a client that lost its connection and wants its former place.
    pub resume: Option<Resume>,
    /// Replaces the token's metadata where the token allows it; empty leaves it.
    pub metadata: String,
    /// Added to the token's attributes where the token allows it.
    pub attributes: BTreeMap<String, String>,
    pub publisher_offer: Option<Offer>,
    pub add_tracks: Vec<wire::AddTrackRequest>,
    pub sync_state: Option<Box<wire::SyncState>>,
}

/// Which place a client wants back, and why it lost it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// `None` where what the client sent cannot be a participant: nobody's place.
    pub sid: Option<ParticipantSid>,
    pub reason: wire::ReconnectReason,
}

/// A session description and the number its answer must carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub id: u32,
    pub sdp: String,
}

/// What a client says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// `js`, `swift`, `android`, `python` …; `unknown` for what we have not heard of.
    pub sdk: String,
    pub version: String,
    /// Which signal messages it understands.
    pub protocol: i32,
    /// Which data messages other clients may send to it.
    pub client_protocol: i32,
    /// LiveKit's numbers; others are told of them.
    pub capabilities: Vec<i32>,
    pub os: String,
    pub os_version: String,
    pub browser: String,
    pub browser_version: String,
    pub device_model: String,
    pub network: String,
}

/// Why a request to come in is refused (400), and what its maker should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    #[error("the join_request parameter is missing: /rtc/v1 needs one, /rtc does without")]
    Missing,
    #[error(
        "the join_request has {0} bytes, at most {JOIN_PARAMETER_BYTES_MAX} are read: compress it \
         with gzip"
    )]
    TooLong(usize),
    #[error("the join_request is not url-safe base64")]
    NotBase64,
    #[error("the join_request is not a WrappedJoinRequest with a JoinRequest inside")]
    NotProtobuf,
    #[error("the join_request is compressed in a way this server does not know: use gzip or none")]
    UnknownCompression,
    #[error("the join_request says it is gzip, but cannot be inflated")]
    NotGzip,
    #[error("the join_request inflates to more than {JOIN_REQUEST_BYTES_MAX} bytes")]
    Bomb,
    #[error("the offer in the join_request is longer than {SDP_BYTES_MAX} bytes")]
    OfferTooLong,
    #[error("the join_request announces more than {JOIN_TRACKS_MAX} tracks")]
    TooManyTracks,
    #[error("the {field} in the request {problem}")]
    Text {
        field: &'static str,
        problem: TextProblem,
    },
    #[error("the attributes parameter is not base64 of a JSON object of texts")]
    Attributes,
}

impl Join {
    /// Reads the query of `/rtc`, the way of SDKs with two peer connections.
    ///
    /// # Errors
    /// Says what is wrong with it; parameters nobody here knows are ignored.
    pub fn from_query(query: &BTreeMap<String, String>) -> Result<Self, JoinError> {
        v0::read(query)?.checked()
    }

    /// Reads the `join_request` parameter of `/rtc/v1`.
    ///
    /// # Errors
    /// Says what is wrong with it; fields nobody here knows are ignored.
    pub fn from_join_request(parameter: &str) -> Result<Self, JoinError> {
        v1::read(parameter)?.checked()
    }

    fn checked(self) -> Result<Self, JoinError> {
        if self
            .publisher_offer
            .as_ref()
            .is_some_and(|offer| offer.sdp.len() > SDP_BYTES_MAX)
        {
            return Err(JoinError::OfferTooLong);
        }
        if self.add_tracks.len() > JOIN_TRACKS_MAX {
            return Err(JoinError::TooManyTracks);
        }
        let text = |field, check: Result<(), TextProblem>| {
            check.map_err(|problem| JoinError::Text { field, problem })
        };
        text("metadata", check_metadata(&self.metadata))?;
        text("attributes", check_attributes(&self.attributes))?;
        Ok(self)
    }
}

impl ClientInfo {
    /// Cuts what nobody checks down to what nobody minds.
    fn clipped(mut self) -> Self {
        for text in [
            &mut self.sdk,
            &mut self.version,
            &mut self.os,
            &mut self.os_version,
            &mut self.browser,
            &mut self.browser_version,
            &mut self.device_model,
            &mut self.network,
        ] {
            text.truncate(text.floor_char_boundary(CLIENT_TEXT_BYTES_MAX));
        }
        self.capabilities.truncate(CLIENT_CAPABILITIES_MAX);
        self
    }
}

#[cfg(test)]
mod tests;
