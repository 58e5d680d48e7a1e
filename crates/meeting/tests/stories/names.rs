//! Eve calls herself what Alice is called, or nearly: everybody is told who had the name first.

use crate::people::{Room, guest, join};
use std::collections::BTreeMap;
use visio_meeting::{
    Actor, Command, ConnectionId, Join, MetadataChange, Notice, ParticipantId, ParticipantView,
    Permissions,
};
use visio_protocol::names::Identity;

/// What the server says under that name is said by nobody else.
const MARK: &str = "visio.lookalike";

/// Somebody comes in under a name that is not their identity.
fn come(room: &mut Room, connection: u64, identity: &str, name: &str) -> ParticipantId {
    come_with(room, connection, identity, name, guest())
}

fn come_with(
    room: &mut Room,
    connection: u64,
    identity: &str,
    name: &str,
    permissions: Permissions,
) -> ParticipantId {
    let join = Join {
        name: name.to_owned(),
        ..join(ConnectionId(connection), identity, permissions, i64::MAX)
    };
    room.effects.clear();
    let joined = room.meeting.join(room.now(), join);
    let id = joined.expect("there is room");
    room.drain();
    id
}

fn called(name: &str) -> Command {
    let change = MetadataChange {
        name: Some(name.to_owned()),
        ..MetadataChange::default()
    };
    Command::UpdateMetadata { request: 1, change }
}

/// The identities of those who are marked.
fn marked(views: &[ParticipantView]) -> Vec<&str> {
    let marked = views.iter().filter(|view| {
        view.attributes
            .get(MARK)
            .is_some_and(|value| value == "true")
    });
    marked.map(|view| view.identity.as_str()).collect()
}

/// The marks in the updates told on a connection, by identity: later ones count.
fn told(room: &Room, to: ConnectionId) -> BTreeMap<Identity, bool> {
    let updates = room.told(to).into_iter().filter_map(|notice| match notice {
        Notice::Participants(views) => Some(views),
        _ => None,
    });
    updates
        .flatten()
        .map(|view| (view.identity.clone(), view.attributes.contains_key(MARK)))
        .collect()
}

#[test]
fn who_takes_a_name_like_that_of_somebody_else_is_marked_and_nobody_else() {
    for (first, second, is_marked) in [
        ("Alice", "Alice", true),
        ("Alice", "alice", true),
        ("Alice", "Аlice", true),
        ("Alice", "A1ice", true),
        ("Alice", "ALICE", true),
        ("Alice", "A l i c e", true),
        ("Alice", "Ａｌｉｃｅ", true),
        ("Rossi", "Rоssі", true),
        ("Alice", "Alicia", false),
        ("Alice", "Eve", false),
        ("Анна", "Нина", false),
        ("", "", false),
    ] {
        let mut room = Room::open();
        come(&mut room, 1, "first", first);
        come(&mut room, 2, "second", second);
        let views = room.meeting.views();
        let expected: &[&str] = if is_marked { &["second"] } else { &[] };
        assert_eq!(marked(&views), expected, "{first:?} then {second:?}");
    }
}

