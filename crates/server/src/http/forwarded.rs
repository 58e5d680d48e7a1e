//! What reverse proxies say of a request: `X-Forwarded-For` and its kin, and `Forwarded` (RFC 7239).
//!
//! All of it is the client's own words unless the connection comes from a trusted proxy.

use axum::http::HeaderMap;
use std::net::IpAddr;

/// The addresses that a request came from, the nearest last; none where one cannot be read.
/// `X-Forwarded-For` counts where both headers stand: more proxies write it.
pub(super) fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let x_forwarded_for = values(headers, "x-forwarded-for");
    let listed: Vec<_> = x_forwarded_for
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|hop| !hop.is_empty())
        .map(address)
        .collect();
    if !listed.is_empty() {
        return listed;
    }
    elements(headers)
        .map(|element| parameter(element, "for").and_then(|node| address(&node)))
        .collect()
}

/// The scheme that the browser used.
pub(super) fn proto(headers: &HeaderMap) -> Option<String> {
    first(headers, "x-forwarded-proto").or_else(|| parameter(elements(headers).next()?, "proto"))
}

/// The host that the browser used.
pub(super) fn host(headers: &HeaderMap) -> Option<String> {
    first(headers, "x-forwarded-host").or_else(|| parameter(elements(headers).next()?, "host"))
}

/// The first of several values: of a chain of proxies the one nearest to the browser wrote it. Where
/// a proxy passes on what a client made up, that client misleads nobody but itself.
fn first(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = values(headers, name).next()?;
    Some(value.split(',').next()?.trim().to_owned())
}

fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter();
    values.filter_map(|value| value.to_str().ok())
}

/// The elements of all `Forwarded` headers, one for each proxy.
fn elements(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let elements = values(headers, "forwarded").flat_map(|value| unquoted_split(value, ','));
    elements.filter(|element| !element.trim().is_empty())
}

/// The value of a parameter of an element, without quotes (RFC 7239 section 4).
fn parameter(element: &str, name: &str) -> Option<String> {
    let pairs = unquoted_split(element, ';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs
        .into_iter()
        .find(|(found, _)| found.trim().eq_ignore_ascii_case(name))?;
    let value = value.trim();
    let quoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    Some(quoted.map_or_else(|| value.to_owned(), |text| text.replace('\\', "")))
}

/// Parts between separators that stand outside of quotes.
fn unquoted_split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        let splits = c == separator && !quoted;
        match c {
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
        splits
    })
}

/// An address with or without brackets, port (RFC 7239 section 6) and zone.
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim().trim_matches('"');
    let host = match node.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => match node.split_once(':') {
            // A second colon: IPv6 without brackets, and so without a port.
            Some((host, port)) if !port.contains(':') => host,
            _ => node,
        },
    };
    let bare = host
        .split_once('%')
        .map_or(host, |(address, _zone)| address);
    bare.parse::<IpAddr>()
        .ok()
        .map(|found| found.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static(name), value)
        });
        let mut headers = HeaderMap::new();
        pairs.for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    #[test]
    fn an_address_is_found_in_each_way_of_writing_it() {
        for (node, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            (" 192.0.2.1 ", Some("192.0.2.1")),
            ("192.0.2.1:4711", Some("192.0.2.1")),
            ("\"192.0.2.1:4711\"", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:4711", Some("2001:db8::1")),
            ("\"[2001:db8::1]:4711\"", Some("2001:db8::1")),
            ("[2001:db8::1]:_port", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("[::ffff:192.0.2.1]:80", Some("192.0.2.1")),
            ("unknown", None),
            ("_hidden", None),
            ("", None),
            ("[2001:db8::1", None),
            ("192.0.2.1:80:80", None),
            ("example.org", None),
            ("999.0.2.1", None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(address(node), expected, "{node}");
        }
    }

    #[test]
    fn hops_come_from_all_headers_in_their_order() {
        let seen = |pairs: &[(&'static str, &str)]| {
            let hops = hops(&headers(pairs)).into_iter();
            let words = hops.map(|hop| hop.map_or("?".to_owned(), |hop| hop.to_string()));
            words.collect::<Vec<_>>().join(" ")
        };
        let x = "x-forwarded-for";
        assert_eq!(seen(&[(x, "1.1.1.1, 2.2.2.2:80")]), "1.1.1.1 2.2.2.2");
        assert_eq!(seen(&[(x, "1.1.1.1"), (x, "2.2.2.2")]), "1.1.1.1 2.2.2.2");
        assert_eq!(seen(&[(x, "1.1.1.1,, x ,")]), "1.1.1.1 ?");
        let f = "forwarded";
        assert_eq!(
            seen(&[(
                f,
                r#"for=192.0.2.43, for="[2001:db8:cafe::17]:4711";proto=https"#
            )]),
            "192.0.2.43 2001:db8:cafe::17"
        );
        assert_eq!(
            seen(&[(f, "proto=http; For = 192.0.2.43;by=203.0.113.43")]),
            "192.0.2.43"
        );
        assert_eq!(seen(&[(f, "for=unknown, proto=https")]), "? ?");
        assert_eq!(
            seen(&[
                (f, r#"host="a,b;for=6.6.6.6";for=192.0.2.1"#),
                (f, "for=192.0.2.2")
            ]),
            "192.0.2.1 192.0.2.2"
        );
        assert_eq!(seen(&[(f, "for=6.6.6.6"), (x, "192.0.2.1")]), "192.0.2.1");
        assert_eq!(seen(&[]), "");
    }

    #[test]
    fn scheme_and_host_come_from_either_header() {
        let both = |pairs: &[(&'static str, &str)]| {
            let headers = headers(pairs);
            (
                proto(&headers).unwrap_or_default(),
                host(&headers).unwrap_or_default(),
            )
        };
        let expected = ("https".to_owned(), "meet.example.org".to_owned());
        for pairs in [
            &[
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "meet.example.org"),
            ][..],
            &[
                ("x-forwarded-proto", "https, http"),
                ("x-forwarded-host", "meet.example.org, in"),
            ],
            &[("forwarded", "for=1.1.1.1;proto=https;host=meet.example.org")],
            &[(
                "forwarded",
                "host=\"meet.example.org\";proto=https, proto=http;host=in",
            )],
        ] {
            assert_eq!(both(pairs), expected, "{pairs:?}");
        }
        assert_eq!(both(&[]), (String::new(), String::new()));
    }
}
