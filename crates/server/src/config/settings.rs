//! Every setting with its default, as it is typed. The reference in `docs/configuration.md` is made
//! from the comments here.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// All sections.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub server: Server,
    pub tls: Tls,
    pub media: Media,
    pub turn: Turn,
    pub database: Database,
    pub data: Data,
    pub keys: BTreeMap<String, String>,
    pub captions: Captions,
    pub transcripts: Transcripts,
    pub models: Models,
    pub metrics: Metrics,
    pub log: Log,
    pub operator: Operator,
}

/// How browsers and LiveKit clients reach the server.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port of the page, the API and LiveKit's WebSocket, without TLS. `[::]:8080` takes
    /// IPv6 and IPv4.
    pub listen: String,
    /// The address people type, such as `https://meet.example.org`. Empty: links are made from the
    /// address that each browser used.
    pub public_url: String,
    /// Addresses and networks of your own reverse proxies, such as `10.0.0.0/8`. Only from these are
    /// `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host` and `Forwarded` believed.
    pub trusted_proxies: Vec<String>,
    /// A mail address or URL for reports of security problems, shown in
    /// `/.well-known/security.txt`. Empty: the file is not served.
    pub security_contact: String,
}

/// The listener with TLS: browsers give no camera or microphone without it, except on localhost.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// Address and port of the same pages with TLS. `[::]:8443` takes IPv6 and IPv4.
    pub listen: String,
    /// `self-signed`: a certificate is made for all addresses of this machine; browsers warn once.
    /// `files`: your own certificate and key. `acme`: a certificate authority gives one that browsers
    /// believe in, and it is renewed while the server runs. `off`: no TLS here, a reverse proxy does it.
    pub mode: String,
    /// Your certificate with its chain, PEM. Read again on SIGHUP.
    pub certificate: String,
    /// The private key of the certificate, PEM. Read again on SIGHUP.
    pub key: String,
    pub acme: Acme,
}

/// Where `tls.mode = "acme"` gets its certificate (RFC 8555). The authority must reach this server by
/// its names on TCP port 443 (`tls.listen`) or on TCP port 80 (`server.listen`); one of them is enough.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Acme {
    /// The directory of the certificate authority: `https://acme-v02.api.letsencrypt.org/directory` is
    /// that of Let's Encrypt. No other host is asked for anything.
    pub directory: String,
    /// Whether you agree to the authority's terms of service.
    pub terms_agreed: bool,
    /// A mail address for the authority, which some ask for. Empty: none.
    pub contact: String,
    /// The names in the certificate. Empty: the one in `server.public_url`.
    pub names: Vec<String>,
    /// The root certificate of the authority's own web server, PEM, where it is not one that this
    /// machine believes in. Empty: those of this machine.
    pub root: String,
    /// The key identifier of your account with the authority, where it asks for one (external account
    /// binding). Empty: none.
    pub eab_key_id: String,
    /// The file with the HMAC key of that account, in base64url as the authority gave it.
    pub eab_key: String,
    /// The kind of certificate, where the authority has several, such as `shortlived`. Empty: its own
    /// choice.
    pub profile: String,
}

/// How sound and picture reach the server.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// The first UDP port; each worker has one of its own: 7882, 7883 and so on.
    pub udp_port: u16,
    /// The first TCP port for those whose network lets no UDP through; each worker has one of its
    /// own: 7881, 7882 and so on. 0: none.
    pub tcp_port: u16,
    /// Threads that forward media. 0: one per core.
    pub workers: u16,
    /// The addresses that clients are told to send media to, of IPv4 and of IPv6. Empty: all of this
    /// machine. Behind NAT: the public address.
    pub addresses: Vec<String>,
}

