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
use axum::http::{Method, Uri};
use axum::routing::{MethodRouter, post};
pub(crate) use error::TwirpError;
use rpc::{Message, Rpc};
use std::sync::Arc;
use visio_livekit::json;
use visio_protocol::token::{ApiKeys, Claims};

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

/// LiveKit's services. What of them has no route here is missing, under whatever name it comes to have.
const SERVICES: [&str; 8] = [
    "RoomService",
    "AgentDispatchService",
    "Egress",
    "Ingress",
    "SIP",
    "Connector",
    "PhoneNumberService",
    "CloudAgent",
];

/// Answers what has no route: that it is missing, or that the address is wrong.
pub(crate) async fn no_operation(method: Method, uri: Uri) -> TwirpError {
    let missing = uri
        .path()
        .strip_prefix("/twirp/")
        .filter(|operation| method == Method::POST && is_of_livekit(operation));
    missing.map_or_else(TwirpError::bad_route, TwirpError::unimplemented)
}

fn is_of_livekit(operation: &str) -> bool {
    let parts = operation
        .strip_prefix("livekit.")
        .and_then(|rest| rest.split_once('/'));
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    parts.is_some_and(|(service, name)| SERVICES.contains(&service) && is_name(name))
}
