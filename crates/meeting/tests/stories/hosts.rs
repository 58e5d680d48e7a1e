//! What hosts may do to others, and what nobody may.

use crate::people::{Room, guest, microphone, remove};
use std::collections::BTreeMap;
use visio_meeting::{
    Actor, Command, Effect, Event, LeaveReason, MetadataChange, Notice, Permissions, Refusal,
    Response, Source,
};
use visio_protocol::names::Identity;

#[test]
fn alice_removes_dave() {
    let mut room = Room::open();
    let (alice, _) = room.join_host("alice");
    let (_, dave) = room.join("dave");
    room.ask(alice, remove("dave")).unwrap();
    assert!(matches!(
        room.told(dave)[..],
        [Notice::Leave {
            reason: LeaveReason::Removed
        }]
    ));
    assert_eq!(
        room.ask(alice, remove("dave")),
        Err(Refusal::NoSuchParticipant)
    );
}

#[test]
fn dave_may_moderate_nobody() {
    let mut room = Room::open();
    let (_, alice) = room.join_host("alice");
    let (dave, _) = room.join("dave");
    let tricks = [
        remove("alice"),
        Command::End,
        Command::UpdateRoomMetadata {
            metadata: "mine".to_owned(),
        },
        Command::UpdateParticipant {
            identity: Identity::new("dave"),
            change: MetadataChange::default(),
            permissions: Some(Permissions {
                room_admin: true,
                ..guest()
            }),
        },
        Command::UpdateSubscriptions {
            identity: Identity::new("alice"),
            tracks: Vec::new(),
            wanted: false,
        },
    ];
    for trick in tricks {
        assert_eq!(
            room.ask(dave, trick.clone()),
            Err(Refusal::NotAllowed),
            "{trick:?}"
        );
        assert!(room.effects.is_empty(), "{trick:?} changed something");
    }
    assert!(room.told(alice).is_empty());
}

#[test]
fn a_host_mutes_and_nobody_is_unmuted_by_others() {
    let mut room = Room::open();
    let (alice, _) = room.join_host("alice");
    let (dave, connection) = room.join("dave");
    let (track, info) = room.speak(dave);
    let mute = |muted| Command::MuteTrack {
        identity: Identity::new("dave"),
        track: info.sid.clone(),
        muted,
    };
    room.ask(alice, mute(true)).unwrap();
    let told = room.told(connection);
    assert!(
        matches!(
            told[..],
            [Notice::Muted { muted: true, .. }, Notice::Participants(_)]
        ),
        "the order comes before the update that shows it done: {told:?}"
    );
    let silenced = |effect: &Effect| matches!(effect, Effect::SetMuted { track: of, muted: true, .. } if *of == track);
    assert!(room.effects.iter().any(silenced));
    assert_eq!(room.ask(alice, mute(false)), Err(Refusal::NotAllowed));
    assert_eq!(
        room.order(Actor::Administrator, mute(false)),
        Err(Refusal::NotAllowed)
    );
}

#[test]
fn an_administrator_is_nobody_in_the_meeting() {
    let mut room = Room::open();
    let (_, alice) = room.join("alice");
    let own = [
        Command::Leave,
        Command::AddTrack(microphone("cid")),
        Command::UpdateMetadata {
            request: 7,
            change: MetadataChange::default(),
        },
    ];
    for command in own {
        let refused = room.order(Actor::Administrator, command.clone());
        assert_eq!(refused, Err(Refusal::NotAllowed), "{command:?}");
    }
    assert!(room.told(alice).is_empty());
}

#[test]
fn dave_was_removed_and_his_tokens_are_worth_nothing() {
    let mut room = Room::open();
    let issued = room.now().unix_ms / 1000;
    let (alice, _) = room.join_host("alice");
    room.join("dave");
    room.wait(60);
    room.ask(alice, remove("dave")).unwrap();
    let refused = Err(Refusal::Revoked(LeaveReason::Removed));
    let former = room.try_join_with_token_of(issued, "dave", guest());
    assert_eq!(former, refused);
    let newer = room.try_join_with_token_of(issued + 59, "dave", guest());
    assert_eq!(newer, refused);
    // A token need not say when it was issued.
    assert_eq!(room.try_join_with_token_of(0, "dave", guest()), refused);
    let other = room.try_join_with_token_of(issued, "bob", guest());
    assert!(other.is_ok(), "{other:?}");
    let invited_again = room.try_join_with_token_of(issued + 60, "dave", guest());
    assert!(invited_again.is_ok(), "{invited_again:?}");
}

/// Who is removed, as the server learns it.
fn removed(room: &Room) -> Vec<(Identity, i64)> {
    let removed = room.effects.iter().filter_map(|effect| match effect {
        Effect::Announce(Event::Removed {
            identity,
            before_unix_s,
        }) => Some((identity.clone(), *before_unix_s)),
        _ => None,
    });
    removed.collect()
}