/// The relay for those whose network lets no media through. It is answered at the web port too, with TLS
/// and without: who has only that port open gets in, with nothing set here.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Turn {
    /// The UDP port of the relay. 0: none.
    pub udp_port: u16,
    /// Further ways that clients are told, such as `turns:turn.example.org:443?transport=tcp`: behind a
    /// proxy that passes HTTP alone, an address or a port of its own that leads to `server.listen`, or to
    /// `tls.listen`, as a plain stream.
    pub urls: Vec<String>,
}

/// Where rooms, meetings and transcripts are kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite:path` or `postgres://user:password@host/database`. Empty: `visio.db` in the data
    /// folder.
    pub url: String,
}

/// The folder of this server.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// Database, keys, certificate and models are in here.
    pub folder: String,
    /// The key that encrypts what is stored of meetings: 32 bytes in base64. Empty: `master.key` in
    /// the data folder, made on the first start. Without it no transcript can be read.
    pub master_key: String,
}

/// Live captions.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Captions {
    /// Whether speech is recognised on this server at all.
    pub enabled: bool,
    /// The speech model; `visio models list` shows which there are.
    pub model: String,
    /// Threads that recognise speech, each with about 100 MB of working memory. 0: half of the
    /// cores, but two where there are two, so that a final line does not hold up live captions.
    pub threads: u16,
    /// The language everybody speaks, such as `fr`. Empty: each participant's is their own choice,
    /// or detected.
    pub language: String,
}

/// What is kept of what was said.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Transcripts {
    /// How meetings start. `off`: nothing is kept until somebody in the meeting starts the
    /// transcript, and everybody is told. `ask`: the same, and who comes first is asked whether to
    /// start it. `on`: it is kept from the beginning.
    pub default: String,
    /// Days after the end of a meeting after which its transcript is deleted. 0: never.
    pub keep_days: u32,
}

/// Speech models on this machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Models {
    /// Where models are. Empty: `models` in the data folder.
    pub folder: String,
}

/// Figures for Prometheus.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Address and port of `/metrics`. Empty: none.
    pub listen: String,
}

/// What the server says of its work.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`, also per module: `info,visio_server=debug`.
    /// Names and addresses appear from `debug` on.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

/// Who runs this server: shown at the foot of every page outside calls, and where something went wrong.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Operator {
    /// The organisation, such as `Ville de Lyon`. Empty: not shown.
    pub name: String,
    /// Its logo: an SVG, PNG or WebP file of at most 256 KiB, shown 36 pixels high beside the name
    /// of the program. Empty: none.
    pub logo: String,
    /// Whom people ask when something does not work: a mail address, a URL or a telephone number.
    pub contact: String,
    /// The page with the legal notice.
    pub legal_url: String,
    /// The page that says what is done with personal data.
    pub privacy_url: String,
    /// The page with the accessibility statement.
    pub accessibility_url: String,
}

/// A text setting as it is meant: empty is not set.
pub(super) fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: "0.0.0.0:8080".to_owned(),
            public_url: String::new(),
            trusted_proxies: Vec::new(),
            security_contact: String::new(),
        }
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            listen: "0.0.0.0:8443".to_owned(),
            mode: "self-signed".to_owned(),
            certificate: String::new(),
            key: String::new(),
            acme: Acme::default(),
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            udp_port: 7882,
            tcp_port: 7881,
            workers: 0,
            addresses: Vec::new(),
        }
    }
}

impl Default for Turn {
    fn default() -> Self {
        Self {
            // RFC 8656 section 3.
            udp_port: 3478,
            urls: Vec::new(),
        }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self {
            folder: "./data".to_owned(),
            master_key: String::new(),
        }
    }
}

impl Default for Captions {
    fn default() -> Self {
        Self {
            enabled: true,
            model: "whisper-base".to_owned(),
            threads: 0,
            language: String::new(),
        }
    }
}

impl Default for Transcripts {
    fn default() -> Self {
        Self {
            default: "off".to_owned(),
            keep_days: 30,
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:6789".to_owned(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: "text".to_owned(),
        }
    }
}
