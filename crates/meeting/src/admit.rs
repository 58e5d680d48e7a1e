//! Coming in and coming back.

use crate::allowance::ChangeAllowance;
use crate::command::Join;
use crate::effect::{Effect, Event};
use crate::identity::{ConnectionId, Now, ParticipantId};
use crate::leave::{LeaveReason, Refusal};
use crate::meeting::Meeting;
use crate::participant::{Participant, ParticipantState, Signal};
use crate::taken_name::TakenName;
use rand::Rng;
use std::collections::BTreeMap;
use visio_protocol::ids::ParticipantSid;
use visio_protocol::names::Identity;

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
        Ok(self.enter(now, &name, join))
    }

    fn enter(&mut self, now: Now, name: &TakenName, join: Join) -> ParticipantId {
        self.occupied();
        let id = self.next_participant_id();
        let sid = ParticipantSid::new(self.random.random());
        let (connection, mode) = (join.connection, join.mode);
        let (identity, hidden) = (join.identity.clone(), join.permissions.hidden);
        let admitted = admitted(now, (id, sid.clone()), name.clone(), join);
        self.participants.insert(id, admitted);
        let marked = self.mark_lookalikes(name);
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
        id
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
