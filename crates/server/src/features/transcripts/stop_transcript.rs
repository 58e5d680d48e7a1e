//! `DELETE /api/v1/meeting/transcript`: somebody in the meeting stops to keep a transcript.

use super::Transcripts;
use super::caller::Caller;
use crate::clock;
use crate::http::bearer::Bearer;
use crate::http::error::{ApiError, ErrorBody};
use crate::storage::transcripts as rows;
use axum::extract::State;
use axum::http::StatusCode;
use visio_meeting::Command;

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
    let asked_at_ms = clock::now_unix_ms();
    let Caller {
        room,
        identity,
        presence,
    } = transcripts.caller(&bearer).await?;
    let meeting = presence.meeting.ok_or_else(ApiError::cannot_be_kept)?;
    let keep = |kept| {
        let command = Command::KeepTranscript { kept };
        transcripts.calls.command_of(&room, &identity, command)
    };
    keep(false).await.map_err(ApiError::refused)?;
    let stopped = rows::stop(&transcripts.database, &meeting, asked_at_ms).await;
    if let Err(error) = stopped {
        // It is still kept, so everybody must see that it is.
        let _ = keep(true).await;
        return Err(error.into());
    }
    Ok(StatusCode::NO_CONTENT)
}
