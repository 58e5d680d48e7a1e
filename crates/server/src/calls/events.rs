//! What happened in the meetings: who is where, and what the database has yet to learn.

use super::placement::WorkerRegistration;
use super::revocations::Revocations;
use crate::clock;
use crate::media::EventSink;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use visio_meeting::Event;
use visio_protocol::names::{Identity, MeetingId, RoomName};

/// Rooms of which something waits for the database. Reaching it loses what happens in further ones,
/// which is counted: the database is away and tens of thousands of meetings began meanwhile.
const ROOMS_WAITING_MAX: usize = 50_000;

/// Changes of one room that wait. Reaching it forgets an end and the start that followed it: the
/// meeting ends in the database as of when somebody was last seen.
const CHANGES_PER_ROOM_MAX: usize = 8;

/// Removals from a room that wait beside them. Reaching it forgets the first, which is counted.
const REMOVALS_PER_ROOM_MAX: usize = 1_024;

/// Meetings that ended last and are kept in mind. Reaching it forgets the first, whose row has ended
/// long since.
const OVER_MAX: usize = 4_096;

/// What the database has to know of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Started,
    /// Somebody came or left, or the server interrupts what goes on after its restart.
    Seen,
    /// Who was removed does not read what was said, unless their token was issued later, by the clock
    /// that tokens go by.
    Removed {
        identity: Identity,
        before_ms: i64,
    },
    Ended,
}

/// What happened to which meeting and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dated {
    /// None where the meeting has no row.
    pub(super) meeting: Option<MeetingId>,
    pub(super) change: Change,
    /// In milliseconds since 1970.
    pub(super) at_ms: i64,
}

/// What happened, shared by the workers, which never wait here, and by those who want to know.
#[derive(Clone, Default)]
pub(super) struct MeetingEvents(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    added: Notify,
}

/// A meeting as those see it who are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RoomState {
    /// None where the meeting has no row.
    pub(super) meeting: Option<MeetingId>,
    pub(super) participants: usize,
    pub(super) is_transcript_kept: bool,
}

#[derive(Default)]
struct State {
    rooms: BTreeMap<RoomName, RoomState>,
    waiting: BTreeMap<RoomName, Vec<Dated>>,
    /// The rooms of `waiting`, the longest waiting first.
    order: VecDeque<RoomName>,
    /// What is being written.
    taken: Option<(RoomName, Vec<Dated>)>,
    over: VecDeque<MeetingId>,
}

/// One worker's events on their way out of it.
pub(super) struct WorkerEvents {
    pub(super) registration: WorkerRegistration,
    pub(super) revocations: Revocations,
    pub(super) events: MeetingEvents,
}

impl EventSink for WorkerEvents {
    fn event(&mut self, room: RoomName, meeting: Option<MeetingId>, event: Event) {
        self.revocations.apply(&room, &event);
        match event {
            Event::Started => self.registration.started(&room),
            Event::Ended | Event::Interrupted => self.registration.ended(&room),
            _ => {}
        }
        self.events
            .apply(room, meeting, &event, clock::now_unix_ms());
    }

    fn is_over(&self, meeting: &MeetingId) -> bool {
        self.events.is_over(meeting)
    }
}

impl MeetingEvents {
    /// The meeting of a room as lists and looks show it: asking needs no worker.
    pub(super) fn room(&self, room: &RoomName) -> RoomState {
        self.state().rooms.get(room).cloned().unwrap_or_default()
    }

    /// The meetings that go on and have a row.
    pub(super) fn going_on(&self) -> Vec<MeetingId> {
        let state = self.state();
        let meetings = state.rooms.values();
        meetings.filter_map(|state| state.meeting.clone()).collect()
    }

    /// Whether a meeting has ended, also if the database has not learned it yet.
    pub(super) fn is_over(&self, meeting: &MeetingId) -> bool {
        self.state().over.contains(meeting)
    }

    /// What waits for the database, of the room that waits longest. What was taken before is written.
    pub(super) fn take(&self) -> Option<(RoomName, Vec<Dated>)> {
        let mut state = self.state();
        state.taken = None;
        let room = state.order.pop_front()?;
        let changes = state.waiting.remove(&room).unwrap_or_default();
        state.taken = Some((room.clone(), changes.clone()));
        Some((room, changes))
    }

    /// What the database has yet to learn of a room, in its order.
    pub(super) fn waiting(&self, room: &RoomName) -> Vec<Dated> {
        let state = self.state();
        let taken = state.taken.as_ref().filter(|(one, _)| one == room);
        let taken = taken.map(|(_, changes)| changes.as_slice());
        let later = state.waiting.get(room).map(Vec::as_slice);
        [taken.unwrap_or_default(), later.unwrap_or_default()].concat()
    }

