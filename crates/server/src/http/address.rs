//! Where a request comes from and by which address its browser knows this server.

use super::forwarded;
use crate::config::{HttpPlan, TrustedProxies, is_host};
use crate::turn::{Over, Way};
use axum::extract::{FromRef, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// The other end of a connection; the listener puts it into each request.
#[derive(Clone, Copy, Debug)]
pub struct Remote {
    pub address: SocketAddr,
    pub tls: bool,
}

/// By this header an answer says whom the server takes its asker for: proxies are set up by it.
pub const CLIENT_ADDRESS: &str = "visio-client-address";

/// The address of who asks, seen through the operator's own proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Tells each client that had a good answer whom the server takes them for.
pub async fn tell_client(
    ClientAddress(address): ClientAddress,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if !(response.status().is_client_error() || response.status().is_server_error())
        && let Ok(address) = HeaderValue::try_from(address.to_string())
    {
        response.headers_mut().insert(CLIENT_ADDRESS, address);
    }
    response
}

/// Scheme and host by which links lead back here, without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// A link to a page.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The address of the WebSocket, as LiveKit clients want it.
    pub fn signal(&self) -> String {
        match self.0.strip_prefix("https://") {
            Some(host) => format!("wss://{host}"),
            None => format!("ws://{}", self.0.trim_start_matches("http://")),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress
where
    Arc<HttpPlan>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let http = Arc::<HttpPlan>::from_ref(state);
        let remote = parts
            .extensions
            .get::<Remote>()
            .map(|remote| remote.address.ip().to_canonical());
        let remote = remote.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Ok(Self(client(remote, &parts.headers, &http.trusted_proxies)))
    }
}

impl<S: Sync> FromRequestParts<S> for BaseUrl
where
    Arc<HttpPlan>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let http = Arc::<HttpPlan>::from_ref(state);
        let remote = parts.extensions.get::<Remote>().copied();
        Ok(base_url(&http, remote, &parts.headers))
    }
}

/// The last address in the headers of proxies that is not one of our own proxies: what stands before
/// it was written by the client, and need not be an address.
pub(super) fn client(remote: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    if !trusted.contains(remote) {
        return remote;
    }
    let nearest_first = forwarded::hops(headers).into_iter().rev();
    nearest_first
        .map_while(|hop| hop)
        .find(|hop| !trusted.contains(*hop))
        .unwrap_or(remote)
}

/// The address that browsers use who come through one of our proxies is in what the proxy says;
/// from anybody else the same words are the client's own.
fn base_url(http: &HttpPlan, remote: Option<Remote>, headers: &HeaderMap) -> BaseUrl {
    if let Some(url) = &http.public_url {
        return BaseUrl(url.clone());
    }
    let trusted = &http.trusted_proxies;
    let proxied = remote.is_some_and(|remote| trusted.contains(remote.address.ip()));
    let own = headers.get(header::HOST);
    let own = own.and_then(|host| host.to_str().ok().map(str::to_owned));
    let said_by_proxy = proxied.then(|| forwarded::host(headers)).flatten();
    let mut hosts = [said_by_proxy, own].into_iter().flatten();
    let host = hosts.find(|host| is_host(host));
    let host = host.unwrap_or_else(|| format!("localhost:{}", http.listen.port()));
    let scheme = match is_encrypted(http, remote, headers) {
        true => "https",
        false => "http",
    };
    BaseUrl(format!("{scheme}://{host}"))
}

/// By what a client has come, as it is told to come to the relay too.
pub fn way(http: &HttpPlan, remote: Option<Remote>, headers: &HeaderMap) -> Way {
    let BaseUrl(url) = base_url(http, remote, headers);
    let (scheme, authority) = url.split_once("://").unwrap_or(("http", &url));
    let is_https = scheme == "https";
    let with_port = authority
        .rsplit_once(':')
        .filter(|(host, _)| !host.contains(':') || host.ends_with(']'))
        .and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) = with_port.unwrap_or((authority, if is_https { 443 } else { 80 }));
    let is_proxied =
        remote.is_some_and(|remote| http.trusted_proxies.contains(remote.address.ip()));
    let over = match remote.is_some_and(|remote| remote.tls) {
        _ if is_proxied => Over::Proxy,
        true => Over::Tls,
        // Somebody else ended the TLS that the address names.
        false if is_https => Over::Proxy,
        false => Over::Tcp,
    };
    Way {
        host: host.to_owned(),
        port,
        over,
    }
}

