//! Speech recognition as a part of the server: on, or off with a reason.

use crate::calls::Calls;
use crate::config::Plan;
use crate::models;
use crate::storage::Database;
use crate::transcription::{self, CaptionsStatus, Settings, TapEvents, Transcription};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use visio_speech::{Language, engine};

pub(super) struct Captions {
    running: Option<Transcription>,
    status: watch::Sender<CaptionsStatus>,
}

impl Captions {
    /// Loads the model and starts the threads. What is missing turns captions off, never the
    /// server.
    pub(super) async fn start(
        plan: &Plan,
        database: &Database,
        taps: TapEvents,
        calls: &Calls,
    ) -> Self {
        let started = match start(plan, database, taps, calls).await {
            Ok(running) => (Some(running), available()),
            Err(reason) => {
                tracing::warn!(reason, "captions are off");
                (None, CaptionsStatus::Unavailable { reason })
            }
        };
        let (running, status) = started;
        Self {
            running,
            status: watch::Sender::new(status),
        }
    }

    pub(super) fn status(&self) -> watch::Receiver<CaptionsStatus> {
        self.status.subscribe()
    }

    /// Finishes and stores what is being said.
    pub(super) async fn stop(self, within: Duration) {
        if let Some(running) = self.running {
            running.stop(within).await;
        }
    }
}

async fn start(
    plan: &Plan,
    database: &Database,
    taps: TapEvents,
    calls: &Calls,
) -> Result<Transcription, String> {
    if !plan.captions.enabled {
        return Err("Captions are turned off in the settings (captions.enabled).".to_owned());
    }
    let settings = Settings {
        threads: usize::from(plan.captions.threads),
        language: plan.captions.language,
    };
    let (folder, name) = (plan.models_folder.clone(), plan.captions.model.clone());
    let loading = tokio::task::spawn_blocking(move || {
        let (kind, bytes) = models::load(&folder, &name).map_err(|error| error.to_string())?;
        engine::load(kind, &bytes).map_err(|error| {
            format!("The speech model {name} cannot be used ({error}). Run: visio models verify")
        })
    });
    let model = loading.await.map_err(|error| error.to_string())??;
    let engines = transcription::engines_of(model);
    let sink = Arc::new(calls.clone());
    transcription::start(&settings, &engines, database.clone(), taps, sink)
        .map_err(|error| format!("Speech recognition does not start: {error}"))
}

fn available() -> CaptionsStatus {
    let languages = Language::all()
        .map(|language| language.code().to_owned())
        .collect();
    CaptionsStatus::Available { languages }
}
