//! All workers, and the way to the one that holds a room.

use super::addresses::candidate_addresses;
use super::inbox::{Inbox, Message, Question, inbox};
use super::placement::{Holder, Placement, Ticket};
use super::port::{Port, WAKER};
use super::worker::Worker;
use super::{MediaError, openings};
use crate::config::MediaPlan;
use crate::entropy::random_bytes;
use crate::signal::{Incoming, Undelivered};
use crate::storage::Database;
use crate::transcription::TapSender;
use mio::Waker;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;
use visio_meeting::{Event, LeaveReason, Notice};
use visio_sfu::{ClientMessage, Opening, Protocol, Settings, Sfu};

/// What a line is believed to carry before it has been measured: two good cameras.
const INITIAL_BITRATE_BPS: u64 = 3_000_000;

/// The way to all workers. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Workers(Option<Arc<Shared>>);

struct Shared {
    inboxes: Vec<Inbox>,
    placement: Placement,
    database: Database,
}

impl Workers {
    pub(super) fn start(
        plan: &MediaPlan,
        database: Database,
        taps: &impl Fn() -> Option<TapSender>,
        news: &mpsc::Sender<(String, Event)>,
    ) -> Result<Self, MediaError> {
        let ips = candidate_addresses(plan);
        if ips.is_empty() {
            return Err(MediaError::NoAddress);
        }
        let placement = Placement::new(plan.workers.into());
        let mut inboxes = Vec::new();
        for number in 0..plan.workers {
            let (udp_port, tcp_port) = ports(plan, number);
            let udp = ips
                .iter()
                .map(|&ip| (Protocol::Udp, SocketAddr::new(ip, udp_port)));
            let tcp = tcp_port.into_iter().flat_map(|port| {
                ips.iter()
                    .map(move |&ip| (Protocol::Tcp, SocketAddr::new(ip, port)))
            });
            let settings = Settings {
                addresses: udp.chain(tcp).collect(),
                initial_bitrate_bps: INITIAL_BITRATE_BPS,
            };
            let port = Port::open(udp_port, tcp_port, &ips)?;
            let holder = placement.holder(number.into());
            let news = news.clone();
            inboxes.push(spawn(number, settings, port, holder, taps(), news)?);
        }
        Ok(Self(Some(Arc::new(Shared {
            inboxes,
            placement,
            database,
        }))))
    }

    pub(super) fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |shared| shared.inboxes.len())
    }

    /// The worker that holds `room`, if a meeting is going on in it.
    pub(super) fn of_room(&self, room: &str) -> Option<usize> {
        self.0.as_ref()?.placement.of_room(room)
    }

    /// Every room with a meeting, and the worker that holds it.
    pub(super) fn rooms(&self) -> Vec<(String, usize)> {
        let shared = self.0.as_ref();
        shared.map_or_else(Vec::new, |shared| shared.placement.all())
    }

    /// The way to a worker for `room`, and what its meeting would be like.
    pub(super) async fn opening(&self, room: &str) -> Option<(Ticket, Opening)> {
        let shared = self.0.as_ref()?;
        let ticket = shared.placement.enter(room);
        Some((ticket, openings::opening(&shared.database, room).await))
    }

    pub(super) fn ask(&self, worker: usize, question: Question) {
        self.send(worker, Message::Question(question));
    }

    pub(super) fn send(&self, worker: usize, message: Message) {
        let inbox = self
            .0
            .as_ref()
            .and_then(|shared| shared.inboxes.get(worker));
        if !inbox.is_some_and(|inbox| inbox.put(message)) {
            metrics::counter!("visio_worker_inbox_full_total").increment(1);
        }
    }

    /// Hands on what a signal connection brings. Whoever enters waits for the database to say what
    /// the room is like; everything else goes straight to the worker, if there is a meeting.
    pub(super) fn deliver(&self, room: &str, incoming: Incoming) -> Result<(), Undelivered> {
        let shared = self.0.as_ref().ok_or(Undelivered)?;
        if matches!(incoming, Incoming::Enter { .. }) {
            shared.let_in(room.to_owned(), incoming);
            return Ok(());
        }
        // The worker of the last meeting may know why somebody must not come back.
        let Some(worker) = shared.placement.last_of_room(room) else {
            turn_away(incoming);
            return Ok(());
        };
        let message = Message::Signal {
            room: room.to_owned(),
            incoming,
            entry: None,
        };
        shared.put(worker, message)
    }
}

impl Shared {
    fn let_in(self: &Arc<Self>, room: String, incoming: Incoming) {
        let ticket = self.placement.enter(&room);
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let opening = openings::opening(&shared.database, &room).await;
            let worker = ticket.worker;
            let message = Message::Signal {
                room,
                incoming,
                entry: Some((Box::new(opening), ticket)),
            };
            // The connection waits for a first word; without one it ends and tries again.
            let _ = shared.put(worker, message);
        });
    }

    fn put(&self, worker: usize, message: Message) -> Result<(), Undelivered> {
        let inbox = self.inboxes.get(worker).ok_or(Undelivered)?;
        if inbox.put(message) {
            Ok(())
        } else {
            Err(Undelivered)
        }
    }
}

/// There is no meeting: whoever comes back to it is told to join anew, everybody else has been.
fn turn_away(incoming: Incoming) {
    if let Incoming::Resume { outbox, .. } = incoming {
        let reason = LeaveReason::StateMismatch;
        // A client that is gone already needs no reason.
        let _ = outbox.send(ClientMessage::Notice(Notice::Leave { reason }));
    }
}

fn ports(plan: &MediaPlan, number: u16) -> (u16, Option<u16>) {
    let tcp_port = plan.tcp_port.and_then(|first| first.checked_add(number));
    (plan.udp_port.saturating_add(number), tcp_port)
}

fn spawn(
    number: u16,
    settings: Settings,
    port: Port,
    holder: Holder,
    taps: Option<TapSender>,
    news: mpsc::Sender<(String, Event)>,
) -> Result<Inbox, MediaError> {
    let waker = Waker::new(port.poll.registry(), WAKER);
    let waker = waker.map_err(|error| MediaError::Worker(error.to_string()))?;
    let (inbox, messages) = inbox(waker);
    let seed = random_bytes();
    let (ready, started) = std::sync::mpsc::channel();
    // An Sfu never leaves its thread, so it is made there.
    let body = move || match Sfu::new(settings, seed) {
        Ok(sfu) => {
            let _ = ready.send(Ok(()));
            Worker::new(sfu, port, messages, holder, taps, news).run();
        }
        Err(error) => drop(ready.send(Err(MediaError::Worker(error.to_owned())))),
    };
    std::thread::Builder::new()
        .name(format!("media-{number}"))
        .spawn(body)
        .map_err(|error| MediaError::Worker(error.to_string()))?;
    started
        .recv()
        .unwrap_or_else(|_| Err(MediaError::Worker("it ended at once".to_owned())))?;
    Ok(inbox)
}
