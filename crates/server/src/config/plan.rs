//! What the settings mean: checked, complete and typed, so that no part of the server reads a
//! setting itself.

use super::ConfigError;
use super::host::is_host;
use super::operator::OperatorPlan;
use super::proxies::TrustedProxies;
use super::settings::{self, Settings, filled};
use super::socket::socket;
use super::tls::{TlsPlan, tls};
use super::turn::{TurnPlan, turn};
use crate::storage::Location;
use crate::storage::rooms::TranscriptDefault;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use visio_protocol::token::ApiKeys;
use visio_speech::Language;

/// Everything the parts of the server are started with.
#[derive(Clone, Debug)]
pub struct Plan {
    pub http: HttpPlan,
    pub tls: TlsPlan,
    pub media: MediaPlan,
    pub turn: TurnPlan,
    pub database: Location,
    pub data_folder: PathBuf,
    /// The master key itself; `None` where it is in the data folder.
    pub master_key: Option<Secret>,
    /// `None` where they are in the data folder.
    pub api_keys: Option<ApiKeys>,
    pub captions: CaptionsPlan,
    pub transcripts: TranscriptsPlan,
    pub models_folder: PathBuf,
    pub metrics: Option<SocketAddr>,
    pub log: LogPlan,
}

impl Plan {
    /// Where the master key is, unless the settings hold it.
    pub fn master_key_file(&self) -> PathBuf {
        self.data_folder.join("master.key")
    }
}

