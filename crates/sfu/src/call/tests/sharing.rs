//! Sharing out a link over time: estimates fall and rise, and layers follow.

use super::client::RIDS;
use super::rig::Rig;
use crate::bandwidth;
use crate::output::Request;
use std::time::Duration;
use str0m::media::Mid;
use visio_meeting::{Command, Notice, StreamState, TrackSettings};

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

/// Bob's link is estimated to carry so much; what is true of it is told when time passes.
fn estimate(rig: &mut Rig, bob: usize, bits_per_second: u64) {
    let (id, now) = (rig.id(bob), rig.now);
    let call = &mut rig.call;
    let (peers, tracks, out) = (&mut call.peers, &mut call.tracks, &mut call.out);
    bandwidth::estimated(now, peers, tracks, out, id, bits_per_second);
    call.settle();
    rig.carry();
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
fn the_layer_falls_at_once_and_rises_when_there_was_room_for_some_time() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_camera(alice);
    show(&mut rig, alice, mid, 50);
    assert_eq!(layer(&mut rig, bob), Some(2));
    estimate(&mut rig, bob, 250_000);
    assert_eq!(layer(&mut rig, bob), Some(0));
    estimate(&mut rig, bob, 5_000_000);
    show(&mut rig, alice, mid, 25);
    assert_eq!(layer(&mut rig, bob), Some(0), "for a second only");
    show(&mut rig, alice, mid, 50);
    assert_eq!(layer(&mut rig, bob), Some(2));
    assert_eq!(states(&rig, bob), [], "nothing was ever paused");
}

#[test]
fn a_picture_that_is_paused_for_long_is_told_of_and_resumed() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_camera(alice);
    show(&mut rig, alice, mid, 50);
    estimate(&mut rig, bob, 10_000);
    assert_eq!(layer(&mut rig, bob), None);
    assert_eq!(states(&rig, bob), [], "a moment is not told");
    for (frames, told) in [(15, vec![]), (20, vec![StreamState::Paused])] {
        for _ in 0..frames {
            estimate(&mut rig, bob, 10_000);
            show(&mut rig, alice, mid, 1);
        }
        assert_eq!(states(&rig, bob), told);
    }
    estimate(&mut rig, bob, 5_000_000);
    show(&mut rig, alice, mid, 75);
    assert_eq!(
        states(&rig, bob),
        [StreamState::Paused, StreamState::Active]
    );
    assert_eq!(layer(&mut rig, bob), Some(2));
}

#[test]
fn who_looks_elsewhere_is_not_told_that_a_picture_is_paused() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_camera(alice);
    show(&mut rig, alice, mid, 25);
    let (_, publication) = rig.call.tracks.of(rig.id(alice)).next().unwrap();
    let track = publication.info.sid.clone();
    for disabled in [true, false] {
        let settings = TrackSettings {
            disabled,
            ..TrackSettings::default()
        };
        let tracks = vec![track.clone()];
        let command = Command::ConfigureSubscription { tracks, settings };
        rig.request(bob, Request::Command(command));
        show(&mut rig, alice, mid, 50);
        assert_eq!(layer(&mut rig, bob).is_none(), disabled);
    }
    assert_eq!(states(&rig, bob), []);
}
