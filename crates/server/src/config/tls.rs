//! Where TLS is offered and where its certificate comes from.

use super::ConfigError;
use super::settings::{self, filled};
use super::socket::socket;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Authorities take no more names in one certificate.
const NAMES_MAX: usize = 100;
/// A name in the DNS and one of its labels (RFC 1035 section 2.3.4).
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

#[derive(Clone, Debug)]
pub enum TlsPlan {
    Off,
    SelfSigned {
        listen: SocketAddr,
    },
    Files {
        listen: SocketAddr,
        certificate: PathBuf,
        key: PathBuf,
    },
    Acme {
        listen: SocketAddr,
        acme: AcmePlan,
    },
}

impl TlsPlan {
    /// Where the listener with TLS is, if there is one.
    pub fn listen(&self) -> Option<SocketAddr> {
        match self {
            Self::Off => None,
            Self::SelfSigned { listen }
            | Self::Files { listen, .. }
            | Self::Acme { listen, .. } => Some(*listen),
        }
    }
}

/// What is asked of a certificate authority, and of which.
#[derive(Clone, Debug)]
pub struct AcmePlan {
    pub directory: String,
    /// Host names in small letters, and addresses.
    pub names: Vec<String>,
    /// As a URL.
    pub contact: Option<String>,
    /// Whom to believe that it is the authority; `None`: whom this machine believes.
    pub root: Option<PathBuf>,
    pub external_account: Option<ExternalAccount>,
    pub profile: Option<String>,
}

/// An account that exists with the authority otherwise (RFC 8555 section 7.3.4).
#[derive(Clone)]
pub struct ExternalAccount {
    pub key_id: String,
    pub key_file: PathBuf,
    /// What is in that file.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for ExternalAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExternalAccount({}, …)", self.key_id)
    }
}

pub(super) fn tls(tls: &settings::Tls, public_url: &str) -> Result<TlsPlan, ConfigError> {
    match tls.mode.as_str() {
        "off" => Ok(TlsPlan::Off),
        "self-signed" => Ok(TlsPlan::SelfSigned {
            listen: socket("tls.listen", &tls.listen)?,
        }),
        "files" => {
            let file = |key: &str, path: &str| {
                filled(path).map(PathBuf::from).ok_or_else(|| {
                    ConfigError(format!(
                        "tls.mode is \"files\", so {key} must name a PEM file"
                    ))
                })
            };
            Ok(TlsPlan::Files {
                listen: socket("tls.listen", &tls.listen)?,
                certificate: file("tls.certificate", &tls.certificate)?,
                key: file("tls.key", &tls.key)?,
            })
        }
        "acme" => Ok(TlsPlan::Acme {
            listen: socket("tls.listen", &tls.listen)?,
            acme: acme(&tls.acme, public_url)?,
        }),
        other => Err(ConfigError(format!(
            "tls.mode is \"{other}\": it can be \"self-signed\", \"files\", \"acme\" or \"off\""
        ))),
    }
}

fn acme(acme: &settings::Acme, public_url: &str) -> Result<AcmePlan, ConfigError> {
    let directory = directory(&acme.directory)?;
    if !acme.terms_agreed {
        return Err(ConfigError(
            "tls.mode is \"acme\", and a certificate authority gives certificates to those who agree \
             to its terms: read them (its directory names their address) and set \
             tls.acme.terms_agreed to true"
                .to_owned(),
        ));
    }
    Ok(AcmePlan {
        directory,
        names: names(&acme.names, public_url)?,
        contact: contact(&acme.contact)?,
        root: filled(&acme.root).map(PathBuf::from),
        external_account: external_account(acme)?,
        profile: filled(&acme.profile),
    })
}

fn directory(url: &str) -> Result<String, ConfigError> {
    let example = "that of Let's Encrypt is https://acme-v02.api.letsencrypt.org/directory";
    match filled(url) {
        None => Err(ConfigError(format!(
            "tls.mode is \"acme\", so tls.acme.directory must name the directory of a certificate \
             authority; {example}"
        ))),
        Some(url) if url.starts_with("https://") => Ok(url),
        Some(url) => Err(ConfigError(format!(
            "tls.acme.directory is \"{url}\": write the whole address with https://; {example}"
        ))),
    }
}

