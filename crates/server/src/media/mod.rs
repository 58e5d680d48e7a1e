//! The threads that carry media, and the one handle by which the rest of the server reaches them.
//!
//! A walk: `port` owns a worker's sockets, `batch` turns runs of packets into single sends,
//! `worker` feeds the pure `visio-sfu` with what arrives and carries out what it says, `placement`
//! knows which worker holds which room, `workers` the way there, `openings` asks the database what
//! a room is like.

mod addresses;
mod batch;
mod captions;
mod inbox;
mod openings;
mod placement;
mod port;
mod stream;
mod worker;
mod workers;

pub use addresses::candidate_addresses;

use crate::config::MediaPlan;
use crate::signal::{Deliver, participant_info};
use crate::storage::Database;
use crate::transcription::TapSender;
use inbox::{Message, Question};
use livekit_protocol::{DataPacket, ParticipantInfo};
use prost::Message as _;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};
use visio_meeting::{Command, DataScope, Event, Refusal};
use visio_sfu::Summary;
use workers::Workers;

/// Events wait here for the database; full means that it is far behind, and the media waits never.
pub const EVENTS_MAX: usize = 1024;

/// A meeting that is going on, as lists of rooms show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomSummary {
    /// What LiveKit calls the name of the room.
    pub room: String,
    pub sid: String,
    pub started_at_ms: i64,
    pub participants: u32,
    pub publishers: u32,
    pub metadata: String,
}

/// What happened in the call that others have to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaEvent {
    MeetingStarted { room: String },
    ParticipantJoined { room: String, identity: String },
    ParticipantLeft { room: String, identity: String },
    MeetingEnded { room: String },
}

/// The way to the workers. Cheap to clone.
#[derive(Clone, Default)]
pub struct MediaHandle {
    workers: Workers,
    counts: Counts,
    streams: captions::StreamCount,
}

/// Participants by room, kept from the workers' events so that a look needs no worker.
type Counts = Arc<Mutex<BTreeMap<String, usize>>>;

/// Why the media side does not start.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error(
        "{protocol} port {port} for media cannot be opened: {}. `ss -lnp sport = :{port}` shows who \
         has it; end that program, or set {setting} to a free port, for example {}=7990",
        why(error),
        in_environment(setting)
    )]
    Port {
        protocol: &'static str,
        port: u16,
        setting: &'static str,
        error: std::io::Error,
    },
    #[error("no address of this machine can be told to clients: set media.addresses")]
    NoAddress,
    #[error("a media worker does not start: {0}")]
    Worker(String),
}

fn why(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => "another program has it, perhaps another visio".to_owned(),
        _ => error.to_string(),
    }
}

/// A setting as its environment variable is called.
fn in_environment(setting: &str) -> String {
    format!("VISIO_{}", setting.replace('.', "__").to_uppercase())
}

/// Starts the media side: one worker per core, each with its own ports and its own tap if speech
/// is recognised.
///
/// # Errors
/// Says which port or address is missing and what to do.
pub fn start(
    plan: &MediaPlan,
    database: Database,
    taps: impl Fn() -> Option<TapSender>,
) -> Result<(MediaHandle, mpsc::Receiver<MediaEvent>), MediaError> {
    let (news, heard) = mpsc::channel(EVENTS_MAX);
    let workers = Workers::start(plan, database, &taps, &news)?;
    let counts = Counts::default();
    let (events, receiver) = mpsc::channel(EVENTS_MAX);
    tokio::spawn(keep_books(heard, events, Arc::clone(&counts)));
    Ok((
        MediaHandle {
            workers,
            counts,
            streams: captions::StreamCount::default(),
        },
        receiver,
    ))
}

impl MediaHandle {
    /// A handle that leads to no worker, where nobody ever is: for tests of what surrounds it.
    pub fn detached() -> Self {
        Self::default()
    }

    /// The way by which signal connections reach the worker of their room.
    pub fn deliver(&self) -> Deliver {
        let workers = self.workers.clone();
        Arc::new(move |room, incoming| workers.deliver(room, incoming))
    }

    /// The meetings that are going on, on all workers.
    pub async fn rooms(&self) -> Vec<RoomSummary> {
        let mut rooms = Vec::new();
        for worker in 0..self.workers.count() {
            let (reply, answer) = oneshot::channel();
            self.workers.ask(worker, Question::Summaries(reply));
            rooms.extend(answer.await.unwrap_or_default().into_iter().map(listed));
        }
        rooms
    }

