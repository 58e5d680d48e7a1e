//! When a certificate is renewed, and how long to wait after it could not be had.

use serde::{Deserialize, Serialize};
use std::time::Duration;

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 3_600;

/// What an order failed of, as far as it decides when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Cause {
    /// The authority gives no answer: nothing is counted there.
    Away,
    /// It could not see that a name leads to this server. Let's Encrypt lets five of these through in an
    /// hour for each name, one of them again every 12 minutes.
    Unproven,
    /// The authority said that it was asked too often.
    RateLimited,
    /// It refuses, and will until somebody changes something.
    Refused,
}

impl Cause {
    /// The first pause and the longest.
    fn pauses_s(self) -> (u64, u64) {
        match self {
            Self::Away => (5, HOUR_S),
            Self::Unproven => (5 * MINUTE_S, 6 * HOUR_S),
            Self::RateLimited => (HOUR_S, 12 * HOUR_S),
            Self::Refused => (15 * MINUTE_S, 6 * HOUR_S),
        }
    }

    /// Each pause is so many times the one before. Where attempts are counted two of them make one
    /// round, one for each kind of challenge.
    fn factor(self) -> u64 {
        match self {
            Self::Away => 2,
            Self::Unproven | Self::RateLimited | Self::Refused => 3,
        }
    }
}

/// How long to wait after so many failures in a row. Servers that failed together do not come back
/// together: `luck` takes up to a quarter off.
pub(super) fn pause(cause: Cause, failures: u32, luck: u16) -> Duration {
    let (first_s, longest_s) = cause.pauses_s();
    let steps = failures.saturating_sub(1).min(32);
    let grown_s = first_s.saturating_mul(cause.factor().saturating_pow(steps));
    let pause_ms = grown_s.min(longest_s) * 1_000;
    Duration::from_millis(pause_ms - part(pause_ms / 4, luck))
}

/// How long a certificate holds, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from_unix_s: i64,
    pub(super) until_unix_s: i64,
}

/// When to renew what holds for `validity`: at a moment in the window that the authority suggests (RFC
/// 9773 section 4.2), which `luck` chooses; without one after two thirds of the time, or a little
/// before. Always before the last tenth.
pub(super) fn renewal_unix_s(validity: Span, suggested: Option<Span>, luck: u16) -> i64 {
    let lifetime_s = (validity.until_unix_s - validity.from_unix_s).max(0);
    let window = suggested.unwrap_or(Span {
        from_unix_s: validity.from_unix_s + lifetime_s * 19 / 30,
        until_unix_s: validity.from_unix_s + lifetime_s * 2 / 3,
    });
    let width_s = u64::try_from(window.until_unix_s - window.from_unix_s).unwrap_or(0);
    let into_it_s = i64::try_from(part(width_s, luck)).unwrap_or(0);
    let latest = validity.until_unix_s - lifetime_s / 10;
    window.from_unix_s.saturating_add(into_it_s).min(latest)
}

/// No certificate is renewed sooner than this after it came, whatever the clock or the authority says:
/// where one of them is wrong, each new certificate seems to be due at once.
pub(super) fn earliest_unix_s(validity: Span, kept_unix_s: i64) -> i64 {
    let lifetime_s = validity.until_unix_s - validity.from_unix_s;
    kept_unix_s.saturating_add((lifetime_s / 10).clamp(0, 86_400))
}

/// As much of a whole as `luck` is of its largest.
fn part(whole: u64, luck: u16) -> u64 {
    let part = u128::from(whole) * u128::from(luck) / u128::from(u16::MAX);
    u64::try_from(part).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_S: i64 = 86_400;
    const BORN_S: i64 = 1_793_491_200;

    fn days(from: i64, until: i64) -> Span {
        Span {
            from_unix_s: BORN_S + from * DAY_S,
            until_unix_s: BORN_S + until * DAY_S,
        }
    }

    #[test]
    fn a_certificate_is_renewed_at_two_thirds_of_its_time() {
        for (lifetime_days, first, last) in [(90, 57, 60), (6, 3, 4), (365, 231, 243)] {
            for (luck, day) in [(0, first), (u16::MAX, last)] {
                let due_s = renewal_unix_s(days(0, lifetime_days), None, luck) - BORN_S;
                assert_eq!(due_s / DAY_S, day, "{lifetime_days}");
            }
        }
    }

    #[test]
    fn a_wrong_clock_makes_no_storm_of_orders() {
        let came_s = BORN_S + 200 * DAY_S;
        assert_eq!(earliest_unix_s(days(0, 90), came_s), came_s + DAY_S);
        assert_eq!(earliest_unix_s(days(0, 6), came_s), came_s + 6 * DAY_S / 10);
        assert_eq!(earliest_unix_s(days(6, 0), came_s), came_s);
    }

    #[test]
    fn the_window_of_the_authority_counts_as_long_as_it_leaves_time() {
        let validity = days(0, 90);
        let due = |window, luck| (renewal_unix_s(validity, Some(window), luck) - BORN_S) / DAY_S;
        assert_eq!(due(days(70, 72), 0), 70);
        assert_eq!(due(days(70, 72), u16::MAX), 72);
        assert_eq!(due(days(-3, -2), 0), -3, "at once");
        assert_eq!(due(days(95, 99), 0), 81, "it would have ended by then");
        assert_eq!(
            due(days(70, 60), u16::MAX),
            70,
            "a window that ends before it begins"
        );
    }

    #[test]
    fn pauses_grow_and_are_bounded() {
        let minutes = |cause, failures, luck| pause(cause, failures, luck).as_secs_f64() / 60.0;
        assert_eq!(pause(Cause::Away, 1, 0), Duration::from_secs(5));
        assert_eq!(pause(Cause::Away, 2, 0), Duration::from_secs(10));
        assert_eq!(minutes(Cause::Away, u32::MAX, 0), 60.0);
        let grown: Vec<f64> = (1..=6).map(|n| minutes(Cause::Unproven, n, 0)).collect();
        assert_eq!(grown, [5.0, 15.0, 45.0, 135.0, 360.0, 360.0]);
        assert_eq!(minutes(Cause::Refused, 1, 0), 15.0);
        assert_eq!(minutes(Cause::RateLimited, 9, 0), 720.0);
        assert_eq!(
            minutes(Cause::Refused, 1, u16::MAX),
            11.25,
            "luck takes a quarter off"
        );
        assert_eq!(pause(Cause::Away, 0, 0), Duration::from_secs(5));
    }

    #[test]
    fn five_failures_an_hour_are_never_passed() {
        // Let's Encrypt's bucket: five, and one more every 12 minutes. Two challenges fail each time.
        for luck in [0, u16::MAX] {
            let mut left = 5.0;
            for failures in 1..50 {
                left -= 2.0;
                assert!(left >= 0.0, "after {failures} rounds");
                let refilled = pause(Cause::Unproven, failures, luck).as_secs_f64() / 720.0;
                left = f64::min(5.0, left + refilled);
            }
        }
    }
}
