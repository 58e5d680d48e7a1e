//! The API keys of this server: those of the settings, or one made on the first start.

use crate::config::generated_key_file;
use crate::entropy::random_bytes;
use crate::files;
use crate::start_error::StartError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::path::Path;
use visio_protocol::token::ApiKeys;

/// The keys that were set, else those in the data folder, made if there are none.
pub(crate) fn load_or_create(
    set: Option<ApiKeys>,
    data_folder: &Path,
) -> Result<ApiKeys, StartError> {
    if let Some(keys) = set {
        return Ok(keys);
    }
    let file = generated_key_file(data_folder);
    let failed = |source| StartError::File {
        file: file.clone(),
        source,
    };
    if !file.exists() {
        let key = random_bytes::<6>()
            .iter()
            .fold("API".to_owned(), |k, b| format!("{k}{b:02x}"));
        let secret = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
        let line = format!("{key}: {secret}\n");
        files::write_private(&file, line.as_bytes()).map_err(failed)?;
    }
    let text = std::fs::read_to_string(&file).map_err(failed)?;
    match ApiKeys::parse(&text) {
        Ok(keys) if keys.is_empty() => Err(StartError::ApiKeysEmptied { file }),
        Ok(keys) => Ok(keys),
        Err(source) => Err(StartError::ApiKeys { file, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_made_on_the_first_start_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let made = load_or_create(None, folder.path()).unwrap();
        let kept = load_or_create(None, folder.path()).unwrap();
        let key = made.first().unwrap();
        assert_eq!(kept.first(), Some(key));
        assert_eq!(kept.secret(key), made.secret(key));
    }

    #[test]
    fn an_emptied_or_broken_file_stops_the_start_and_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = generated_key_file(folder.path());
        for (content, word) in [("", "empty"), ("\n \n", "empty"), ("APIx", "name: secret")] {
            files::write_private(&file, content.as_bytes()).unwrap();
            let refused = load_or_create(None, folder.path()).unwrap_err().to_string();
            assert!(
                refused.contains(word) && refused.contains("api.key"),
                "{refused}"
            );
            assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
        }
    }

    #[test]
    fn keys_that_are_set_leave_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let set = [("mine".to_owned(), "x".repeat(40))];
        let keys = load_or_create(Some(ApiKeys::new(set).unwrap()), folder.path()).unwrap();
        assert_eq!(keys.first(), Some("mine"));
        assert!(!generated_key_file(folder.path()).exists());
    }
}
