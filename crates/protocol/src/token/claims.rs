//! What a token says, as JSON, and the room that it opens.

use super::{GrantError, VideoGrant, null_as_default, numeric_date};
use crate::limits::ROOM_NAME_BYTES_MAX;
use crate::text::{TextProblem, check_attributes, check_identity, check_metadata, check_name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a token says, after LiveKit's conventions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// The API key that signed the token.
    pub iss: String,
    /// The identity of the participant who carries it.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub sub: String,
    /// Seconds since 1970 from which the token is worth nothing.
    #[serde(
        default,
        deserialize_with = "numeric_date::read",
        skip_serializing_if = "Option::is_none"
    )]
    pub exp: Option<i64>,
    /// Seconds since 1970 before which the token is worth nothing yet.
    #[serde(
        default,
        deserialize_with = "numeric_date::read",
        skip_serializing_if = "Option::is_none"
    )]
    pub nbf: Option<i64>,
    /// When the first of the tokens was issued that this one renews, in seconds since 1970. A claim of
    /// ours, which LiveKit's clients ignore.
    #[serde(
        default,
        deserialize_with = "numeric_date::read",
        skip_serializing_if = "Option::is_none"
    )]
    pub first_issued: Option<i64>,
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub name: String,
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub metadata: String,
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub attributes: BTreeMap<String, String>,
    /// Whether its carrier came by a link, and is known to nobody: less is kept of a guest than of
    /// those whom an application lets in. A claim of ours, which LiveKit's clients ignore.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub guest: bool,
    /// `standard`, `agent`, `egress` …; empty means standard.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoGrant>,
    /// How the room is to be made if this participant is the first: carried, not read here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_config: Option<serde_json::Value>,
    /// SHA-256 of the body that the token accompanies, in webhooks.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub sha256: String,
}

impl Claims {
    /// The room that the token's carrier may join, once everything they bring was checked.
    ///
    /// # Errors
    /// Says why the token opens no room.
    pub fn room_to_join(&self) -> Result<(&str, &VideoGrant), GrantError> {
        let grant = self.video.as_ref().ok_or(GrantError::NoGrant)?;
        if !grant.room_join {
            return Err(GrantError::NoRoomJoin);
        }
        if grant.room.is_empty() {
            return Err(GrantError::NoRoom);
        }
        if grant.room.len() > ROOM_NAME_BYTES_MAX {
            return Err(GrantError::RoomTooLong);
        }
        let text = |field, check: Result<(), TextProblem>| {
            check.map_err(|problem| GrantError::Text { field, problem })
        };
        text("identity (\"sub\")", check_identity(&self.sub))?;
        text("name", check_name(&self.name))?;
        text("metadata", check_metadata(&self.metadata))?;
        text("attributes", check_attributes(&self.attributes))?;
        Ok((&grant.room, grant))
    }
}
