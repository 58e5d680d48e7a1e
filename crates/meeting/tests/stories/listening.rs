//! Who receives what, and who is tapped.

use crate::people::{Room, guest, microphone};
use visio_meeting::{
    Command, ConnectionId, DataScope, Effect, Event, Notice, Observation, Permissions, Refusal,
    SubscriptionPermission, TrackGrant, TrackSettings,
};
use visio_protocol::data::Authority;
use visio_protocol::names::Identity;

#[test]
fn a_track_is_shown_with_its_first_packet_and_not_before() {
    let mut room = Room::open();
    let (alice, _) = room.join("alice");
    let (bob, connection) = room.join("bob");
    room.ask(alice, Command::AddTrack(microphone("silent")))
        .unwrap();
    assert!(room.shown(connection).is_empty() && room.subscribed().is_empty());
    room.speak(alice);
    assert_eq!(room.shown(connection), ["alice"]);
    assert_eq!(room.subscribed(), [bob]);
}

#[test]
fn an_announcement_made_twice_is_answered_twice_and_counted_once() {
    let mut room = Room::open();
    let (alice, connection) = room.join("alice");
    let mut sids = Vec::new();
    for _ in 0..2 {
        room.ask(alice, Command::AddTrack(microphone("cid")))
            .unwrap();
        sids.extend(
            room.told(connection)
                .into_iter()
                .map(|notice| match notice {
                    Notice::TrackPublished { track, .. } => track.sid.clone(),
                    other => panic!("{other:?}"),
                }),
        );
    }
    assert_eq!(sids[0], sids[1]);
    assert!(
        !room
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Expect { .. }))
    );
}

#[test]
fn nobody_publishes_without_end() {
    let mut room = Room::open();
    let (eve, connection) = room.join("eve");
    for _ in 0..16 {
        room.speak(eve);
    }
    let one_more = Command::AddTrack(microphone("cid-17"));
    assert_eq!(room.ask(eve, one_more), Err(Refusal::TooManyTracks));
    assert_eq!(refused(&room, connection), ["cid-17"]);
}

/// The tracks that a client was told it may not publish.
fn refused(room: &Room, connection: ConnectionId) -> Vec<&str> {
    let told = room.told(connection).into_iter();
    let refused = told.filter_map(|notice| match notice {
        Notice::TrackRefused { cid, .. } => Some(cid.as_str()),
        _ => None,
    });
    refused.collect()
}

#[test]
fn dave_who_may_not_publish_is_told_and_does_not_wait() {
    let mut room = Room::open();
    let listener = Permissions {
        can_publish: false,
        ..guest()
    };
    let (dave, connection) = room.try_join("dave", listener).unwrap();
    let wanted = Command::AddTrack(microphone("cid"));
    assert_eq!(room.ask(dave, wanted), Err(Refusal::NotAllowed));
    assert_eq!(refused(&room, connection), ["cid"]);
}

#[test]
fn what_bob_announced_and_never_sent_does_not_keep_him_from_publishing() {
    let mut room = Room::open();
    let (bob, connection) = room.join("bob");
    for number in 0..16 {
        let given_up = microphone(&format!("cid-{number}"));
        room.ask(bob, Command::AddTrack(given_up)).unwrap();
    }
    let wanted = Command::AddTrack(microphone("at last"));
    assert_eq!(room.ask(bob, wanted), Ok(()));
    assert!(matches!(
        room.told(connection)[..],
        [
            Notice::TrackUnpublished { .. },
            Notice::TrackPublished { .. }
        ]
    ));
}

#[test]
fn carol_may_not_subscribe_and_is_not_sent_anything() {
    let mut room = Room::open();
    let (alice, _) = room.join("alice");
    let (carol, _) = room
        .try_join(
            "carol",
            Permissions {
                can_subscribe: false,
                ..guest()
            },
        )
        .unwrap();
    let (_, info) = room.speak(alice);
    assert!(room.subscribed().is_empty());
    let wish = Command::Subscribe {
        tracks: vec![info.sid],
        wanted: true,
    };
    assert_eq!(room.ask(carol, wish), Err(Refusal::NotAllowed));
}

#[test]
fn bob_takes_his_wish_back_and_wishes_again_with_his_settings() {
    let mut room = Room::open();
    let (alice, _) = room.join("alice");
    let (bob, _) = room.join("bob");
    let (_, info) = room.speak(alice);
    let tracks = vec![info.sid];
    let settings = TrackSettings {
        width: 320,
        height: 180,
        ..TrackSettings::default()
    };
    room.ask(
        bob,
        Command::ConfigureSubscription {
            tracks: tracks.clone(),
            settings,
        },
    )
    .unwrap();
    room.ask(
        bob,
        Command::Subscribe {
            tracks: tracks.clone(),
            wanted: false,
        },
    )
    .unwrap();
    assert_eq!(room.unsubscribed(), [bob]);
    room.ask(
        bob,
        Command::Subscribe {
            tracks,
            wanted: true,
        },
    )
    .unwrap();
    assert_eq!(room.subscribed(), [bob]);
    let kept = |effect: &Effect| matches!(effect, Effect::Configure { settings: now, .. } if *now == settings);
    assert!(
        room.effects.iter().any(kept),
        "what he said of the track holds"
    );
}

