//! What was said while somebody's signal connection was away is said again when they resume.

use crate::people::{Room, guest};
use visio_meeting::{
    Actor, Command, ConnectionId, MetadataChange, Notice, Observation, ParticipantId, Permissions,
    Speaker, StreamState, SubscriptionError, SubscriptionPermission, SyncState, TrackInfo,
};
use visio_protocol::ids::{ParticipantSid, TrackLetters, TrackSid};
use visio_protocol::names::Identity;

const AGAIN: ConnectionId = ConnectionId(90);

/// Alice hosts and speaks; Bob, who speaks too, is about to lose his connection.
struct Story {
    room: Room,
    alice: ParticipantId,
    alices: (visio_meeting::TrackId, TrackInfo),
    bob: ParticipantId,
    bobs: TrackInfo,
    sid: ParticipantSid,
    connection: ConnectionId,
}

impl Story {
    fn begin() -> Self {
        let mut room = Room::open();
        let (alice, _) = room.join_host("alice");
        let (bob, connection) = room.join("bob");
        let sid = room.meeting.views()[1].sid.clone();
        let alices = room.speak(alice);
        let (_, bobs) = room.speak(bob);
        Self {
            room,
            alice,
            alices,
            bob,
            bobs,
            sid,
            connection,
        }
    }

    fn cut(&mut self) {
        self.room.disconnect(self.connection);
    }

    fn resume(&mut self) -> Vec<Notice> {
        self.room.effects.clear();
        let outcome = self
            .room
            .meeting
            .resume(&self.sid, &Identity::new("bob"), AGAIN, 0);
        assert_eq!(outcome, Ok(self.bob));
        self.room.drain();
        self.room.told(AGAIN).into_iter().cloned().collect()
    }

    fn mute_bob(&mut self) {
        let command = Command::MuteTrack {
            identity: Identity::new("bob"),
            track: self.bobs.sid.clone(),
            muted: true,
        };
        assert_eq!(self.room.ask(self.alice, command), Ok(()));
    }
}

fn place(told: &[Notice], what: impl Fn(&Notice) -> bool) -> Option<usize> {
    told.iter().position(what)
}

#[test]
fn bob_who_was_muted_while_away_is_told_before_he_sees_it() {
    let mut story = Story::begin();
    story.cut();
    story.mute_bob();
    let told = story.resume();
    let muted = place(&told, |one| {
        matches!(one, Notice::Muted { muted: true, .. })
    });
    let seen = place(&told, |one| matches!(one, Notice::Participants(_)));
    assert!(muted.is_some() && muted < seen, "{told:?}");
    assert!(matches!(told[0], Notice::Resumed { .. }), "the first word");
}

/// Could pass for nothing if nobody was ever told: the story above says they are.
#[test]
fn bob_who_muted_himself_is_given_no_order() {
    let mut story = Story::begin();
    story.mute_bob();
    let followed = Command::Mute {
        track: story.bobs.sid.clone(),
        muted: true,
    };
    story.room.ask(story.bob, followed).unwrap();
    story.cut();
    let told = story.resume();
    let muted = place(&told, |one| matches!(one, Notice::Muted { .. }));
    assert_eq!(muted, None, "{told:?}");
}

#[test]
fn bob_learns_what_the_room_and_he_became_meanwhile() {
    let mut story = Story::begin();
    story.cut();
    let metadata = "agenda".to_owned();
    story
        .room
        .ask(story.alice, Command::UpdateRoomMetadata { metadata })
        .unwrap();
    let update = Command::UpdateParticipant {
        identity: Identity::new("bob"),
        change: MetadataChange {
            name: Some("Robert".to_owned()),
            ..MetadataChange::default()
        },
        permissions: Some(Permissions {
            can_publish: false,
            ..guest()
        }),
    };
    story.room.order(Actor::Administrator, update).unwrap();
    let told = story.resume();
    let is_bob = |view: &visio_meeting::ParticipantView| {
        view.name == "Robert" && !view.permissions.can_publish
    };
    assert!(
        matches!(&told[0], Notice::Resumed { me, .. } if is_bob(me)),
        "the next token depends on it"
    );
    assert!(
        told.iter()
            .any(|one| matches!(one, Notice::Room(room) if room.metadata == "agenda"))
    );
    assert!(
        told.iter()
            .any(|one| matches!(one, Notice::Participants(views) if views.iter().any(is_bob)))
    );
}

#[test]
fn bobs_tile_goes_on_and_a_refusal_stands() {
    let mut story = Story::begin();
    let state = |state| Observation::StreamState {
        subscriber: story.bob,
        track: story.alices.0,
        state,
    };
    let (paused, active) = (state(StreamState::Paused), state(StreamState::Active));
    story.room.meeting.observe(paused);
    story.cut();
    story.room.meeting.observe(active);
    let nobody = SubscriptionPermission::default();
    story
        .room
        .ask(story.alice, Command::SetAudience(nobody))
        .unwrap();
    let told = story.resume();
    assert!(
        told.iter()
            .any(|one| matches!(one, Notice::StreamState(states)
        if matches!(states[..], [(_, _, StreamState::Active)])))
    );
    assert!(
        told.iter()
            .any(|one| matches!(one, Notice::SubscriptionAllowed { allowed: false, .. }))
    );
}

fn heard(speakers: &[(ParticipantId, f32)]) -> Observation {
    let levels = speakers.iter();
    Observation::Speakers {
        levels: levels
            .map(|&(id, level)| (id, level, level > 0.0))
            .collect(),
    }
}