#[test]
fn everybody_is_told_who_comes_in_too() {
    let mut room = Room::open();
    come(&mut room, 1, "alice", "Alice");
    come(&mut room, 2, "eve", "Аlice");
    let seen = told(&room, ConnectionId(1));
    assert_eq!(seen, BTreeMap::from([(Identity::new("eve"), true)]));
    let welcome = room.told(ConnectionId(2)).into_iter();
    let me = welcome.filter_map(|notice| match notice {
        Notice::Joined(welcome) => Some(welcome.me.attributes.contains_key(MARK)),
        _ => None,
    });
    assert_eq!(me.collect::<Vec<_>>(), [true]);
    come(&mut room, 3, "bob", "Bob");
    let others = room.told(ConnectionId(3)).into_iter();
    let others: Vec<_> = others
        .filter_map(|notice| match notice {
            Notice::Joined(welcome) => Some(welcome.others.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(marked(&others), ["eve"]);
}

#[test]
fn who_was_there_before_does_not_lose_their_name_to_who_takes_it() {
    let mut room = Room::open();
    let eve = come(&mut room, 1, "eve", "Eve");
    let alice = come(&mut room, 2, "alice", "Alice");
    assert_eq!(room.ask(eve, called("Alice")), Ok(()));
    assert_eq!(marked(&room.meeting.views()), ["eve"]);
    assert_eq!(
        told(&room, ConnectionId(2)),
        BTreeMap::from([(Identity::new("eve"), true)])
    );
    assert_eq!(room.ask(alice, called("al ice")), Ok(()), "looks the same");
    assert_eq!(marked(&room.meeting.views()), ["eve"]);
    assert_eq!(room.ask(eve, called("Eve")), Ok(()));
    assert!(marked(&room.meeting.views()).is_empty());
}

#[test]
fn eve_does_not_arrive_at_the_name_of_alice_step_by_step() {
    let mut room = Room::open();
    let eve = come(&mut room, 1, "eve", "Allce");
    come(&mut room, 2, "alice", "Alice");
    assert!(marked(&room.meeting.views()).is_empty());
    for step in ["ALICE", "Alice"] {
        assert_eq!(room.ask(eve, called(step)), Ok(()));
        assert_eq!(marked(&room.meeting.views()), ["eve"], "{step}");
    }
}

#[test]
fn the_mark_goes_when_the_first_goes_or_changes_their_name() {
    let mut room = Room::open();
    let alice = come(&mut room, 1, "alice", "Alice");
    come(&mut room, 2, "eve", "Alice");
    come(&mut room, 3, "dave", "alice");
    assert_eq!(marked(&room.meeting.views()), ["eve", "dave"]);
    assert_eq!(room.ask(alice, called("Alice B.")), Ok(()));
    assert_eq!(marked(&room.meeting.views()), ["dave"]);
    let seen = told(&room, ConnectionId(3));
    assert_eq!(seen.get("eve"), Some(&false), "everybody is told");
    assert!(!seen.contains_key("dave"), "nothing changed for him");
    let eve = room.meeting.id_of(&Identity::new("eve")).unwrap();
    room.ask(eve, Command::Leave).unwrap();
    assert!(marked(&room.meeting.views()).is_empty());
    assert_eq!(told(&room, ConnectionId(3)).get("dave"), Some(&false));
}

#[test]
fn alice_who_comes_back_has_her_name_as_long_as_before() {
    let mut room = Room::open();
    come(&mut room, 1, "alice", "Alice");
    come(&mut room, 2, "eve", "Alice");
    come(&mut room, 3, "alice", "Alice");
    assert_eq!(marked(&room.meeting.views()), ["eve"]);
    assert_eq!(told(&room, ConnectionId(2)).get("eve"), Some(&true));
}

/// A page that is reloaded leaves first.
#[test]
fn alice_who_reloads_her_page_does_not_leave_her_name_to_eve() {
    let mut room = Room::open();
    let alice = come(&mut room, 1, "alice", "Alice");
    come(&mut room, 2, "eve", "Alice");
    room.ask(alice, Command::Leave).unwrap();
    assert!(marked(&room.meeting.views()).is_empty());
    come(&mut room, 3, "alice", "Alice");
    assert_eq!(marked(&room.meeting.views()), ["eve"]);
    let alice = room.meeting.id_of(&Identity::new("alice")).unwrap();
    room.ask(alice, Command::Leave).unwrap();
    room.wait(121);
    come(&mut room, 4, "alice", "Alice");
    assert_eq!(
        marked(&room.meeting.views()),
        ["alice"],
        "she was long gone"
    );
}

#[test]
fn whom_nobody_sees_is_taken_for_nobody() {
    let mut room = Room::open();
    let hidden = Permissions {
        hidden: true,
        ..guest()
    };
    come_with(&mut room, 1, "recorder", "Alice", hidden.clone());
    come(&mut room, 2, "alice", "Alice");
    assert!(marked(&room.meeting.views()).is_empty());
    let eve = come(&mut room, 3, "eve", "Alice");
    assert_eq!(marked(&room.meeting.views()), ["eve"]);
    let hide = Command::UpdateParticipant {
        identity: Identity::new("alice"),
        change: MetadataChange::default(),
        permissions: Some(hidden),
    };
    assert_eq!(room.order(Actor::Administrator, hide), Ok(()));
    assert!(marked(&room.meeting.views()).is_empty());
    assert_eq!(room.meeting.id_of(&Identity::new("eve")), Some(eve));
}

#[test]
fn nobody_marks_or_unmarks_anybody_not_even_by_a_token() {
    let mut room = Room::open();
    let with_mark = Join {
        attributes: BTreeMap::from([(MARK.to_owned(), "true".to_owned())]),
        ..join(ConnectionId(1), "alice", guest(), i64::MAX)
    };
    room.meeting.join(room.now(), with_mark).unwrap();
    assert!(!room.meeting.views()[0].attributes.contains_key(MARK));
    let eve = come(&mut room, 2, "eve", "alice");
    let unmarked = MetadataChange {
        attributes: BTreeMap::from([(MARK.to_owned(), String::new())]),
        ..MetadataChange::default()
    };
    let own = Command::UpdateMetadata {
        request: 1,
        change: unmarked.clone(),
    };
    assert!(room.ask(eve, own).is_err());
    let ordered = Command::UpdateParticipant {
        identity: Identity::new("eve"),
        change: unmarked,
        permissions: None,
    };
    room.order(Actor::Administrator, ordered).unwrap();
    assert_eq!(marked(&room.meeting.views()), ["eve"]);
}
