//! How often somebody may change what everybody learns of.

use crate::leave::Refusal;
use std::time::{Duration, Instant};

/// Changes of its own profile that a participant may make at once: everybody learns of each.
/// Reaching it refuses the next with `LIMIT_EXCEEDED`.
const CHANGES_MAX: u32 = 20;

/// How long it takes until one more change is allowed.
const CHANGE_INTERVAL: Duration = Duration::from_millis(500);

/// How many changes of its profile a participant may still make: a token bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChangeAllowance {
    left: u32,
    /// Until when the changes that came back by waiting are counted in `left`.
    counted: Instant,
}

impl ChangeAllowance {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            left: CHANGES_MAX,
            counted: now,
        }
    }

    /// Takes one change, if one is left.
    ///
    /// # Errors
    /// [`Refusal::TooOften`] if none is.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Refusal> {
        while self.left < CHANGES_MAX && self.counted + CHANGE_INTERVAL <= now {
            self.counted += CHANGE_INTERVAL;
            self.left += 1;
        }
        if self.left == CHANGES_MAX {
            self.counted = now;
        }
        self.left = self.left.checked_sub(1).ok_or(Refusal::TooOften)?;
        Ok(())
    }
}
