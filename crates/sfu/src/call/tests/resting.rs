//! Links on which nothing but voices is sent are not padded.

use super::client::{RIDS, Wire};
use super::rig::Rig;
use std::time::Duration;
use str0m::media::Mid;

const FRAME: Duration = Duration::from_millis(20);
const LOUD_DBOV: u8 = 20;
const SECONDS: usize = 30;

fn speak(rig: &mut Rig, alice: usize, mid: Mid, packets: usize) {
    for _ in 0..packets {
        let now = rig.now;
        rig.clients[alice].speak(now, mid, LOUD_DBOV);
        rig.step(FRAME);
    }
}

/// What is sent to Bob in thirty seconds in which Alice says a frame in each interval of so many.
fn sent(rig: &mut Rig, [alice, bob]: [usize; 2], mid: Mid, interval: usize) -> Wire {
    rig.clients[bob].wire = Wire::default();
    let frames = SECONDS * 50;
    for _ in 0..frames / interval {
        speak(rig, alice, mid, 1);
        for _ in 1..interval {
            rig.step(FRAME);
        }
    }
    rig.clients[bob].wire
}

fn is_little_more_than_sound(wire: Wire) {
    let Wire {
        packets,
        bytes,
        sound_bytes,
    } = wire;
    assert!(sound_bytes > 100_000, "{sound_bytes} bytes of sound");
    let percent = bytes * 100 / sound_bytes;
    assert!(
        percent <= 115,
        "{percent} % of the sound, {packets} packets"
    );
    assert!(packets <= SECONDS * 60, "{packets} packets");
}

/// Gate: who receives one voice alone gets it and 15 % besides, in 60 packets a second, whether
/// there are sections for pictures that carry nothing or a camera that is muted.
/// Could pass for nothing if Bob's sections could not be padded: a camera is shown first.
#[test]
fn gate_who_only_listens_is_sent_no_padding() {
    for estimate_bps in [64_000, 5_000_000] {
        let mut rig = Rig::estimating(estimate_bps);
        let (alice, bob) = (rig.join("alice"), rig.join("bob"));
        let mid = rig.publish_microphone(alice);
        rig.offer(bob, &[], (0, 2));
        is_little_more_than_sound(sent(&mut rig, [alice, bob], mid, 1));

        let camera = rig.publish_camera(alice);
        for _ in 0..100 {
            let now = rig.now;
            rig.clients[alice].show(now, camera, RIDS[0], true, 500);
            speak(&mut rig, alice, mid, 1);
        }
        assert!(!rig.clients[bob].media.is_empty());
        rig.mute_last(alice);
        rig.pass(Duration::from_secs(1));
        is_little_more_than_sound(sent(&mut rig, [alice, bob], mid, 1));
    }
}

#[test]
fn in_silence_next_to_nothing_is_sent() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_microphone(alice);
    rig.offer(bob, &[], (0, 2));
    let wire = sent(&mut rig, [alice, bob], mid, 20);
    assert!(wire.packets <= SECONDS * 5, "{} packets", wire.packets);
}
