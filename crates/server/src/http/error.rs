//! How the API says no: one shape, constructors named after the answer.

use crate::entropy::random_bytes;
use crate::storage::{StorageError, Trouble};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use visio_meeting::Refusal;
use visio_protocol::text::TextProblem;

/// An answer that is not what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after_s: Option<u32>,
    error_id: Option<String>,
}

/// When to try again what failed for want of the database or of time: it is restarted within
/// seconds, and who asks more often only makes its start harder.
const RETRY_AFTER_S: u32 = 5;

/// The body of every error.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct ErrorDetail {
    /// For programs: never changes.
    #[schema(example = "room_not_found")]
    pub code: String,
    /// For people: what happened and what to do.
    pub message: String,
    /// Of an error inside the server: its log has the reason under this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_id: Option<String>,
}

impl ApiError {
    pub fn room_not_found() -> Self {
        let message = "There is no room with this code. Check the link, or ask who sent it.";
        Self::new(StatusCode::NOT_FOUND, "room_not_found", message)
    }

    pub fn transcript_not_found() -> Self {
        let message = "There is no transcript with this code. Check the link.";
        Self::new(StatusCode::NOT_FOUND, "transcript_not_found", message)
    }

    pub fn token_refused() -> Self {
        let message = "This needs the token of the call as \"Authorization: Bearer\", and yours is \
                       missing or has expired. Join again.";
        Self::new(StatusCode::UNAUTHORIZED, "token_refused", message)
    }

    pub fn not_in_meeting() -> Self {
        let message = "This is for those who are in the meeting. Join it first.";
        Self::new(StatusCode::FORBIDDEN, "not_in_meeting", message)
    }

    pub fn meeting_goes_on() -> Self {
        let message = "The meeting still goes on: until its end those who are in it read the \
                       transcript there. Try again when it is over.";
        Self::new(StatusCode::FORBIDDEN, "meeting_goes_on", message)
    }

    pub fn cannot_be_kept() -> Self {
        let message = "No transcript can be kept of this meeting: its room is not stored on this \
                       server, or could not be read when the meeting began. Make a room on this \
                       server's page, or meet again.";
        Self::new(StatusCode::CONFLICT, "cannot_be_kept", message)
    }

    /// What a meeting refuses.
    pub fn refused(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoSuchMeeting | Refusal::NoSuchParticipant => Self::not_in_meeting(),
            refusal => Self::new(StatusCode::FORBIDDEN, "not_allowed", sentence(&refusal)),
        }
    }

    pub fn after_refused() -> Self {
        let message = "after must be the number of a line.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "after_refused", message)
    }

    pub fn not_found() -> Self {
        let message = "There is nothing at this address. /openapi.json lists what there is.";
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub fn method_not_allowed() -> Self {
        let message = "This address does not answer this method. /openapi.json lists what it does.";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    }

    pub fn name_refused(problem: TextProblem) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "name_refused",
            format!("The name {problem}."),
        )
    }

    pub fn language_refused() -> Self {
        let message =
            "The language is not one that /api/v1/config lists. Choose one of those, or null.";
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "language_refused",
            message,
        )
    }

    pub fn format_refused() -> Self {
        let message = "The format must be vtt or markdown.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "format_refused", message)
    }

    pub fn body_malformed(problem: &str) -> Self {
        let message = format!("The body cannot be read: {problem}");
        Self::new(StatusCode::BAD_REQUEST, "body_malformed", message)
    }

    pub fn body_not_json() -> Self {
        let message = "The body must be JSON, with \"Content-Type: application/json\".";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body_not_json", message)
    }

    pub fn body_too_large() -> Self {
        let message = "The body is larger than 64 KiB.";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    }

    pub fn too_many_requests(retry_after_s: u32) -> Self {
        let message = format!("Too many requests. Try again in {retry_after_s} s.");
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message);
        Self {
            retry_after_s: Some(retry_after_s),
            ..error
        }
    }

    pub fn too_slow() -> Self {
        let message = "The server could not answer in time. Try again in a moment.";
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", message);
        Self {
            retry_after_s: Some(RETRY_AFTER_S),
            ..error
        }
    }

    pub fn database_unavailable() -> Self {
        let message = format!(
            "The server cannot use its database at the moment. Try again in {RETRY_AFTER_S} s."
        );
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let error = Self::new(status, "database_unavailable", message);
        Self {
            retry_after_s: Some(RETRY_AFTER_S),
            ..error
        }
    }

    pub fn stopping() -> Self {
        let message = format!(
            "The server is being restarted. Try again in {RETRY_AFTER_S} s; pages that are open \
             do so by themselves."
        );
        Self {
            retry_after_s: Some(RETRY_AFTER_S),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message)
        }
    }

    /// Logs the reason under an id that the answer carries: the answer says nothing of the inside.
    pub fn internal(reason: &dyn std::fmt::Display) -> Self {
        let bytes = random_bytes::<6>();
        let id = bytes
            .iter()
            .fold(String::new(), |id, byte| format!("{id}{byte:02x}"));
        tracing::error!(error_id = id, %reason, "a request failed");
        let message = format!(
            "The server failed. Try again; if it stays, those who run this server find the reason \
             in its log under {id}."
        );
        Self {
            error_id: Some(id),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
        }
    }

    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after_s: None,
            error_id: None,
        }
    }
}

/// A refusal as a sentence of its own.
fn sentence(refusal: &Refusal) -> String {
    let text = refusal.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(['.']).collect()
}

impl From<TextProblem> for ApiError {
    fn from(problem: TextProblem) -> Self {
        Self::name_refused(problem)
    }
}

impl From<StorageError> for ApiError {
    /// Logged here, where it is turned into an answer that says nothing of the inside.
    fn from(error: StorageError) -> Self {
        match error.trouble() {
            Trouble::Away | Trouble::DiskFull | Trouble::ReadOnly | Trouble::FileGone => {
                tracing::error!(%error, "the database cannot be used");
                Self::database_unavailable()
            }
            Trouble::Damaged | Trouble::Refused => Self::internal(&error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let detail = ErrorDetail {
            code: self.code.to_owned(),
            message: self.message,
            error_id: self.error_id,
        };
        let mut response = (self.status, Json(ErrorBody { error: detail })).into_response();
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
