//! Speech recognition as a part of the server: on, or off with a reason.

use crate::config::Plan;
use crate::media::MediaHandle;
use crate::models;
use crate::state::CaptionsStatus;
use crate::storage::Database;
use crate::transcription::{self, Caption, CaptionSink, Settings, TapSender, Transcription};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;
use visio_speech::Language;
use visio_speech::whisper::Model;

pub(super) struct Captions {
    running: Option<Transcription>,
    screens: Arc<Screens>,
    status: watch::Sender<CaptionsStatus>,
}

impl Captions {
    /// Loads the model and starts the threads. What is missing turns captions off, never the
    /// server.
    pub(super) async fn start(plan: &Plan, database: &Database) -> Self {
        let screens = Arc::new(Screens::default());
        let started = match start(plan, database, &screens).await {
            Ok(running) => (Some(running), available()),
            Err(reason) => {
                tracing::warn!(reason, "captions are off");
                (None, CaptionsStatus::Unavailable { reason })
            }
        };
        let (running, status) = started;
        Self {
            running,
            screens,
            status: watch::Sender::new(status),
        }
    }

    /// A way in for one media worker; none where nobody listens.
    pub(super) fn tap(&self) -> Option<TapSender> {
        self.running.as_ref().map(Transcription::sender)
    }

    /// Shows captions from here on: before this there is no call that they could be for.
    pub(super) fn lead_to(&self, media: &MediaHandle) {
        let _ = self.screens.0.set(media.clone());
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
    screens: &Arc<Screens>,
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
        let bytes = models::load(&folder, &name).map_err(|error| error.to_string())?;
        Model::load(&bytes).map_err(|error| {
            format!("The speech model {name} cannot be used ({error}). Run: visio models verify")
        })
    });
    let model = loading.await.map_err(|error| error.to_string())??;
    let engines = transcription::whisper(model);
    let sink: Arc<dyn CaptionSink> = Arc::clone(screens) as Arc<dyn CaptionSink>;
    transcription::start(&settings, &engines, database.clone(), sink)
        .map_err(|error| format!("Speech recognition does not start: {error}"))
}

fn available() -> CaptionsStatus {
    let languages = Language::all()
        .map(|language| language.code().to_owned())
        .collect();
    CaptionsStatus::Available { languages }
}

/// Leads to the clients once there is a media side: it is started after the taps it needs.
#[derive(Default)]
struct Screens(OnceLock<MediaHandle>);

impl CaptionSink for Screens {
    fn caption(&self, caption: Caption) {
        if let Some(media) = self.0.get() {
            media.caption(caption);
        }
    }

    fn behind(&self, behind: bool) {
        if let Some(media) = self.0.get() {
            media.behind(behind);
        }
    }
}