    /// The database did not take these: they are first again.
    pub(super) fn put_back(&self, room: RoomName, changes: &[Dated]) {
        let mut state = self.state();
        state.taken = None;
        let later = state.waiting.remove(&room).unwrap_or_default();
        state.order.retain(|one| *one != room);
        state.order.push_front(room.clone());
        state.waiting.insert(room, [changes, &later].concat());
    }

    /// Waits until something new waits for the database.
    pub(super) async fn added(&self) {
        self.0.added.notified().await;
    }

    pub(super) fn apply(
        &self,
        room: RoomName,
        meeting: Option<MeetingId>,
        event: &Event,
        at_ms: i64,
    ) {
        let mut state = self.state();
        state.count(&room, meeting.as_ref(), event);
        let change = match event {
            Event::Started => Change::Started,
            Event::Ended => Change::Ended,
            Event::Removed {
                identity,
                before_unix_s,
            } => Change::Removed {
                identity: identity.clone(),
                before_ms: before_unix_s.saturating_mul(1_000),
            },
            Event::ParticipantJoined { .. }
            | Event::ParticipantLeft { .. }
            | Event::Interrupted => Change::Seen,
            Event::TranscriptKept { .. }
            | Event::SessionRevoked { .. }
            | Event::TokensOverridden { .. }
            | Event::TrackPublished { .. }
            | Event::TrackUnpublished { .. } => return,
        };
        let dated = Dated {
            meeting,
            change,
            at_ms,
        };
        state.wait(room, dated);
        self.0.added.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&mut self, room: &RoomName, meeting: Option<&MeetingId>, event: &Event) {
        if let (Event::Ended, Some(meeting)) = (event, meeting) {
            if self.over.len() >= OVER_MAX {
                self.over.pop_front();
            }
            self.over.push_back(meeting.clone());
        }
        let states = &mut self.rooms;
        match event {
            Event::ParticipantJoined { .. } => {
                states.entry(room.clone()).or_default().participants += 1;
            }
            Event::ParticipantLeft { .. } => {
                if let Some(state) = states.get_mut(room) {
                    state.participants = state.participants.saturating_sub(1);
                }
            }
            Event::TranscriptKept { kept } => {
                states.entry(room.clone()).or_default().is_transcript_kept = *kept;
            }
            Event::Ended | Event::Interrupted => {
                states.remove(room);
            }
            Event::Started => {
                states.entry(room.clone()).or_default().meeting = meeting.cloned();
            }
            Event::SessionRevoked { .. }
            | Event::Removed { .. }
            | Event::TokensOverridden { .. }
            | Event::TrackPublished { .. }
            | Event::TrackUnpublished { .. } => {}
        }
        let participants = states.values().map(|state| state.participants);
        metrics::gauge!("visio_meetings").set(states.len() as f64);
        metrics::gauge!("visio_participants").set(participants.sum::<usize>() as f64);
    }

    fn wait(&mut self, room: RoomName, dated: Dated) {
        if !self.waiting.contains_key(&room) {
            if self.waiting.len() >= ROOMS_WAITING_MAX {
                metrics::counter!("visio_media_events_lost_total").increment(1);
                return;
            }
            self.order.push_back(room.clone());
        }
        let changes = self.waiting.entry(room).or_default();
        changes.retain(|one| !one.is_replaced_by(&dated));
        changes.push(dated);
        let is_removal = |one: &Dated| matches!(one.change, Change::Removed { .. });
        let removals = changes.iter().filter(|one| is_removal(one)).count();
        if removals > REMOVALS_PER_ROOM_MAX
            && let Some(first) = changes.iter().position(is_removal)
        {
            metrics::counter!("visio_media_events_lost_total").increment(1);
            changes.remove(first);
        }
        let others = changes.len() - removals;
        let ended = changes.iter().position(|one| one.change == Change::Ended);
        if let Some(at) = ended.filter(|at| others > CHANGES_PER_ROOM_MAX && at + 1 < changes.len())
        {
            changes.drain(at..=at + 1);
        }
    }
}

