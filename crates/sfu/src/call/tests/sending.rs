//! What a subscriber is sent of a picture: again what was lost, better when the link carries that, with
//! reports by which it measures.

use super::client::RIDS;
use super::rig::Rig;
use std::collections::BTreeSet;
use std::time::Duration;
use str0m::media::Mid;

const FRAME: Duration = Duration::from_millis(40);
/// 25 frames a second make 120, 400 and 1,700 kbit/s.
const FRAME_BYTES: [usize; 3] = [600, 2_000, 8_500];
const PACKET_BYTES_MAX: usize = 1_100;

/// Alice shows all layers for a while; a second's first frame is a keyframe.
fn show(rig: &mut Rig, alice: usize, mid: Mid, frames: usize) {
    for frame in 0..frames {
        let now = rig.now;
        for (rid, bytes) in RIDS.into_iter().zip(FRAME_BYTES) {
            let packets = bytes.div_ceil(PACKET_BYTES_MAX);
            for packet in 0..packets {
                let is_key = frame % 25 == 0 && packet == 0;
                rig.clients[alice].show(now, mid, rid, is_key, bytes / packets);
            }
        }
        rig.step(FRAME);
    }
}

/// The layer that Bob is sent of Alice's camera.
fn layer(rig: &Rig, bob: usize) -> Option<usize> {
    let peer = rig.call.peers.get(rig.id(bob)).unwrap();
    let downtrack = peer.downtracks.values().next().unwrap();
    downtrack.current().map(|current| current.layer)
}

/// Gate: a link that carries everything is known to do so within two seconds of the first picture, by
/// probes; at first no more is sent than a thin link carries.
#[test]
fn gate_the_best_layer_is_shown_within_two_seconds() {
    let mut rig = Rig::estimating(300_000);
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_camera(alice);
    show(&mut rig, alice, mid, 2);
    assert_eq!(layer(&rig, bob), Some(0));
    show(&mut rig, alice, mid, 50);
    assert_eq!(layer(&rig, bob), Some(2));
}

/// Could pass for nothing if nothing were lost: one packet in twenty is.
#[test]
fn a_lost_packet_is_sent_again_when_it_is_missed() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_camera(alice);
    show(&mut rig, alice, mid, 25);
    let before = rig.clients[bob].media.len();
    rig.loss_permille = (0, 50);
    show(&mut rig, alice, mid, 100);
    rig.loss_permille = (0, 0);
    show(&mut rig, alice, mid, 10);
    let received = rig.clients[bob].media.len() - before;
    let sent = 110 * FRAME_BYTES[2].div_ceil(PACKET_BYTES_MAX);
    assert!(received * 100 >= sent * 99, "{received} of {sent}");
    let numbers = rig.clients[bob].pictures.iter().map(|one| one.sequence);
    let numbers: BTreeSet<u64> = numbers.collect();
    assert_eq!(numbers.len(), received + before, "none comes twice");
}

#[test]
fn the_round_trip_is_measured_by_reports() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_camera(alice);
    show(&mut rig, alice, mid, 125);
    let id = rig.id(bob);
    let peer = rig.call.peers.get_mut(id).unwrap();
    let measured = peer.receiving().round_trip().unwrap();
    assert!(measured <= Duration::from_millis(50), "{measured:?}");
}

/// Who mutes before a first packet is shown all the same: clients of pion learn of a track by its first
/// packet alone.
#[test]
fn a_track_that_was_muted_before_its_first_packet_is_shown() {
    let mut rig = Rig::new();
    let alice = rig.join("alice");
    rig.publish_microphone(alice);
    rig.mute_last(alice);
    rig.publish_camera(alice);
    rig.mute_last(alice);
    let bob = rig.join("bob");
    rig.offer(bob, &[], (1, 1));
    rig.pass(Duration::from_secs(2));
    let mids: BTreeSet<_> = rig.clients[bob].media.iter().map(|one| one.0).collect();
    assert_eq!(mids.len(), 2, "a microphone and a camera");
}
