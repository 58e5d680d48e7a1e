//! What the routes work with, and which part of it each of them gets.

use crate::acme::Standing;
use crate::calls::Calls;
use crate::config::HttpPlan;
use crate::features::rooms::Rooms;
use crate::features::transcripts::{Switches, Transcripts};
use crate::http::challenges::Challenges;
use crate::http::rate_limit::RateLimits;
use crate::roomservice::RoomService;
use crate::signalling::Signalling;
use crate::storage::Database;
use crate::storage::rooms::TranscriptDefault;
use crate::transcription::CaptionsStatus;
use axum::extract::FromRef;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use visio_protocol::token::ApiKeys;

/// All parts of the running server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) database: Database,
    pub(crate) calls: Calls,
    pub(crate) keys: Arc<ApiKeys>,
    pub(crate) signalling: Signalling,
    pub(crate) captions: watch::Receiver<CaptionsStatus>,
    pub(crate) http: Arc<HttpPlan>,
    pub(crate) data_folder: Arc<PathBuf>,
    pub(crate) challenges: Challenges,
    /// `None` where TLS is off.
    pub(crate) certificate: Option<watch::Receiver<Standing>>,
    pub(crate) limits: Arc<RateLimits>,
    /// How meetings start in rooms that do not say it.
    pub(crate) transcript: TranscriptDefault,
    pub(crate) stopping: Stopping,
    pub(crate) switches: Switches,
}

impl FromRef<AppState> for Signalling {
    fn from_ref(app: &AppState) -> Self {
        app.signalling.clone()
    }
}

impl FromRef<AppState> for Arc<HttpPlan> {
    fn from_ref(app: &AppState) -> Self {
        Arc::clone(&app.http)
    }
}

impl FromRef<AppState> for Challenges {
    fn from_ref(app: &AppState) -> Self {
        app.challenges.clone()
    }
}

impl FromRef<AppState> for watch::Receiver<CaptionsStatus> {
    fn from_ref(app: &AppState) -> Self {
        app.captions.clone()
    }
}

impl FromRef<AppState> for Rooms {
    fn from_ref(app: &AppState) -> Self {
        Self {
            database: app.database.clone(),
            calls: app.calls.clone(),
            keys: Arc::clone(&app.keys),
            limits: Arc::clone(&app.limits),
            transcript: app.transcript,
        }
    }
}

impl FromRef<AppState> for Transcripts {
    fn from_ref(app: &AppState) -> Self {
        Self {
            database: app.database.clone(),
            calls: app.calls.clone(),
            keys: Arc::clone(&app.keys),
            limits: Arc::clone(&app.limits),
            switches: app.switches.clone(),
        }
    }
}

impl FromRef<AppState> for RoomService {
    fn from_ref(app: &AppState) -> Self {
        Self {
            calls: app.calls.clone(),
            keys: Arc::clone(&app.keys),
        }
    }
}

/// Whether the server is on its way out: it finishes what it has and takes nothing new.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopping(Arc<AtomicBool>);

impl Stopping {
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