fn names(texts: &[String], public_url: &str) -> Result<Vec<String>, ConfigError> {
    let typed = public_url.split_once("://").map(|(_, rest)| host(rest));
    let typed = typed.map(str::to_ascii_lowercase);
    if texts.is_empty() {
        let typed = typed.ok_or_else(|| {
            ConfigError(
                "tls.mode is \"acme\", so server.public_url must be what people type, such as \
                 https://meet.example.org: its name stands in the certificate"
                    .to_owned(),
            )
        })?;
        return Ok(vec![name("server.public_url", &typed)?]);
    }
    if texts.len() > NAMES_MAX {
        return Err(ConfigError(format!(
            "tls.acme.names holds {} names, and one certificate has {NAMES_MAX} at most",
            texts.len()
        )));
    }
    let names = texts.iter().map(|text| name("tls.acme.names", text));
    let mut names = names.collect::<Result<Vec<_>, _>>()?;
    names.sort();
    names.dedup();
    match typed.filter(|typed| !names.contains(typed)) {
        Some(typed) => Err(ConfigError(format!(
            "tls.acme.names lacks {typed}, which people type (server.public_url): add it"
        ))),
        None => Ok(names),
    }
}

/// The host of what follows the scheme in a URL.
fn host(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// A name that an authority can look at over HTTP and TLS.
fn name(key: &str, text: &str) -> Result<String, ConfigError> {
    let name = text.trim().to_ascii_lowercase();
    let refuse = |problem: &str| Err(ConfigError(format!("{key} holds \"{text}\": {problem}")));
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    if name.starts_with('*') {
        return refuse(
            "a * is proven by an entry in the DNS, which visio cannot make; list the names",
        );
    }
    if name == "localhost" {
        return refuse("no authority gives a certificate for it: use the name that people type");
    }
    let is_label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=LABEL_BYTES_MAX).contains(&label.len()) && label.bytes().all(allowed)
    };
    match name.len() <= NAME_BYTES_MAX && name.split('.').all(is_label) {
        true => Ok(name),
        false => {
            refuse("write a host name alone, such as meet.example.org (xn--… for other letters)")
        }
    }
}

fn contact(text: &str) -> Result<Option<String>, ConfigError> {
    let Some(contact) = filled(text) else {
        return Ok(None);
    };
    let address = contact.trim_start_matches("mailto:");
    match address.contains('@') && !address.contains(char::is_whitespace) {
        true => Ok(Some(format!("mailto:{address}"))),
        false => Err(ConfigError(format!(
            "tls.acme.contact is \"{contact}\": write a mail address, such as admin@example.org"
        ))),
    }
}

