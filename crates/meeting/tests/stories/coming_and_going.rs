//! Coming in, dropping out, coming back and leaving.

use crate::people::{Room, guest, remove};
use visio_meeting::{
    Command, ConnectionId, Effect, Event, LeaveAction, LeaveReason, Notice, Observation,
    ParticipantState, ParticipantView, Permissions, Quality, Refusal, RevokedSessions, RoomOptions,
    Simulation,
};
use visio_protocol::names::Identity;

/// The sid under which the last welcome was told.
fn sid(room: &Room, connection: ConnectionId) -> ParticipantView {
    let welcomed = room
        .told(connection)
        .into_iter()
        .find_map(|notice| match notice {
            Notice::Joined(welcome) => Some(welcome.me.clone()),
            _ => None,
        });
    welcomed.expect("a welcome")
}

#[test]
fn bob_is_welcomed_and_alice_is_told() {
    let mut room = Room::open();
    let (_, alice) = room.join("alice");
    let (_, bob) = room.join("bob");
    assert!(
        matches!(room.told(bob).first(), Some(Notice::Joined(welcome)) if welcome.others[0].identity == "alice")
    );
    assert_eq!(room.shown(alice), ["bob"]);
    assert_eq!(room.meeting.room_view().participants, 2);
}

#[test]
fn the_fifth_is_refused_and_changes_nothing() {
    let mut room = Room::open();
    for identity in ["alice", "bob", "carol", "dave"] {
        room.join(identity);
    }
    assert_eq!(room.try_join("eve", guest()).unwrap_err(), Refusal::Full);
    assert_eq!(room.meeting.views().len(), 4);
    assert!(
        room.try_join("dave", guest()).is_ok(),
        "who takes their own place needs no other"
    );
}

#[test]
fn bob_comes_in_twice_and_the_former_goes() {
    let mut room = Room::open();
    let (first, connection) = room.join("bob");
    room.speak(first);
    let (second, _) = room.join("bob");
    let goodbye = room.told(connection);
    assert!(matches!(
        goodbye[..],
        [Notice::Leave {
            reason: LeaveReason::DuplicateIdentity
        }]
    ));
    assert!(
        room.effects.iter().any(
            |effect| matches!(effect, Effect::Detach { participant } if *participant == first)
        )
    );
    assert_ne!(first, second);
    assert_eq!(room.meeting.views().len(), 1);
}

#[test]
fn bob_resumes_within_the_window() {
    let mut room = Room::open();
    let (_, alice) = room.join("alice");
    let (id, former) = room.join("bob");
    let me = sid(&room, former);
    room.disconnect(former);
    assert!(
        room.shown(alice).is_empty(),
        "nobody is told of a short break"
    );
    room.wait(14);
    let again = ConnectionId(90);
    assert_eq!(
        room.meeting
            .resume(&me.sid, &Identity::new("bob"), again, 7),
        Ok(id)
    );
    room.drain();
    assert!(matches!(
        room.told(again).first(),
        Some(Notice::Resumed {
            last_data_sequence: 7,
            ..
        })
    ));
    assert_eq!(room.shown(again), ["bob", "alice"]);
    room.wait(60);
    assert_eq!(room.meeting.views().len(), 2);
}

#[test]
fn bob_comes_back_too_late_or_is_not_bob() {
    let mut room = Room::open();
    room.join("alice");
    let (_, connection) = room.join("bob");
    let me = sid(&room, connection);
    assert_eq!(
        room.meeting
            .resume(&me.sid, &Identity::new("eve"), ConnectionId(90), 0),
        Err(Refusal::StateMismatch)
    );
    room.disconnect(connection);
    room.wait(15);
    let left = Event::ParticipantLeft {
        identity: Identity::new("bob"),
        sid: me.sid.clone(),
        reason: LeaveReason::ConnectionTimeout,
    };
    assert!(room.announced(&left));
    assert_eq!(
        room.meeting
            .resume(&me.sid, &Identity::new("bob"), ConnectionId(91), 0),
        Err(Refusal::StateMismatch)
    );
}

#[test]
fn a_second_connection_takes_over_and_the_first_is_closed() {
    let mut room = Room::open();
    let (id, former) = room.join("bob");
    let me = sid(&room, former);
    room.effects.clear();
    assert_eq!(
        room.meeting
            .resume(&me.sid, &Identity::new("bob"), ConnectionId(90), 0),
        Ok(id)
    );
    room.drain();
    assert!(
        room.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Hangup { connection } if *connection == former))
    );
    room.disconnect(former);
    room.wait(60);
    assert_eq!(
        room.meeting.views().len(),
        1,
        "that the former closed means nothing any more"
    );
}

