//! `GET /api/v1/rooms/{code}`: what a room is called and how many are in it.

use super::Rooms;
use crate::codes::Code;
use crate::http::address::ClientAddress;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::typed_code::TypedCode;
use crate::storage::rooms::TranscriptDefault;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Room {
    /// As it is written, however it was typed.
    code: String,
    name: String,
    /// Whether its meetings keep a transcript from their beginning.
    transcript: TranscriptDefault,
    /// Whether the meeting now in it keeps one.
    transcript_kept: bool,
    /// How many are in the meeting now.
    participants: usize,
}

/// Looks a room up by its code.
#[utoipa::path(get, path = "/api/v1/rooms/{code}", tag = "rooms",
    params(("code" = String, Path, description = "Spaces, capitals and missing dashes are forgiven")),
    responses(
        (status = 200, body = Room),
        (status = 404, body = ErrorBody, description = "Unknown and malformed codes alike"),
        (status = 429, body = ErrorBody),
    ))]
pub(crate) async fn get_room(
    State(rooms): State<Rooms>,
    ClientAddress(address): ClientAddress,
    TypedCode(typed): TypedCode,
) -> Result<Json<Room>, ApiError> {
    let room = rooms.opened_by(&typed, address).await?;
    Ok(Json(Room {
        code: Code::parse(&typed)
            .map(|code| code.to_string())
            .unwrap_or_default(),
        participants: rooms.calls.participant_count(&room.id),
        name: room.name,
        transcript: room.transcript.unwrap_or(rooms.transcript),
        transcript_kept: rooms.calls.is_transcript_kept(&room.id),
    }))
}

#[cfg(test)]
mod tests {
    use crate::app::testing::Server;
    use crate::codes::Code;
    use serde_json::json;

    #[tokio::test]
    async fn bob_types_the_code_as_he_heard_it() {
        let server = Server::start().await;
        let code = server.make_room("Team").await;
        let typed = code.to_uppercase().replace('-', "%20");
        let found = server.get(&format!("/api/v1/rooms/{typed}")).await;
        assert_eq!(found.status, 200);
        let expected = json!(
            {"code": code, "name": "Team", "transcript": "off", "transcript_kept": false, "participants": 0}
        );
        assert_eq!(found.body, expected);
    }

    #[tokio::test]
    async fn cve_40_unknown_and_malformed_codes_are_answered_alike() {
        let server = Server::start().await;
        let unknown = server
            .get(&format!("/api/v1/rooms/{}", Code::random()))
            .await;
        assert_eq!(
            (unknown.status, unknown.error_code()),
            (404, "room_not_found")
        );
        for typed in ["x", "%00", "..%2f..", "' OR 1=1", "%F0%9F%91%8B"] {
            let typed = typed.replace(' ', "%20");
            let malformed = server.get(&format!("/api/v1/rooms/{typed}")).await;
            assert_eq!(
                (malformed.status, &malformed.body),
                (404, &unknown.body),
                "{typed}"
            );
        }
    }
}
