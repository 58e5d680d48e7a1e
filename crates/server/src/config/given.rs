//! A setting as somebody gave it, before it is known whether there is one of that name.

use super::{ConfigError, livekit};

/// The section whose keys are names chosen by the operator.
pub(super) const FREE_SECTION: &str = "keys";

/// A setting with its value as it is typed and where it is from.
pub(super) struct Given {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) source: String,
}

/// The settings of a livekit.yaml, which is in `place`.
pub(super) fn of_livekit(yaml: &str, place: &str) -> Result<Vec<Given>, ConfigError> {
    let settings = livekit::settings(yaml)
        .map_err(|ConfigError(problem)| ConfigError(format!("{place}: {problem}")))?;
    let given = |(key, value)| Given {
        key,
        value,
        source: place.to_owned(),
    };
    Ok(settings.into_iter().map(given).collect())
}
