//! What was revoked in meetings, kept beside the workers: a panic there does not lose it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use visio_meeting::{Event, Refusal, RevokedSessions, TokenOverrides};
use visio_protocol::ids::ParticipantSid;
use visio_protocol::names::RoomName;

/// Rooms in whose meetings somebody said something of older tokens. Reaching it forgets the first: only
/// its own meeting knows it then, and forgets it if it is interrupted.
const ROOMS_MAX: usize = 1_024;

/// Shared by the workers, which say what was revoked, and by who lets people in. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Revocations(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    sessions: RevokedSessions,
    /// Of meetings that have not ended: they go on, or were interrupted and are come back to.
    overrides: VecDeque<(RoomName, TokenOverrides)>,
}

impl Revocations {
    pub(super) fn apply(&self, room: &RoomName, event: &Event) {
        match event {
            Event::SessionRevoked { sid, reason } => {
                self.state().sessions.revoke(sid.clone(), *reason);
            }
            Event::TokensOverridden { identity, tokens } => {
                let mut state = self.state();
                state.overrides_of(room).set(identity, tokens.clone());
            }
            Event::Ended => self.state().overrides.retain(|(one, _)| one != room),
            Event::Started
            | Event::ParticipantJoined { .. }
            | Event::ParticipantLeft { .. }
            | Event::TrackPublished { .. }
            | Event::TrackUnpublished { .. }
            | Event::Removed { .. }
            | Event::TranscriptKept { .. }
            | Event::Interrupted => {}
        }
    }

    /// What a client hears that asks for a session which is not there.
    pub(super) fn answer(&self, sid: &ParticipantSid) -> Refusal {
        self.state().sessions.answer(sid)
    }

    /// What holds against older tokens in the meeting that is opened in `room` or goes on there.
    pub(super) fn of_room(&self, room: &RoomName) -> TokenOverrides {
        let state = self.state();
        let known = state.overrides.iter().find(|(one, _)| one == room);
        known.map(|(_, tokens)| tokens.clone()).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn overrides_of(&mut self, room: &RoomName) -> &mut TokenOverrides {
        let known = self.overrides.iter().position(|(one, _)| one == room);
        let at = known.unwrap_or_else(|| {
            if self.overrides.len() >= ROOMS_MAX {
                self.overrides.pop_front();
            }
            let new = (room.clone(), TokenOverrides::default());
            self.overrides.push_back(new);
            self.overrides.len() - 1
        });
        &mut self.overrides[at].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use visio_meeting::{LeaveReason, TokenOverride};

    fn overridden(revocations: &Revocations, room: &str) {
        let event = Event::TokensOverridden {
            identity: visio_protocol::names::Identity::new("dave"),
            tokens: TokenOverride::default(),
        };
        revocations.apply(&RoomName::new(room), &event);
    }

    fn rooms(revocations: &Revocations) -> usize {
        revocations.state().overrides.len()
    }

    #[test]
    fn what_was_said_of_tokens_holds_over_an_interruption_until_the_meeting_ends() {
        let revocations = Revocations::default();
        overridden(&revocations, "room");
        overridden(&revocations, "room");
        revocations.apply(&RoomName::new("room"), &Event::Interrupted);
        assert_eq!(rooms(&revocations), 1);
        revocations.apply(&RoomName::new("other"), &Event::Ended);
        assert_eq!(rooms(&revocations), 1);
        revocations.apply(&RoomName::new("room"), &Event::Ended);
        assert_eq!(rooms(&revocations), 0);
        for number in 0..=ROOMS_MAX {
            overridden(&revocations, &number.to_string());
        }
        assert_eq!(rooms(&revocations), ROOMS_MAX);
    }

    #[test]
    fn daves_session_stays_revoked_when_its_meeting_is_over() {
        let revocations = Revocations::default();
        let sid = ParticipantSid::new(1);
        assert_eq!(revocations.answer(&sid), Refusal::StateMismatch);
        let reason = LeaveReason::Removed;
        let event = Event::SessionRevoked {
            sid: sid.clone(),
            reason,
        };
        revocations.apply(&RoomName::new("room"), &event);
        revocations.apply(&RoomName::new("room"), &Event::Ended);
        assert_eq!(revocations.answer(&sid), Refusal::Revoked(reason));
    }
}
