//! Who stands at the door: the token and the join request of a new connection.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use visio_livekit::join::authority;
use visio_protocol::data::Authority;
use visio_protocol::join::{self, JoinError};
use visio_protocol::names::RoomName;
use visio_protocol::token::{ApiKeys, Claims, GrantError, TokenError, VideoGrant, verify};

/// Somebody whose token is genuine and whose request could be read.
#[derive(Debug)]
pub(super) struct JoinAttempt {
    pub(super) room: RoomName,
    pub(super) claims: Claims,
    pub(super) grant: VideoGrant,
    pub(super) join: join::Join,
}

/// Why somebody is not let in. The text is shown to who tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JoinRejected {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Grant(#[from] GrantError),
    #[error(transparent)]
    Request(#[from] JoinError),
    #[error("the attribute {0:?} is for agents or for the server itself: choose another name")]
    Attribute(String),
}

impl JoinAttempt {
    pub(super) fn read(
        keys: &ApiKeys,
        path: join::ConnectionMode,
        query: &BTreeMap<String, String>,
        head: &HeaderMap,
        now_unix: i64,
    ) -> Result<Self, JoinRejected> {
        let token = token(query, head).ok_or(TokenError::Missing)?;
        let claims = verify(token, keys, now_unix)?;
        let (room, grant) = claims.room_to_join()?;
        if query
            .get("room")
            .is_some_and(|asked| !asked.is_empty() && asked != room)
        {
            return Err(GrantError::WrongRoom.into());
        }
        let (room, grant) = (RoomName::new(room), grant.clone());
        let join = request(path, query)?;
        let authority = authority(&claims, &grant);
        let reserved = |key: &&String| Authority::of_participant_attribute(key) > authority;
        if let Some(key) = join.attributes.keys().find(reserved) {
            return Err(JoinRejected::Attribute(key.clone()));
        }
        Ok(Self {
            room,
            grant,
            join,
            claims,
        })
    }
}

impl JoinRejected {
    fn status(&self) -> StatusCode {
        match self {
            Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::Grant(_) | Self::Attribute(_) => StatusCode::FORBIDDEN,
            Self::Request(_) => StatusCode::BAD_REQUEST,
        }
    }

    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Grant(_) => "grant",
            Self::Request(_) | Self::Attribute(_) => "request",
        }
    }
}

impl IntoResponse for JoinRejected {
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
    path: join::ConnectionMode,
    query: &BTreeMap<String, String>,
) -> Result<join::Join, JoinError> {
    match (path, query.get("join_request")) {
        (_, Some(request)) => join::Join::from_join_request(request),
        (join::ConnectionMode::Dual, None) => join::Join::from_query(query),
        (join::ConnectionMode::Single, None) => Err(JoinError::Missing),
    }
}
