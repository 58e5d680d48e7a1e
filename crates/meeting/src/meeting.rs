//! The meeting itself: its state, its doors, its timers.

use crate::command::{Actor, Command};
use crate::config::Config;
use crate::effect::{Effect, Event};
use crate::identity::{Now, ParticipantId, TrackId};
use crate::leave::{LeaveReason, Refusal};
use crate::notice::RoomView;
use crate::participant::{Participant, ParticipantView, Signal};
use crate::pending_reply::PendingReply;
use crate::revocation::RevokedSessions;
use crate::taken_name::TakenName;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
use visio_protocol::ids::RoomSid;
use visio_protocol::names::RoomName;

/// How long somebody whose signal connection broke may resume before they count as gone.
/// Longer than a phone needs to change networks, shorter than others wait for a ghost.
pub(crate) const RESUME_WINDOW_SECONDS: u64 = 15;

/// Who is in a room now and what they may do, from the first join to the last leave.
pub struct Meeting {
    pub(crate) config: Config,
    pub(crate) sid: RoomSid,
    pub(crate) created: Now,
    pub(crate) participants: BTreeMap<ParticipantId, Participant>,
    pub(crate) effects: VecDeque<Effect>,
    pub(crate) random: StdRng,
    /// Who left lately, for those who were away when it was told.
    pub(crate) departed: VecDeque<Departed>,
    pub(crate) revoked_sessions: RevokedSessions,
    lifetime: Lifetime,
    last_number: u64,
}

/// Somebody who left lately.
pub(crate) struct Departed {
    pub(crate) at: Instant,
    pub(crate) view: ParticipantView,
    pub(crate) taken_name: TakenName,
}

/// Whether anybody is there, and until when an empty meeting lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lifetime {
    Occupied,
    Empty { until: Instant },
    Over,
}

impl Meeting {
    /// A meeting that nobody has joined yet. `seed` feeds every identifier it makes.
    #[must_use]
    pub fn new(now: Now, config: Config, seed: [u8; 32]) -> Self {
        let mut random = StdRng::from_seed(seed);
        let sid = RoomSid::new(random.random());
        let until = now.instant + Duration::from_secs(config.empty_timeout_seconds.into());
        let kept = config.transcript_kept;
        let starting = [Event::Started].into_iter();
        let starting = starting.chain(kept.then_some(Event::TranscriptKept { kept }));
        Self {
            config,
            sid,
            created: now,
            participants: BTreeMap::new(),
            effects: starting.map(Effect::Announce).collect(),
            random,
            departed: VecDeque::new(),
            revoked_sessions: RevokedSessions::default(),
            lifetime: Lifetime::Empty { until },
            last_number: 0,
        }
    }

    /// Carries out `command` if `actor` may ask for it.
    ///
    /// # Errors
    /// The [`Refusal`] says why not; nothing has changed then.
    pub fn handle(&mut self, now: Now, actor: Actor, command: Command) -> Result<(), Refusal> {
        let pending = PendingReply::to(&command);
        let allowed = self.authorise(actor, &command);
        match actor {
            Actor::Participant(id) => {
                let outcome = allowed.and_then(|()| self.handle_own(now, id, command));
                if let (Err(refusal), Some(pending)) = (outcome, pending) {
                    self.notify(id, pending.refused(refusal));
                }
                outcome
            }
            Actor::Administrator => allowed.and_then(|()| self.moderate(now, command)),
        }
    }

    /// The next thing to do, oldest first; `None` when all is said.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let lost = self
            .participants
            .values()
            .filter_map(|participant| match participant.signal {
                Signal::Lost { until } => Some(until),
                Signal::Connected(_) => None,
            });
        let empty = match self.lifetime {
            Lifetime::Empty { until } => Some(until),
            Lifetime::Occupied | Lifetime::Over => None,
        };
        lost.chain(empty).min()
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Now) {
        let gone: Vec<ParticipantId> = self
            .participants
            .values()
            .filter(|participant| match participant.signal {
                Signal::Lost { until } => until <= now.instant,
                Signal::Connected(_) => false,
            })
            .map(|participant| participant.id)
            .collect();
        for id in gone {
            self.remove(now, id, LeaveReason::ConnectionTimeout);
        }
        if let Lifetime::Empty { until } = self.lifetime
            && until <= now.instant
        {
            self.finish(Event::Ended);
        }
    }

    /// How the meeting is shown to clients.
    #[must_use]
    pub fn room_view(&self) -> RoomView {
        let visible = self
            .participants
            .values()
            .filter(|one| !one.permissions.hidden);
        RoomView {
            sid: self.sid.clone(),
            name: self.config.room.clone(),
            metadata: self.config.metadata.clone(),
            transcript_kept: self.config.transcript_kept,
            created_at_ms: self.created.unix_ms,
            participants: count(visible.clone()),
            participants_max: u32::try_from(self.config.participants_max).unwrap_or(u32::MAX),
            publishers: count(visible.filter(|one| one.live_tracks().next().is_some())),
            empty_timeout_seconds: self.config.empty_timeout_seconds,
            departure_timeout_seconds: self.config.departure_timeout_seconds,
        }
    }

    /// Everybody who is shown to others, in the order they came.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &Participant> {
        self.participants
            .values()
            .filter(|one| !one.permissions.hidden)
    }

    /// How clients may call the room.
    #[must_use]
    pub fn room_name(&self) -> &RoomName {
        &self.config.room
    }

    pub(crate) fn next_participant_id(&mut self) -> ParticipantId {
        ParticipantId(self.next_number())
    }

    pub(crate) fn next_track_id(&mut self) -> TrackId {
        TrackId(self.next_number())
    }

    /// Greater than every other before it.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub(crate) fn occupied(&mut self) {
        self.lifetime = Lifetime::Occupied;
    }

    pub(crate) fn emptied(&mut self, now: Now) {
        let timeout = Duration::from_secs(self.config.departure_timeout_seconds.into());
        self.lifetime = Lifetime::Empty {
            until: now.instant + timeout,
        };
    }

    /// Over at once: nothing is expected of this meeting any more.
    pub(crate) fn finish(&mut self, event: Event) {
        debug_assert!(event.is_last(), "{event:?} ends no meeting");
        self.lifetime = Lifetime::Over;
        self.effects.push_back(Effect::Announce(event));
    }
}

fn count<'a>(participants: impl Iterator<Item = &'a Participant>) -> u32 {
    u32::try_from(participants.count()).unwrap_or(u32::MAX)
}
