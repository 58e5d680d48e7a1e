//! What people carry and how often they change it: everybody learns of it, so both are bounded.

use crate::people::{Room, guest, join};
use std::collections::BTreeMap;
use visio_meeting::{Actor, Command, ConnectionId, Join, MetadataChange, Notice, Refusal};
use visio_protocol::limits::{GUEST_PROFILE_BYTES_MAX, METADATA_BYTES_MAX};
use visio_protocol::names::Identity;

fn metadata(bytes: usize) -> Command {
    let change = MetadataChange {
        metadata: Some("x".repeat(bytes)),
        ..MetadataChange::default()
    };
    Command::UpdateMetadata { request: 1, change }
}

fn attributes(bytes: usize) -> Command {
    let change = MetadataChange {
        attributes: BTreeMap::from([("a".to_owned(), "x".repeat(bytes - 1))]),
        ..MetadataChange::default()
    };
    Command::UpdateMetadata { request: 1, change }
}

#[test]
fn a_guest_carries_little_and_whom_an_application_lets_in_more() {
    let mut room = Room::open();
    let (bob, _) = room.join("bob");
    let eve = Join {
        is_guest: true,
        ..join(ConnectionId(100), "eve", guest(), i64::MAX)
    };
    let eve = room.meeting.join(room.now(), eve).unwrap();
    for command in [metadata, attributes] {
        assert_eq!(room.ask(eve, command(GUEST_PROFILE_BYTES_MAX)), Ok(()));
        let beyond = command(GUEST_PROFILE_BYTES_MAX + 1);
        assert_eq!(room.ask(eve, beyond), Err(Refusal::TooLong));
        assert_eq!(room.ask(bob, command(METADATA_BYTES_MAX)), Ok(()));
    }
}

#[test]
fn what_a_program_gives_to_a_guest_stays_when_the_guest_changes_their_name() {
    let mut room = Room::open();
    let eve = Join {
        is_guest: true,
        ..join(ConnectionId(100), "eve", guest(), i64::MAX)
    };
    let eve = room.meeting.join(room.now(), eve).unwrap();
    let given = Command::UpdateParticipant {
        identity: Identity::new("eve"),
        change: MetadataChange {
            metadata: Some("x".repeat(METADATA_BYTES_MAX)),
            ..MetadataChange::default()
        },
        permissions: None,
    };
    assert_eq!(room.order(Actor::Administrator, given), Ok(()));
    let change = MetadataChange {
        name: Some("Eve".to_owned()),
        ..MetadataChange::default()
    };
    let named = Command::UpdateMetadata { request: 1, change };
    assert_eq!(room.ask(eve, named), Ok(()));
    assert_eq!(room.meeting.views()[0].metadata.len(), METADATA_BYTES_MAX);
}

#[test]
fn eve_changes_herself_without_end_and_is_refused_until_she_waits() {
    let mut room = Room::open();
    let (eve, _) = room.join("eve");
    let (_, bob) = room.join("bob");
    let allowed = (0..1_000).take_while(|_| room.ask(eve, metadata(1)).is_ok());
    assert_eq!(allowed.count(), 20);
    assert_eq!(room.ask(eve, metadata(1)), Err(Refusal::TooOften));
    assert!(room.told(bob).is_empty(), "nobody learns of it");
    room.wait(1);
    assert_eq!(room.ask(eve, metadata(1)), Ok(()));
    assert_eq!(room.told(bob).len(), 1);
    assert_eq!(room.ask(eve, metadata(1)), Ok(()), "two come back a second");
    assert_eq!(room.ask(eve, metadata(1)), Err(Refusal::TooOften));
    room.wait(3_600);
    let allowed = (0..1_000).take_while(|_| room.ask(eve, metadata(1)).is_ok());
    assert_eq!(allowed.count(), 20, "an hour saves up no more than that");
}

#[test]
fn who_left_is_remembered_without_what_they_carried() {
    let mut room = Room::open();
    let (eve, _) = room.join("eve");
    let (_, bob) = room.join("bob");
    room.ask(eve, metadata(METADATA_BYTES_MAX)).unwrap();
    room.disconnect(bob);
    room.ask(eve, Command::Leave).unwrap();
    let (sid, resumed) = (room.meeting.views()[0].sid.clone(), ConnectionId(200));
    room.effects.clear();
    room.meeting
        .resume(&sid, &Identity::new("bob"), resumed, 0)
        .unwrap();
    room.drain();
    let told = room.told(resumed);
    let gone = told.iter().find_map(|notice| match notice {
        Notice::Participants(views) => views.iter().find(|view| view.identity == "eve"),
        _ => None,
    });
    assert_eq!(gone.map(|view| view.metadata.len()), Some(0), "{told:?}");
}
