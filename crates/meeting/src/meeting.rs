//! The meeting itself: its state, its doors, its timers.

use crate::command::{Actor, Command};
use crate::effect::{Effect, Event, RoomView};
use crate::identity::{Now, ParticipantId, TrackId};
use crate::leave::{LeaveReason, Refusal};
use crate::participant::{Participant, ParticipantView, Signal};
use crate::pending_reply::PendingReply;
use crate::revocation::{RevokedSessions, TokenOverrides};
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

/// Longest that a program may have a meeting kept without anybody in it, a day; a longer wish is cut.
const ROOM_TIMEOUT_SECONDS_MAX: u32 = 24 * 3600;

/// What a meeting is told when it starts.
#[derive(Clone, Debug)]
pub struct Config {
    pub room: RoomName,
    pub metadata: String,
    /// Reaching it refuses the next to join.
    pub participants_max: usize,
    /// How long an empty meeting is kept when nobody ever came.
    pub empty_timeout_seconds: u32,
    /// How long it is kept after the last one left.
    pub departure_timeout_seconds: u32,
    /// Whether microphones are tapped for captions.
    pub transcribe: bool,
    /// Whether a transcript is kept when it starts.
    pub transcript_kept: bool,
    /// What was said of older tokens before it was interrupted.
    pub token_overrides: TokenOverrides,
}

/// What a program asks of a room that it creates; `None` leaves what the server has set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomOptions {
    pub metadata: Option<String>,
    pub participants_max: Option<u32>,
    pub empty_timeout_seconds: Option<u32>,
    pub departure_timeout_seconds: Option<u32>,
}

impl Config {
    /// As `options` ask for; nobody gets more participants than the server has set.
    #[must_use]
    pub fn with(mut self, options: RoomOptions) -> Self {
        if let Some(metadata) = options.metadata {
            self.metadata = metadata;
        }
        if let Some(asked) = options.participants_max {
            let asked = usize::try_from(asked).unwrap_or(usize::MAX);
            self.participants_max = self.participants_max.min(asked);
        }
        let timeouts = [
            (
                &mut self.empty_timeout_seconds,
                options.empty_timeout_seconds,
            ),
            (
                &mut self.departure_timeout_seconds,
                options.departure_timeout_seconds,
            ),
        ];
        for (timeout, asked) in timeouts {
            *timeout = asked.map_or(*timeout, |asked| asked.min(ROOM_TIMEOUT_SECONDS_MAX));
        }
        self
    }
}

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
