//! The way that people take: this server fetched through `server.public_url`, as their browsers do.

mod stream;

use super::Finding;
use super::connection::keys;
use super::visit::{self, Visit};
use crate::config::{Plan, TlsPlan};
use crate::http::address::CLIENT_ADDRESS;
use crate::http::roots;
use rustls::RootCertStore;
use std::io::{self, ErrorKind, Read as _};
use std::net::{IpAddr, SocketAddr};
pub(super) use stream::Stream;
use stream::open;
use visio_protocol::token::ApiKeys;

/// The answer that is looked at has less than a kilobyte.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;

/// The parts of a URL, which the settings have checked.
struct Url<'a> {
    text: &'a str,
    is_https: bool,
    /// With its port, if it is written.
    authority: &'a str,
    host: &'a str,
    port: u16,
}

pub(super) fn look(plan: &Plan, running: bool) -> Vec<Finding> {
    let Some(text) = plan.http.public_url.as_deref() else {
        return unset(plan).into_iter().collect();
    };
    if !running {
        return vec![Finding::ok(what(text), "not fetched: no visio runs here")];
    }
    let Some(url) = Url::parse(text) else {
        return Vec::new();
    };
    match keys(plan) {
        Ok(keys) => fetched(&url, &keys, &roots::of_system()),
        Err(problem) => {
            let remedy = "run this as the user that runs visio, with the same settings";
            vec![Finding::warning(what(text), problem, remedy)]
        }
    }
}

/// A stream with TLS to a host and its port, as browsers believe it.
pub(super) fn encrypted(authority: &str) -> Result<Box<dyn Stream>, String> {
    let text = format!("https://{authority}");
    let url = Url::parse(&text).ok_or("its port is no number")?;
    match open(&url, &roots::of_system()) {
        Ok((stream, _)) => Ok(stream),
        Err(finding) => Err(finding.problem().to_owned()),
    }
}

fn what(url: &str) -> String {
    format!("Address for people {url}")
}

/// Without it links lead to whatever name a request came by.
fn unset(plan: &Plan) -> Option<Finding> {
    let listeners = [Some(plan.http.listen), plan.tls.listen()];
    let open = |listen: &SocketAddr| !listen.ip().is_loopback();
    let listen = listeners.into_iter().flatten().find(open)?;
    let scheme = match plan.tls {
        TlsPlan::Files { .. } => "the name in the certificate",
        _ => "the name that people type",
    };
    Some(Finding::warning(
        "Address for people",
        format!(
            "server.public_url is not set, and {listen} can be reached by others: links and \
             invitations have whatever name a request came by"
        ),
        format!("set server.public_url to {scheme}, for example https://meet.example.org"),
    ))
}

/// What comes back by the URL.
fn fetched(url: &Url<'_>, keys: &ApiKeys, roots: &RootCertStore) -> Vec<Finding> {
    let room = visit::new_room();
    let Some(token) = visit::token(keys, &room) else {
        return Vec::new();
    };
    match come_back(url, &token, roots) {
        Ok(findings) => findings,
        Err(finding) => vec![finding],
    }
}

fn come_back(url: &Url<'_>, token: &str, roots: &RootCertStore) -> Result<Vec<Finding>, Finding> {
    let (stream, local) = open(url, roots)?;
    let answer = ask(stream, url, token).map_err(|error| {
        let remedy =
            "look into the log of the proxy, and whether it passes requests on to server.listen";
        Finding::failure(what(url.text), format!("no answer: {error}"), remedy)
    })?;
    is_this_server(url, &answer)?;
    let (stream, _) = open(url, roots)?;
    let upgraded = Visit::begin(stream, url.authority, token);
    upgraded.map_err(|problem| not_upgraded(url, &problem))?;
    let back = format!(
        "comes back to this server{}, WebSockets too",
        if url.is_https {
            " with a good certificate"
        } else {
            ""
        }
    );
    let mut findings = vec![Finding::ok(what(url.text), back)];
    findings.extend(hidden_client(url, &answer, local));
    Ok(findings)
}

/// A head that came back.
struct Answer {
    status: u16,
    head: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(one, _)| one.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

fn ask(mut stream: impl Stream, url: &Url<'_>, token: &str) -> io::Result<Answer> {
    let request = format!(
        "GET /rtc/validate?access_token={token} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        url.authority
    );
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut bytes = Vec::new();
    let read = stream.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, _) = match (text.split_once("\r\n\r\n"), read) {
        (Some(parts), _) => parts,
        (None, Err(error)) => return Err(error),
        (None, Ok(_)) => return Err(ErrorKind::UnexpectedEof.into()),
    };
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok(Answer {
        status: status.ok_or(ErrorKind::InvalidData)?,
        head: head.to_owned(),
    })
}