#[test]
fn alice_is_heard_by_those_she_names() {
    let mut room = Room::open();
    let (alice, _) = room.join("alice");
    let (bob, _) = room.join("bob");
    let (carol, told) = room.join("carol");
    room.speak(alice);
    let grant = TrackGrant {
        identity: Some(Identity::new("bob")),
        all_tracks: true,
        ..TrackGrant::default()
    };
    let only_bob = SubscriptionPermission {
        all_participants: false,
        grants: vec![grant],
    };
    room.ask(alice, Command::SetAudience(only_bob)).unwrap();
    assert_eq!(room.unsubscribed(), [carol]);
    assert!(matches!(
        room.told(told)[..],
        [Notice::SubscriptionAllowed { allowed: false, .. }]
    ));
    let everybody = SubscriptionPermission {
        all_participants: true,
        grants: Vec::new(),
    };
    room.ask(alice, Command::SetAudience(everybody)).unwrap();
    assert_eq!(room.subscribed(), [carol]);
    assert!(!room.unsubscribed().contains(&bob));
}

#[test]
fn when_alice_goes_her_tracks_and_taps_go() {
    let mut room = Room::open();
    let (alice, _) = room.join("alice");
    let (bob, _) = room.join("bob");
    let (track, info) = room.speak(alice);
    assert!(room.effects.iter().any(
        |effect| matches!(effect, Effect::OpenTap { speaker, .. } if speaker.name == "alice")
    ));
    room.ask(alice, Command::Leave).unwrap();
    assert_eq!(room.unsubscribed(), [bob]);
    assert!(
        room.effects
            .iter()
            .any(|effect| matches!(effect, Effect::CloseTap { track: of } if *of == track))
    );
    assert!(room.announced(&Event::TrackUnpublished {
        identity: Identity::new("alice"),
        track: info.sid
    }));
}

#[test]
fn a_track_found_in_the_offer_is_published_once_and_its_first_packet_names_its_codec() {
    let mut room = Room::open();
    let (alice, _) = room.join("alice");
    let (_, bob) = room.join("bob");
    let (track, _) = room.speak(alice);
    let mut sees = |mime: &str| {
        room.effects.clear();
        room.meeting.observe(Observation::TrackLive {
            participant: alice,
            track,
            encoding: 0,
            mid: "0".to_owned(),
            mime: mime.to_owned(),
        });
        room.drain();
        let published = |effect: &&Effect| {
            matches!(
                effect,
                Effect::Announce(Event::TrackPublished { .. })
                    | Effect::OpenTap { .. }
                    | Effect::Subscribe { .. }
            )
        };
        let published = room.effects.iter().filter(published).count();
        (published, room.told(bob).len())
    };
    assert_eq!(sees("audio/opus"), (0, 0));
    assert_eq!(sees("audio/red"), (0, 1));
    assert_eq!(sees("AUDIO/RED"), (0, 0));
}

#[test]
fn encrypted_speech_is_not_tapped() {
    let mut room = Room::open();
    let (alice, _) = room.join("alice");
    let mut secret = microphone("cid");
    secret.encryption = 1;
    room.ask(alice, Command::AddTrack(secret)).unwrap();
    let expected = room.effects.iter().find_map(|effect| match effect {
        Effect::Expect { track, .. } => Some(*track),
        _ => None,
    });
    let (mid, mime) = ("0".to_owned(), "audio/opus".to_owned());
    room.meeting.observe(Observation::TrackLive {
        participant: alice,
        track: expected.unwrap(),
        encoding: 0,
        mid,
        mime,
    });
    room.drain();
    assert!(
        !room
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::OpenTap { .. }))
    );
}

#[test]
fn data_goes_to_all_others_or_to_those_named_and_from_nobody_who_may_not() {
    let in_own_name = Some(Authority::Participant);
    let mut room = Room::open();
    let (alice, _) = room.join("alice");
    let (bob, _) = room.join("bob");
    let (carol, _) = room
        .try_join(
            "carol",
            Permissions {
                can_publish_data: false,
                ..guest()
            },
        )
        .unwrap();
    assert_eq!(
        room.meeting.data_recipients(alice, &DataScope::default()),
        [bob, carol]
    );
    let to_bob = DataScope {
        identities: vec![Identity::new("bob")],
        sids: Vec::new(),
    };
    assert_eq!(room.meeting.data_recipients(alice, &to_bob), [bob]);
    assert_eq!(room.meeting.data_authority(alice), in_own_name);
    assert_eq!(room.meeting.data_authority(carol), None);
}

#[test]
fn an_agent_speaks_for_others_and_a_host_does_not() {
    let mut room = Room::open();
    let agent = Permissions {
        agent: true,
        ..guest()
    };
    let (agent, _) = room.try_join("agent", agent).unwrap();
    let (alice, _) = room.join_host("alice");
    let authority = |id| room.meeting.data_authority(id);
    assert_eq!(authority(agent), Some(Authority::Agent));
    assert_eq!(authority(alice), Some(Authority::Participant));
}