#[test]
fn the_server_learns_who_was_removed_also_of_one_who_has_left() {
    let mut room = Room::open();
    let (alice, _) = room.join_host("alice");
    let (dave, _) = room.join("dave");
    room.ask(dave, Command::Leave).unwrap();
    assert_eq!(removed(&room), [], "he left by himself");
    let gone = room.ask(alice, remove("dave"));
    assert_eq!(gone, Err(Refusal::NoSuchParticipant));
    let now_s = room.now().unix_ms / 1000;
    assert_eq!(removed(&room), [(Identity::new("dave"), now_s)]);
}

#[test]
fn a_removal_may_say_which_tokens_it_revokes() {
    let mut room = Room::open();
    let issued = room.now().unix_ms / 1000;
    room.join("dave");
    let remove = Command::Remove {
        identity: Identity::new("dave"),
        tokens_before_unix_s: Some(issued),
    };
    room.order(Actor::Administrator, remove).unwrap();
    let older = room.try_join_with_token_of(issued - 1, "dave", guest());
    assert_eq!(older, Err(Refusal::Revoked(LeaveReason::Removed)));
    assert!(room.try_join_with_token_of(issued, "dave", guest()).is_ok());
}

#[test]
fn a_right_that_was_taken_away_does_not_come_back_with_an_older_token() {
    let mut room = Room::open();
    let issued = room.now().unix_ms / 1000;
    let (dave, _) = room.join("dave");
    room.wait(10);
    let (identity, change) = (Identity::new("dave"), MetadataChange::default());
    let silenced = Command::UpdateParticipant {
        identity,
        change,
        permissions: Some(Permissions {
            can_publish: false,
            ..guest()
        }),
    };
    room.order(Actor::Administrator, silenced).unwrap();
    let publish = Command::AddTrack(microphone("cid"));
    assert_eq!(room.ask(dave, publish.clone()), Err(Refusal::NotAllowed));
    for issued in [issued, issued + 9, 0] {
        let (again, _) = room
            .try_join_with_token_of(issued, "dave", guest())
            .unwrap();
        assert_eq!(room.ask(again, publish.clone()), Err(Refusal::NotAllowed));
    }
    let (given_back, _) = room
        .try_join_with_token_of(issued + 10, "dave", guest())
        .unwrap();
    assert_eq!(room.ask(given_back, publish), Ok(()));
}

#[test]
fn who_may_not_publish_any_more_stops_at_once() {
    let mut room = Room::open();
    let (_, alice) = room.join_host("alice");
    let (dave, connection) = room.join("dave");
    let (_, info) = room.speak(dave);
    let permissions = Some(Permissions {
        can_publish: false,
        ..guest()
    });
    let (identity, change) = (Identity::new("dave"), MetadataChange::default());
    room.order(
        Actor::Administrator,
        Command::UpdateParticipant {
            identity,
            change,
            permissions,
        },
    )
    .unwrap();
    assert!(room.announced(&Event::TrackUnpublished {
        identity: Identity::new("dave"),
        track: info.sid
    }));
    assert!(
        room.told(connection)
            .iter()
            .any(|notice| matches!(notice, Notice::TrackUnpublished { .. }))
    );
    assert_eq!(room.shown(alice).first(), Some(&Identity::new("dave")));
    assert_eq!(
        room.ask(dave, Command::AddTrack(microphone("new"))),
        Err(Refusal::NotAllowed)
    );
}

#[test]
fn a_host_who_may_not_publish_any_more_still_moderates() {
    let mut room = Room::open();
    let (alice, _) = room.join_host("alice");
    room.join("dave");
    let (identity, change) = (Identity::new("alice"), MetadataChange::default());
    let silenced = Command::UpdateParticipant {
        identity,
        change,
        permissions: Some(Permissions {
            can_publish: false,
            ..guest()
        }),
    };
    room.order(Actor::Administrator, silenced).unwrap();
    let publish = Command::AddTrack(microphone("cid"));
    assert_eq!(room.ask(alice, publish), Err(Refusal::NotAllowed));
    assert_eq!(room.ask(alice, remove("dave")), Ok(()));
}

#[test]
fn carol_may_share_her_screen_only() {
    let mut room = Room::open();
    let permissions = Permissions {
        publish_sources: vec![Source::ScreenShare],
        ..guest()
    };
    let (carol, _) = room.try_join("carol", permissions).unwrap();
    assert_eq!(
        room.ask(carol, Command::AddTrack(microphone("cid"))),
        Err(Refusal::NotAllowed)
    );
    let mut screen = microphone("cid");
    (screen.kind, screen.source) = (visio_meeting::MediaKind::Video, Source::ScreenShare);
    assert_eq!(room.ask(carol, Command::AddTrack(screen)), Ok(()));
}

#[test]
fn a_change_of_name_is_answered_and_told() {
    let mut room = Room::open();
    let (_, alice) = room.join("alice");
    let (bob, connection) = room.join("bob");
    let change = MetadataChange {
        name: Some("Bob B.".to_owned()),
        ..MetadataChange::default()
    };
    room.ask(bob, Command::UpdateMetadata { request: 4, change })
        .unwrap();
    assert!(room.told(connection).iter().any(|notice| {
        matches!(
            notice,
            Notice::Response {
                request: 4,
                response: Response::Done
            }
        )
    }));
    assert_eq!(room.shown(alice), ["bob"]);
}

