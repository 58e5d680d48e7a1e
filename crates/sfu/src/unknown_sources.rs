//! How much is done for packets that come from where nobody is known to be.

use std::time::{Duration, Instant};

/// So many transports are tried in that time for packets from addresses that nobody is known to have: each
/// costs about 2 µs.
const TRIES_MAX: u32 = 1_000;
const TRIES_WINDOW: Duration = Duration::from_millis(500);

/// Bounds what packets cost that nobody is known to have sent.
#[derive(Default)]
pub(crate) struct Strangers {
    since: Option<Instant>,
    tries: u32,
}

impl Strangers {
    /// Whether one more packet may be tried.
    pub(crate) fn may_try(&mut self, now: Instant) -> bool {
        let is_over = |since: Instant| now.saturating_duration_since(since) >= TRIES_WINDOW;
        if self.since.is_none_or(is_over) {
            (self.since, self.tries) = (Some(now), 0);
        }
        self.tries < TRIES_MAX
    }

    /// A transport was tried.
    pub(crate) fn tried(&mut self) {
        self.tries += 1;
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
    fn so_many_are_tried_and_later_as_many_again() {
        let now = Instant::now();
        let mut strangers = Strangers::default();
        let mut count = 0;
        while strangers.may_try(now) {
            strangers.tried();
            count += 1;
        }
        assert_eq!(count, TRIES_MAX);
        assert!(!strangers.may_try(now + TRIES_WINDOW / 2));
        assert!(strangers.may_try(now + TRIES_WINDOW));
    }
}