fn speakers<'a>(told: impl IntoIterator<Item = &'a Notice>) -> Vec<Speaker> {
    let told = told.into_iter().filter_map(|notice| match notice {
        Notice::Speakers(speakers) => Some(speakers),
        _ => None,
    });
    told.flatten().cloned().collect()
}

#[test]
fn bob_learns_who_began_to_speak_and_who_stopped_meanwhile() {
    let mut story = Story::begin();
    let (carol, _) = story.room.join("carol");
    story.room.join("dave");
    story.room.meeting.observe(heard(&[(story.alice, 0.5)]));
    story.cut();
    let changed = heard(&[(carol, 0.25), (story.alice, 0.0)]);
    story.room.meeting.observe(changed);
    let told = story.resume();
    let sid = |id| story.room.meeting.name_tag(id).unwrap().0.clone();
    let speaker = |id, level, active| Speaker {
        sid: sid(id),
        level,
        active,
    };
    let expected = [speaker(story.alice, 0.0, false), speaker(carol, 0.25, true)];
    assert_eq!(speakers(&told), expected, "and nothing of silent Dave");
    let named = place(&told, |one| matches!(one, Notice::Participants(_)));
    let shown = place(&told, |one| matches!(one, Notice::Speakers(_)));
    assert!(named < shown, "who they are comes first: {told:?}");
}

/// A client throws away what is said of people before it has set up its room.
#[test]
fn carol_learns_who_speaks_as_soon_as_her_media_flows() {
    let mut story = Story::begin();
    let both = heard(&[(story.alice, 0.5), (story.bob, 0.25)]);
    story.room.meeting.observe(both);
    story.room.meeting.observe(heard(&[(story.bob, 0.0)]));
    let (carol, carols) = story.room.join("carol");
    let connected = Observation::Connected { participant: carol };
    story.room.meeting.observe(connected.clone());
    story.room.drain();
    let told = speakers(story.room.told(carols));
    let sid = story.room.meeting.name_tag(story.alice).unwrap().0;
    assert!(
        matches!(&told[..], [one] if one.sid == *sid && one.active),
        "{told:?}"
    );
    story.room.effects.clear();
    story.room.meeting.observe(connected);
    story.room.drain();
    assert!(story.room.told(carols).is_empty(), "it flows already");
}

/// Each negotiation finds it again.
#[test]
fn what_bob_cannot_receive_is_said_once_and_once_more_when_he_resumes() {
    let mut story = Story::begin();
    let (track, info) = story.alices.clone();
    let refusals = |told: &[&Notice]| {
        let refused = told.iter().filter(|one| {
            matches!(one, Notice::SubscriptionRefused { track, error }
                if *track == info.sid && *error == SubscriptionError::CodecUnsupported)
        });
        refused.count()
    };
    for expected in [1, 0] {
        story.room.effects.clear();
        let subscriber = story.bob;
        let observed = Observation::CodecUnsupported { subscriber, track };
        story.room.meeting.observe(observed);
        story.room.drain();
        assert_eq!(refusals(&story.room.told(story.connection)), expected);
        let stopped = story.room.unsubscribed();
        assert_eq!(stopped.len(), expected, "it is not sent any more");
    }
    story.cut();
    let told = story.resume();
    assert_eq!(refusals(&told.iter().collect::<Vec<_>>()), 1);
}

/// Nothing was ever said of it, so there is nothing to say again.
#[test]
fn nothing_is_said_of_what_is_as_everybody_expects() {
    let mut story = Story::begin();
    story.cut();
    let told = story.resume();
    assert!(
        matches!(
            told[..],
            [
                Notice::Resumed { .. },
                Notice::Room(_),
                Notice::Participants(_)
            ]
        ),
        "{told:?}"
    );
}

#[test]
fn what_bob_asked_for_meanwhile_is_done_when_he_says_what_he_believes() {
    let mut story = Story::begin();
    story.cut();
    story.resume();
    let lost = TrackSid::new(TrackLetters::Microphone, 7);
    let state = SyncState {
        tracks: vec![story.alices.1.sid.clone(), lost.clone()],
        wanted: false,
        disabled: Vec::new(),
        published: vec![story.bobs.sid.clone(), lost.clone()],
    };
    story
        .room
        .ask(story.bob, Command::SyncState(state))
        .unwrap();
    assert_eq!(story.room.unsubscribed(), [story.bob]);
    let told = story.room.told(AGAIN);
    assert!(
        matches!(&told[..], [Notice::TrackUnpublished { track }] if *track == lost),
        "{told:?}"
    );
}

#[test]
fn what_bob_hides_is_not_sent_after_he_resumed() {
    let mut story = Story::begin();
    story.cut();
    story.resume();
    let state = SyncState {
        disabled: vec![story.alices.1.sid.clone()],
        ..SyncState::default()
    };
    story
        .room
        .ask(story.bob, Command::SyncState(state))
        .unwrap();
    let hidden = story.room.effects.iter().any(|effect| {
        matches!(effect, visio_meeting::Effect::Configure { settings, .. } if settings.disabled)
    });
    assert!(hidden);
    assert!(story.room.unsubscribed().is_empty());
}

#[test]
fn carol_may_not_subscribe_by_claiming_that_she_did() {
    let mut story = Story::begin();
    let permissions = Permissions {
        can_subscribe: false,
        ..guest()
    };
    let (carol, _) = story.room.try_join("carol", permissions).unwrap();
    let state = SyncState {
        tracks: vec![story.alices.1.sid.clone()],
        wanted: true,
        ..SyncState::default()
    };
    story.room.ask(carol, Command::SyncState(state)).unwrap();
    assert!(story.room.subscribed().is_empty());
}