/// A text that is never printed.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Clone, Debug)]
pub struct HttpPlan {
    pub listen: SocketAddr,
    /// Without a slash at the end.
    pub public_url: Option<String>,
    pub trusted_proxies: TrustedProxies,
    pub security_contact: Option<String>,
    pub operator: OperatorPlan,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPlan {
    /// The first; each worker has one of its own.
    pub udp_port: u16,
    /// Likewise.
    pub tcp_port: Option<u16>,
    pub workers: u16,
    /// Empty: all addresses of this machine.
    pub addresses: Vec<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptionsPlan {
    pub enabled: bool,
    pub model: String,
    pub threads: u16,
    pub language: Option<Language>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TranscriptsPlan {
    pub default: TranscriptDefault,
    /// `None` keeps them for ever.
    pub keep_days: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPlan {
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Checks the settings and completes them.
pub fn plan(settings: Settings) -> Result<Plan, ConfigError> {
    let data_folder = PathBuf::from(&settings.data.folder);
    let tls = tls(&settings.tls, &settings.server.public_url)?;
    let media = media(&settings.media)?;
    Ok(Plan {
        http: http(&settings.server, &settings.operator)?,
        turn: turn(
            &settings.turn,
            media.addresses.first().copied(),
            !matches!(tls, TlsPlan::SelfSigned { .. }),
        )?,
        tls,
        media,
        database: database(&settings.database.url, &data_folder)?,
        master_key: filled(&settings.data.master_key).map(Secret),
        api_keys: api_keys(settings.keys)?,
        captions: captions(settings.captions)?,
        transcripts: transcripts(&settings.transcripts)?,
        models_folder: filled(&settings.models.folder)
            .map_or_else(|| data_folder.join("models"), PathBuf::from),
        metrics: filled(&settings.metrics.listen)
            .map(|listen| socket("metrics.listen", &listen))
            .transpose()?,
        log: log(settings.log)?,
        data_folder,
    })
}

/// Where the API key made on the first start is kept.
pub fn generated_key_file(data_folder: &Path) -> PathBuf {
    data_folder.join("api.key")
}

fn http(server: &settings::Server, operator: &settings::Operator) -> Result<HttpPlan, ConfigError> {
    Ok(HttpPlan {
        listen: socket("server.listen", &server.listen)?,
        public_url: public_url(&server.public_url)?,
        trusted_proxies: trusted_proxies(&server.trusted_proxies)?,
        security_contact: filled(&server.security_contact),
        operator: super::operator::operator(operator)?,
    })
}

fn trusted_proxies(texts: &[String]) -> Result<TrustedProxies, ConfigError> {
    let network = |text: &String| {
        text.parse().map_err(|problem| {
            ConfigError(format!(
                "server.trusted_proxies holds \"{text}\", {problem}"
            ))
        })
    };
    texts.iter().map(network).collect()
}

fn public_url(url: &str) -> Result<Option<String>, ConfigError> {
    let Some(url) = filled(url.trim_end_matches('/')) else {
        return Ok(None);
    };
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if is_host(host) => Ok(Some(url)),
        _ => Err(ConfigError(format!(
            "server.public_url is \"{url}\": write scheme and host only, \
             such as https://meet.example.org"
        ))),
    }
}

fn media(media: &settings::Media) -> Result<MediaPlan, ConfigError> {
    let cores = || u16::try_from(cores()).unwrap_or(u16::MAX);
    let workers = if media.workers == 0 {
        cores()
    } else {
        media.workers
    };
    let enough = |first: u16| first.checked_add(workers - 1).is_some();
    for (key, first) in [
        ("media.udp_port", media.udp_port),
        ("media.tcp_port", media.tcp_port),
    ] {
        if !enough(first) || (first == 0 && key == "media.udp_port") {
            return Err(ConfigError(format!(
                "{key} is {first}: each of the {workers} workers needs a port from there on, \
                 between 1 and 65535"
            )));
        }
    }
    Ok(MediaPlan {
        udp_port: media.udp_port,
        tcp_port: Some(media.tcp_port).filter(|port| *port != 0),
        workers,
        addresses: addresses("media.addresses", &media.addresses)?,
    })
}

fn database(url: &str, data_folder: &Path) -> Result<Location, ConfigError> {
    let Some(url) = filled(url) else {
        return Ok(Location::Sqlite(data_folder.join("visio.db")));
    };
    Location::from_url(&url).map_err(|problem| ConfigError(format!("database.url {problem}")))
}

fn api_keys(
    keys: std::collections::BTreeMap<String, String>,
) -> Result<Option<ApiKeys>, ConfigError> {
    if keys.is_empty() {
        return Ok(None);
    }
    let keys = ApiKeys::new(keys).map_err(|error| ConfigError(format!("[keys]: {error}")))?;
    Ok(Some(keys))
}

fn captions(captions: settings::Captions) -> Result<CaptionsPlan, ConfigError> {
    let language = filled(&captions.language).map(|tag| {
        Language::parse(&tag).ok_or_else(|| {
            ConfigError(format!(
                "captions.language is \"{tag}\", a language that the speech models do not know: \
                 write its code, such as fr, or leave it empty"
            ))
        })
    });
    let language = language.transpose()?;
    let half = || u16::try_from((cores() / 2).max(2).min(cores())).unwrap_or(u16::MAX);
    Ok(CaptionsPlan {
        enabled: captions.enabled,
        model: captions.model,
        threads: if captions.threads == 0 {
            half()
        } else {
            captions.threads
        },
        language,
    })
}

fn transcripts(transcripts: &settings::Transcripts) -> Result<TranscriptsPlan, ConfigError> {
    let default = match transcripts.default.as_str() {
        "off" => TranscriptDefault::Off,
        "ask" => TranscriptDefault::Ask,
        "on" => TranscriptDefault::On,
        other => {
            return Err(ConfigError(format!(
                "transcripts.default is \"{other}\": it can be \"off\", \"ask\" or \"on\""
            )));
        }
    };
    Ok(TranscriptsPlan {
        default,
        keep_days: (transcripts.keep_days > 0).then_some(transcripts.keep_days),
    })
}

fn log(log: settings::Log) -> Result<LogPlan, ConfigError> {
    let format = match log.format.as_str() {
        "text" => LogFormat::Text,
        "json" => LogFormat::Json,
        other => {
            return Err(ConfigError(format!(
                "log.format is \"{other}\": it can be \"text\" or \"json\""
            )));
        }
    };
    Ok(LogPlan {
        level: log_level(log.level)?,
        format,
    })
}

/// A bare word that is no level would be read as the name of a module, and silence all others.
fn log_level(level: String) -> Result<String, ConfigError> {
    let is_level = |part: &&str| !part.is_empty() && part.parse::<LevelFilter>().is_ok();
    let names_module = |part: &&str| part.contains(['=', '[']);
    let wrong = level
        .split(',')
        .find(|part| !names_module(part) && !is_level(part));
    let problem = match (wrong, EnvFilter::try_new(&level)) {
        (None, Ok(_)) => return Ok(level),
        (Some(word), _) => format!("\"{word}\" is no level"),
        (None, Err(error)) => error.to_string(),
    };
    Err(ConfigError(format!(
        "log.level is \"{level}\": {problem}. Write error, warn, info, debug or trace, and modules \
         after it: info,visio_server=debug"
    )))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn addresses(key: &str, texts: &[String]) -> Result<Vec<IpAddr>, ConfigError> {
    let address = |text: &String| {
        text.parse().map_err(|_| {
            ConfigError(format!(
                "{key} holds \"{text}\", which is no address such as 192.0.2.1"
            ))
        })
    };
    texts.iter().map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(change: impl FnOnce(&mut Settings)) -> Result<Plan, ConfigError> {
        let mut settings = Settings::default();
        change(&mut settings);
        plan(settings)
    }

    #[test]
    fn with_nothing_set_all_is_in_the_data_folder() {
        let plan = planned(|_| {}).unwrap();
        assert_eq!(plan.database, Location::Sqlite("./data/visio.db".into()));
        assert_eq!(plan.models_folder, Path::new("./data/models"));
        assert_eq!(
            plan.tls.listen(),
            Some(SocketAddr::from(([0, 0, 0, 0], 8443)))
        );
        assert!(plan.media.workers >= 1 && plan.captions.threads >= 1);
    }

    #[test]
    fn each_mistake_names_its_setting() {
        type Change = fn(&mut Settings);
        let mistakes: [(&str, Change); 18] = [
            ("server.listen", |s| s.server.listen = "8080".to_owned()),
            ("server.public_url", |s| {
                s.server.public_url = "meet.example.org".to_owned();
            }),
            ("server.public_url", |s| {
                s.server.public_url = "https://meet.example.org; script-src *".to_owned();
            }),
            ("server.trusted_proxies", |s| {
                s.server.trusted_proxies = vec!["proxy".to_owned()];
            }),
            ("tls.mode", |s| s.tls.mode = "on".to_owned()),
            ("tls.certificate", |s| s.tls.mode = "files".to_owned()),
            ("media.udp_port", |s| s.media.udp_port = 0),
            ("media.addresses", |s| {
                s.media.addresses = vec!["192.0.2.1".to_owned(), "2001:db8::x".to_owned()];
            }),
            ("turn.urls", |s| {
                s.turn.urls = vec!["turn://turn.example.org".to_owned()];
            }),
            ("database.url", |s| s.database.url = "mysql://x".to_owned()),
            ("captions.language", |s| {
                s.captions.language = "french".to_owned();
            }),
            ("transcripts.default", |s| {
                s.transcripts.default = "true".to_owned();
            }),
            ("captions.language", |s| {
                s.captions.language = "jp".to_owned();
            }),
            ("log.level", |s| s.log.level = "verbose".to_owned()),
            ("log.level", |s| s.log.level = "info,chatty".to_owned()),
            ("log.level", |s| s.log.level = String::new()),
            ("log.level", |s| {
                s.log.level = "visio_server=loud".to_owned();
            }),
            ("log.format", |s| s.log.format = "xml".to_owned()),
        ];
        for (key, change) in mistakes {
            let said = planned(change).unwrap_err().to_string();
            assert!(said.contains(key), "{key}: {said}");
        }
    }

    #[test]
    fn what_is_known_is_taken() {
        for (tag, code) in [("fr", "fr"), ("fr-CA", "fr"), ("yue", "yue")] {
            let plan = planned(|s| s.captions.language = tag.to_owned()).unwrap();
            assert_eq!(plan.captions.language.map(Language::code), Some(code));
        }
        for level in [
            "info",
            "WARN",
            "off",
            "info,visio_server=debug",
            "info,hyper=off",
        ] {
            let plan = planned(|s| s.log.level = level.to_owned()).unwrap();
            assert_eq!(plan.log.level, level);
        }
    }

    #[test]
    fn cve_45_a_weak_api_secret_is_refused() {
        let said = planned(|s| {
            s.keys.insert("devkey".to_owned(), "secret".to_owned());
        });
        assert!(said.unwrap_err().to_string().contains("devkey"));
    }

    #[test]
    fn the_ports_of_all_workers_must_exist() {
        let plan = planned(|s| (s.media.udp_port, s.media.workers) = (65_534, 2));
        assert!(plan.is_ok());
        assert!(planned(|s| (s.media.udp_port, s.media.workers) = (65_534, 3)).is_err());
    }

    #[test]
    fn secrets_are_not_printed() {
        let plan = planned(|s| s.data.master_key = "canary".to_owned()).unwrap();
        assert!(!format!("{plan:?}").contains("canary"));
    }
}
