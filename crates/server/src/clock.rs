//! The one place that reads the time of day.

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;

/// Milliseconds since 1970, UTC: what is stored and what is compared with stored times.
pub fn now_unix_ms() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system"
    )]
    let now = SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Seconds since 1970, UTC: what tokens speak in.
pub fn now_unix_s() -> i64 {
    now_unix_ms() / 1000
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
    fn times_are_written_as_rfc_3339_has_them() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_793_491_204_007), "2026-11-01T00:00:04.007Z");
        assert_eq!(rfc3339(i64::MAX), "1970-01-01T00:00:00.000Z");
    }
}
