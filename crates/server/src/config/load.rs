//! From file, environment and flags to one set of settings; what is not known is refused.

use super::ConfigError;
use super::settings::Settings;
use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Read when no other file is named and it is there.
const DEFAULT_FILE: &str = "visio.toml";
const PREFIX: &str = "VISIO_";
/// Names the file, so it is no setting.
const FILE_VARIABLE: &str = "VISIO_CONFIG";
/// LiveKit's own way to give API keys: `key: secret`, one a line.
const LIVEKIT_KEYS: &str = "LIVEKIT_KEYS";
/// A secret whose value is in the named file, as containers mount them.
const FROM_FILE: &str = "_FILE";
/// The section whose keys are names chosen by the operator.
const FREE_SECTION: &str = "keys";

/// What the command line says: it wins over everything.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub file: Option<PathBuf>,
    /// `section.key` and value.
    pub set: Vec<(String, String)>,
}

/// Reads all settings: defaults, then the file, then the environment, then flags.
pub fn load(
    flags: &Flags,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, ConfigError> {
    let environment: BTreeMap<String, String> = environment.into_iter().collect();
    let named = flags
        .file
        .clone()
        .or_else(|| environment.get(FILE_VARIABLE).map(PathBuf::from));
    let mut figment = Figment::from(Serialized::defaults(Settings::default()));
    if let Some(file) = file_to_read(named)? {
        figment = figment.merge(checked_file(&file)?);
    }
    for (key, value) in settings_in(&environment)? {
        figment = figment.merge(checked(&key, &value, &variable(&key))?);
    }
    for (key, value) in &flags.set {
        figment = figment.merge(checked(key, value, &format!("--set {key}"))?);
    }
    figment
        .extract()
        .map_err(|error| ConfigError(explained(&error)))
}

fn file_to_read(named: Option<PathBuf>) -> Result<Option<PathBuf>, ConfigError> {
    match named {
        Some(file) if file.is_file() => Ok(Some(file)),
        Some(file) => Err(ConfigError(format!(
            "there is no settings file {}: name another with --config, or leave it out",
            file.display()
        ))),
        None => Ok(Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.is_file())),
    }
}

fn checked_file(file: &Path) -> Result<Serialized<Dict>, ConfigError> {
    let values: Dict = Figment::from(Toml::file_exact(file))
        .extract()
        .map_err(|error| ConfigError(format!("{}: {}", file.display(), explained(&error))))?;
    for key in dotted_keys(&values) {
        refuse_unknown(&key, &file.display().to_string())?;
    }
    Ok(Serialized::defaults(values))
}

/// One setting as a provider, after its key was found to exist.
fn checked(key: &str, value: &str, source: &str) -> Result<Serialized<Value>, ConfigError> {
    refuse_unknown(key, source)?;
    Ok(Serialized::default(key, typed(key, value)))
}

/// The value in the type that its default has: `01` is a port for `media.udp_port`, a text for
/// `data.master_key`.
fn typed(key: &str, value: &str) -> Value {
    let default = Figment::from(Serialized::defaults(Settings::default()))
        .find_value(key)
        .ok();
    let parsed = || {
        value
            .parse::<Value>()
            .unwrap_or_else(|_| Value::from(value))
    };
    match default {
        Some(Value::Num(..) | Value::Bool(..)) => parsed(),
        Some(Value::Array(..)) if value.trim_start().starts_with('[') => parsed(),
        Some(Value::Array(..)) => {
            let entries = value
                .split(',')
                .map(str::trim)
                .filter(|entry| !entry.is_empty());
            Value::from(entries.collect::<Vec<_>>())
        }
        _ => Value::from(value),
    }
}

/// The settings among the variables, secrets read from their files.
fn settings_in(
    environment: &BTreeMap<String, String>,
) -> Result<Vec<(String, String)>, ConfigError> {
    let mut settings = Vec::new();
    for (name, value) in environment {
        let (name, value) = match name.strip_suffix(FROM_FILE) {
            Some(name) if name == LIVEKIT_KEYS || is_setting(name) => (name, secret_in(value)?),
            _ => (name.as_str(), value.clone()),
        };
        if name == LIVEKIT_KEYS {
            settings.extend(livekit_keys(&value)?);
        } else if is_setting(name) {
            settings.push((dotted(name), value));
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

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

fn secret_in(path: &str) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError(format!("cannot read the secret in {path}: {error}")))?;
    Ok(text.trim_end().to_owned())
}

fn livekit_keys(list: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let entries = list
        .split(['\n', ','])
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let (key, secret) = entry.split_once(':').ok_or_else(|| {
                ConfigError("LIVEKIT_KEYS must hold \"key: secret\", one a line".to_owned())
            })?;
            let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
            Ok((
                format!("{FREE_SECTION}.{}", unquoted(key)),
                unquoted(secret),
            ))
        })
        .collect()
}

