//! Whose turn it is: one round at a time, repeated when no answer comes.

use super::rig::Rig;
use crate::output::ClientMessage;
use std::time::Duration;

/// How often one client was asked to offer more sections.
fn asked(rig: &Rig, index: usize) -> Vec<(u32, u32)> {
    let messages = rig.messages.iter().filter(|(to, _)| *to == index);
    messages
        .filter_map(|(_, message)| match message {
            ClientMessage::MoreSections { audio, video } => Some((*audio, *video)),
            _ => None,
        })
        .collect()
}

/// The tracks that the last answer to a client has sections for.
fn carried(rig: &Rig, index: usize) -> Vec<String> {
    let mut messages = rig.messages.iter().rev().filter(|(to, _)| *to == index);
    let last = messages.find_map(|(_, message)| match message {
        ClientMessage::Answer { tracks_by_mid, .. } => Some(tracks_by_mid),
        _ => None,
    });
    let tracks = last.into_iter().flatten().map(|(_, track)| track.clone());
    tracks.collect()
}

fn published(rig: &mut Rig, index: usize) {
    let mid = rig.publish_microphone(index);
    for _ in 0..10 {
        let now = rig.now;
        rig.clients[index].speak(now, mid, 20);
        rig.step(Duration::from_millis(20));
    }
}

#[test]
fn bob_is_asked_once_and_again_after_eight_seconds() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    rig.answers = false;
    published(&mut rig, alice);
    assert_eq!(asked(&rig, bob).len(), 1);
    rig.pass(Duration::from_secs(7));
    assert_eq!(asked(&rig, bob).len(), 1, "an answer may still come");
    rig.pass(Duration::from_secs(2));
    assert_eq!(asked(&rig, bob).len(), 2);
}

#[test]
fn what_changes_during_a_round_waits_for_the_next() {
    let mut rig = Rig::new();
    let (alice, carol, bob) = (rig.join("alice"), rig.join("carol"), rig.join("bob"));
    rig.answers = false;
    published(&mut rig, alice);
    published(&mut rig, carol);
    assert_eq!(asked(&rig, bob).len(), 1, "one round at a time");
    rig.offer(bob, &[], (0, 0));
    let rounds = asked(&rig, bob);
    assert_eq!(
        rounds.last(),
        Some(&(1, 0)),
        "one track has no section: {rounds:?}"
    );
    rig.offer(bob, &[], (1, 0));
    assert_eq!(asked(&rig, bob).len(), rounds.len(), "both have one");
    rig.pass(Duration::from_secs(9));
    assert_eq!(
        asked(&rig, bob).len(),
        rounds.len(),
        "nothing is left to negotiate"
    );
}

#[test]
fn a_client_that_offers_nonsense_is_removed_alone() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let sdp = "v=0\r\nnonsense".to_owned();
    rig.request(alice, crate::output::Request::Offer { id: 2, sdp });
    assert_eq!(rig.call.summary().participants.len(), 1);
    assert_eq!(rig.call.summary().participants[0].identity, "bob");
    rig.id(bob);
}

#[test]
fn a_section_is_answered_as_idle_before_it_carries_another_track() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let first = rig.publish_microphone(alice);
    rig.offer(bob, &[], (0, 0));
    assert_eq!(carried(&rig, bob).len(), 1);
    // One microphone ends and another begins before Bob's client is heard of again.
    rig.answers = false;
    rig.stop(alice, &[first]);
    published(&mut rig, alice);
    let rounds = asked(&rig, bob).len();
    rig.offer(bob, &[], (0, 0));
    assert_eq!(carried(&rig, bob), [] as [String; 0], "idle first");
    assert_eq!(asked(&rig, bob)[rounds..], [(0, 0)], "no section more");
    rig.offer(bob, &[], (0, 0));
    assert_eq!(carried(&rig, bob).len(), 1);
}
