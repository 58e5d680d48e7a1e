//! `DELETE /api/v1/transcripts/{transcript}`: who started a transcript deletes it.

use super::Transcripts;
use crate::http::address::ClientAddress;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::typed_code::TypedCode;
use crate::storage::transcripts as rows;
use axum::extract::State;
use axum::http::StatusCode;

/// Deletes a transcript for everybody, once its meeting is over.
#[utoipa::path(delete, path = "/api/v1/transcripts/{transcript}", tag = "transcripts",
    params(("transcript" = String, Path, description = "The deletion code that starting gave")),
    responses(
        (status = 204),
        (status = 404, body = ErrorBody, description = "Unknown code, or the meeting still goes on"),
        (status = 429, body = ErrorBody),
    ))]
pub(crate) async fn delete_transcript(
    State(transcripts): State<Transcripts>,
    ClientAddress(address): ClientAddress,
    TypedCode(typed): TypedCode,
) -> Result<StatusCode, ApiError> {
    if rows::delete_by_typed_code(&transcripts.database, &typed).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(transcripts.wrong_code(address))
    }
}

#[cfg(test)]
mod tests {
    use crate::app::testing::Server;

    #[tokio::test]
    async fn a_readers_code_deletes_nothing() {
        let server = Server::start().await;
        let transcript = server.held_meeting().await;
        let path = format!("/api/v1/transcripts/{transcript}");
        let refused = server.ask_as("DELETE", &path, "").await;
        assert_eq!(
            (refused.status, refused.error_code()),
            (404, "transcript_not_found")
        );
        assert_eq!(server.get(&path).await.status, 200);
    }
}
