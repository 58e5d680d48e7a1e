//! `POST /api/v1/rooms`: makes a room with a link.

use super::Rooms;
use crate::clock;
use crate::http::address::{BaseUrl, ClientAddress};
use crate::http::body::JsonBody;
use crate::http::error::{ApiError, ErrorBody};
use crate::storage::rooms::{self as rows, TranscriptDefault};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use visio_protocol::text;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoom {
    /// What the room is called; may be empty.
    #[serde(default)]
    name: Option<String>,
    /// Whether its meetings keep a transcript from their beginning; null follows the server.
    #[serde(default)]
    transcript: Option<TranscriptDefault>,
}

#[derive(Serialize, ToSchema)]
pub struct CreatedRoom {
    /// Opens the room; cannot be guessed and cannot be asked for again.
    #[schema(example = "01234-56789-abcde-fghjk-mnpqr")]
    code: String,
    name: String,
    /// The link to send to others.
    url: String,
    transcript: TranscriptDefault,
    created_at: String,
}

/// Makes a room and its link.
#[utoipa::path(post, path = "/api/v1/rooms", tag = "rooms", request_body = NewRoom,
    responses(
        (status = 201, body = CreatedRoom),
        (status = 400, body = ErrorBody),
        (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "The name cannot be used"),
        (status = 429, body = ErrorBody),
    ))]
pub(crate) async fn create_room(
    State(rooms): State<Rooms>,
    ClientAddress(address): ClientAddress,
    base: BaseUrl,
    JsonBody(new): JsonBody<NewRoom>,
) -> Result<(StatusCode, Json<CreatedRoom>), ApiError> {
    let now_ms = clock::now_unix_ms();
    rooms
        .limits
        .create
        .take(address, now_ms)
        .map_err(ApiError::too_many_requests)?;
    let name = match new.name.as_deref().map(str::trim) {
        None | Some("") => String::new(),
        Some(name) => text::display_name(name)?,
    };
    let (room, code) = rows::create(&rooms.database, &name, new.transcript, now_ms).await?;
    let created = CreatedRoom {
        url: base.page(&format!("/r/{code}")),
        code: code.to_string(),
        name: room.name,
        transcript: room.transcript.unwrap_or(rooms.transcript),
        created_at: clock::rfc3339(room.created_at_ms),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

#[cfg(test)]
mod tests {
    use crate::app::testing::Server;
    use crate::codes::Code;
    use serde_json::json;

    #[tokio::test]
    async fn alice_makes_a_room_and_gets_a_link_to_send() {
        let server = Server::start().await;
        let made = server
            .post("/api/v1/rooms", &json!({"name": " Team \u{202E}meeting "}))
            .await;
        assert_eq!(made.status, 201);
        let code = made.body["code"].as_str().unwrap();
        assert!(Code::parse(code).is_some());
        assert_eq!(made.body["url"], format!("{}/r/{code}", server.url()));
        assert_eq!(made.body["name"], "Team meeting");
        assert_eq!(made.body["transcript"], "off");
    }

    #[tokio::test]
    async fn a_room_needs_no_name_and_follows_the_server_unless_it_says_how_its_meetings_start() {
        let server = Server::start_with(|s| s.transcripts.default = "ask".to_owned()).await;
        let made = server.post("/api/v1/rooms", &json!({})).await;
        assert_eq!((made.status, &made.body["name"]), (201, &json!("")));
        assert_eq!(made.body["transcript"], "ask");
        let own = json!({"transcript": "on"});
        let made = server.post("/api/v1/rooms", &own).await;
        assert_eq!(made.body["transcript"], "on");
    }

    #[tokio::test]
    async fn eve_sends_bodies_that_are_none() {
        let server = Server::start().await;
        let cases: [(&str, u16, &str); 9] = [
            ("", 400, "body_malformed"),
            ("{\"name\":", 400, "body_malformed"),
            ("[]", 400, "body_malformed"),
            ("{\"name\":7}", 400, "body_malformed"),
            ("{\"name\":\"a\",\"name\":\"b\"}", 400, "body_malformed"),
            ("{\"owner\":true}", 400, "body_malformed"),
            ("{\"transcript\":true}", 400, "body_malformed"),
            ("{\"name\":\"\\u0000\\u200b\"}", 422, "name_refused"),
            (&"[".repeat(60_000), 400, "body_malformed"),
        ];
        for (body, status, code) in cases {
            let refused = server.send("POST", "/api/v1/rooms", JSON, body).await;
            assert_eq!(
                (refused.status, refused.error_code()),
                (status, code),
                "{body:.40}"
            );
        }
        let large = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
        let refused = server.send("POST", "/api/v1/rooms", JSON, &large).await;
        assert_eq!(
            (refused.status, refused.error_code()),
            (413, "body_too_large")
        );
        let form = &[("content-type", "application/x-www-form-urlencoded")];
        let refused = server.send("POST", "/api/v1/rooms", form, "name=x").await;
        assert_eq!(
            (refused.status, refused.error_code()),
            (415, "body_not_json")
        );
        assert_eq!(
            server.post("/api/v1/rooms", &json!({})).await.status,
            201,
            "others go on"
        );
    }

    #[tokio::test]
    async fn who_makes_too_many_rooms_is_told_when_to_come_back() {
        let server = Server::start().await;
        let mut made = 0;
        let refused = loop {
            let answer = server.post("/api/v1/rooms", &json!({})).await;
            if answer.status != 201 {
                break answer;
            }
            made += 1;
            assert!(made < 1_000, "there is no limit");
        };
        assert_eq!(
            (refused.status, refused.error_code()),
            (429, "too_many_requests")
        );
        assert_eq!(refused.header("retry-after"), Some("6"));
    }

    const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
}
