//! Coming in, coming back, dropping out and leaving.

use crate::allowance::ChangeAllowance;
use crate::command::Join;
use crate::effect::{Effect, Event, Notice};
use crate::identity::{ConnectionId, Now, ParticipantId};
use crate::leave::{LeaveReason, Refusal};
use crate::meeting::{Departed, Meeting, RESUME_WINDOW_SECONDS};
use crate::participant::{Participant, ParticipantState, Signal};
use crate::taken_name::TakenName;
use rand::Rng;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use visio_protocol::ids::ParticipantSid;
use visio_protocol::names::Identity;

/// Who left is told to those who resume within that time: a dead connection may be noticed late.
const DEPARTED_MEMORY_SECONDS: u64 = 120;

/// Reaching it forgets the first who left.
const DEPARTED_MAX: usize = 256;

impl Meeting {
    /// Lets somebody in whose token was checked at the edge. The participant who had the same identity goes.
    ///
    /// # Errors
    /// [`Refusal::Full`] when no place is left, [`Refusal::Revoked`] when they were removed after
    /// their token was issued.
    pub fn join(&mut self, now: Now, mut join: Join) -> Result<ParticipantId, Refusal> {
        join.permissions = self.config.token_overrides.apply(
            &join.identity,
            join.token_issued_at_unix_s,
            join.permissions,
        )?;
        let former = self.by_identity(&join.identity);
        let former = former.map(|one| (one.id, one.taken_name.clone()));
        let left = self.departed_lately(now, &join.identity);
        let name_at_leaving = left.map(|departed| departed.taken_name.clone());
        if former.is_none() && self.participants.len() >= self.config.participants_max {
            return Err(Refusal::Full);
        }
        let number = self.next_number();
        let mut name = TakenName::new(&join.name, number);
        if let Some((former, former_name)) = former {
            self.remove(now, former, LeaveReason::DuplicateIdentity);
            name = name.after(&former_name);
        } else if let Some(former_name) = name_at_leaving {
            // Who reloads a page leaves it for a moment.
            name = name.after(&former_name);
        }
        self.occupied();
        let id = self.next_participant_id();
        let sid = ParticipantSid::new(self.random.random());
        let (connection, mode) = (join.connection, join.mode);
        let (identity, hidden) = (join.identity.clone(), join.permissions.hidden);
        let admitted = admitted(now, (id, sid.clone()), name.clone(), join);
        self.participants.insert(id, admitted);
        let marked = self.mark_lookalikes(&name);
        self.effects.push_back(Effect::Attach {
            participant: id,
            connection,
            mode,
        });
        self.welcome(id);
        if !hidden {
            self.effects
                .push_back(Effect::Announce(Event::ParticipantJoined { identity, sid }));
        }
        self.tell_others(id);
        self.tell_marks(marked, id);
        self.reconcile_subscriber(id);
        Ok(id)
    }

    /// A client came back on a new signal connection and wants its media kept.
    ///
    /// # Errors
    /// [`Refusal::StateMismatch`] if nobody of that session is here: the client must join again.
    /// [`Refusal::Revoked`] if it was sent away: the client must not.
    pub fn resume(
        &mut self,
        sid: &ParticipantSid,
        identity: &Identity,
        connection: ConnectionId,
        last_data_sequence: u32,
    ) -> Result<ParticipantId, Refusal> {
        let found = self.participants.values_mut().find(|one| &one.sid == sid);
        let Some(participant) = found.filter(|one| one.identity == *identity) else {
            return Err(self.revoked_sessions.answer(sid));
        };
        let id = participant.id;
        let former = participant.connection();
        participant.signal = Signal::Connected(connection);
        if let Some(former) = former {
            self.effects
                .push_back(Effect::Hangup { connection: former });
        }
        self.resync(id, last_data_sequence);
        self.effects.push_back(Effect::Reattach {
            participant: id,
            connection,
        });
        Ok(id)
    }

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

    fn departed_lately(&self, now: Now, identity: &Identity) -> Option<&Departed> {
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

fn admitted(
    now: Now,
    (id, sid): (ParticipantId, ParticipantSid),
    taken_name: TakenName,
    join: Join,
) -> Participant {
    Participant {
        id,
        sid,
        identity: join.identity,
        name: join.name,
        taken_name,
        metadata: join.metadata,
        attributes: join.attributes,
        kind: join.kind,
        permissions: join.permissions,
        client: join.client,
        mode: join.mode,
        auto_subscribe: join.auto_subscribe,
        is_guest: join.is_guest,
        profile_changes: ChangeAllowance::new(now.instant),
        state: ParticipantState::Joined,
        signal: Signal::Connected(join.connection),
        version: 1,
        joined: now,
        tracks: BTreeMap::new(),
        subscriptions: BTreeMap::new(),
        audience: None,
        loudness: None,
    }
}
