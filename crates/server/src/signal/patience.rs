//! How long a connection may be silent, wordless or too busy, counted in ticks: it needs no clock.

use super::connection::End;
use super::limits::{
    BURST_MESSAGES_MAX, MESSAGES_PER_TICK_MAX, REFRESH_TICKS, SILENT_TICKS_MAX, WORDLESS_TICKS_MAX,
};

#[derive(Debug)]
pub(super) struct Patience {
    ticks: u32,
    /// Ticks since the last frame from the client.
    silent_ticks: u32,
    /// Whether the worker has said its first word.
    greeted: bool,
    /// Messages the client may still send before the next tick.
    budget: u32,
}

/// What a tick asks for, beside a ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Ping,
    PingAndToken,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self {
            ticks: 0,
            silent_ticks: 0,
            greeted: false,
            budget: BURST_MESSAGES_MAX,
        }
    }

    /// The client sent a frame.
    pub(super) fn heard(&mut self) {
        self.silent_ticks = 0;
    }

    /// The worker said something; whether it was its first word.
    pub(super) fn greet(&mut self) -> bool {
        !std::mem::replace(&mut self.greeted, true)
    }

    /// The client sent a message that costs something.
    pub(super) fn spend(&mut self) -> Result<(), End> {
        self.budget = self.budget.checked_sub(1).ok_or(End::Flood)?;
        Ok(())
    }

    pub(super) fn tick(&mut self) -> Result<Due, End> {
        self.ticks = self.ticks.wrapping_add(1);
        self.silent_ticks += 1;
        self.budget = (self.budget + MESSAGES_PER_TICK_MAX).min(BURST_MESSAGES_MAX);
        if !self.greeted && self.ticks >= WORDLESS_TICKS_MAX {
            return Err(End::Unserved);
        }
        if self.silent_ticks > SILENT_TICKS_MAX {
            return Err(End::Silent);
        }
        if self.ticks.is_multiple_of(REFRESH_TICKS) {
            return Ok(Due::PingAndToken);
        }
        Ok(Due::Ping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeted() -> Patience {
        let mut patience = Patience::new();
        assert!(patience.greet());
        assert!(!patience.greet(), "only once");
        patience
    }

    #[test]
    fn dave_whose_line_died_is_gone_after_the_silence() {
        let mut dave = greeted();
        for _ in 0..SILENT_TICKS_MAX {
            assert_eq!(dave.tick(), Ok(Due::Ping));
        }
        assert_eq!(dave.tick(), Err(End::Silent));
    }

    #[test]
    fn alice_who_answers_pings_stays_and_gets_a_token_every_five_minutes() {
        let mut alice = greeted();
        for tick in 1..=3 * REFRESH_TICKS {
            alice.heard();
            let due = if tick % REFRESH_TICKS == 0 {
                Due::PingAndToken
            } else {
                Due::Ping
            };
            assert_eq!(alice.tick(), Ok(due));
        }
    }

    #[test]
    fn a_worker_that_says_nothing_is_not_waited_for() {
        let mut alice = Patience::new();
        for _ in 1..WORDLESS_TICKS_MAX {
            assert!(alice.tick().is_ok());
        }
        assert_eq!(alice.tick(), Err(End::Unserved));
    }

    #[test]
    fn eves_flood_ends_but_a_burst_is_forgiven() {
        let mut eve = greeted();
        for _ in 0..BURST_MESSAGES_MAX {
            assert_eq!(eve.spend(), Ok(()));
        }
        eve.tick().unwrap();
        for _ in 0..MESSAGES_PER_TICK_MAX {
            assert_eq!(eve.spend(), Ok(()));
        }
        assert_eq!(eve.spend(), Err(End::Flood));
    }
}
