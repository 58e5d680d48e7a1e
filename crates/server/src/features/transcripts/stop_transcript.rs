//! `DELETE /api/v1/meeting/transcript`: somebody in the meeting stops to keep a transcript.

use super::Transcripts;
use crate::http::bearer::Bearer;
use crate::http::error::{ApiError, ErrorBody};
use axum::extract::State;
use axum::http::StatusCode;

/// Stops to keep a transcript; what was kept stays, and everybody in the meeting is told.
#[utoipa::path(delete, path = "/api/v1/meeting/transcript", tag = "transcripts",
    security(("participant" = [])),
    responses(
        (status = 204),
        (status = 401, body = ErrorBody, description = "No token of a call, or one that has expired"),
        (status = 403, body = ErrorBody, description = "You are not in the meeting, or may not"),
        (status = 409, body = ErrorBody, description = "The room is not stored on this server"),
    ))]
pub(crate) async fn stop_transcript(
    State(transcripts): State<Transcripts>,
    bearer: Bearer,
) -> Result<StatusCode, ApiError> {
    let caller = transcripts.caller(&bearer).await?;
    let meeting = caller.presence.meeting.clone();
    let meeting = meeting.ok_or_else(ApiError::cannot_be_kept)?;
    transcripts.stop(caller, meeting).await?;
    Ok(StatusCode::NO_CONTENT)
}