fn refuse_unknown(key: &str, source: &str) -> Result<(), ConfigError> {
    let is_free = key
        .strip_prefix(FREE_SECTION)
        .is_some_and(|rest| rest.starts_with('.'));
    let known = known_keys();
    if is_free || known.iter().any(|known| known == key) {
        return Ok(());
    }
    let nearest = known
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key)));
    Err(ConfigError(format!(
        "{source}: there is no setting \"{key}\". Did you mean \"{}\"? \
         `visio config reference` lists all.",
        nearest.map_or("", String::as_str)
    )))
}

fn known_keys() -> Vec<String> {
    let defaults = Figment::from(Serialized::defaults(Settings::default()));
    dotted_keys(&defaults.extract().unwrap_or_default())
}

fn dotted_keys(values: &Dict) -> Vec<String> {
    let keys_of = |(section, value): (&String, &Value)| match value.as_dict() {
        Some(dict) => dict.keys().map(|key| format!("{section}.{key}")).collect(),
        None => vec![section.clone()],
    };
    values.iter().flat_map(keys_of).collect()
}

fn explained(error: &figment::Error) -> String {
    let key = error.path.join(".");
    if key.is_empty() {
        error.to_string()
    } else {
        format!("setting \"{key}\": {}", error.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(environment: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let pairs = environment
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        load(&Flags::default(), pairs)
    }

    fn from_file(text: &str) -> Result<Settings, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("visio.toml");
        std::fs::write(&file, text).unwrap();
        load(
            &Flags {
                file: Some(file),
                set: Vec::new(),
            },
            [],
        )
    }

    #[test]
    fn it_starts_with_nothing_set() {
        assert_eq!(with(&[]).unwrap().server.listen, "0.0.0.0:8080");
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("visio.toml");
        std::fs::write(&file, "[media]\nudp_port = 1\ntcp_port = 1\nworkers = 1\n").unwrap();
        let set = vec![("media.workers".to_owned(), "3".to_owned())];
        let environment = [
            ("VISIO_MEDIA__TCP_PORT", "2"),
            ("VISIO_MEDIA__WORKERS", "2"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let media = load(
            &Flags {
                file: Some(file),
                set,
            },
            environment,
        )
        .unwrap()
        .media;
        assert_eq!((media.udp_port, media.tcp_port, media.workers), (1, 2, 3));
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_one() {
        let typo = from_file("[server]\nlissten = \"x\"\n")
            .unwrap_err()
            .to_string();
        assert!(typo.contains("\"server.lissten\""), "{typo}");
        assert!(typo.contains("Did you mean \"server.listen\"?"), "{typo}");
        let typo = with(&[("VISIO_CAPTIONS__MODELL", "x")])
            .unwrap_err()
            .to_string();
        assert!(typo.contains("VISIO_CAPTIONS__MODELL"), "{typo}");
        assert!(typo.contains("\"captions.model\""), "{typo}");
    }

    #[test]
    fn a_value_of_the_wrong_type_names_its_key() {
        let wrong = with(&[("VISIO_MEDIA__UDP_PORT", "many")])
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("media.udp_port"), "{wrong}");
        let wrong = from_file("[captions]\nenabled = 7\n")
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("captions.enabled"), "{wrong}");
        assert!(
            from_file("[captions\n")
                .unwrap_err()
                .to_string()
                .contains("visio.toml")
        );
    }

    #[test]
    fn secrets_come_from_files_and_keys_from_livekit_too() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("url");
        std::fs::write(&secret, "postgres://visio@db/visio\n").unwrap();
        let settings = with(&[
            ("VISIO_DATABASE__URL_FILE", secret.to_str().unwrap()),
            ("LIVEKIT_KEYS", "devkey: secret-one\nother: \"secret-two\""),
            ("VISIO_KEYS__APIabc", "secret-three"),
        ])
        .unwrap();
        assert_eq!(settings.database.url, "postgres://visio@db/visio");
        assert_eq!(settings.keys["devkey"], "secret-one");
        assert_eq!(settings.keys["other"], "secret-two");
        assert_eq!(settings.keys["APIabc"], "secret-three");
        let absent = with(&[("VISIO_DATABASE__URL_FILE", "/absent")]).unwrap_err();
        assert!(absent.to_string().contains("/absent"));
    }

    #[test]
    fn numbers_stay_text_where_text_is_wanted_and_lists_may_be_plain() {
        let settings = with(&[
            ("VISIO_DATA__FOLDER", "2026"),
            ("VISIO_MEDIA__ADDRESSES", "192.0.2.1, 2001:db8::1"),
            ("VISIO_SERVER__TRUSTED_PROXIES", "[\"10.0.0.1\"]"),
        ])
        .unwrap();
        assert_eq!(settings.data.folder, "2026");
        assert_eq!(settings.media.addresses, ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(settings.server.trusted_proxies, ["10.0.0.1"]);
    }
}
