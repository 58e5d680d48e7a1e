//! What is lost on its way to the server: asked for again, and told of.

use super::client::RIDS;
use super::rig::Rig;
use std::time::Duration;
use visio_meeting::Quality;

const FRAME: Duration = Duration::from_millis(20);
const FRAMES: usize = 250;

#[test]
fn pictures_that_are_lost_on_the_way_to_the_server_are_seen_all_the_same() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_camera(alice);
    rig.loss_permille = (100, 0);
    for frame in 0..FRAMES {
        let now = rig.now;
        rig.clients[alice].show(now, mid, RIDS[0], frame % 50 == 0, 500);
        rig.step(FRAME);
    }
    rig.loss_permille = (0, 0);
    rig.pass(Duration::from_millis(500));
    let seen = rig.clients[bob].pictures.len();
    // What is lost right before a keyframe is not asked for.
    assert!(seen > FRAMES - 10, "{seen} of {FRAMES}");
}

#[test]
fn the_quality_of_a_link_is_that_of_what_comes_too() {
    let quality = |loss_permille| {
        let mut rig = Rig::new();
        let alice = rig.join("alice");
        let mid = rig.publish_microphone(alice);
        rig.loss_permille = (loss_permille, 0);
        for _ in 0..1_000 {
            let now = rig.now;
            rig.clients[alice].speak(now, mid, 20);
            rig.step(FRAME);
        }
        let id = rig.id(alice);
        rig.call.peers.get(id).unwrap().link.quality().0
    };
    assert_eq!(quality(0), Quality::Excellent);
    assert_eq!(quality(300), Quality::Poor);
}

#[test]
fn the_round_trip_is_known_of_who_only_sends() {
    let mut rig = Rig::new();
    let alice = rig.join("alice");
    let mid = rig.publish_microphone(alice);
    for _ in 0..600 {
        let now = rig.now;
        rig.clients[alice].speak(now, mid, 20);
        rig.step(FRAME);
    }
    let id = rig.id(alice);
    let peer = rig.call.peers.get(id).unwrap();
    let measured = peer.publisher.round_trip().unwrap();
    assert!(measured <= Duration::from_millis(50), "{measured:?}");
}
