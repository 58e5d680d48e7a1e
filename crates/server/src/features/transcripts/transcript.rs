//! `GET /api/v1/transcripts/{transcript}`: who said what, for those who were there.

use super::Transcripts;
use crate::clock;
use crate::http::address::ClientAddress;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::typed_code::TypedCode;
use crate::storage::lines::{self, Line};
use crate::storage::meetings::{self, Meeting};
use crate::storage::rooms;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::net::IpAddr;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Transcript {
    room_name: String,
    started_at: String,
    /// Null while the meeting goes on.
    #[schema(required)]
    ended_at: Option<String>,
    /// In the order in which they began.
    lines: Vec<TranscriptLine>,
}

#[derive(Serialize, ToSchema)]
struct TranscriptLine {
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

/// Reads a transcript, also while it is written.
#[utoipa::path(get, path = "/api/v1/transcripts/{transcript}", tag = "transcripts",
    params(("transcript" = String, Path, description = "The code that joining gave")),
    responses(
        (status = 200, body = Transcript),
        (status = 404, body = ErrorBody, description = "Unknown and malformed codes alike"),
        (status = 429, body = ErrorBody),
    ))]
pub(crate) async fn transcript(
    State(transcripts): State<Transcripts>,
    ClientAddress(address): ClientAddress,
    TypedCode(typed): TypedCode,
) -> Result<Json<Transcript>, ApiError> {
    let minutes = Minutes::find(&transcripts, address, &typed).await?;
    let started_at_ms = minutes.meeting.started_at_ms;
    let lines = minutes
        .lines
        .into_iter()
        .map(|line| written(line, started_at_ms))
        .collect();
    Ok(Json(Transcript {
        room_name: minutes.room_name,
        started_at: clock::rfc3339(started_at_ms),
        ended_at: minutes.meeting.ended_at_ms.map(clock::rfc3339),
        lines,
    }))
}

/// A meeting with all that was said in it.
pub(super) struct Minutes {
    pub(super) room_name: String,
    pub(super) meeting: Meeting,
    pub(super) lines: Vec<Line>,
}

impl Minutes {
    pub(super) async fn find(
        transcripts: &Transcripts,
        address: IpAddr,
        typed: &str,
    ) -> Result<Self, ApiError> {
        let now_ms = clock::now_unix_ms();
        let (database, limits) = (&transcripts.database, &transcripts.limits);
        let found = meetings::find_by_typed_transcript(database, typed).await?;
        let meeting = found.ok_or_else(|| {
            let taken = limits.wrong_code.take(address, now_ms);
            taken.map_or_else(ApiError::too_many_requests, |()| {
                ApiError::transcript_not_found()
            })
        })?;
        limits
            .transcript
            .take_for(address, &meeting.id, now_ms)
            .map_err(ApiError::too_many_requests)?;
        let room = rooms::find(&transcripts.database, &meeting.room).await?;
        let lines = lines::list(&transcripts.database, &meeting.id).await?;
        Ok(Self {
            room_name: room.map(|room| room.name).unwrap_or_default(),
            meeting,
            lines,
        })
    }
}

fn written(line: Line, meeting_started_at_ms: i64) -> TranscriptLine {
    TranscriptLine {
        id: line.segment,
        speaker: Speaker {
            identity: line.identity,
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
              "offset_ms": 65250,
              "speaker": {
                "identity": "id-of-Bob",
                "name": "Bob"
              },
              "started_at": "2026-11-01T00:01:05.250Z",
              "text": "It is."
            }
          ],
          "room_name": "Team *A*",
          "started_at": "2026-11-01T00:00:00.000Z"
        }
        "#);
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