/// Whether the browser speaks TLS, to us or to one of our proxies.
pub(super) fn is_encrypted(http: &HttpPlan, remote: Option<Remote>, headers: &HeaderMap) -> bool {
    let Some(remote) = remote else {
        return false;
    };
    let proxied = http.trusted_proxies.contains(remote.address.ip());
    let proto = proxied.then(|| forwarded::proto(headers)).flatten();
    match proto.as_deref() {
        Some("https" | "wss") => true,
        Some("http" | "ws") => false,
        _ => remote.tls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(value: &str) -> HeaderMap {
        HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), value.parse().unwrap())])
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies(texts: &[&str]) -> TrustedProxies {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn clients_are_told_apart_by_whatever_a_proxy_writes() {
        let proxies = proxies(&["10.0.0.0/8", "fd00::/8"]);
        let near = address("10.0.0.1");
        for (name, value, expected) in [
            ("x-forwarded-for", "192.0.2.66:4711", "192.0.2.66"),
            ("x-forwarded-for", "[2001:db8::1]:4711", "2001:db8::1"),
            ("x-forwarded-for", "2001:db8::1, 10.1.2.3", "2001:db8::1"),
            (
                "x-forwarded-for",
                "1.1.1.1, 192.0.2.66:1, fd00::7",
                "192.0.2.66",
            ),
            ("x-forwarded-for", "1.1.1.1, unknown", "10.0.0.1"),
            (
                "forwarded",
                "for=1.1.1.1, for=\"192.0.2.66:4711\"",
                "192.0.2.66",
            ),
            (
                "forwarded",
                "for=\"[2001:db8::1]\";proto=https",
                "2001:db8::1",
            ),
            ("forwarded", "for=1.1.1.1, for=_hidden", "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            assert_eq!(
                client(near, &headers, &proxies),
                address(expected),
                "{value}"
            );
            let eve = address("192.0.2.99");
            assert_eq!(client(eve, &headers, &proxies), eve, "{value}");
        }
    }

    #[test]
    fn eve_cannot_choose_her_own_address() {
        let headers = forwarded("198.51.100.1");
        let eve = address("192.0.2.66");
        assert_eq!(client(eve, &headers, &proxies(&[])), eve);
        assert_eq!(client(eve, &headers, &proxies(&["10.0.0.1"])), eve);
    }

    #[test]
    fn behind_our_proxies_the_last_foreign_address_counts() {
        let (near, proxies) = (address("10.0.0.1"), proxies(&["10.0.0.0/30"]));
        let headers = forwarded("1.1.1.1, 192.0.2.66, 10.0.0.2");
        assert_eq!(client(near, &headers, &proxies), address("192.0.2.66"));
        assert_eq!(client(near, &forwarded("nonsense"), &proxies), near);
    }

    #[test]
    fn what_eve_wrote_before_the_proxy_hides_nothing() {
        let (near, proxies) = (address("10.0.0.1"), proxies(&["10.0.0.1"]));
        for value in [
            "1.1.1.1, x, 192.0.2.66",
            "203.0.113.7, x, 192.0.2.66",
            "x, 192.0.2.66",
        ] {
            let seen = client(near, &forwarded(value), &proxies);
            assert_eq!(seen, address("192.0.2.66"), "{value}");
        }
        let nothing_foreign = forwarded("203.0.113.7, x, 10.0.0.1");
        assert_eq!(client(near, &nothing_foreign, &proxies), near);
    }

    #[test]
    fn links_lead_to_where_the_browser_already_is_unless_told() {
        let settings = crate::config::Settings::default();
        let mut http = crate::config::plan(settings).unwrap().http;
        let host = |host: &str| HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
        let remote = |tls| {
            let address = "192.0.2.66:1".parse().unwrap();
            Some(Remote { address, tls })
        };
        let url = base_url(&http, remote(true), &host("192.168.1.2:8443"));
        assert_eq!(url.page("/r/x"), "https://192.168.1.2:8443/r/x");
        assert_eq!(url.signal(), "wss://192.168.1.2:8443");
        let url = base_url(&http, remote(false), &host("evil.example/<script>"));
        assert_eq!(url.signal(), "ws://localhost:8080");
        http.public_url = Some("https://meet.example.org".to_owned());
        assert_eq!(
            base_url(&http, remote(false), &host("x")).signal(),
            "wss://meet.example.org"
        );
    }

    #[test]
    fn the_relay_is_where_the_page_is_unless_a_proxy_stands_before_it() {
        let settings = crate::config::Settings::default();
        let mut http = crate::config::plan(settings).unwrap().http;
        http.trusted_proxies = proxies(&["10.0.0.1"]);
        let told = |http: &HttpPlan, ip: &str, tls: bool, host: &str| {
            let address = SocketAddr::new(address(ip), 1);
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            let Way { host, port, over } = way(http, Some(Remote { address, tls }), &headers);
            (host, port, over)
        };
        let bob = "192.0.2.2";
        for (tls, host, expected) in [
            (true, "a.example:8443", ("a.example", 8443, Over::Tls)),
            (true, "a.example", ("a.example", 443, Over::Tls)),
            (true, "[2001:db8::1]", ("[2001:db8::1]", 443, Over::Tls)),
            (
                false,
                "[2001:db8::1]:8080",
                ("[2001:db8::1]", 8080, Over::Tcp),
            ),
            (false, "localhost", ("localhost", 80, Over::Tcp)),
        ] {
            let (name, port, over) = expected;
            assert_eq!(told(&http, bob, tls, host), (name.to_owned(), port, over));
        }
        assert_eq!(told(&http, "10.0.0.1", false, "x").2, Over::Proxy);
        http.public_url = Some("https://meet.example.org".to_owned());
        let public = |over| ("meet.example.org".to_owned(), 443, over);
        assert_eq!(
            told(&http, bob, true, "x"),
            public(Over::Tls),
            "a forwarded port"
        );
        assert_eq!(told(&http, bob, false, "x"), public(Over::Proxy));
    }

    #[test]
    fn behind_our_proxy_links_have_the_scheme_and_host_that_it_names() {
        let settings = crate::config::Settings::default();
        let mut http = crate::config::plan(settings).unwrap().http;
        http.trusted_proxies = proxies(&["10.0.0.1"]);
        let from = |ip: &str| {
            let address = SocketAddr::new(address(ip), 1);
            Some(Remote {
                address,
                tls: false,
            })
        };
        let headers = HeaderMap::from_iter([
            ("host".parse().unwrap(), "inside:8080".parse().unwrap()),
            (
                "x-forwarded-proto".parse().unwrap(),
                "https, http".parse().unwrap(),
            ),
            (
                "x-forwarded-host".parse().unwrap(),
                "meet.example.org".parse().unwrap(),
            ),
        ]);
        let proxied = base_url(&http, from("10.0.0.1"), &headers);
        assert_eq!(proxied.signal(), "wss://meet.example.org");
        assert_eq!(proxied.page("/r/x"), "https://meet.example.org/r/x");
        let eves = base_url(&http, from("192.0.2.66"), &headers);
        assert_eq!(eves.signal(), "ws://inside:8080");
        let mut nonsense = headers.clone();
        nonsense.insert("x-forwarded-host", "<script>".parse().unwrap());
        nonsense.insert("x-forwarded-proto", "javascript".parse().unwrap());
        let proxied = base_url(&http, from("10.0.0.1"), &nonsense);
        assert_eq!(proxied.signal(), "ws://inside:8080");
    }
}
