//! What strangers say to the relay (TURN), in datagrams and on streams, and what Eve says there who has a credential.

use std::net::SocketAddr;
use std::time::Instant;

use visio_turn::{Heard, Key, Peers, REALM, Relay, Session, Step, Visitor, frame};

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "relay",
    seeds,
    check,
    share: 1,
};

const WORKER: &str = "192.0.2.5:7882";

fn at(text: &str) -> SocketAddr {
    match text.parse() {
        Ok(address) => address,
        Err(error) => panic!("{text}: {error}"),
    }
}

/// Eve, her allocation and what she said to get it.
struct Scene {
    relay: Relay,
    eve: Session,
    said: Vec<Vec<u8>>,
    now: Instant,
}

fn accounts(username: &str) -> Option<Key> {
    (username == "eve").then(|| Key::new("eve", REALM, "password"))
}

impl Scene {
    fn new() -> Self {
        let now = Instant::now();
        let own = at(WORKER);
        let mut scene = Self {
            relay: Relay::new(now, &[7; 32], Peers::new([own], &[own.ip()])),
            eve: Session::new(at("192.0.2.66:4000")),
            said: Vec::new(),
            now,
        };
        let mut visitor = Visitor::new("eve", "password", [1; 12]);
        scene.ask(&mut visitor, Visitor::allocate);
        scene.ask(&mut visitor, |visitor| visitor.bind(own));
        scene.said.push(visitor.wrap(b"hello"));
        scene.said.push(visitor.bind(at("127.0.0.1:22")));
        scene.said.push(visitor.release());
        scene
    }

    fn ask(&mut self, visitor: &mut Visitor, request: impl Fn(&mut Visitor) -> Vec<u8>) {
        loop {
            let asked = request(visitor);
            let step = self.eve.handle(self.now, &self.relay, &accounts, &asked);
            let answer = match step {
                Step::Answer(answer) => answer,
                Step::Allocate(wanted) => {
                    self.eve.allocated(self.now, wanted, at("192.0.2.5:50000"))
                }
                other => panic!("Eve is answered {other:?}"),
            };
            self.said.push(asked);
            match visitor.read(&answer) {
                Heard::Again => {}
                heard => return assert_eq!(heard, Heard::Done),
            }
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let said = Scene::new().said;
    let stream = said.concat();
    [said, vec![stream]].concat()
}

/// A stranger gets few bytes and nothing else; Eve reaches nobody but her worker.
fn check(input: &[u8]) {
    let mut scene = Scene::new();
    let mut stranger = Session::new(at("192.0.2.67:4000"));
    let step = stranger.handle(scene.now, &scene.relay, &|_| None, input);
    match step {
        Step::Nothing => {}
        Step::Answer(answer) | Step::Refused { answer, .. } => {
            assert!(
                answer.len() <= 3 * input.len(),
                "{} bytes for {}",
                answer.len(),
                input.len()
            );
        }
        other => panic!("a stranger is given {other:?}"),
    }
    let mut rest = input;
    while let Ok(Some(next)) = frame(rest) {
        let (bytes, after) = (rest.get(..next.bytes), rest.get(next.with_padding..));
        let (Some(bytes), Some(after)) = (bytes, after) else {
            panic!("a frame ends behind the stream");
        };
        assert!(after.len() < rest.len(), "a stream that never ends");
        if let Step::ToPeer { to, .. } = scene.eve.handle(scene.now, &scene.relay, &accounts, bytes)
        {
            assert_eq!(to, at(WORKER), "Eve reaches somebody else");
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_frames_of_the_stream() {
        for seed in seeds() {
            assert!(matches!(frame(&seed), Ok(Some(_))));
        }
    }
}
