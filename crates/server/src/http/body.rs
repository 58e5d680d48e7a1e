//! Reads bodies and says what is wrong with them.

use crate::http::error::ApiError;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;

/// Why a body could not be read to its end.
pub(crate) enum Incomplete {
    TooLarge,
    EndedEarly,
}

/// The whole body, up to the limit of the server.
pub(crate) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Incomplete> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => Incomplete::TooLarge,
            _ => Incomplete::EndedEarly,
        })
}

/// How the body is written: `Content-Type` in lower case, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next();
    kind.unwrap_or_default().trim().to_ascii_lowercase()
}

/// A body read as JSON; a field that is unknown or there twice is refused by the type itself.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if media_type(request.headers()) != "application/json" {
            return Err(ApiError::body_not_json());
        }
        let bytes = read(request, state)
            .await
            .map_err(|incomplete| match incomplete {
                Incomplete::TooLarge => ApiError::body_too_large(),
                Incomplete::EndedEarly => ApiError::body_malformed("it ended early"),
            })?;
        // A list would be read as the fields in their order.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(ApiError::body_malformed("it is no object"));
        }
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| ApiError::body_malformed(&error.to_string()))
    }
}