#[test]
fn carol_left_while_bob_was_away_and_is_no_ghost() {
    let mut room = Room::open();
    let (_, bob) = room.join("bob");
    let me = sid(&room, bob);
    let (carol, _) = room.join("carol");
    room.disconnect(bob);
    room.ask(carol, Command::Leave).unwrap();
    room.effects.clear();
    room.meeting
        .resume(&me.sid, &Identity::new("bob"), ConnectionId(90), 0)
        .unwrap();
    room.drain();
    let told = room.told(ConnectionId(90));
    let gone = told.iter().any(|notice| {
        matches!(notice, Notice::Participants(views) if views.iter().any(|view| {
            view.identity == "carol" && matches!(view.state, ParticipantState::Disconnected(_))
        }))
    });
    assert!(gone, "{told:?}");
}

/// Clients know people by identity: a farewell to a former stay would delete the participant who is present.
#[test]
fn bob_and_alice_reloaded_their_pages_and_are_no_ghosts_of_themselves() {
    let mut room = Room::open();
    room.join("bob");
    room.join("alice");
    room.join("bob");
    let (_, connection) = room.join("alice");
    let me = sid(&room, connection);
    room.disconnect(connection);
    room.meeting
        .resume(&me.sid, &Identity::new("alice"), ConnectionId(90), 0)
        .unwrap();
    room.drain();
    assert!(room.shown(ConnectionId(90)).contains(&Identity::new("bob")));
    for notice in room.told(ConnectionId(90)) {
        if let Notice::Participants(views) = notice {
            let gone =
                |view: &&ParticipantView| matches!(view.state, ParticipantState::Disconnected(_));
            assert_eq!(views.iter().find(gone).map(|view| &view.identity), None);
        }
    }
}

/// Bob left and is back where nobody sees him: for Alice he is gone.
#[test]
fn bob_who_came_back_hidden_is_gone_for_alice() {
    let mut room = Room::open();
    let (_, connection) = room.join("alice");
    let me = sid(&room, connection);
    let (bob, _) = room.join("bob");
    room.disconnect(connection);
    room.ask(bob, Command::Leave).unwrap();
    let hidden = Permissions {
        hidden: true,
        ..guest()
    };
    room.try_join("bob", hidden).unwrap();
    room.meeting
        .resume(&me.sid, &Identity::new("alice"), ConnectionId(90), 0)
        .unwrap();
    room.drain();
    assert!(room.shown(ConnectionId(90)).contains(&Identity::new("bob")));
}

#[test]
fn dave_was_removed_while_he_was_away_and_is_told_to_stay_away() {
    let mut room = Room::open();
    let (alice, _) = room.join_host("alice");
    let (_, connection) = room.join("dave");
    let me = sid(&room, connection);
    room.disconnect(connection);
    room.ask(alice, remove("dave")).unwrap();
    assert_eq!(
        room.meeting
            .resume(&me.sid, &Identity::new("dave"), ConnectionId(90), 0),
        Err(Refusal::Revoked(LeaveReason::Removed))
    );
}

/// The meeting that Bob comes back to is over; what it said of him outlives it.
#[test]
fn bob_slept_while_the_meeting_was_ended_and_does_not_begin_another() {
    let mut room = Room::open();
    let (alice, _) = room.join_host("alice");
    let (_, connection) = room.join("bob");
    let bobs = sid(&room, connection).sid;
    room.disconnect(connection);
    let mut kept = RevokedSessions::default();
    assert_eq!(kept.answer(&bobs), Refusal::StateMismatch);
    room.ask(alice, Command::End).unwrap();
    room.drain();
    for effect in &room.effects {
        if let Effect::Announce(Event::SessionRevoked { sid, reason }) = effect {
            kept.revoke(sid.clone(), *reason);
        }
    }
    let ended = Refusal::Revoked(LeaveReason::MeetingEnded);
    assert_eq!(kept.answer(&bobs), ended);
}

/// Bob's sleeping laptop wakes hours after he joined with his phone.
#[test]
fn bobs_former_tab_does_not_evict_his_phone() {
    let mut room = Room::open();
    let (_, tab) = room.join("bob");
    let former = sid(&room, tab);
    room.disconnect(tab);
    room.join("bob");
    room.wait(20_000);
    assert_eq!(
        room.meeting
            .resume(&former.sid, &Identity::new("bob"), ConnectionId(90), 0),
        Err(Refusal::Revoked(LeaveReason::DuplicateIdentity))
    );
    assert_eq!(room.meeting.views().len(), 1);
}

