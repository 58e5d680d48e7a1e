//! What every request can reach.

use crate::calls::Calls;
use crate::config::HttpPlan;
use crate::http::rate_limit::RateLimits;
use crate::signal::Signalling;
use crate::storage::Database;
use axum::extract::FromRef;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use visio_protocol::token::ApiKeys;

/// The parts that handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub database: Database,
    pub calls: Calls,
    pub keys: Arc<ApiKeys>,
    pub signalling: Signalling,
    pub captions: watch::Receiver<CaptionsStatus>,
    pub http: Arc<HttpPlan>,
    pub data_folder: Arc<PathBuf>,
    pub limits: Arc<RateLimits>,
    pub stopping: Stopping,
}

impl FromRef<AppState> for Signalling {
    fn from_ref(app: &AppState) -> Self {
        app.signalling.clone()
    }
}

/// Whether speech is recognised here, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptionsStatus {
    Available {
        /// ISO 639-1 codes of the languages that the model knows.
        languages: Vec<String>,
    },
    Unavailable {
        /// What is missing and what to do, for people.
        reason: String,
    },
}

/// Whether the server is on its way out: it finishes what it has and takes nothing new.
#[derive(Clone, Debug, Default)]
pub struct Stopping(Arc<AtomicBool>);

impl Stopping {
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
