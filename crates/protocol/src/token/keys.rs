//! The API keys of this server: names that tokens carry and the secrets that sign them.

use crate::limits::SECRET_CHARS_MIN;
use std::collections::BTreeMap;
use std::fmt;

/// Why a list of API keys is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("an API key has no name: write \"name: secret\"")]
    NoName,
    #[error(
        "the secret of API key \"{key}\" has {length} characters, at least {SECRET_CHARS_MIN} are \
         needed: make one with `openssl rand -hex 32`"
    )]
    SecretTooShort { key: String, length: usize },
    #[error("the API key list has an entry that is not \"name: secret\"")]
    NotAPair,
    #[error("the API key \"{0}\" is named twice")]
    Twice(String),
}

/// API keys and their secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ApiKeys {
    secrets: BTreeMap<String, String>,
}

impl ApiKeys {
    /// Takes pairs of a key and its secret.
    ///
    /// # Errors
    /// Refuses secrets too short to sign with, and keys without a name or named twice.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, KeyError> {
        let mut secrets = BTreeMap::new();
        for (key, secret) in pairs {
            if key.is_empty() {
                return Err(KeyError::NoName);
            }
            let length = secret.chars().count();
            if length < SECRET_CHARS_MIN {
                return Err(KeyError::SecretTooShort { key, length });
            }
            if secrets.insert(key.clone(), secret).is_some() {
                return Err(KeyError::Twice(key));
            }
        }
        Ok(Self { secrets })
    }

    /// Reads LiveKit's `LIVEKIT_KEYS`, see [`ApiKeys::pairs`].
    ///
    /// # Errors
    /// As [`ApiKeys::new`], and for entries that are no pair.
    pub fn parse(list: &str) -> Result<Self, KeyError> {
        Self::new(Self::pairs(list)?)
    }

    /// Reads pairs of `name: secret`, one a line or separated by commas, with or without a space and
    /// quotes, also as JSON and YAML have them.
    ///
    /// # Errors
    /// [`KeyError::NotAPair`] for entries that are none.
    pub fn pairs(list: &str) -> Result<Vec<(String, String)>, KeyError> {
        let list = list.trim().trim_start_matches('\u{FEFF}');
        let inner = list
            .strip_prefix('{')
            .and_then(|list| list.strip_suffix('}'));
        let entries = inner.unwrap_or(list).split(['\n', ',']).map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty() && !entry.starts_with('#'));
        entries
            .map(|entry| {
                let (key, secret) = entry.split_once(':').ok_or(KeyError::NotAPair)?;
                Ok((unquoted(key), unquoted(secret)))
            })
            .collect()
    }

    /// The key this server signs its own tokens with.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.secrets.keys().next().map(String::as_str)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The secret of a key.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<&str> {
        self.secrets.get(key).map(String::as_str)
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.secrets.keys()).finish()
    }
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn livekits_notation_is_read() {
        let keys = ApiKeys::parse(&format!("devkey: {LONG}\nother: \"{LONG}\"")).unwrap();
        assert_eq!(keys.secret("devkey"), Some(LONG));
        assert_eq!(keys.secret("other"), Some(LONG));
        assert_eq!(keys.first(), Some("devkey"));
        assert!(ApiKeys::parse(" \n").unwrap().is_empty());
    }

    #[test]
    fn each_way_of_pasting_keys_is_read() {
        for list in [
            "devkey: S",
            "devkey:S",
            "devkey : S",
            " devkey: S \n",
            "\"devkey\": \"S\"",
            "'devkey': 'S'",
            "{\"devkey\":\"S\"}",
            "{ devkey: S }",
            "{\n  \"devkey\": \"S\",\n}",
            "# made on Monday\r\ndevkey: S\r\n",
            "\u{FEFF}devkey: S",
        ] {
            let keys = ApiKeys::parse(&list.replace('S', LONG)).unwrap();
            assert_eq!(keys.secret("devkey"), Some(LONG), "{list:?}");
            assert_eq!(keys.first(), Some("devkey"), "{list:?}");
        }
        let two = ApiKeys::parse(&format!("{{\"a\":\"{LONG}\",\"b\":\"{LONG}\"}}")).unwrap();
        assert_eq!((two.secret("a"), two.secret("b")), (Some(LONG), Some(LONG)));
    }

    #[test]
    fn a_weak_or_broken_key_stops_the_start() {
        let short = ApiKeys::parse("devkey: secret").unwrap_err();
        assert_eq!(
            short,
            KeyError::SecretTooShort {
                key: "devkey".into(),
                length: 6
            }
        );
        assert!(
            short.to_string().contains("openssl rand -hex 32"),
            "{short}"
        );
        assert_eq!(ApiKeys::parse("devkey"), Err(KeyError::NotAPair));
        assert_eq!(ApiKeys::parse(&format!(": {LONG}")), Err(KeyError::NoName));
        let twice = ApiKeys::parse(&format!("a: {LONG}, a: {LONG}"));
        assert_eq!(twice, Err(KeyError::Twice("a".into())));
    }

    #[test]
    fn secrets_are_not_printed() {
        let keys = ApiKeys::parse(&format!("devkey: {LONG}")).unwrap();
        assert_eq!(format!("{keys:?}"), r#"{"devkey"}"#);
    }
}
