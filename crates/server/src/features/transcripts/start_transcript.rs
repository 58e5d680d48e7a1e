//! `POST /api/v1/meeting/transcript`: somebody in the meeting starts to keep a transcript.

use super::Transcripts;
use crate::http::bearer::Bearer;
use crate::http::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct StartedTranscript {
    /// Opens the transcript, for this participant.
    transcript: String,
    /// Deletes the transcript after the meeting; null if somebody else started it first.
    #[schema(required)]
    deletion_code: Option<String>,
}

/// Starts to keep a transcript; everybody in the meeting is told.
#[utoipa::path(post, path = "/api/v1/meeting/transcript", tag = "transcripts",
    security(("participant" = [])),
    responses(
        (status = 200, body = StartedTranscript),
        (status = 401, body = ErrorBody, description = "No token of a call, or one that has expired"),
        (status = 403, body = ErrorBody, description = "You are not in the meeting, or may not"),
        (status = 409, body = ErrorBody, description = "The room is not stored on this server"),
    ))]
pub(crate) async fn start_transcript(
    State(transcripts): State<Transcripts>,
    bearer: Bearer,
) -> Result<Json<StartedTranscript>, ApiError> {
    let caller = transcripts.caller(&bearer).await?;
    let meeting = caller.presence.meeting.clone();
    let meeting = meeting.ok_or_else(ApiError::cannot_be_kept)?;
    let deletion = transcripts.start(caller.clone(), meeting.clone()).await?;
    let transcript = transcripts.grant(&caller, &meeting).await?;
    Ok(Json(StartedTranscript {
        transcript: transcript.to_string(),
        deletion_code: deletion.map(|code| code.to_string()),
    }))
}
