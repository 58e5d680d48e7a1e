//! `GET /api/v1/transcripts/{transcript}`: who said what, for those who were there.

use super::Transcripts;
use crate::clock;
use crate::http::address::ClientAddress;
use crate::http::bearer::Bearer;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::typed_code::TypedCode;
use crate::storage::lines::Line;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Since {
    /// Only lines stored after the one with this number: what was read before it is known already.
    #[serde(default)]
    after: i64,
}

#[derive(Serialize, ToSchema)]
pub struct Transcript {
    room_name: String,
    started_at: String,
    /// Null while the meeting goes on.
    #[schema(required)]
    ended_at: Option<String>,
    /// In the order in which they began.
    lines: Vec<TranscriptLine>,
    /// How often it was read, by everybody together.
    reads: i64,
}

#[derive(Serialize, ToSchema)]
struct TranscriptLine {
    /// Counts up in the order in which lines were stored.
    number: i64,
    id: String,
    speaker: Speaker,
    started_at: String,
    ended_at: String,
    /// Milliseconds since the meeting began.
    offset_ms: i64,
    /// ISO 639-1; empty where it is not known.
    language: String,
    text: String,
}

#[derive(Serialize, ToSchema)]
struct Speaker {
    identity: String,
    name: String,
}

/// Reads a transcript. Until the meeting has ended it is open to those alone who are in it.
#[utoipa::path(get, path = "/api/v1/transcripts/{transcript}", tag = "transcripts",
    params(("transcript" = String, Path, description = "The reader's own code"), Since),
    security((), ("participant" = [])),
    responses(
        (status = 200, body = Transcript),
        (status = 403, body = ErrorBody, description = "The meeting goes on and you are not in it"),
        (status = 404, body = ErrorBody, description = "Unknown and malformed codes alike"),
        (status = 429, body = ErrorBody),
    ))]
pub(crate) async fn transcript(
    State(transcripts): State<Transcripts>,
    ClientAddress(address): ClientAddress,
    TypedCode(typed): TypedCode,
    bearer: Bearer,
    since: Result<Query<Since>, QueryRejection>,
) -> Result<Json<Transcript>, ApiError> {
    let Query(Since { after }) = since.map_err(|_| ApiError::after_refused())?;
    let stored = transcripts.stored(address, &typed, &bearer, after).await?;
    let started_at_ms = stored.meeting.started_at_ms;
    let lines = stored.lines.into_iter();
    Ok(Json(Transcript {
        room_name: stored.room_name,
        started_at: clock::rfc3339(started_at_ms),
        ended_at: stored.meeting.ended_at_ms.map(clock::rfc3339),
        lines: lines.map(|line| body(line, started_at_ms)).collect(),
        reads: stored.reads,
    }))
}

fn body(line: Line, meeting_started_at_ms: i64) -> TranscriptLine {
    TranscriptLine {
        number: line.number,
        id: line.segment.to_string(),
        speaker: Speaker {
            identity: line.identity.to_string(),
            name: line.name,
        },
        started_at: clock::rfc3339(line.started_at_ms),
        ended_at: clock::rfc3339(line.ended_at_ms),
        offset_ms: (line.started_at_ms - meeting_started_at_ms).max(0),
        language: line.language,
        text: line.text,
    }
}

#[cfg(test)]
mod tests {
    use crate::app::testing::Server;
    use serde_json::json;

    #[tokio::test]
    async fn bob_reads_who_said_what() {
        let server = Server::start().await;
        let transcript = server.held_meeting().await;
        let read = server
            .get(&format!("/api/v1/transcripts/{transcript}"))
            .await;
        assert_eq!(read.status, 200);
        insta::assert_snapshot!(read.json_text(), @r#"
        {
          "ended_at": "2026-11-01T00:01:30.000Z",
          "lines": [
            {
              "ended_at": "2026-11-01T00:00:02.500Z",
              "id": "SG_1000",
              "language": "en",
              "number": 1,
              "offset_ms": 1000,
              "speaker": {
                "identity": "id-of-Alice",
                "name": "Alice"
              },
              "started_at": "2026-11-01T00:00:01.000Z",
              "text": "Good morning, Bob."
            },
            {
              "ended_at": "2026-11-01T00:00:04.500Z",
              "id": "SG_3000",
              "language": "en",
              "number": 2,
              "offset_ms": 3000,
              "speaker": {
                "identity": "id-of-Alice",
                "name": "Alice"
              },
              "started_at": "2026-11-01T00:00:03.000Z",
              "text": "Is 1 < 2 & true?"
            },
            {
              "ended_at": "2026-11-01T00:01:06.750Z",
              "id": "SG_65250",
              "language": "en",
              "number": 3,
              "offset_ms": 65250,
              "speaker": {
                "identity": "id-of-Bob",
                "name": "Bob"
              },
              "started_at": "2026-11-01T00:01:05.250Z",
              "text": "It is."
            }
          ],
          "reads": 1,
          "room_name": "Team *A*",
          "started_at": "2026-11-01T00:00:00.000Z"
        }
        "#);
    }

    #[tokio::test]
    async fn bob_reads_on_from_the_line_that_he_knows() {
        let server = Server::start().await;
        let path = format!("/api/v1/transcripts/{}", server.held_meeting().await);
        let since = server.get(&format!("{path}?after=2")).await;
        let lines = since.body["lines"].as_array().unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["text"], "It is.");
        let refused = server.get(&format!("{path}?after=x")).await;
        assert_eq!(
            (refused.status, refused.error_code()),
            (422, "after_refused")
        );
    }

    #[tokio::test]
    async fn the_code_of_the_room_does_not_open_the_transcript() {
        let server = Server::start().await;
        let code = server.make_room("Team").await;
        server.join(&code, &json!({"name": "Alice"})).await;
        let refused = server.get(&format!("/api/v1/transcripts/{code}")).await;
        assert_eq!(
            (refused.status, refused.error_code()),
            (404, "transcript_not_found")
        );
        let malformed = server.get("/api/v1/transcripts/x").await;
        assert_eq!(malformed.body, refused.body);
    }
}
