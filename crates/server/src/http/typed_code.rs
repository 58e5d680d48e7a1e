//! The code in the path of a request, as somebody typed it.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use std::convert::Infallible;

/// What is no text at all is like any other code that opens nothing: empty.
pub(crate) struct TypedCode(pub String);

impl<S: Send + Sync> FromRequestParts<S> for TypedCode {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(
            path.map_or_else(|_| String::new(), |Path(typed)| typed),
        ))
    }
}