/// Only who has the same API key says that a token of this key is good.
fn is_this_server(url: &Url<'_>, answer: &Answer) -> Result<(), Finding> {
    let (problem, remedy) = match answer.status {
        200 if answer.header(CLIENT_ADDRESS).is_some() => return Ok(()),
        401 => (
            "another server answers: it does not know this one's API key".to_owned(),
            "have the proxy pass requests on to server.listen of this server",
        ),
        status @ 300..=399 => (
            format!("the answer leads elsewhere (status {status})"),
            "set server.public_url to the address that it leads to",
        ),
        status @ (502..=504) => (
            format!("the proxy does not reach this server (status {status})"),
            "have it pass requests on to server.listen of this server",
        ),
        status => (
            format!("something else answers (status {status})"),
            "have the proxy pass all paths on to server.listen of this server",
        ),
    };
    Err(Finding::failure(what(url.text), problem, remedy))
}

fn not_upgraded(url: &Url<'_>, problem: &str) -> Finding {
    Finding::failure(
        what(url.text),
        format!("a WebSocket is not passed on: {problem}"),
        "have the proxy pass WebSockets on: with nginx `proxy_http_version 1.1`, `proxy_set_header \
         Upgrade $http_upgrade` and `proxy_set_header Connection upgrade`",
    )
}