fn external_account(acme: &settings::Acme) -> Result<Option<ExternalAccount>, ConfigError> {
    let (key_id, key_file) = match (filled(&acme.eab_key_id), filled(&acme.eab_key)) {
        (None, None) => return Ok(None),
        (Some(key_id), Some(key_file)) => (key_id, PathBuf::from(key_file)),
        _ => {
            return Err(ConfigError(
                "tls.acme.eab_key_id and tls.acme.eab_key belong together: the authority gave you \
                 both; the second names a file that holds the key"
                    .to_owned(),
            ));
        }
    };
    let refuse = |problem: String| {
        let file = key_file.display();
        ConfigError(format!("tls.acme.eab_key is \"{file}\": {problem}"))
    };
    let text = std::fs::read_to_string(&key_file)
        .map_err(|error| refuse(format!("it cannot be read: {error}")))?;
    // Some write it in plain base64, some with padding.
    let text = text.trim().trim_end_matches('=');
    let text = text.replace('+', "-").replace('/', "_");
    let key = URL_SAFE_NO_PAD.decode(text);
    let key = key.ok().filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| {
        refuse("it holds no key in base64url as the authority gave it, alone".to_owned())
    })?;
    Ok(Some(ExternalAccount {
        key_id,
        key_file,
        key,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, plan};
    use super::*;

    fn planned(change: impl FnOnce(&mut Settings)) -> Result<AcmePlan, ConfigError> {
        let mut settings = Settings::default();
        settings.server.public_url = "https://Meet.example.org:8443".to_owned();
        settings.tls.mode = "acme".to_owned();
        settings.tls.acme.directory = "https://ca.example.org/directory".to_owned();
        settings.tls.acme.terms_agreed = true;
        change(&mut settings);
        match plan(settings)?.tls {
            TlsPlan::Acme { acme, .. } => Ok(acme),
            other => panic!("{other:?}"),
        }
    }

    fn list(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_name_that_people_type_stands_in_the_certificate() {
        let acme = planned(|_| {}).unwrap();
        assert_eq!(acme.names, ["meet.example.org"]);
        let several = list(&["a.example.org", "meet.example.org", "2001:DB8::1"]);
        let acme = planned(|s| s.tls.acme.names = several).unwrap();
        assert_eq!(
            acme.names,
            ["2001:db8::1", "a.example.org", "meet.example.org"]
        );
        let address = planned(|s| s.server.public_url = "https://[2001:db8::1]".to_owned());
        assert_eq!(address.unwrap().names, ["2001:db8::1"]);
        let acme = planned(|s| s.tls.acme.contact = "admin@example.org".to_owned()).unwrap();
        assert_eq!(acme.contact.as_deref(), Some("mailto:admin@example.org"));
    }

    #[test]
    fn each_mistake_says_what_to_set() {
        type Change = fn(&mut Settings);
        let mistakes: [(&str, Change); 11] = [
            ("acme-v02.api.letsencrypt.org/directory", |s| {
                s.tls.acme.directory.clear();
            }),
            ("with https://", |s| {
                s.tls.acme.directory = "http://ca.example.org/directory".to_owned();
            }),
            ("tls.acme.terms_agreed", |s| s.tls.acme.terms_agreed = false),
            ("server.public_url", |s| s.server.public_url.clear()),
            ("no authority gives", |s| {
                s.server.public_url = "https://localhost:8443".to_owned();
            }),
            ("lacks meet.example.org", |s| {
                s.tls.acme.names = list(&["other.example.org"]);
            }),
            ("list the names", |s| {
                s.tls.acme.names = list(&["*.example.org"]);
            }),
            ("xn--", |s| {
                s.tls.acme.names = list(&["réunion.example.org"]);
            }),
            ("a mail address", |s| {
                s.tls.acme.contact = "admin".to_owned();
            }),
            ("belong together", |s| {
                s.tls.acme.eab_key_id = "kid".to_owned();
            }),
            ("cannot be read", |s| {
                s.tls.acme.eab_key_id = "kid".to_owned();
                s.tls.acme.eab_key = "/absent".to_owned();
            }),
        ];
        for (said, change) in mistakes {
            let problem = planned(change).unwrap_err().to_string();
            assert!(problem.contains(said), "{said}: {problem}");
        }
    }

    #[test]
    fn the_key_of_an_external_account_is_read_and_not_printed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("eab.key");
        let with = |text: &str| {
            std::fs::write(&file, text).unwrap();
            planned(|s| {
                s.tls.acme.eab_key_id = "kid".to_owned();
                s.tls.acme.eab_key = file.display().to_string();
            })
        };
        for text in ["_-8x", "/+8x\n", "_-8x=="] {
            let plan = with(text).unwrap();
            assert_eq!(plan.external_account.unwrap().key, [0xff, 0xef, 0x31]);
        }
        let plan = with("Y2FuYXJ5").unwrap();
        assert!(!format!("{plan:?}").contains("canary"), "{plan:?}");
        assert!(!format!("{plan:?}").contains("99, 97"), "{plan:?}");
        for text in ["", "not a key!"] {
            let refused = with(text).unwrap_err().to_string();
            assert!(refused.contains("base64url"), "{refused}");
        }
    }
}
