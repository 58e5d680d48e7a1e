//! Sharing out a link over time: estimates fall and rise, and layers follow.

use super::client::RIDS;
use super::rig::Rig;
use crate::bandwidth;
use std::time::Duration;
use str0m::media::Mid;
use visio_meeting::{Notice, StreamState};

const FRAME: Duration = Duration::from_millis(40);
/// 25 frames a second make 100, 300 and 900 kbit/s.
const FRAME_BYTES: [usize; 3] = [500, 1_500, 4_500];

/// Alice shows all layers for a while; each frame is a keyframe.
fn show(rig: &mut Rig, alice: usize, mid: Mid, frames: usize) {
    for _ in 0..frames {
        let now = rig.now;
        for (rid, bytes) in RIDS.into_iter().zip(FRAME_BYTES) {
            for _ in 0..bytes.div_ceil(1_100) {
                let part = bytes / bytes.div_ceil(1_100);
                rig.clients[alice].show(now, mid, rid, true, part);
            }
        }
        rig.step(FRAME);
    }
}

/// The layer that Bob should get of Alice's camera.
fn layer(rig: &mut Rig, bob: usize) -> Option<usize> {
    let id = rig.id(bob);
    let peer = rig.call.peers.get(id).unwrap();
    let downtrack = peer.downtracks.values().next().unwrap();
    let layer = downtrack.awaited().or(downtrack.current());
    layer.map(|layer| layer.layer)
}

fn estimate(rig: &mut Rig, bob: usize, bits_per_second: u64) {
    let (id, now) = (rig.id(bob), rig.now);
    let call = &mut rig.call;
    let (peers, tracks, out) = (&mut call.peers, &mut call.tracks, &mut call.out);
    bandwidth::estimated(now, peers, tracks, out, id, bits_per_second);
    call.settle();
}

/// What Bob was told of his streams.
fn states(rig: &Rig, bob: usize) -> Vec<StreamState> {
    let messages = rig.messages.iter().filter(|(to, _)| *to == bob);
    messages
        .filter_map(|(_, message)| match message.notice() {
            Some(Notice::StreamState(states)) => Some(states[0].2),
            _ => None,
        })
        .collect()
}

#[test]
fn the_layer_follows_the_estimate_down_and_up() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_camera(alice);
    show(&mut rig, alice, mid, 50);
    for (bits_per_second, expected) in [
        (5_000_000, Some(2)),
        (500_000, Some(1)),
        (150_000, Some(0)),
        (1_000, Some(0)),
        (500_000, Some(1)),
        (5_000_000, Some(2)),
    ] {
        estimate(&mut rig, bob, bits_per_second);
        assert_eq!(layer(&mut rig, bob), expected, "at {bits_per_second} bit/s");
    }
    assert_eq!(
        states(&rig, bob),
        [],
        "the most important stream always flows"
    );
}

#[test]
fn the_stream_that_does_not_fit_is_paused_and_resumed() {
    let mut rig = Rig::new();
    let (alice, carol, bob) = (rig.join("alice"), rig.join("carol"), rig.join("bob"));
    let (hers, other) = (rig.publish_camera(alice), rig.publish_camera(carol));
    for _ in 0..50 {
        show(&mut rig, alice, hers, 1);
        show(&mut rig, carol, other, 1);
    }
    assert_eq!(states(&rig, bob), [], "both fit");
    estimate(&mut rig, bob, 10_000);
    assert_eq!(states_after(&mut rig, bob), [StreamState::Paused]);
    estimate(&mut rig, bob, 5_000_000);
    assert_eq!(
        states_after(&mut rig, bob),
        [StreamState::Paused, StreamState::Active]
    );
}

fn states_after(rig: &mut Rig, bob: usize) -> Vec<StreamState> {
    rig.carry();
    states(rig, bob)
}
