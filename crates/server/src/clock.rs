//! The one place that reads the clocks: the system's, which somebody may set at any moment, and one for
//! what is stored, which does not jump while meetings go on.

use rustix::time::{ClockId, clock_gettime};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;

/// The steady clock's only anchor; all of the process has one time.
static ANCHOR: LazyLock<Mutex<Anchor>> =
    LazyLock::new(|| Mutex::new(Anchor::at(now(), system_unix_ms())));

/// A moment on both clocks, from which the steady clock runs with the monotonic one.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    instant: Instant,
    unix_ms: i64,
}

impl Anchor {
    fn at(instant: Instant, unix_ms: i64) -> Self {
        Self { instant, unix_ms }
    }

    fn unix_ms(self, now: Instant) -> i64 {
        let passed = now.saturating_duration_since(self.instant).as_millis();
        self.unix_ms
            .saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
    }
}

/// Milliseconds since 1970, UTC: what is stored and what is compared with stored times. It follows the
/// system's clock where [`follow_system`] says so and runs steadily in between: were it set back, what is
/// said next would stand before what was said, and before the start of its transcript.
pub fn now_unix_ms() -> i64 {
    let anchor = *ANCHOR.lock().unwrap_or_else(PoisonError::into_inner);
    anchor.unix_ms(now())
}

/// Sets the steady clock by the system's, but not before `at_least_ms`.
pub fn follow_system(at_least_ms: i64) {
    let anchor = Anchor::at(now(), system_unix_ms().max(at_least_ms));
    *ANCHOR.lock().unwrap_or_else(PoisonError::into_inner) = anchor;
}

/// Milliseconds since 1970, UTC, as the system has them: for what others compare with clocks of theirs.
pub fn system_unix_ms() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system"
    )]
    let now = SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Seconds since 1970, UTC, as the system has them: what tokens and certificates speak in.
pub fn now_unix_s() -> i64 {
    system_unix_ms() / 1000
}

/// A moment to measure durations from.
pub fn now() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system"
    )]
    Instant::now()
}

/// The time of day of a moment.
pub fn unix_ms_of(moment: Instant) -> i64 {
    time_of_day(moment, now(), now_unix_ms())
}

/// The same, given one moment in both clocks.
fn time_of_day(moment: Instant, now: Instant, now_unix_ms: i64) -> i64 {
    let ago = now.saturating_duration_since(moment).as_millis();
    let ahead = moment.saturating_duration_since(now).as_millis();
    let ms = |value: u128| i64::try_from(value).unwrap_or(i64::MAX);
    now_unix_ms - ms(ago) + ms(ahead)
}

/// The time that a processor has spent on the calling thread.
pub fn thread_cpu_time() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(spent).unwrap_or_default()
}

/// RFC 3339 with milliseconds, UTC; years outside of 0 to 9999 are shown as 1970.
pub fn rfc3339(unix_ms: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000)
        .ok()
        .filter(|time| (0..=9999).contains(&time.year()))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_moment_has_its_time_of_day_before_and_after_now() {
        let (moment, ms) = (now(), 1_700_000_000_000);
        let quarter = Duration::from_millis(250);
        assert_eq!(time_of_day(moment - quarter, moment, ms), ms - 250);
        assert_eq!(time_of_day(moment + quarter, moment, ms), ms + 250);
    }

    #[test]
    fn the_steady_clock_runs_with_the_monotonic_one() {
        let began = now();
        let anchor = Anchor::at(began, 1_000);
        assert_eq!(anchor.unix_ms(began + Duration::from_secs(2)), 3_000);
        assert_eq!(anchor.unix_ms(began), 1_000);
    }

    #[test]
    fn times_are_written_as_rfc_3339_has_them() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_793_491_204_007), "2026-11-01T00:00:04.007Z");
        assert_eq!(rfc3339(i64::MAX), "1970-01-01T00:00:00.000Z");
    }
}
