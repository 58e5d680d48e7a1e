//! The settings that variables of the environment give.

use super::ConfigError;
use super::given::{FREE_SECTION, Given, of_livekit};
use std::collections::BTreeMap;
use visio_protocol::token::ApiKeys;

const PREFIX: &str = "VISIO_";
/// LiveKit's own way to give API keys: `key: secret`, one a line.
const LIVEKIT_KEYS: &str = "LIVEKIT_KEYS";
/// The whole of a livekit.yaml in one variable, as LiveKit's containers have it.
const LIVEKIT_CONFIG: &str = "LIVEKIT_CONFIG";
/// A secret whose value is in the named file, as containers mount them.
const FROM_FILE: &str = "_FILE";

/// The settings among the variables, secrets read from their files.
pub(super) fn settings_in(
    environment: &BTreeMap<String, String>,
) -> Result<Vec<Given>, ConfigError> {
    let mut settings = Vec::new();
    for (source, value) in environment {
        let (name, value) = match source.strip_suffix(FROM_FILE) {
            Some(name) if name == LIVEKIT_KEYS || is_setting(name) => (name, secret_in(value)?),
            _ => (source.as_str(), value.clone()),
        };
        let given = |key, value| Given {
            key,
            value,
            source: source.clone(),
        };
        match name {
            LIVEKIT_KEYS => {
                let keys = livekit_keys(&value)?.into_iter();
                settings.extend(keys.map(|(key, secret)| given(key, secret)));
            }
            LIVEKIT_CONFIG => settings.extend(of_livekit(&value, source)?),
            _ if is_setting(name) => settings.push(given(dotted(name), value)),
            _ => {}
        }
    }
    Ok(settings)
}

/// Variables without a section, such as those of Compose files and build scripts, are not ours.
fn is_setting(name: &str) -> bool {
    name.starts_with(PREFIX) && name.contains("__")
}

fn dotted(variable: &str) -> String {
    let key = variable.trim_start_matches(PREFIX).replace("__", ".");
    // Names of API keys keep their capitals.
    match key.split_once('.') {
        Some((section, name)) if section.eq_ignore_ascii_case(FREE_SECTION) => {
            format!("{FREE_SECTION}.{name}")
        }
        _ => key.to_lowercase(),
    }
}

fn secret_in(path: &str) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError(format!("cannot read the secret in {path}: {error}")))?;
    Ok(text.trim_end().to_owned())
}

fn livekit_keys(list: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let pairs = ApiKeys::pairs(list)
        .map_err(|error| ConfigError(format!("{LIVEKIT_KEYS}: {error}")))?
        .into_iter();
    let named = |(key, secret)| (format!("{FREE_SECTION}.{key}"), secret);
    Ok(pairs.map(named).collect())
}
