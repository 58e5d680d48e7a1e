//! Datagrams at a worker's port: from a stranger, and from one who writes Alice's address on them.
//!
//! Neither changes anything: Alice is in her meeting and her voice arrives.

use std::cell::RefCell;
use std::time::Duration;

use str0m::format::Codec;

use crate::Target;
use crate::world::{ALICE, Alice, EVE, World};

pub(super) const STRANGER: Target = Target {
    name: "stranger",
    seeds,
    check: check_stranger,
    share: 10,
};
pub(super) const FORGED: Target = Target {
    name: "forged",
    seeds,
    check: check_forged,
    share: 10,
};

const ROOM: &str = "alice's";
/// Two datagrams in one input are told apart by this, so that orders of several are tried too.
const SEPARATOR: &[u8] = b"--eve--";
/// Enough of Alice's datagrams to hold every kind: checks, handshake, media, reports.
const SEEDS_MAX: usize = 60;

/// A lost slot may cost a packet or two, never the line.
const SILENT_MAX: usize = 5;

/// The world is kept from input to input, since every input must leave it as it was.
pub(super) struct Call {
    world: World,
    alice: Alice,
    /// How often in a row Alice spoke and nothing arrived.
    silent: usize,
}

thread_local! {
    static CALL: RefCell<Option<Call>> = const { RefCell::new(None) };
}

pub(super) fn with_call<T>(work: impl FnOnce(&mut Call) -> T) -> T {
    CALL.with_borrow_mut(|kept| {
        // Taken out, so that a broken world is never used again.
        let mut call = kept.take().unwrap_or_else(begin);
        let result = work(&mut call);
        call.alice.sent.truncate(SEEDS_MAX);
        *kept = (call.silent <= SILENT_MAX).then_some(call);
        result
    })
}

fn begin() -> Call {
    let begun = World::new().map_err(str::to_owned).and_then(|mut world| {
        let alice = Alice::join(&mut world, ROOM)?;
        Ok(Call {
            world,
            alice,
            silent: 0,
        })
    });
    match begun {
        Ok(call) => call,
        Err(error) => panic!("Alice cannot join: {error}"),
    }
}

/// Datagrams of another call: a stranger knows what they look like, not Alice's secrets. Their keys
/// differ from run to run, so what is found here is kept in the corpus and not by its seed alone.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = begin().alice.sent;
    seeds.truncate(SEEDS_MAX);
    // A connectivity check without attributes, a DTLS record, RTP, a receiver report, TURN's channel data.
    seeds.push([&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat());
    seeds.push(
        [
            &[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40][..],
            &[1; 40],
        ]
        .concat(),
    );
    seeds.push([&[0x80, 111, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1][..], &[9; 90]].concat());
    seeds.push(
        [
            &[0x81, 201, 0, 7][..],
            &[3; 28],
            &[0x80, 203, 0, 1, 0, 0, 0, 1],
        ]
        .concat(),
    );
    seeds.push([&[0x40, 0, 0, 8][..], &[5; 8]].concat());
    seeds
}

fn check_stranger(input: &[u8]) {
    with_call(|call| {
        for datagram in split(input) {
            call.world.receive(EVE, datagram);
            let output = call.world.step(Duration::ZERO);
            let answers = output
                .datagrams
                .iter()
                .filter(|(destination, _)| *destination == EVE);
            let bytes: usize = answers.map(|(_, bytes)| bytes.len()).sum();
            assert!(
                bytes <= 3 * datagram.len(),
                "a stranger gets {bytes} bytes for {}",
                datagram.len()
            );
        }
        call.listen();
        assert!(call.is_audible(), "a stranger silenced Alice");
    });
}

fn check_forged(input: &[u8]) {
    with_call(|call| {
        for datagram in split(input) {
            call.world.receive(ALICE, datagram);
        }
        call.listen();
        assert!(call.is_audible(), "who forged Alice's address silenced her");
    });
}

impl Call {
    /// Alice sends one packet of her own making.
    pub(super) fn send(&mut self, codec: Codec, redundant: bool, payload: &[u8]) {
        self.alice
            .send_payload(&mut self.world, codec, redundant, payload);
    }

    pub(super) fn is_audible(&self) -> bool {
        self.silent <= SILENT_MAX
    }

    /// Alice says something; how many packets of hers were heard since the last time.
    pub(super) fn listen(&mut self) -> usize {
        let heard = self.alice.speak(&mut self.world);
        self.silent = if heard > 0 { 0 } else { self.silent + 1 };
        assert_eq!(
            self.world.present(ROOM),
            Some(1),
            "a datagram ended Alice's meeting"
        );
        heard
    }
}

fn split(input: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = input;
    while let Some(at) = rest
        .windows(SEPARATOR.len())
        .position(|window| window == SEPARATOR)
    {
        parts.push(&rest[..at]);
        rest = &rest[at + SEPARATOR.len()..];
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alice_stays_audible_while_a_stranger_sends_nothing_at_all() {
        for _ in 0..200 {
            check_stranger(&[]);
        }
    }
}
