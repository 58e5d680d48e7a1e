//! Sound and pictures: who speaks, what the tap gets, when a keyframe is asked for.

use super::client::RIDS;
use super::rig::Rig;
use crate::audio::tap::TapEvent;
use crate::output::Output;
use std::time::Duration;
use str0m::media::Mid;
use visio_meeting::Notice;

const FRAME: Duration = Duration::from_millis(20);
const LOUD_DBOV: u8 = 20;
const SILENT_DBOV: u8 = 127;

fn speak(rig: &mut Rig, index: usize, mid: Mid, level: u8, packets: usize) {
    for _ in 0..packets {
        let now = rig.now;
        rig.clients[index].speak(now, mid, level);
        rig.step(FRAME);
    }
}

/// Alice shows frames that a decoder can begin with, or cannot.
fn show(rig: &mut Rig, (alice, mid): (usize, Mid), is_key: bool, frames: usize) {
    for _ in 0..frames {
        let now = rig.now;
        rig.clients[alice].show(now, mid, RIDS[0], is_key, 500);
        rig.step(FRAME);
    }
}

/// Whether each published list of speakers said that somebody speaks, for one receiver.
fn speaking(rig: &Rig, index: usize) -> Vec<bool> {
    let notices = rig.messages.iter().filter(|(to, _)| *to == index);
    notices
        .filter_map(|(_, message)| match message.notice() {
            Some(Notice::Speakers(speakers)) => Some(speakers[0].active),
            _ => None,
        })
        .collect()
}

#[test]
fn bob_hears_alice_and_sees_that_she_speaks_until_she_is_silent() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_microphone(alice);
    speak(&mut rig, alice, mid, LOUD_DBOV, 50);
    assert!(rig.clients[bob].media.len() > 30, "her voice arrives");
    assert_eq!(
        speaking(&rig, bob),
        [true],
        "published once, not each window"
    );
    speak(&mut rig, alice, mid, SILENT_DBOV, 50);
    assert_eq!(speaking(&rig, bob), [true, false]);
}

#[test]
fn the_tap_gets_each_packet_of_the_microphone_and_its_end() {
    let mut rig = Rig::new();
    let alice = rig.join("alice");
    let mid = rig.publish_microphone(alice);
    speak(&mut rig, alice, mid, LOUD_DBOV, 25);
    let sequences: Vec<u64> = rig
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::Tap(TapEvent::Packet { sequence, .. }) => Some(*sequence),
            _ => None,
        })
        .collect();
    assert!(sequences.len() >= 24, "{sequences:?}");
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1));
    let is_open = |rig: &Rig| {
        let mut taps = rig.outputs.iter().filter_map(|output| match output {
            Output::Tap(TapEvent::Opened { meeting, .. }) => Some(meeting == "meeting"),
            Output::Tap(TapEvent::Closed { .. }) => Some(false),
            _ => None,
        });
        taps.next_back()
    };
    assert_eq!(is_open(&rig), Some(true), "with the meeting's name");
    rig.leave(alice);
    assert_eq!(is_open(&rig), Some(false));
}

#[test]
fn a_muted_track_is_neither_forwarded_nor_tapped() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_microphone(alice);
    speak(&mut rig, alice, mid, LOUD_DBOV, 25);
    rig.mute(alice, true);
    rig.step(FRAME);
    let heard = rig.clients[bob].media.len();
    assert!(heard > 0, "before, it was");
    rig.outputs.clear();
    speak(&mut rig, alice, mid, LOUD_DBOV, 25);
    assert_eq!(rig.clients[bob].media.len(), heard);
    assert!(rig.outputs.is_empty(), "{:?}", rig.outputs);
    rig.mute(alice, false);
    speak(&mut rig, alice, mid, LOUD_DBOV, 25);
    assert!(
        rig.clients[bob].media.len() > heard,
        "and after, it is again"
    );
}

#[test]
fn a_keyframe_is_asked_for_once_a_second_until_one_comes() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_camera(alice);
    show(&mut rig, (alice, mid), false, 100);
    assert!(rig.clients[bob].media.is_empty(), "no decoder could begin");
    let asked = rig.clients[alice].keyframes_asked.len();
    assert!((2..=3).contains(&asked), "{asked} in two seconds");
    show(&mut rig, (alice, mid), true, 1);
    let asked = rig.clients[alice].keyframes_asked.len();
    show(&mut rig, (alice, mid), false, 50);
    assert!(rig.clients[bob].media.len() > 40, "he sees her");
    assert_eq!(rig.clients[alice].keyframes_asked.len(), asked, "enough");
}

#[test]
fn who_cannot_go_on_after_a_keyframe_came_gets_another_soon() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.join("alice"), rig.join("bob"));
    let mid = rig.publish_camera(alice);
    show(&mut rig, (alice, mid), false, 15);
    show(&mut rig, (alice, mid), true, 1);
    show(&mut rig, (alice, mid), false, 15);
    let asked = rig.clients[alice].keyframes_asked.len();
    assert_eq!(asked, 1, "for the first");
    let (section, _) = rig.clients[bob].media[0];
    rig.clients[bob].ask_keyframe(section);
    show(&mut rig, (alice, mid), false, 5);
    assert_eq!(rig.clients[alice].keyframes_asked.len(), 2);
}
