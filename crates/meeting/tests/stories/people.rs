//! The five people and the room they meet in: what every story of this folder begins with.

use std::time::{Duration, Instant};
pub(crate) use visio_fixtures::{guest, microphone};
use visio_meeting::{
    Actor, Command, Config, ConnectionId, Effect, Event, Join, Meeting, Notice, Now, Observation,
    ParticipantId, Permissions, Refusal, TrackId, TrackInfo,
};
use visio_protocol::names::Identity;

const STARTED_UNIX_MS: i64 = 1_800_000_000_000;

pub(crate) struct Room {
    pub(crate) meeting: Meeting,
    started: Instant,
    passed: Duration,
    connections: u64,
    pub(crate) effects: Vec<Effect>,
}

impl Room {
    pub(crate) fn config() -> Config {
        Config {
            participants_max: 4,
            ..visio_fixtures::config("room")
        }
    }

    pub(crate) fn open() -> Self {
        Self::open_with(Self::config())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "any moment will do; only differences to it matter"
    )]
    pub(crate) fn open_with(config: Config) -> Self {
        let started = Instant::now();
        let now = Now {
            instant: started,
            unix_ms: STARTED_UNIX_MS,
        };
        let meeting = Meeting::new(now, config, [1; 32]);
        Self {
            meeting,
            started,
            passed: Duration::ZERO,
            connections: 0,
            effects: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Now {
        let passed_ms = i64::try_from(self.passed.as_millis()).unwrap_or(i64::MAX);
        Now {
            instant: self.started + self.passed,
            unix_ms: STARTED_UNIX_MS + passed_ms,
        }
    }

    /// Lets time pass and forgets what was wanted before.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.passed += Duration::from_secs(seconds);
        self.effects.clear();
        self.meeting.handle_timeout(self.now());
        self.drain();
    }

    /// Joins with a token that is issued at this moment.
    pub(crate) fn try_join(
        &mut self,
        identity: &str,
        permissions: Permissions,
    ) -> Result<(ParticipantId, ConnectionId), Refusal> {
        let issued_at_unix_s = self.now().unix_ms / 1000;
        self.try_join_with_token_of(issued_at_unix_s, identity, permissions)
    }

    pub(crate) fn try_join_with_token_of(
        &mut self,
        issued_at_unix_s: i64,
        identity: &str,
        permissions: Permissions,
    ) -> Result<(ParticipantId, ConnectionId), Refusal> {
        self.effects.clear();
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let id = self.meeting.join(
            self.now(),
            join(connection, identity, permissions, issued_at_unix_s),
        );
        self.drain();
        Ok((id?, connection))
    }

    pub(crate) fn join(&mut self, identity: &str) -> (ParticipantId, ConnectionId) {
        self.try_join(identity, guest()).expect("there is room")
    }

    pub(crate) fn join_host(&mut self, identity: &str) -> (ParticipantId, ConnectionId) {
        self.try_join(
            identity,
            Permissions {
                room_admin: true,
                ..guest()
            },
        )
        .expect("there is room")
    }

    pub(crate) fn ask(&mut self, id: ParticipantId, command: Command) -> Result<(), Refusal> {
        self.order(Actor::Participant(id), command)
    }

    pub(crate) fn order(&mut self, actor: Actor, command: Command) -> Result<(), Refusal> {
        self.effects.clear();
        let outcome = self.meeting.handle(self.now(), actor, command);
        self.drain();
        outcome
    }

    /// Publishes a microphone whose first packet arrives at once.
    pub(crate) fn speak(&mut self, id: ParticipantId) -> (TrackId, TrackInfo) {
        self.ask(id, Command::AddTrack(microphone("cid")))
            .expect("may publish");
        let expected = self.effects.iter().find_map(|effect| match effect {
            Effect::Expect { track, info, .. } => Some((*track, (**info).clone())),
            _ => None,
        });
        let (track, info) = expected.expect("a track is expected");
        self.effects.clear();
        let (mid, mime) = ("0".to_owned(), "audio/opus".to_owned());
        self.meeting.observe(Observation::TrackLive {
            participant: id,
            track,
            encoding: 0,
            mid,
            mime,
        });
        self.drain();
        (track, info)
    }

    pub(crate) fn disconnect(&mut self, connection: ConnectionId) {
        self.effects.clear();
        self.meeting.disconnected(self.now(), connection);
        self.drain();
    }

    pub(crate) fn drain(&mut self) {
        while let Some(effect) = self.meeting.poll() {
            self.effects.push(effect);
        }
    }

    /// What was told on a connection.
    pub(crate) fn told(&self, to: ConnectionId) -> Vec<&Notice> {
        let notices = self.effects.iter().filter_map(|effect| match effect {
            Effect::Notify { connection, notice } if *connection == to => Some(notice),
            Effect::NotifyMany {
                connections,
                notice,
            } if connections.contains(&to) => Some(notice),
            _ => None,
        });
        notices.collect()
    }

    /// The identities in the updates told on a connection.
    pub(crate) fn shown(&self, to: ConnectionId) -> Vec<Identity> {
        let updates = self.told(to).into_iter().filter_map(|notice| match notice {
            Notice::Participants(views) => Some(views),
            _ => None,
        });
        updates
            .flatten()
            .map(|view| view.identity.clone())
            .collect()
    }

    pub(crate) fn announced(&self, wanted: &Event) -> bool {
        self.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Announce(event) if event == wanted))
    }

    /// Who was subscribed to something.
    pub(crate) fn subscribed(&self) -> Vec<ParticipantId> {
        let started = self.effects.iter().filter_map(|effect| match effect {
            Effect::Subscribe { subscriber, .. } => Some(*subscriber),
            _ => None,
        });
        started.collect()
    }

    /// Who receives something no longer.
    pub(crate) fn unsubscribed(&self) -> Vec<ParticipantId> {
        let stopped = self.effects.iter().filter_map(|effect| match effect {
            Effect::Unsubscribe { subscriber, .. } => Some(*subscriber),
            _ => None,
        });
        stopped.collect()
    }
}

pub(crate) fn remove(identity: &str) -> Command {
    Command::Remove {
        identity: Identity::new(identity),
        tokens_before_unix_s: None,
    }
}

pub(crate) fn join(
    connection: ConnectionId,
    identity: &str,
    permissions: Permissions,
    token_issued_at_unix_s: i64,
) -> Join {
    Join {
        permissions,
        token_issued_at_unix_s,
        is_guest: false,
        ..visio_fixtures::join(connection, identity)
    }
}
