//! What happened in the meetings, for whoever has to know beside their clients.

use super::placement::WorkerRegistration;
use crate::media::EventSink;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use visio_meeting::Event;

/// Events wait here for the database; full means that it is far behind, and the media waits never.
pub(super) const WAITING_MAX: usize = 1024;

/// What happened in a meeting that others have to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeetingEvent {
    Started { room: String },
    ParticipantJoined { room: String, identity: String },
    ParticipantLeft { room: String, identity: String },
    Ended { room: String },
}

/// One worker's events on their way out of it.
pub(super) struct WorkerEvents {
    pub(super) registration: WorkerRegistration,
    pub(super) sender: mpsc::Sender<(String, Event)>,
}

impl EventSink for WorkerEvents {
    fn event(&mut self, room: String, event: Event) {
        match event {
            Event::Started => self.registration.started(&room),
            Event::Ended => self.registration.ended(&room),
            _ => {}
        }
        if self.sender.try_send((room, event)).is_err() {
            metrics::counter!("visio_media_events_lost_total").increment(1);
        }
    }
}

/// Participants by room, kept from the workers' events so that asking needs no worker.
#[derive(Clone, Default)]
pub(super) struct ParticipantCounts(Arc<Mutex<BTreeMap<String, usize>>>);

impl ParticipantCounts {
    pub(super) fn of(&self, room: &str) -> usize {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(room).copied().unwrap_or(0)
    }

    fn apply(&self, room: &str, event: &Event) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
}

/// Counts who is where and passes on what the database has to know.
pub(super) async fn count_and_pass_on(
    mut from_workers: mpsc::Receiver<(String, Event)>,
    events: mpsc::Sender<MeetingEvent>,
    counts: ParticipantCounts,
) {
    while let Some((room, event)) = from_workers.recv().await {
        counts.apply(&room, &event);
        let event = match event {
            Event::Started => MeetingEvent::Started { room },
            Event::ParticipantJoined { identity, .. } => {
                MeetingEvent::ParticipantJoined { room, identity }
            }
            Event::ParticipantLeft { identity, .. } => {
                MeetingEvent::ParticipantLeft { room, identity }
            }
            Event::Ended => MeetingEvent::Ended { room },
            Event::TrackPublished { .. } | Event::TrackUnpublished { .. } => continue,
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}