/// Whom the server takes its visitor for. From behind NAT it is the public address; the address of a
/// proxy it must not be.
fn hidden_client(url: &Url<'_>, answer: &Answer, local: IpAddr) -> Option<Finding> {
    let seen: IpAddr = answer.header(CLIENT_ADDRESS)?.parse().ok()?;
    let (seen, local) = (seen.to_canonical(), local.to_canonical());
    if seen == local || !is_private(seen) {
        return None;
    }
    Some(Finding::warning(
        what(url.text),
        format!(
            "who comes from {local} seems to come from {seen}: where that is the proxy, everybody \
             counts as one for the limits"
        ),
        format!("set server.trusted_proxies to {seen}, and have the proxy send X-Forwarded-For"),
    ))
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let is_https = scheme == "https";
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (authority, if is_https { 443 } else { 80 }),
        };
        Some(Self {
            text,
            is_https,
            authority,
            host: host.trim_start_matches('[').trim_end_matches(']'),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet_plan;
    use super::super::text;
    use super::*;
    use crate::app::testing::Server;
    use crate::http::authority::{Authority, pair};
    use crate::http::tls::Certificate;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
    use tokio::net::{TcpListener, TcpStream};

    /// What a proxy does to the first request of each connection.
    type Rewrites = fn(String) -> String;

    /// A reverse proxy with TLS before `target`, for `localhost`.
    async fn proxy(
        authority: &Authority,
        (names, from_days): (&[&str], i64),
        target: SocketAddr,
        rewrites: Rewrites,
    ) -> String {
        let leaf = authority.leaf(names, from_days);
        let folder = tempfile::tempdir().unwrap();
        let pair = pair(folder.path(), leaf.certificate, leaf.key);
        let acceptor = Certificate::load(&pair).unwrap().acceptor().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut browser) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut request = vec![0; 4096];
                let read = browser.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let Ok(mut server) = TcpStream::connect(target).await else {
                    let bad = b"HTTP/1.1 502 Bad Gateway\r\n\r\n";
                    let _ = browser.write_all(bad).await;
                    let _ = browser.shutdown().await;
                    continue;
                };
                let _ = server.write_all(rewrites(request).as_bytes()).await;
                tokio::spawn(async move {
                    let _ = copy_bidirectional(&mut browser, &mut server).await;
                });
            }
        });
        format!("https://localhost:{port}")
    }

    /// What the doctor of a server says that believes in `authority`.
    async fn seen(keys: &ApiKeys, authority: &Authority, url: String) -> String {
        let root = CertificateDer::from_pem_slice(authority.intermediate.as_bytes()).unwrap();
        let (keys, roots) = (keys.clone(), roots::trusting(vec![root]));
        let look = move || text(&fetched(&Url::parse(&url).unwrap(), &keys, &roots));
        tokio::task::spawn_blocking(look).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn each_way_in_which_a_server_does_not_come_back_is_told_with_what_to_do() {
        let (authority, stranger) = (Authority::new(), Authority::new());
        let behind_proxy = |settings: &mut crate::config::Settings| {
            settings.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
        };
        let server = Server::start_with(behind_proxy).await;
        let other = ApiKeys::new([(
            "other".to_owned(),
            "another secret of forty-one characters.".to_owned(),
        )])
        .unwrap();
        let closed = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let (here, good) = (server.address, (&["localhost"][..], 0));
        let pass: Rewrites = |request| request;
        let no_upgrade: Rewrites = |request| request.replace("Upgrade", "X-Upgrade");
        let forward: Rewrites =
            |request| request.replacen("\r\n", "\r\nX-Forwarded-For: 10.9.9.9\r\n", 1);
        for (keys, authority_known, leaf, target, rewrites, said) in [
            (
                &*server.app.keys,
                &authority,
                good,
                here,
                pass,
                "ok    Address for people URL: comes back to this server with a good certificate, WebSockets too\n",
            ),
            (
                &*server.app.keys,
                &authority,
                good,
                here,
                forward,
                "ok    Address for people URL: comes back to this server with a good certificate, WebSockets too\nwarn  Address for people URL: who comes from 127.0.0.1 seems to come from 10.9.9.9",
            ),
            (
                &*server.app.keys,
                &authority,
                good,
                here,
                no_upgrade,
                "FAIL  Address for people URL: a WebSocket is not passed on",
            ),
            (
                &*server.app.keys,
                &authority,
                good,
                closed,
                pass,
                "FAIL  Address for people URL: the proxy does not reach this server (status 502)",
            ),
            (
                &other,
                &authority,
                good,
                here,
                pass,
                "FAIL  Address for people URL: another server answers",
            ),
            (
                &*server.app.keys,
                &authority,
                (&["meet.example.org"][..], 0),
                here,
                pass,
                "FAIL  Address for people URL: its certificate is for another name",
            ),
            (
                &*server.app.keys,
                &authority,
                (&["localhost"][..], -91),
                here,
                pass,
                "FAIL  Address for people URL: its certificate has ended",
            ),
            (
                &*server.app.keys,
                &authority,
                (&["localhost"][..], 2),
                here,
                pass,
                "FAIL  Address for people URL: its certificate is not valid yet",
            ),
            (
                &*server.app.keys,
                &stranger,
                good,
                here,
                pass,
                "FAIL  Address for people URL: its certificate is of an issuer",
            ),
        ] {
            let url = proxy(&authority, leaf, target, rewrites).await;
            let text = seen(keys, authority_known, url.clone())
                .await
                .replace(&url, "URL");
            assert!(text.starts_with(said), "{said}: {text}");
        }
        for (url, said) in [
            (
                format!("http://{here}"),
                "ok    Address for people URL: comes back to this server, WebSockets too\n",
            ),
            (
                format!("https://{here}"),
                "FAIL  Address for people URL: there is no TLS",
            ),
            (
                format!("http://{closed}"),
                "FAIL  Address for people URL: Connection refused",
            ),
            (
                "http://nowhere.invalid".to_owned(),
                "FAIL  Address for people URL: the name nowhere.invalid is not found",
            ),
        ] {
            let text = seen(&server.app.keys, &authority, url.clone())
                .await
                .replace(&url, "URL");
            assert!(text.starts_with(said), "{said}: {text}");
        }
    }

    #[test]
    fn without_an_address_for_people_who_listens_to_others_is_warned() {
        let folder = tempfile::tempdir().unwrap();
        for (listen, tls, url, said) in [
            ("127.0.0.1:0", "127.0.0.1:0", "", ""),
            (
                "0.0.0.0:8080",
                "127.0.0.1:0",
                "",
                "warn  Address for people: server.public_url is not set, and 0.0.0.0:8080",
            ),
            (
                "127.0.0.1:0",
                "[::]:8443",
                "",
                "warn  Address for people: server.public_url is not set, and [::]:8443",
            ),
            (
                "0.0.0.0:8080",
                "0.0.0.0:8443",
                "https://meet.example.org",
                "ok    Address for people https://meet.example.org: not fetched",
            ),
        ] {
            let plan = quiet_plan(folder.path(), |settings| {
                settings.server.listen = listen.to_owned();
                settings.tls.listen = tls.to_owned();
                settings.server.public_url = url.to_owned();
            });
            let text = text(&look(&plan, false));
            assert!(text.starts_with(said), "{said}: {text}");
            assert_eq!(text.is_empty(), said.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_url_has_its_parts() {
        for (text, host, port, is_https) in [
            ("https://meet.example.org", "meet.example.org", 443, true),
            ("http://meet.example.org", "meet.example.org", 80, false),
            ("https://192.0.2.1:8443", "192.0.2.1", 8443, true),
            ("https://[2001:db8::1]:8443", "2001:db8::1", 8443, true),
            ("https://[2001:db8::1]", "2001:db8::1", 443, true),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(
                (url.host, url.port, url.is_https),
                (host, port, is_https),
                "{text}"
            );
        }
    }
}