#[test]
fn metadata_beyond_the_limit_is_refused_and_changes_nothing() {
    let mut room = Room::open();
    let (bob, connection) = room.join("bob");
    let too_long = "x".repeat(visio_protocol::limits::METADATA_BYTES_MAX + 1);
    let attributes = BTreeMap::from([(
        "key".to_owned(),
        "x".repeat(visio_protocol::limits::ATTRIBUTES_BYTES_MAX),
    )]);
    let changes = [
        MetadataChange {
            metadata: Some(too_long.clone()),
            ..MetadataChange::default()
        },
        MetadataChange {
            attributes,
            ..MetadataChange::default()
        },
    ];
    for change in changes {
        let update = Command::UpdateMetadata { request: 5, change };
        assert_eq!(room.ask(bob, update), Err(Refusal::TooLong));
        assert!(matches!(
            room.told(connection)[..],
            [Notice::Response {
                request: 5,
                response: Response::Refused(Refusal::TooLong)
            }]
        ));
    }
    assert!(
        room.meeting.views()[0].metadata.is_empty()
            && room.meeting.views()[0].attributes.is_empty()
    );
    let update = Command::UpdateParticipant {
        identity: Identity::new("bob"),
        change: MetadataChange {
            metadata: Some(too_long.clone()),
            ..MetadataChange::default()
        },
        permissions: Some(Permissions {
            can_publish: false,
            ..guest()
        }),
    };
    assert_eq!(
        room.order(Actor::Administrator, update),
        Err(Refusal::TooLong)
    );
    assert!(
        room.meeting.views()[0].permissions.can_publish,
        "a refused change takes no right away either"
    );
    let update = Command::UpdateRoomMetadata { metadata: too_long };
    assert_eq!(
        room.order(Actor::Administrator, update),
        Err(Refusal::TooLong)
    );
}

/// Clients take `lk.publish_on_behalf` for whom somebody's tracks belong to.
#[test]
fn eve_gives_herself_no_attribute_that_speaks_for_others() {
    let mut room = Room::open();
    let (eve, connection) = room.join("eve");
    let update = |key: &str| {
        let attributes = BTreeMap::from([(key.to_owned(), "alice".to_owned())]);
        let change = MetadataChange {
            attributes,
            ..MetadataChange::default()
        };
        Command::UpdateMetadata { request: 6, change }
    };
    for key in ["lk.publish_on_behalf", "lk.agent.state", "visio.host"] {
        assert_eq!(
            room.ask(eve, update(key)),
            Err(Refusal::NotAllowed),
            "{key}"
        );
        assert!(matches!(
            room.told(connection)[..],
            [Notice::Response {
                request: 6,
                response: Response::Refused(Refusal::NotAllowed)
            }]
        ));
    }
    for key in ["visio.language", "team"] {
        assert_eq!(room.ask(eve, update(key)), Ok(()), "{key}");
    }
    let agent = Permissions {
        agent: true,
        ..guest()
    };
    let (agent, _) = room.try_join("agent", agent).unwrap();
    let on_behalf = update("lk.publish_on_behalf");
    assert_eq!(room.ask(agent, on_behalf), Ok(()));
}

#[test]
fn alice_ends_the_meeting_for_everybody() {
    let mut room = Room::open();
    let (alice, _) = room.join_host("alice");
    let (_, bob) = room.join("bob");
    room.ask(alice, Command::End).unwrap();
    assert!(matches!(
        room.told(bob)[..],
        [Notice::Leave {
            reason: LeaveReason::MeetingEnded
        }]
    ));
    assert!(room.announced(&Event::Ended));
}

#[test]
fn bob_starts_a_transcript_and_everybody_sees_it() {
    let mut room = Room::open();
    let (_, alice) = room.join("alice");
    let (bob, bobs) = room.join("bob");
    let keep = |kept| Command::KeepTranscript { kept };
    room.ask(bob, keep(true)).unwrap();
    for connection in [alice, bobs] {
        let [Notice::Room(view)] = room.told(connection)[..] else {
            panic!("{:?}", room.told(connection));
        };
        assert!(view.transcript_kept);
    }
    assert!(room.announced(&Event::TranscriptKept { kept: true }));
    room.ask(bob, keep(true)).unwrap();
    assert!(room.effects.is_empty(), "nothing has changed");
    room.ask(bob, keep(false)).unwrap();
    assert!(room.announced(&Event::TranscriptKept { kept: false }));
}

#[test]
fn who_only_watches_starts_no_transcript() {
    let mut room = Room::open();
    let watching = Permissions {
        can_publish: false,
        ..guest()
    };
    let (carol, _) = room.try_join("carol", watching).unwrap();
    let keep = Command::KeepTranscript { kept: true };
    assert_eq!(room.ask(carol, keep.clone()), Err(Refusal::NotAllowed));
    let (now, administrator) = (room.now(), Actor::Administrator);
    assert_eq!(room.meeting.handle(now, administrator, keep), Ok(()));
}
