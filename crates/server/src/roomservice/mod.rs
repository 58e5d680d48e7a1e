//! LiveKit's RoomService (TwirP): what server SDKs call, in protobuf or JSON.
//!
//! One function per operation; each reads its right from the token, then either looks at the media
//! side or hands it a command, which `visio-meeting` authorises like any other.

mod authorise;
pub(crate) mod command;
mod error;
pub(crate) mod query;
mod rpc;
pub(crate) mod send_data;
#[cfg(test)]
mod tests;

use crate::calls::Calls;
use axum::extract::FromRef;
use axum::routing::{MethodRouter, post};
pub(crate) use error::TwirpError;
use rpc::{Message, Rpc};
use std::sync::Arc;
use visio_protocol::token::{ApiKeys, Claims};
use visio_livekit::json;

/// What the operations work with. Cheap to clone.
#[derive(Clone)]
pub struct RoomService {
    pub calls: Calls,
    pub keys: Arc<ApiKeys>,
}

/// Reads the request, checks the token's signature and writes the answer in the form it came in.
pub(crate) fn operation<S, Request, Answer, Work, Working>(work: Work) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    RoomService: FromRef<S>,
    Request: Message,
    Answer: json::Answer,
    Work: Fn(Calls, Claims, Request) -> Working + Clone + Send + Sync + 'static,
    Working: Future<Output = Result<Answer, TwirpError>> + Send + 'static,
{
    post(async move |rpc: Rpc| rpc.answer(work).await)
}

pub(crate) async fn bad_route() -> TwirpError {
    TwirpError::bad_route()
}
