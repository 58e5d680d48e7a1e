//! Session descriptions from clients: a bad one costs its sender the connection and nobody else anything.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use visio_sfu::Request;

use crate::Target;
use crate::world::{Alice, World};

pub(super) const TARGET: Target = Target {
    name: "offer",
    seeds,
    check,
    share: 8,
};

const ROOM: &str = "eve's";

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

fn seeds() -> Vec<Vec<u8>> {
    let offer = Alice::offer(Instant::now()).unwrap_or_default();
    assert!(offer.contains("m=audio"), "a valid offer is the seed");
    vec![offer.into_bytes()]
}

fn check(input: &[u8]) {
    let sdp = String::from_utf8_lossy(input).into_owned();
    WORLD.with_borrow_mut(|kept| {
        let Some(mut world) = kept.take().or_else(|| World::new().ok()) else {
            return;
        };
        let bob = world.enter(ROOM, "bob", Vec::new());
        let eve = world.enter(ROOM, "eve", Vec::new());
        world.request(
            eve,
            Request::Offer {
                id: 1,
                sdp: sdp.clone(),
            },
        );
        world.request(eve, Request::Answer { id: 1, sdp });
        let output = world.step(Duration::from_millis(1));
        assert!(
            !output.hangups.contains(&bob),
            "Eve's description cost Bob his connection"
        );
        assert!(
            world.present(ROOM).is_some_and(|present| present >= 1),
            "a description ended the meeting"
        );
        world.end(ROOM);
        world.step(Duration::from_secs(60));
        *kept = Some(world);
    });
}
