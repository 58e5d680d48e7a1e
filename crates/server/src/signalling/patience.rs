//! How long a connection may be silent, wordless or too busy, counted in ticks: it needs no clock.

use super::end::End;
use super::limits::{
    BURST_MESSAGES_MAX, DESCRIPTION_COST, DESCRIPTIONS_ASKED_MAX, MESSAGES_PER_TICK_MAX,
    REFRESH_TICKS, SILENT_TICKS_MAX, WORDLESS_TICKS_MAX,
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
    /// Session descriptions that the server asked for and that have not come.
    descriptions_asked: u32,
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
            descriptions_asked: 0,
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
        self.spend_many(1)
    }

    /// The server waits for a session description of the client's.
    pub(super) fn ask_for_description(&mut self) {
        self.descriptions_asked = (self.descriptions_asked + 1).min(DESCRIPTIONS_ASKED_MAX);
    }

    /// The message just spent was a session description.
    pub(super) fn spend_on_description(&mut self) -> Result<(), End> {
        match self.descriptions_asked.checked_sub(1) {
            Some(still_asked) => {
                self.descriptions_asked = still_asked;
                Ok(())
            }
            None => self.spend_many(DESCRIPTION_COST - 1),
        }
    }

    fn spend_many(&mut self, messages: u32) -> Result<(), End> {
        self.budget = self.budget.checked_sub(messages).ok_or(End::Flood)?;
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

    #[test]
    fn bob_answers_a_crowd_where_eve_floods() {
        let describe = |patience: &mut Patience| {
            patience
                .spend()
                .and_then(|()| patience.spend_on_description())
        };
        let (mut bob, mut eve) = (greeted(), greeted());
        let burst = BURST_MESSAGES_MAX / DESCRIPTION_COST;
        for _ in 0..10 * burst {
            bob.ask_for_description();
            assert_eq!(describe(&mut bob), Ok(()));
        }
        for _ in 0..10 * burst {
            eve.ask_for_description();
        }
        for _ in 0..burst + DESCRIPTIONS_ASKED_MAX - 1 {
            assert_eq!(describe(&mut eve), Ok(()));
        }
        assert_eq!(
            describe(&mut eve),
            Err(End::Flood),
            "a debt is not saved up"
        );
    }
}
