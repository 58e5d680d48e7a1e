//! From file, environment and flags to one set of settings; what is not known is refused.

use super::environment::settings_in;
use super::given::{FREE_SECTION, Given, of_livekit};
use super::settings::Settings;
use super::{ConfigError, livekit};
use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Read when no other file is named and it is there.
const DEFAULT_FILE: &str = "visio.toml";
/// Names the file, so it is no setting.
const FILE_VARIABLE: &str = "VISIO_CONFIG";
/// Editors of Windows put it before a text.
const BYTE_ORDER_MARK: char = '\u{FEFF}';
/// What the command line says: it wins over everything.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub file: Option<PathBuf>,
    /// `section.key` and value.
    pub set: Vec<(String, String)>,
}

/// Where each setting that is no default comes from: a file, a variable or a flag.
pub type Origins = BTreeMap<String, String>;

/// Reads all settings: defaults, then the file, then the environment, then flags; and where each
/// value comes from.
pub fn load(
    flags: &Flags,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(Settings, Origins), ConfigError> {
    let environment: BTreeMap<String, String> = environment.into_iter().collect();
    let named = flags
        .file
        .clone()
        .or_else(|| environment.get(FILE_VARIABLE).map(PathBuf::from));
    let mut layers = Layers {
        figment: Figment::from(Serialized::defaults(Settings::default())),
        origins: Origins::new(),
    };
    if let Some(file) = file_to_read(named)? {
        layers = layers.file(&file)?;
    }
    let flags = flags.set.iter().map(|(key, value)| Given {
        key: key.clone(),
        value: value.clone(),
        source: format!("--set {key}"),
    });
    let layers = layers.given(settings_in(&environment)?)?.given(flags)?;
    let settings = layers.figment.extract();
    let settings = settings.map_err(|error| ConfigError(explained(&error)))?;
    Ok((settings, layers.origins))
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

/// What was read so far; each layer wins over those before it.
struct Layers {
    figment: Figment,
    origins: Origins,
}

impl Layers {
    fn file(mut self, file: &Path) -> Result<Self, ConfigError> {
        let place = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|error| ConfigError(format!("{place} cannot be read: {error}")))?;
        let text = text.trim_start_matches(BYTE_ORDER_MARK);
        if livekit::is_yaml(text) {
            return self.given(of_livekit(text, &place)?);
        }
        let values: Dict = Figment::from(Toml::string(text))
            .extract()
            .map_err(|error| ConfigError(format!("{place}: {}", explained(&error))))?;
        for key in dotted_keys(&values) {
            refuse_unknown(&key, &place)?;
            self.origins.insert(key, place.clone());
        }
        self.figment = self.figment.merge(Serialized::defaults(values));
        Ok(self)
    }

    fn given(mut self, settings: impl IntoIterator<Item = Given>) -> Result<Self, ConfigError> {
        for Given { key, value, source } in settings {
            self.figment = self.figment.merge(checked(&key, &value, &source)?);
            self.origins.insert(key, source);
        }
        Ok(self)
    }
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
    let keys_of = |(name, value): (&String, &Value)| match value.as_dict() {
        Some(inner) => {
            let keys = dotted_keys(inner).into_iter();
            keys.map(|key| format!("{name}.{key}")).collect()
        }
        None => vec![name.clone()],
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

    fn load(
        flags: &Flags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Settings, ConfigError> {
        super::load(flags, environment).map(|(settings, _)| settings)
    }

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
    fn where_a_value_comes_from_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("visio.toml");
        std::fs::write(&file, "[media]\nudp_port = 1\ntcp_port = 1\n").unwrap();
        let flags = Flags {
            file: Some(file.clone()),
            set: vec![("media.workers".to_owned(), "3".to_owned())],
        };
        let environment = [
            ("VISIO_MEDIA__TCP_PORT", "2"),
            ("LIVEKIT_KEYS", "devkey: secret"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (_, origins) = super::load(&flags, environment).unwrap();
        let origin = |key: &str| origins.get(key).map(String::as_str);
        assert_eq!(origin("media.udp_port"), file.to_str());
        assert_eq!(origin("media.tcp_port"), Some("VISIO_MEDIA__TCP_PORT"));
        assert_eq!(origin("media.workers"), Some("--set media.workers"));
        assert_eq!(origin("keys.devkey"), Some("LIVEKIT_KEYS"));
        assert_eq!(origin("server.listen"), None);
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
    fn a_section_inside_another_is_read_from_everywhere() {
        let text = "[tls]\nmode = \"acme\"\n[tls.acme]\ncontact = \"a@example.org\"\n";
        assert_eq!(from_file(text).unwrap().tls.acme.contact, "a@example.org");
        let settings = with(&[
            ("VISIO_TLS__ACME__TERMS_AGREED", "true"),
            ("VISIO_TLS__ACME__NAMES", "a.example.org, b.example.org"),
        ]);
        let acme = settings.unwrap().tls.acme;
        assert!(acme.terms_agreed);
        assert_eq!(acme.names, ["a.example.org", "b.example.org"]);
        let typo = from_file("[tls.acme]\ncontakt = \"x\"\n").unwrap_err();
        let typo = typo.to_string();
        assert!(
            typo.contains("Did you mean \"tls.acme.contact\"?"),
            "{typo}"
        );
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
    fn a_livekit_yaml_is_a_settings_file_too() {
        const SECRET: &str = "0123456789abcdef0123456789abcdef";
        let yaml = format!("port: 7880\nrtc:\n  udp_port: 50000\nkeys:\n  devkey: {SECRET}\n");
        let settings = from_file(&yaml).unwrap();
        assert_eq!(settings.server.listen, "0.0.0.0:7880");
        assert_eq!(settings.media.udp_port, 50_000);
        assert_eq!(settings.keys["devkey"], SECRET);
        let settings = with(&[("LIVEKIT_CONFIG", &yaml)]).unwrap();
        assert_eq!(settings.media.udp_port, 50_000);
        let refused = from_file("rtc:\n  udp_port: many\n")
            .unwrap_err()
            .to_string();
        assert!(refused.contains("media.udp_port"), "{refused}");
        let refused = from_file("redis:\n  address: x\n").unwrap_err().to_string();
        assert!(refused.contains("visio.toml: these settings"), "{refused}");
    }

    #[test]
    fn a_file_with_a_byte_order_mark_is_read() {
        let settings = from_file("\u{FEFF}[media]\nudp_port = 9000\n").unwrap();
        assert_eq!(settings.media.udp_port, 9_000);
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