    /// Opens the meeting of a room before anybody enters, or finds the one there is.
    pub async fn prepare(&self, room: &str, metadata: String) -> Option<RoomSummary> {
        let (ticket, mut opening) = self.workers.opening(room).await?;
        opening.config.metadata = metadata;
        let (reply, answer) = oneshot::channel();
        self.workers.ask(
            ticket.worker,
            Question::Prepare {
                opening: Box::new(opening),
                ticket,
                reply,
            },
        );
        answer.await.ok().flatten().map(listed)
    }

    pub async fn participants(&self, room: &str) -> Vec<ParticipantInfo> {
        let Some(worker) = self.workers.of_room(room) else {
            return Vec::new();
        };
        let (reply, answer) = oneshot::channel();
        self.workers.ask(worker, Question::Summaries(reply));
        let mut summaries = answer.await.unwrap_or_default().into_iter();
        let found = summaries.find(|summary| summary.room.name == room);
        found.map_or_else(Vec::new, |summary| {
            summary
                .participants
                .into_iter()
                .map(participant_info)
                .collect()
        })
    }

    pub fn participant_count(&self, room: &str) -> usize {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(room).copied().unwrap_or(0)
    }

    /// How many workers answer; all of them do on a server in good health.
    pub async fn workers_answering(&self) -> (usize, usize) {
        let mut answering = 0;
        for worker in 0..self.workers.count() {
            let (reply, answer) = oneshot::channel();
            self.workers.ask(worker, Question::Alive(reply));
            answering += usize::from(answer.await.is_ok());
        }
        (answering, self.workers.count())
    }

    /// Carries out what an administrator asks; `visio-meeting` decides.
    ///
    /// # Errors
    /// The meeting's refusal, or [`Refusal::NoSuchMeeting`].
    pub async fn command(&self, room: &str, command: Command) -> Result<(), Refusal> {
        let worker = self.workers.of_room(room).ok_or(Refusal::NoSuchMeeting)?;
        let (reply, answer) = oneshot::channel();
        let room = room.to_owned();
        self.workers.ask(
            worker,
            Question::Command {
                room,
                command: Box::new(command),
                reply,
            },
        );
        answer.await.unwrap_or(Err(Refusal::NoSuchMeeting))
    }

    /// Sends data to the participants of the scope, or to all.
    ///
    /// # Errors
    /// [`Refusal::NoSuchMeeting`] when nobody is there.
    pub async fn send_data(
        &self,
        room: &str,
        packet: DataPacket,
        scope: DataScope,
    ) -> Result<(), Refusal> {
        let worker = self.workers.of_room(room).ok_or(Refusal::NoSuchMeeting)?;
        let packets = vec![Arc::from(packet.encode_to_vec())];
        self.workers.send(
            worker,
            Message::Broadcast {
                room: room.to_owned(),
                packets,
                scope,
            },
        );
        Ok(())
    }

    /// Tells all clients that the server stops, and stops.
    pub async fn shutdown(&self) {
        for worker in 0..self.workers.count() {
            let (reply, done) = oneshot::channel();
            self.workers.ask(worker, Question::Stop(reply));
            // A worker that is gone has nobody left to tell.
            let _ = done.await;
        }
    }
}

fn listed(summary: Summary) -> RoomSummary {
    RoomSummary {
        room: summary.room.name,
        sid: summary.room.sid.to_string(),
        started_at_ms: summary.room.created_at_ms,
        participants: summary.room.participants,
        publishers: summary.room.publishers,
        metadata: summary.room.metadata,
    }
}

/// Counts who is where and passes on what the database has to know.
async fn keep_books(
    mut heard: mpsc::Receiver<(String, Event)>,
    events: mpsc::Sender<MediaEvent>,
    counts: Counts,
) {
    while let Some((room, event)) = heard.recv().await {
        count(&counts, &room, &event);
        let told = match event {
            Event::Started => MediaEvent::MeetingStarted { room },
            Event::ParticipantJoined { identity, .. } => {
                MediaEvent::ParticipantJoined { room, identity }
            }
            Event::ParticipantLeft { identity, .. } => {
                MediaEvent::ParticipantLeft { room, identity }
            }
            Event::Ended => MediaEvent::MeetingEnded { room },
            Event::TrackPublished { .. } | Event::TrackUnpublished { .. } => continue,
        };
        if events.send(told).await.is_err() {
            return;
        }
    }
}

fn count(counts: &Counts, room: &str, event: &Event) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    match event {
        Event::ParticipantJoined { .. } => *counts.entry(room.to_owned()).or_default() += 1,
        Event::ParticipantLeft { .. } => {
            if let Some(count) = counts.get_mut(room) {
                *count = count.saturating_sub(1);
            }
        }
        Event::Ended => {
            counts.remove(room);
        }
        _ => {}
    }
    metrics::gauge!("visio_meetings").set(counts.len() as f64);
    metrics::gauge!("visio_participants").set(counts.values().sum::<usize>() as f64);
}
