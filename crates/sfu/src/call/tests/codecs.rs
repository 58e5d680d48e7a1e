//! Clients that cannot receive what is published.

use super::client::RIDS;
use super::rig::Rig;
use std::time::Duration;
use str0m::format::Codec;
use str0m::media::Mid;
use visio_meeting::{Notice, SubscriptionError};

const FRAME: Duration = Duration::from_millis(20);

fn show(rig: &mut Rig, index: usize, mid: Mid, frames: usize) {
    for _ in 0..frames {
        let now = rig.now;
        rig.clients[index].show(now, mid, RIDS[0], true, 500);
        rig.step(FRAME);
    }
}

/// The tracks that a client was told it cannot receive.
fn unsupported(rig: &Rig, index: usize) -> Vec<String> {
    let messages = rig.messages.iter().filter(|(to, _)| *to == index);
    messages
        .filter_map(|(_, message)| match message.notice() {
            Some(Notice::SubscriptionRefused {
                track,
                error: SubscriptionError::CodecUnsupported,
            }) => Some(track.to_string()),
            _ => None,
        })
        .collect()
}

#[test]
fn who_cannot_receive_the_codec_is_told_once_when_the_negotiation_is_over() {
    let mut rig = Rig::new();
    let alice = rig.join("alice");
    let (bob, carol) = (rig.join_with("bob", &[Codec::Vp9]), rig.join("carol"));
    rig.answers = false;
    let mid = rig.publish_camera(alice);
    show(&mut rig, alice, mid, 25);
    assert_eq!(unsupported(&rig, bob), [] as [String; 0], "he may still");
    rig.answers = true;
    for index in [bob, carol] {
        rig.offer(index, &[], (0, 1));
    }
    show(&mut rig, alice, mid, 25);
    rig.offer(bob, &[], (0, 0));
    show(&mut rig, alice, mid, 25);
    assert_eq!(unsupported(&rig, bob).len(), 1);
    assert!(rig.clients[bob].media.is_empty());
    assert_eq!(unsupported(&rig, carol), [] as [String; 0]);
    assert!(!rig.clients[carol].media.is_empty(), "she sees her");
}
