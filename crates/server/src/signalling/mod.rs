//! The WebSocket between LiveKit clients and the meeting.
//!
//! A walk: `admission` reads token and join request, `connection` is the one task of a connection;
//! `visio-livekit` turns what the client says into requests, and what the meeting says into
//! LiveKit's messages.

mod admission;
mod connection;
mod end;
mod keepalive;
mod limits;
mod message_budget;
mod refresh;
mod settling;
#[cfg(test)]
mod tests;
mod unread;
mod websocket;

use crate::calls::Calls;
use crate::clock;
use crate::config::HttpPlan;
use crate::entropy::random_bytes;
use crate::http::address::{Remote, way};
use crate::turn::{Turn, Way};
use admission::{JoinAttempt, JoinRejected};
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use limits::{CONNECTIONS_MAX, FRAME_BYTES_MAX, READ_BYTES};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use visio_livekit::limits::SIF_TRAILER_BYTES;
use visio_meeting::ConnectionId;
use visio_protocol::join::ConnectionMode;
use visio_protocol::token::ApiKeys;
use websocket::Upgrade;

/// What all signal connections share. Cheap to clone.
#[derive(Clone)]
pub struct Signalling {
    keys: Arc<ApiKeys>,
    calls: Calls,
    turn: Turn,
    /// By which clients learn where they are.
    http: Arc<HttpPlan>,
    free: Arc<Semaphore>,
    last_connection: Arc<AtomicU64>,
    /// By this end-to-end encrypted clients tell frames that the server made from forged ones.
    sif_trailer: [u8; SIF_TRAILER_BYTES],
}

impl Signalling {
    pub fn new(keys: Arc<ApiKeys>, calls: Calls, turn: Turn, http: Arc<HttpPlan>) -> Self {
        Self {
            keys,
            calls,
            turn,
            http,
            free: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            last_connection: Arc::new(AtomicU64::new(0)),
            sif_trailer: random_bytes(),
        }
    }

    fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.last_connection.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

type Parameters = Query<BTreeMap<String, String>>;

pub(crate) async fn validate_v0(
    signalling: State<Signalling>,
    query: Parameters,
    head: HeaderMap,
) -> Response {
    validate(&signalling, ConnectionMode::Dual, &query, &head)
}

pub(crate) async fn validate_v1(
    signalling: State<Signalling>,
    query: Parameters,
    head: HeaderMap,
) -> Response {
    validate(&signalling, ConnectionMode::Single, &query, &head)
}

pub(crate) async fn connect_v0(
    signalling: State<Signalling>,
    query: Parameters,
    head: HeaderMap,
    remote: Option<Extension<Remote>>,
    upgrade: Upgrade,
) -> Response {
    let way = way(&signalling.http, remote.map(|remote| remote.0), &head);
    let attempt = attempt(&signalling, ConnectionMode::Dual, &query, &head);
    connect(signalling.0, attempt, way, upgrade)
}

pub(crate) async fn connect_v1(
    signalling: State<Signalling>,
    query: Parameters,
    head: HeaderMap,
    remote: Option<Extension<Remote>>,
    upgrade: Upgrade,
) -> Response {
    let way = way(&signalling.http, remote.map(|remote| remote.0), &head);
    let attempt = attempt(&signalling, ConnectionMode::Single, &query, &head);
    connect(signalling.0, attempt, way, upgrade)
}

fn validate(
    signalling: &Signalling,
    mode: ConnectionMode,
    query: &BTreeMap<String, String>,
    head: &HeaderMap,
) -> Response {
    match attempt(signalling, mode, query, head) {
        Ok(_) => "success".into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn attempt(
    signalling: &Signalling,
    mode: ConnectionMode,
    query: &BTreeMap<String, String>,
    head: &HeaderMap,
) -> Result<JoinAttempt, JoinRejected> {
    JoinAttempt::read(&signalling.keys, mode, query, head, clock::now_unix_s())
}

fn connect(
    signalling: Signalling,
    attempt: Result<JoinAttempt, JoinRejected>,
    way: Way,
    upgrade: Upgrade,
) -> Response {
    let attempt = match attempt {
        Ok(attempt) => attempt,
        Err(refusal) => {
            metrics::counter!("visio_signal_refused_total", "reason" => refusal.label())
                .increment(1);
            return refusal.into_response();
        }
    };
    let Ok(permit) = Arc::clone(&signalling.free).try_acquire_owned() else {
        let text = "the server has no room for another connection; try again in a moment";
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX))
        .read_buffer_size(READ_BYTES);
    upgrade.then(config, move |socket| async move {
        connection::serve(signalling, attempt, &way, socket).await;
        drop(permit);
    })
}
