//! Who stands at the door: the token and the join request of a new connection.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use visio_meeting::{
    ClientInfo, ConnectionId, Generation, Join, ParticipantKind, Permissions, Source,
};
use visio_protocol::join::{self, JoinError};
use visio_protocol::token::{ApiKeys, Claims, GrantError, TokenError, VideoGrant, verify};

/// Somebody whose token is genuine and whose request could be read.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) room: String,
    pub(super) claims: Claims,
    pub(super) grant: VideoGrant,
    pub(super) join: join::Join,
}

/// Why somebody is not let in. The text is shown to whoever tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unwelcome {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Grant(#[from] GrantError),
    #[error(transparent)]
    Request(#[from] JoinError),
}

impl Visit {
    pub(super) fn read(
        keys: &ApiKeys,
        path: join::Generation,
        query: &BTreeMap<String, String>,
        head: &HeaderMap,
        now_unix: i64,
    ) -> Result<Self, Unwelcome> {
        let token = token(query, head).ok_or(TokenError::Missing)?;
        let claims = verify(token, keys, now_unix)?;
        let (room, grant) = claims.room_to_join()?;
        if query
            .get("room")
            .is_some_and(|asked| !asked.is_empty() && asked != room)
        {
            return Err(GrantError::WrongRoom.into());
        }
        let (room, grant) = (room.to_owned(), grant.clone());
        Ok(Self {
            room,
            grant,
            join: request(path, query)?,
            claims,
        })
    }

    /// What the meeting is told of whoever comes in.
    pub(super) fn join(&self, connection: ConnectionId) -> Join {
        let (mut metadata, mut attributes) =
            (self.claims.metadata.clone(), self.claims.attributes.clone());
        if self.grant.may_update_own_metadata() {
            attributes.extend(self.join.attributes.clone());
            if !self.join.metadata.is_empty() {
                metadata.clone_from(&self.join.metadata);
            }
        }
        Join {
            connection,
            identity: self.claims.sub.clone(),
            name: self.claims.name.clone(),
            metadata,
            attributes,
            kind: kind(&self.claims.kind),
            permissions: permissions(&self.grant),
            client: client(&self.join.client),
            generation: generation(self.join.generation),
            auto_subscribe: self.join.auto_subscribe,
        }
    }
}

impl Unwelcome {
    fn status(&self) -> StatusCode {
        match self {
            Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::Grant(_) => StatusCode::FORBIDDEN,
            Self::Request(_) => StatusCode::BAD_REQUEST,
        }
    }

    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Grant(_) => "grant",
            Self::Request(_) => "request",
        }
    }
}

impl IntoResponse for Unwelcome {
    fn into_response(self) -> Response {
        tracing::debug!(reason = %self, "a signal connection was refused");
        (self.status(), self.to_string()).into_response()
    }
}

fn token<'a>(query: &'a BTreeMap<String, String>, head: &'a HeaderMap) -> Option<&'a str> {
    let bearer = || {
        head.get(header::AUTHORIZATION)?
            .to_str()
            .ok()?
            .strip_prefix("Bearer ")
    };
    query
        .get("access_token")
        .map(String::as_str)
        .or_else(bearer)
}

/// A `join_request` on the old path is read all the same: it says more than the path.
fn request(
    path: join::Generation,
    query: &BTreeMap<String, String>,
) -> Result<join::Join, JoinError> {
    match (path, query.get("join_request")) {
        (_, Some(request)) => join::Join::from_join_request(request),
        (join::Generation::V0, None) => join::Join::from_query(query),
        (join::Generation::V1, None) => Err(JoinError::Missing),
    }
}

fn generation(generation: join::Generation) -> Generation {
    match generation {
        join::Generation::V0 => Generation::DualConnection,
        join::Generation::V1 => Generation::SingleConnection,
    }
}

fn kind(kind: &str) -> ParticipantKind {
    match kind {
        "ingress" => ParticipantKind::Ingress,
        "egress" => ParticipantKind::Egress,
        "sip" => ParticipantKind::Sip,
        "agent" => ParticipantKind::Agent,
        _ => ParticipantKind::Standard,
    }
}

fn permissions(grant: &VideoGrant) -> Permissions {
    Permissions {
        can_subscribe: grant.may_subscribe(),
        can_publish: grant.may_publish(),
        can_publish_data: grant.may_publish_data(),
        publish_sources: grant
            .can_publish_sources
            .iter()
            .map(|name| source(name))
            .collect(),
        can_update_metadata: grant.may_update_own_metadata(),
        hidden: grant.hidden,
        recorder: grant.recorder,
        agent: grant.agent,
        room_admin: grant.room_admin,
    }
}

fn source(name: &str) -> Source {
    match name.to_ascii_lowercase().as_str() {
        "camera" => Source::Camera,
        "microphone" => Source::Microphone,
        "screen_share" => Source::ScreenShare,
        "screen_share_audio" => Source::ScreenShareAudio,
        _ => Source::Unknown,
    }
}

fn client(info: &join::ClientInfo) -> ClientInfo {
    ClientInfo {
        protocol: info.protocol,
        client_protocol: info.client_protocol,
        capabilities: info.capabilities.clone(),
    }
}
