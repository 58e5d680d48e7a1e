//! Dropping out and leaving.

use crate::effect::{Effect, Event};
use crate::identity::{ConnectionId, Now, ParticipantId};
use crate::leave::LeaveReason;
use crate::meeting::{Departed, Meeting, RESUME_WINDOW_SECONDS};
use crate::notice::Notice;
use crate::participant::{Participant, ParticipantState, Signal};
use std::time::{Duration, Instant};
use visio_protocol::names::Identity;

/// Who left is told to those who resume within that time: a dead connection may be noticed late.
const DEPARTED_MEMORY_SECONDS: u64 = 120;

/// Reaching it forgets the first who left.
const DEPARTED_MAX: usize = 256;

impl Meeting {
    /// A signal connection broke without a word.
    pub fn disconnected(&mut self, now: Now, connection: ConnectionId) {
        let Some(id) = self.on_connection(connection) else {
            return;
        };
        if let Some(participant) = self.participants.get_mut(&id) {
            let until = now.instant + Duration::from_secs(RESUME_WINDOW_SECONDS);
            participant.signal = Signal::Lost { until };
        }
    }

    /// Takes somebody out and tells everybody, them first.
    pub fn remove(&mut self, now: Now, id: ParticipantId, reason: LeaveReason) {
        if !self.participants.contains_key(&id) {
            return;
        }
        self.send_leave(now, id, reason);
        let tracks: Vec<_> = self
            .participants
            .get(&id)
            .map_or(vec![], |one| one.tracks.keys().copied().collect());
        for track in tracks {
            self.drop_track(id, track);
        }
        self.effects.push_back(Effect::Detach { participant: id });
        if let Some(participant) = self.present_mut(id) {
            participant.state = ParticipantState::Disconnected(reason);
        }
        self.tell_others(id);
        let Some(participant) = self.participants.remove(&id) else {
            debug_assert!(false, "{id:?} left while they were removed");
            return;
        };
        let marked = self.mark_lookalikes(&participant.taken_name);
        self.tell_marks(marked, id);
        self.announce_end(now, participant, reason);
        if self.participants.is_empty() {
            self.emptied(now);
        }
    }

    fn announce_end(&mut self, now: Now, participant: Participant, reason: LeaveReason) {
        if reason.revokes_session() {
            let sid = participant.sid.clone();
            self.revoked_sessions.revoke(sid.clone(), reason);
            let event = Event::SessionRevoked { sid, reason };
            self.effects.push_back(Effect::Announce(event));
        }
        if !participant.permissions.hidden {
            self.remember_departed(now, &participant);
            let (identity, sid) = (participant.identity, participant.sid);
            let event = Event::ParticipantLeft {
                identity,
                sid,
                reason,
            };
            self.effects.push_back(Effect::Announce(event));
        }
    }

    /// A client that resumes must learn who left meanwhile, or it shows a ghost for ever.
    fn remember_departed(&mut self, now: Now, participant: &Participant) {
        let is_old = |departed: &Departed| !departed.is_remembered(now);
        while self.departed.front().is_some_and(is_old) || self.departed.len() >= DEPARTED_MAX {
            self.departed.pop_front();
        }
        self.departed.push_back(Departed {
            at: now.instant,
            view: participant.farewell(),
            taken_name: participant.taken_name.clone(),
        });
    }

    pub(crate) fn departed_lately(&self, now: Now, identity: &Identity) -> Option<&Departed> {
        let mut departed = self.departed.iter().rev();
        departed.find(|one| one.view.identity == *identity && one.is_remembered(now))
    }

    /// Tells everybody to leave, because the server stops or the meeting is ended.
    pub fn close(&mut self, now: Now, reason: LeaveReason) {
        let everybody: Vec<_> = self.participants.keys().copied().collect();
        for &id in &everybody {
            self.send_leave(now, id, reason);
        }
        for id in everybody {
            self.remove(now, id, reason);
        }
        self.finish(match reason {
            LeaveReason::ServerShutdown => Event::Interrupted,
            _ => Event::Ended,
        });
    }

    /// Ends the signal connection of somebody who is expected to resume on another.
    pub(crate) fn hang_up(&mut self, now: Now, id: ParticipantId, reason: LeaveReason) {
        let until = now.instant + Duration::from_secs(RESUME_WINDOW_SECONDS);
        self.end_signal(id, reason, until);
    }

    /// The last words to a client; its connection is closed after them.
    fn send_leave(&mut self, now: Now, id: ParticipantId, reason: LeaveReason) {
        self.end_signal(id, reason, now.instant);
    }

    fn end_signal(&mut self, id: ParticipantId, reason: LeaveReason, until: Instant) {
        let Some(participant) = self.present_mut(id) else {
            return;
        };
        let Signal::Connected(connection) = participant.signal else {
            return;
        };
        participant.signal = Signal::Lost { until };
        let notice = Notice::Leave { reason };
        self.effects
            .push_back(Effect::Notify { connection, notice });
        self.effects.push_back(Effect::Hangup { connection });
    }
}

impl Departed {
    fn is_remembered(&self, now: Now) -> bool {
        let passed = now.instant.saturating_duration_since(self.at);
        passed <= Duration::from_secs(DEPARTED_MEMORY_SECONDS)
    }
}
