//! Where a request comes from and by which address its browser knows this server.

use crate::config::{HttpPlan, is_host};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// The other end of a connection; the listener puts it into each request.
#[derive(Clone, Copy, Debug)]
pub struct Remote {
    pub address: SocketAddr,
    pub tls: bool,
}

/// The address of who asks, seen through the operator's own proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

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

/// The last address in `X-Forwarded-For` that is not one of our own proxies: what stands before it
/// was written by the client, and need not be an address.
fn client(remote: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&remote) {
        return remote;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter();
    let forwarded: Vec<_> = forwarded.filter_map(|value| value.to_str().ok()).collect();
    let hops = forwarded.iter().flat_map(|value| value.split(','));
    let hops: Vec<&str> = hops.collect();
    hops.into_iter()
        .rev()
        .map_while(|hop| hop.trim().parse::<IpAddr>().ok())
        .map(|hop| hop.to_canonical())
        .find(|hop| !trusted.contains(hop))
        .unwrap_or(remote)
}

/// The address that browsers use who come through one of our proxies is in what the proxy says;
/// from anybody else the same words are the client's own.
fn base_url(http: &HttpPlan, remote: Option<Remote>, headers: &HeaderMap) -> BaseUrl {
    if let Some(url) = &http.public_url {
        return BaseUrl(url.clone());
    }
    let proxied = remote.is_some_and(|remote| {
        http.trusted_proxies
            .contains(&remote.address.ip().to_canonical())
    });
    let forwarded = |name: &str| first(headers, name).filter(|_| proxied);
    let host = forwarded("x-forwarded-host")
        .filter(|host| is_host(host))
        .or_else(|| first(headers, header::HOST.as_str()).filter(|host| is_host(host)));
    let host = host.map_or_else(
        || format!("localhost:{}", http.listen.port()),
        str::to_owned,
    );
    let tls = match forwarded("x-forwarded-proto") {
        Some("https") => true,
        Some("http") => false,
        _ => remote.is_some_and(|remote| remote.tls),
    };
    BaseUrl(format!("{}://{host}", if tls { "https" } else { "http" }))
}

/// The first of several values: of a chain of proxies the one nearest to the browser wrote it. Where
/// a proxy passes on what a client made up, that client misleads nobody but itself.
fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?;
    value.split(',').next().map(str::trim)
}

/// Where the WebSocket is when the operator named the server: not always where the page is from.
pub fn public_signal(http: &HttpPlan) -> Option<String> {
    let url = http.public_url.clone();
    url.map(|url| BaseUrl(url).signal())
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

    #[test]
    fn eve_cannot_choose_her_own_address() {
        let headers = forwarded("198.51.100.1");
        let eve = address("192.0.2.66");
        assert_eq!(client(eve, &headers, &[]), eve);
        assert_eq!(client(eve, &headers, &[address("10.0.0.1")]), eve);
    }

    #[test]
    fn behind_our_proxies_the_last_foreign_address_counts() {
        let proxies = [address("10.0.0.1"), address("10.0.0.2")];
        let headers = forwarded("1.1.1.1, 192.0.2.66, 10.0.0.2");
        assert_eq!(
            client(proxies[0], &headers, &proxies),
            address("192.0.2.66")
        );
        assert_eq!(
            client(proxies[0], &forwarded("nonsense"), &proxies),
            proxies[0]
        );
    }

    #[test]
    fn what_eve_wrote_before_the_proxy_hides_nothing() {
        let proxies = [address("10.0.0.1")];
        for value in [
            "1.1.1.1, x, 192.0.2.66",
            "203.0.113.7, x, 192.0.2.66",
            "x, 192.0.2.66",
        ] {
            let seen = client(proxies[0], &forwarded(value), &proxies);
            assert_eq!(seen, address("192.0.2.66"), "{value}");
        }
        let nothing_foreign = forwarded("203.0.113.7, x, 10.0.0.1");
        assert_eq!(client(proxies[0], &nothing_foreign, &proxies), proxies[0]);
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
    fn behind_our_proxy_links_have_the_scheme_and_host_that_it_names() {
        let settings = crate::config::Settings::default();
        let mut http = crate::config::plan(settings).unwrap().http;
        http.trusted_proxies = vec![address("10.0.0.1")];
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
