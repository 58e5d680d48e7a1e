//! Times in tokens: `NumericDate` of RFC 7519 section 2, seconds since 1970 with or without a fraction.

use crate::limits::TOKEN_TIME_UNIX_MAX;
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer};

/// Whole seconds, fractions cut off; `null` is as good as nothing.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let seconds = number.as_i64().or_else(|| number.as_f64().and_then(whole));
    seconds
        .filter(|seconds| (0..=TOKEN_TIME_UNIX_MAX).contains(seconds))
        .map(Some)
        .ok_or_else(|| {
            let found = Unexpected::Float(number.as_f64().unwrap_or(f64::NAN));
            D::Error::invalid_value(found, &"seconds since 1970, before the year 10000")
        })
}

fn whole(seconds: f64) -> Option<i64> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "the bound is far below the 2^53 that f64 holds exactly"
    )]
    let bound = TOKEN_TIME_UNIX_MAX as f64;
    #[expect(clippy::cast_possible_truncation, reason = "bounded a line above")]
    (0.0..=bound).contains(&seconds).then_some(seconds as i64)
}
