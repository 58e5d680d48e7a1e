//! The running server: its parts in order of start.

mod banner;
mod captions;
mod encryption;
mod log;
mod relay;
mod signals;
mod stop;

use super::router;
use crate::api_keys;
use crate::app::state::{AppState, Stopping};
use crate::background::keep_running;
use crate::calls::{self, Calls, lifecycle};
use crate::clock;
use crate::config::Plan;
use crate::features::transcripts::{Switches, purge};
use crate::files;
use crate::http::connections::Connections;
use crate::http::listen::{self, Services};
use crate::http::metrics;
use crate::media;
use crate::open_files;
use crate::secrets::{self, Exposure};
use crate::signalling::Signalling;
use crate::start_error::StartError;
use crate::storage::{self, Database, MasterKey, StorageError, meetings};
use crate::turn::Turn;
use axum::Router;
use captions::Captions;
use encryption::Encryption;
use signals::Signals;
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use visio_protocol::token::ApiKeys;

/// Starts everything, serves until it is told to stop, and stops everything.
pub(crate) async fn serve(plan: Plan) -> Result<(), StartError> {
    log::start(&plan.log);
    let hang_up = signals::hang_up().map_err(StartError::Signals)?;
    // What is counted before there is somebody to count it is lost.
    let recorded = plan.metrics.map(|address| (address, metrics::install()));
    let _taken = prepare_machine(&plan)?;
    let keys = Arc::new(api_keys::load_or_create(
        plan.api_keys.clone(),
        &plan.data_folder,
    )?);
    let database = open_database(&plan).await?;
    follow_system_clock(&database, &plan).await?;
    let (taps, tap_events) = media::tap_queue();
    let calls = calls::start(
        &plan.media,
        database.clone(),
        plan.transcripts.default,
        &taps,
    )?;
    // With the workers the last senders go: recognition then learns that nothing more is said.
    drop(taps);
    let captions = Captions::start(&plan, &database, tap_events, &calls).await;
    let (stop, stopped) = watch::channel(false);
    let keeper = start_jobs(&plan, &database, &calls, &stopped);
    let (turn, datagrams) = relay::start(&plan.turn, &calls, &stopped)?;
    let encryption = Encryption::prepare(&plan)?;
    let encrypted = encryption.as_ref();
    let app = app_state(&plan, database, calls, keys, &captions, &turn, encrypted);
    let mut listeners = listen_everywhere(&plan, &app, &turn, encrypted, &stopped).await?;
    if let Some(datagrams) = datagrams {
        listeners.spawn(datagrams);
    }
    if let Some(encryption) = encryption {
        encryption.keep_fresh(hang_up, stopped.clone());
    }
    if let Some((address, recorded)) = recorded {
        let router = router::metrics_router(recorded, &app.http);
        listeners.spawn(listen_for_metrics(&plan, address, router, stopped).await?);
    }
    let signals = Signals::catch().map_err(StartError::Signals)?;
    banner::print(&plan, &app);

    signals.stop().await;
    stop::stop(&app, captions, stop, listeners, keeper).await;
    Ok(())
}

/// What all requests share.
fn app_state(
    plan: &Plan,
    database: Database,
    calls: Calls,
    keys: Arc<ApiKeys>,
    captions: &Captions,
    turn: &Turn,
    encryption: Option<&Encryption>,
) -> AppState {
    let http = Arc::new(plan.http.clone());
    AppState {
        signalling: Signalling::new(
            Arc::clone(&keys),
            calls.clone(),
            turn.clone(),
            Arc::clone(&http),
        ),
        captions: captions.status(),
        http,
        challenges: encryption
            .map(|encryption| encryption.challenges().clone())
            .unwrap_or_default(),
        certificate: encryption.map(Encryption::standing),
        data_folder: Arc::new(plan.data_folder.clone()),
        limits: Arc::default(),
        transcript: plan.transcripts.default,
        stopping: Stopping::default(),
        switches: Switches::default(),
        database,
        calls,
        keys,
    }
}

/// What goes on beside the meetings until the server stops; who notes when they begin and end is
/// waited for.
fn start_jobs(
    plan: &Plan,
    database: &Database,
    calls: &Calls,
    stopped: &watch::Receiver<bool>,
) -> JoinHandle<()> {
    if let Some(keep_days) = plan.transcripts.keep_days {
        let (database, stopped) = (database.clone(), stopped.clone());
        let purge = move || purge::run(database.clone(), keep_days, stopped.clone());
        tokio::spawn(keep_running("deleting of old transcripts", purge));
    }
    let (database, calls, stopped) = (database.clone(), calls.clone(), stopped.clone());
    let keep = move || lifecycle::keep(database.clone(), calls.clone(), stopped.clone());
    tokio::spawn(keep_running("noting of meetings", keep))
}

