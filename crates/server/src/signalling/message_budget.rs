//! How much a client may send, counted in messages and ticks: it needs no clock.

use super::end::End;
use super::limits::{
    BURST_MESSAGES_MAX, DESCRIPTION_COST, DESCRIPTIONS_ASKED_MAX, MESSAGES_PER_TICK_MAX,
};

#[derive(Debug)]
pub(super) struct MessageBudget {
    /// Messages the client may still send before the next tick.
    left: u32,
    /// Session descriptions that the server asked for and that have not come.
    descriptions_asked: u32,
}

impl MessageBudget {
    pub(super) fn new() -> Self {
        Self {
            left: BURST_MESSAGES_MAX,
            descriptions_asked: 0,
        }
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

    pub(super) fn tick(&mut self) {
        self.left = (self.left + MESSAGES_PER_TICK_MAX).min(BURST_MESSAGES_MAX);
    }

    fn spend_many(&mut self, messages: u32) -> Result<(), End> {
        self.left = self.left.checked_sub(messages).ok_or(End::Flood)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eves_flood_ends_but_a_burst_is_forgiven() {
        let mut eve = MessageBudget::new();
        for _ in 0..BURST_MESSAGES_MAX {
            assert_eq!(eve.spend(), Ok(()));
        }
        eve.tick();
        for _ in 0..MESSAGES_PER_TICK_MAX {
            assert_eq!(eve.spend(), Ok(()));
        }
        assert_eq!(eve.spend(), Err(End::Flood));
    }

    #[test]
    fn bob_answers_a_crowd_where_eve_floods() {
        let describe = |budget: &mut MessageBudget| {
            budget.spend().and_then(|()| budget.spend_on_description())
        };
        let (mut bob, mut eve) = (MessageBudget::new(), MessageBudget::new());
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
