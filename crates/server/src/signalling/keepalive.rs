//! How long a connection may be silent, or its worker wordless, counted in ticks: it needs no clock.

use super::end::End;
use super::limits::{REFRESH_TICKS, SILENT_TICKS_MAX, WORDLESS_TICKS_MAX};

#[derive(Debug, Default)]
pub(super) struct Keepalive {
    ticks: u32,
    /// Ticks since the last frame from the client.
    silent_ticks: u32,
    /// Whether the worker has sent its first message.
    answered: bool,
}

/// What a tick asks for, beside a ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Ping,
    PingAndToken,
}

impl Keepalive {
    /// The client sent a frame.
    pub(super) fn on_frame(&mut self) {
        self.silent_ticks = 0;
    }

    /// The worker sent a message; whether it was its first one.
    pub(super) fn is_first_answer(&mut self) -> bool {
        !std::mem::replace(&mut self.answered, true)
    }

    pub(super) fn tick(&mut self) -> Result<Due, End> {
        self.ticks = self.ticks.wrapping_add(1);
        self.silent_ticks += 1;
        if !self.answered && self.ticks >= WORDLESS_TICKS_MAX {
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

    fn answered() -> Keepalive {
        let mut keepalive = Keepalive::default();
        assert!(keepalive.is_first_answer());
        assert!(!keepalive.is_first_answer(), "only once");
        keepalive
    }

    #[test]
    fn dave_whose_network_died_is_gone_after_the_silence() {
        let mut dave = answered();
        for _ in 0..SILENT_TICKS_MAX {
            assert_eq!(dave.tick(), Ok(Due::Ping));
        }
        assert_eq!(dave.tick(), Err(End::Silent));
    }

    #[test]
    fn alice_who_answers_pings_stays_and_gets_a_token_every_five_minutes() {
        let mut alice = answered();
        for tick in 1..=3 * REFRESH_TICKS {
            alice.on_frame();
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
        let mut alice = Keepalive::default();
        for _ in 1..WORDLESS_TICKS_MAX {
            assert!(alice.tick().is_ok());
        }
        assert_eq!(alice.tick(), Err(End::Unserved));
    }
}
