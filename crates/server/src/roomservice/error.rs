//! How RoomService says no: TwirP's codes, always as JSON.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use visio_meeting::Refusal;
use visio_protocol::token::TokenError;

#[derive(Debug)]
pub(crate) struct TwirpError {
    status: StatusCode,
    body: Body,
}

#[derive(Debug, Serialize)]
struct Body {
    code: &'static str,
    msg: String,
}

impl TwirpError {
    pub(super) fn unauthenticated(error: &TokenError) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            error.to_string(),
        )
    }

    pub(super) fn permission_denied(grant: &str) -> Self {
        let msg = format!("the token does not allow this: make it with the grant {grant}");
        Self::new(StatusCode::FORBIDDEN, "permission_denied", msg)
    }

    pub(super) fn malformed(problem: &str) -> Self {
        let msg = format!("the body cannot be read: {problem}");
        Self::new(StatusCode::BAD_REQUEST, "malformed", msg)
    }

    pub(super) fn invalid_argument(msg: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_argument", msg.to_owned())
    }

    /// No worker takes the meeting.
    pub(super) fn unavailable() -> Self {
        let msg = "the server is busy: try again in a moment".to_owned();
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", msg)
    }

    pub(super) fn too_large() -> Self {
        let msg = "the body is larger than 64 KiB".to_owned();
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "resource_exhausted", msg)
    }

    pub(super) fn participant_not_found() -> Self {
        Self::from(Refusal::NoSuchParticipant)
    }

    /// What LiveKit's server does and this one does not.
    pub(super) fn unimplemented(operation: &str) -> Self {
        let msg = format!("this server does not implement {operation}");
        Self::new(StatusCode::NOT_IMPLEMENTED, "unimplemented", msg)
    }

    pub(super) fn bad_route() -> Self {
        let msg = "there is no such operation: POST to /twirp/livekit.RoomService/ListRooms is one";
        Self::new(StatusCode::NOT_FOUND, "bad_route", msg.to_owned())
    }

    fn new(status: StatusCode, code: &'static str, msg: String) -> Self {
        Self {
            status,
            body: Body { code, msg },
        }
    }
}

impl From<Refusal> for TwirpError {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match refusal {
            Refusal::NotAllowed => (StatusCode::FORBIDDEN, "permission_denied"),
            Refusal::NoSuchParticipant
            | Refusal::NoSuchTrack
            | Refusal::NoSuchCodec
            | Refusal::NoSuchMeeting => (StatusCode::NOT_FOUND, "not_found"),
            Refusal::TooLong => (StatusCode::BAD_REQUEST, "invalid_argument"),
            Refusal::Full | Refusal::TooManyTracks | Refusal::TooOften => {
                (StatusCode::TOO_MANY_REQUESTS, "resource_exhausted")
            }
            Refusal::StateMismatch | Refusal::Revoked(_) => {
                (StatusCode::PRECONDITION_FAILED, "failed_precondition")
            }
        };
        Self::new(status, code, refusal.to_string())
    }
}

impl IntoResponse for TwirpError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}
