//! The last sound before a pause, once more: nothing follows soon whose copies of it or whose number
//! would show that it was lost, and a receiver makes up sound until the pause is over.

use crate::transport::ids::Ssrc;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long nothing has followed when it is sent again, each time since it was sent last. In speech the
/// next packet follows after 20 ms.
const PAUSES: [Duration; 2] = [Duration::from_millis(25), Duration::from_millis(35)];

/// The last packet of each stream of sound, on a line that loses many.
#[derive(Default)]
pub(super) struct Tails(BTreeMap<Ssrc, Tail>);

/// A packet as it was sealed: as that it is one packet, which a receiver takes once (RFC 3711 section
/// 3.3.2).
struct Tail {
    sealed: Vec<u8>,
    due: Instant,
    pauses: std::slice::Iter<'static, Duration>,
}

impl Tails {
    /// A packet was sent.
    pub(super) fn sent(&mut self, now: Instant, ssrc: Ssrc, sealed: &[u8]) {
        let mut pauses = PAUSES.iter();
        let Some(&pause) = pauses.next() else { return };
        let tail = Tail {
            sealed: sealed.to_vec(),
            due: now + pause,
            pauses,
        };
        self.0.insert(ssrc, tail);
    }

    pub(super) fn forget(&mut self, ssrc: Ssrc) {
        self.0.remove(&ssrc);
    }

    /// A packet that is to be sent again by now.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Vec<u8>> {
        let (&ssrc, tail) = self.0.iter_mut().find(|(_, tail)| tail.due <= now)?;
        if let Some(&pause) = tail.pauses.next() {
            tail.due = now + pause;
            return Some(tail.sealed.clone());
        }
        self.0.remove(&ssrc).map(|tail| tail.sealed)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.values().map(|tail| tail.due).min()
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_follows_is_sent_twice_more() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut tails = Tails::default();
        tails.sent(start, Ssrc(1), &[1]);
        assert_eq!(tails.poll(after(20)), None);
        tails.sent(after(20), Ssrc(1), &[2]);
        tails.sent(after(21), Ssrc(2), &[3]);
        assert_eq!(tails.poll(after(44)), None, "something followed");
        assert_eq!(tails.deadline(), Some(after(45)));
        assert_eq!(tails.poll(after(45)), Some(vec![2]));
        tails.forget(Ssrc(2));
        assert_eq!(tails.poll(after(79)), None);
        assert_eq!(tails.poll(after(80)), Some(vec![2]));
        assert_eq!((tails.poll(after(999)), tails.deadline()), (None, None));
    }
}