impl Dated {
    /// Whether it says no more once `later` is known.
    fn is_replaced_by(&self, later: &Self) -> bool {
        let is_same = match (&self.change, &later.change) {
            (Change::Seen, Change::Seen) => true,
            (
                Change::Removed { identity, .. },
                Change::Removed {
                    identity: later, ..
                },
            ) => identity == later,
            _ => false,
        };
        is_same && self.meeting == later.meeting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn happen(events: &MeetingEvents, room: &str, event: &Event, at_ms: i64) {
        events.apply(RoomName::new(room), Some(meeting()), event, at_ms);
    }

    fn meeting() -> MeetingId {
        MeetingId::new("MT_1")
    }

    fn dated(change: Change, at_ms: i64) -> Dated {
        Dated {
            meeting: Some(meeting()),
            change,
            at_ms,
        }
    }

    fn joined() -> Event {
        Event::ParticipantJoined {
            identity: Identity::new("alice"),
            sid: visio_protocol::ids::ParticipantSid::parse("PA_alice").unwrap(),
        }
    }

    #[test]
    fn ten_thousand_starts_and_ends_wait_for_the_database_and_none_is_lost() {
        let events = MeetingEvents::default();
        for number in 0..10_000 {
            let room = number.to_string();
            happen(&events, &room, &Event::Started, number);
            happen(&events, &room, &Event::Ended, number + 1);
        }
        for number in 0..10_000 {
            let expected = vec![
                dated(Change::Started, number),
                dated(Change::Ended, number + 1),
            ];
            assert_eq!(
                events.take(),
                Some((RoomName::new(number.to_string()), expected))
            );
        }
        assert_eq!(events.take(), None);
    }

    #[test]
    fn who_comes_and_goes_takes_no_more_room_than_once() {
        let events = MeetingEvents::default();
        happen(&events, "room", &Event::Started, 1);
        for at_ms in 2..1_000 {
            happen(&events, "room", &joined(), at_ms);
        }
        assert_eq!(events.room(&RoomName::new("room")).participants, 998);
        let (_, changes) = events.take().unwrap();
        let expected = [dated(Change::Started, 1), dated(Change::Seen, 999)];
        assert_eq!(changes, expected);
    }

    #[test]
    fn many_meetings_in_one_room_take_bounded_space_while_the_database_is_away() {
        let events = MeetingEvents::default();
        for at_ms in 0..100 {
            happen(&events, "room", &Event::Started, 10 * at_ms);
            happen(&events, "room", &Event::Ended, 10 * at_ms + 5);
        }
        let (_, changes) = events.take().unwrap();
        assert!(changes.len() <= CHANGES_PER_ROOM_MAX);
        assert_eq!(changes.first(), Some(&dated(Change::Started, 0)));
        assert_eq!(changes.last(), Some(&dated(Change::Ended, 995)));
    }

    #[test]
    fn removals_from_one_meeting_take_bounded_space_while_the_database_is_away() {
        let events = MeetingEvents::default();
        happen(&events, "room", &Event::Started, 0);
        for number in 0..10_000 {
            happen(&events, "room", &joined(), number);
            let removed = Event::Removed {
                identity: Identity::new((number % 5_000).to_string()),
                before_unix_s: number,
            };
            happen(&events, "room", &removed, number);
        }
        happen(&events, "room", &Event::Ended, 10_000);
        let (_, changes) = events.take().unwrap();
        assert_eq!(changes.len(), REMOVALS_PER_ROOM_MAX + 3);
        assert_eq!(changes.first(), Some(&dated(Change::Started, 0)));
        assert_eq!(changes.last(), Some(&dated(Change::Ended, 10_000)));
    }

    #[test]
    fn what_is_being_written_is_still_what_the_database_has_to_learn() {
        let events = MeetingEvents::default();
        let room = RoomName::new("room");
        happen(&events, "room", &Event::Started, 1);
        let (_, taken) = events.take().unwrap();
        happen(&events, "room", &Event::Ended, 2);
        let expected = vec![dated(Change::Started, 1), dated(Change::Ended, 2)];
        assert_eq!(events.waiting(&room), expected);
        events.put_back(room.clone(), &taken);
        assert_eq!(events.waiting(&room), expected);
        events.take();
        assert_eq!(events.take(), None);
        assert_eq!(events.waiting(&room), []);
    }

    #[test]
    fn what_the_database_did_not_take_is_first_again() {
        let events = MeetingEvents::default();
        happen(&events, "one", &Event::Started, 1);
        happen(&events, "two", &Event::Started, 2);
        let (room, changes) = events.take().unwrap();
        happen(&events, "one", &Event::Ended, 3);
        events.put_back(room, &changes);
        let expected = vec![dated(Change::Started, 1), dated(Change::Ended, 3)];
        assert_eq!(events.take(), Some((RoomName::new("one"), expected)));
        assert_eq!(events.take().unwrap().0, "two");
        assert_eq!(events.take(), None);
    }

    #[test]
    fn what_ended_is_over_and_what_was_interrupted_goes_on() {
        let events = MeetingEvents::default();
        happen(&events, "room", &Event::Started, 1);
        assert_eq!(events.going_on(), [meeting()]);
        happen(&events, "room", &Event::Interrupted, 2);
        assert!(!events.is_over(&meeting()));
        happen(&events, "room", &Event::Started, 3);
        happen(&events, "room", &Event::Ended, 4);
        assert!(events.is_over(&meeting()));
        assert!(events.going_on().is_empty());
    }
}