#[test]
fn bob_tests_how_his_client_comes_back() {
    let mut room = Room::open();
    let (bob, connection) = room.join("bob");
    let me = sid(&room, connection);
    room.ask(bob, Command::Simulate(Simulation::Migration))
        .unwrap();
    let [Notice::Leave { reason }] = room.told(connection)[..] else {
        panic!("{:?}", room.told(connection));
    };
    assert_eq!(reason.action(), LeaveAction::Resume);
    let resumed = room
        .meeting
        .resume(&me.sid, &Identity::new("bob"), ConnectionId(90), 0);
    assert_eq!(resumed, Ok(bob));
    room.drain();
    room.ask(bob, Command::Simulate(Simulation::SessionLost))
        .unwrap();
    let [Notice::Leave { reason }] = room.told(ConnectionId(90))[..] else {
        panic!("{:?}", room.told(ConnectionId(90)));
    };
    assert_eq!(reason.action(), LeaveAction::Reconnect);
    assert!(room.meeting.views().is_empty());
}

#[test]
fn a_hidden_recorder_is_shown_to_nobody() {
    let mut room = Room::open();
    let (id, alice) = room.join("alice");
    let (bug, recorder) = room
        .try_join(
            "recorder",
            Permissions {
                hidden: true,
                ..guest()
            },
        )
        .unwrap();
    assert!(room.shown(alice).is_empty());
    assert!(
        matches!(room.told(recorder).first(), Some(Notice::Joined(welcome)) if welcome.others.len() == 1)
    );
    assert_eq!(room.meeting.room_view().participants, 1);
    room.effects.clear();
    let quality = |id| (id, Quality::Good, 4.0);
    let qualities = vec![quality(id), quality(bug)];
    room.meeting.observe(Observation::Quality { qualities });
    room.drain();
    assert!(
        matches!(&room.told(alice)[..], [Notice::Quality(known)] if known.len() == 1),
        "nor is their line"
    );
}

#[test]
fn the_meeting_ends_when_the_last_has_left_for_long_enough() {
    let mut room = Room::open();
    let (alice, _) = room.join("alice");
    room.ask(alice, Command::Leave).unwrap();
    room.wait(19);
    assert!(!room.announced(&Event::Ended));
    room.wait(1);
    assert!(room.announced(&Event::Ended));
    assert_eq!(room.meeting.deadline(), None, "nothing is waited for");
}

#[test]
fn a_participant_who_comes_back_before_that_keeps_the_meeting_alive() {
    let mut room = Room::open();
    let (alice, _) = room.join("alice");
    room.ask(alice, Command::Leave).unwrap();
    room.wait(10);
    room.join("bob");
    room.wait(600);
    assert!(!room.announced(&Event::Ended));
}

#[test]
fn a_program_sets_the_limits_of_its_room_within_those_of_the_server() {
    let server = Room::config();
    let asked = RoomOptions {
        metadata: Some("m".to_owned()),
        participants_max: Some(2),
        empty_timeout_seconds: Some(7),
        departure_timeout_seconds: Some(u32::MAX),
    };
    let mut room = Room::open_with(server.clone().with(asked));
    let view = room.meeting.room_view();
    assert_eq!((view.metadata.as_str(), view.participants_max), ("m", 2));
    assert_eq!(view.empty_timeout_seconds, 7);
    assert_eq!(view.departure_timeout_seconds, 24 * 3600);
    room.join("alice");
    room.join("bob");
    assert_eq!(room.try_join("eve", guest()).unwrap_err(), Refusal::Full);
    let more = RoomOptions {
        participants_max: Some(u32::MAX),
        ..RoomOptions::default()
    };
    let unchanged = server.clone().with(more);
    assert_eq!(unchanged.participants_max, server.participants_max);
    assert_eq!(unchanged.departure_timeout_seconds, 20);
    let mut empty = Room::open_with(server.with(RoomOptions {
        empty_timeout_seconds: Some(7),
        ..RoomOptions::default()
    }));
    empty.wait(6);
    assert!(!empty.announced(&Event::Ended));
    empty.wait(1);
    assert!(empty.announced(&Event::Ended));
}

#[test]
fn a_room_to_which_nobody_comes_is_closed_after_its_patience() {
    let mut room = Room::open();
    room.wait(300);
    assert!(room.announced(&Event::Ended));
}

#[test]
fn a_server_that_stops_asks_everybody_to_come_again() {
    let mut room = Room::open();
    let (_, alice) = room.join("alice");
    room.effects.clear();
    let now = room.now();
    room.meeting.close(now, LeaveReason::ServerShutdown);
    room.drain();
    let [Notice::Leave { reason }] = room.told(alice)[..] else {
        panic!("{:?}", room.told(alice));
    };
    assert_eq!(reason.action(), LeaveAction::Reconnect);
    assert!(room.announced(&Event::Interrupted), "it goes on elsewhere");
    assert!(!room.announced(&Event::Ended));
}