/// What the server needs of the machine, before anything of its own is there.
fn prepare_machine(plan: &Plan) -> Result<File, StartError> {
    if let Err(error) = open_files::raise() {
        tracing::warn!(%error, "the limit of open files stays where it is");
    }
    check_clock()?;
    // Two servers on one database would end each other's meetings.
    let taken = prepare_folder(&plan.data_folder)?;
    check_secrets(plan)?;
    Ok(taken)
}

fn check_clock() -> Result<(), StartError> {
    let built_at_unix_s = env!("VISIO_BUILT_AT_UNIX_S").parse().unwrap_or(0);
    if clock::now_unix_s() < built_at_unix_s {
        Err(StartError::Clock)
    } else {
        Ok(())
    }
}

fn prepare_folder(folder: &Path) -> Result<File, StartError> {
    files::create_private_folder(folder).map_err(|error| StartError::folder(folder, &error))?;
    let free = files::free_bytes(folder).map_err(|error| StartError::folder(folder, &error))?;
    if free < files::FREE_BYTES_MIN {
        return Err(StartError::DiskFull {
            folder: folder.to_owned(),
            free_mb: free >> 20,
        });
    }
    files::prove_writable(folder).map_err(|error| StartError::folder(folder, &error))?;
    let taken = files::take_folder(folder).map_err(|error| StartError::folder(folder, &error))?;
    taken.ok_or_else(|| StartError::FolderTaken {
        folder: folder.to_owned(),
    })
}

fn check_secrets(plan: &Plan) -> Result<(), StartError> {
    for exposure in secrets::exposed(plan) {
        let Exposure {
            path,
            problem,
            remedy,
            is_grave,
        } = exposure;
        if is_grave {
            return Err(StartError::Exposed {
                path,
                problem,
                remedy,
            });
        }
        tracing::warn!(path = %path.display(), problem, remedy, "a secret is open to others");
    }
    Ok(())
}

async fn open_database(plan: &Plan) -> Result<Database, StartError> {
    let file = plan.master_key_file();
    let is_new = plan.master_key.is_none() && !file.exists();
    let key = match &plan.master_key {
        Some(text) => MasterKey::from_setting(&text.0)?,
        None => MasterKey::load_or_create(&file)?,
    };
    let opened = storage::open(&plan.database, key).await;
    if is_new && matches!(opened, Err(StorageError::OtherMasterKey)) {
        // The lost one is to be restored here.
        std::fs::remove_file(&file).map_err(|source| StartError::File { file, source })?;
    }
    opened.map_err(|source| StartError::database(&plan.database, source))
}

/// A meeting that the last stop interrupted goes on: its time does too, whatever was done to the clock.
async fn follow_system_clock(database: &Database, plan: &Plan) -> Result<(), StartError> {
    let newest = meetings::newest_open_time_ms(database).await;
    let newest = newest.map_err(|source| StartError::database(&plan.database, source))?;
    clock::follow_system(newest.unwrap_or_default());
    Ok(())
}

async fn listen_everywhere(
    plan: &Plan,
    app: &AppState,
    turn: &Turn,
    encryption: Option<&Encryption>,
    stopped: &watch::Receiver<bool>,
) -> Result<JoinSet<()>, StartError> {
    let services = Services {
        router: router::router(app.clone()),
        turn: Some(turn.clone()),
    };
    let connections = Connections::new(&plan.http.trusted_proxies);
    let mut listeners = JoinSet::new();
    let plain = bind("server.listen", plan.http.listen).await?;
    listeners.spawn(listen::serve(
        plain,
        None,
        services.clone(),
        Arc::clone(&connections),
        stopped.clone(),
    ));
    if let Some(encryption) = encryption {
        let listener = bind("tls.listen", encryption.listen).await?;
        let acceptor = Some(encryption.acceptor()?);
        listeners.spawn(listen::serve(
            listener,
            acceptor,
            services,
            connections,
            stopped.clone(),
        ));
    }
    Ok(listeners)
}

async fn listen_for_metrics(
    plan: &Plan,
    address: SocketAddr,
    router: Router,
    stopped: watch::Receiver<bool>,
) -> Result<impl Future<Output = ()> + use<>, StartError> {
    let listener = bind("metrics.listen", address).await?;
    let connections = Connections::new(&plan.http.trusted_proxies);
    let services = Services { router, turn: None };
    Ok(listen::serve(
        listener,
        None,
        services,
        connections,
        stopped,
    ))
}

async fn bind(setting: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| StartError::port(setting, address, &error))
}
