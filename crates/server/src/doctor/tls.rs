//! The certificate of the listener with TLS.

use super::{Finding, acme};
use crate::clock;
use crate::config::{Plan, TlsPlan};
use crate::http::certificate::{Facts, facts, self_signed_pair};
use crate::http::pem::{Pair, chain};

/// An own certificate that ends within this time should be renewed by whatever renews it.
const SOON_S: i64 = 14 * 86_400;

pub(super) fn look(plan: &Plan, running: bool) -> Vec<Finding> {
    match &plan.tls {
        TlsPlan::Off => vec![off(plan)],
        TlsPlan::SelfSigned { .. } => match self_signed_pair(&plan.data_folder.join("tls")) {
            pair if pair.certificate.exists() => usable(&pair, None),
            _ => vec![Finding::ok("TLS", "self-signed, made on the first start")],
        },
        TlsPlan::Files {
            certificate, key, ..
        } => {
            let pair = Pair {
                certificate: certificate.clone(),
                key: key.clone(),
            };
            let public_url = plan.http.public_url.as_deref();
            usable(&pair, public_url.and_then(host_of))
        }
        TlsPlan::Acme { acme, .. } => acme::look(plan, acme, running),
    }
}

fn off(plan: &Plan) -> Finding {
    let is_proxied = plan.http.public_url.as_deref();
    match is_proxied.is_some_and(|url| url.starts_with("https://")) {
        true => Finding::ok("TLS", "off here, done by the proxy of server.public_url"),
        false => Finding::warning(
            "TLS",
            "off: browsers give camera and microphone on localhost only",
            "put a reverse proxy with TLS before it and set server.public_url, or set tls.mode",
        ),
    }
}

/// The host of a URL without its port.
fn host_of(url: &str) -> Option<&str> {
    let host = url.split_once("://")?.1;
    match host.strip_prefix('[') {
        Some(rest) => Some(rest.split_once(']')?.0),
        None => Some(host.split_once(':').map_or(host, |(host, _)| host)),
    }
}

/// What is wrong with a pair; `host` is what people type.
fn usable(pair: &Pair, host: Option<&str>) -> Vec<Finding> {
    let remedy = "see tls.certificate and tls.key in the configuration reference";
    let failed = |problem: String| vec![Finding::failure("TLS", problem, remedy)];
    let (chain, in_order) = match chain(pair) {
        Ok(chain) => chain,
        Err(error) => return failed(error.to_string()),
    };
    let facts = match facts(&chain[0]) {
        Ok(facts) => facts,
        Err(problem) => return failed(problem),
    };
    let problems = [
        ending(&facts, clock::now_unix_s()),
        unnamed(&facts, host),
        (chain.len() == 1 && !facts.is_self_signed).then(|| without_chain(&facts)),
        (!in_order).then(|| {
            Finding::warning(
                "TLS",
                "the certificates stand in the wrong order (they are sent in the right one)",
                "put your own certificate first, then that of its issuer, then the next",
            )
        }),
    ];
    let found: Vec<_> = problems.into_iter().flatten().collect();
    match found.is_empty() {
        false => found,
        true => vec![Finding::ok("TLS", summary(&facts))],
    }
}

fn summary(facts: &Facts) -> String {
    let kind = match facts.is_self_signed {
        true => "self-signed: browsers warn once",
        false => "own certificate with its chain",
    };
    format!("{kind}, until {}", day(facts.not_after_unix_s))
}

fn day(unix_s: i64) -> String {
    clock::rfc3339(unix_s.saturating_mul(1000))
}

fn ending(facts: &Facts, now_s: i64) -> Option<Finding> {
    let (from, until) = (facts.not_before_unix_s, facts.not_after_unix_s);
    if now_s < from {
        let problem = format!("it is valid only from {} on", day(from));
        let remedy = "use the former one until then; if that is not so, set the clock";
        return Some(Finding::failure("TLS", problem, remedy));
    }
    match until - now_s {
        i64::MIN..=0 => {
            let problem = format!("it ended on {}", day(until));
            Some(Finding::failure("TLS", problem, "renew it"))
        }
        1..=SOON_S => {
            let problem = format!("it ends on {}", day(until));
            Some(Finding::warning("TLS", problem, "renew it"))
        }
        _ => None,
    }
}

fn unnamed(facts: &Facts, host: Option<&str>) -> Option<Finding> {
    let named: Vec<_> = facts.names.iter().map(String::as_str).collect();
    if named.is_empty() {
        let problem = "it names no host as browsers want it (subjectAltName)";
        let remedy = "ask its issuer for one with the names of this server";
        return Some(Finding::failure("TLS", problem, remedy));
    }
    let host = host.filter(|host| !facts.covers(host))?;
    Some(Finding::warning(
        "TLS",
        format!(
            "it is for {}, and people type {host} (server.public_url)",
            named.join(", ")
        ),
        "use a certificate for that name, or correct server.public_url",
    ))
}

fn without_chain(facts: &Facts) -> Finding {
    Finding::warning(
        "TLS",
        format!(
            "the file lacks the certificate of the issuer ({}): phones and programs refuse it",
            facts.issuer
        ),
        "use the file with the whole chain (fullchain.pem), or append the issuer's certificate",
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet_plan;
    use super::super::text;
    use super::*;
    use crate::http::authority::{Authority, pair};
    use crate::http::certificate::self_signed;
    use std::collections::BTreeSet;

    fn seen(pair: &Pair, public_url: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let plan = quiet_plan(folder.path(), |settings| {
            settings.tls.mode = "files".to_owned();
            settings.tls.certificate = pair.certificate.display().to_string();
            settings.tls.key = pair.key.display().to_string();
            settings.server.public_url = public_url.to_owned();
        });
        text(&look(&plan, false))
    }

    #[test]
    fn an_own_certificate_is_found_good_ending_ended_or_missing() {
        let folder = tempfile::tempdir().unwrap();
        let names = BTreeSet::from(["localhost".to_owned()]);
        let made_s_ago = |ago_days: i64| {
            let folder = folder.path().join(ago_days.to_string());
            let then_s = clock::now_unix_s() - ago_days * 86_400;
            seen(&self_signed(&folder, &names, then_s).unwrap(), "")
        };
        assert!(made_s_ago(0).contains("ok    TLS: self-signed: browsers warn once, until"));
        assert!(made_s_ago(390).contains("warn  TLS: it ends on"));
        assert!(made_s_ago(500).contains("FAIL  TLS: it ended on"));
        let missing = Pair {
            certificate: "/absent.pem".into(),
            key: "/absent.key".into(),
        };
        assert!(seen(&missing, "").contains("FAIL  TLS: /absent.pem"));
    }

    #[test]
    fn each_shape_of_a_certificate_is_told_as_it_is() {
        let authority = Authority::new();
        let leaf = authority.leaf(&["meet.example.org", "localhost"], 0);
        let (own, above, key) = (&leaf.certificate, &authority.intermediate, &leaf.key);
        let later = authority.leaf(&["meet.example.org"], 30);
        let full = format!("{own}{above}");
        let nameless = authority.leaf(&[], 0);
        let url = "https://meet.example.org:8443";
        for (certificate, key, url, said) in [
            (
                full.clone(),
                key,
                url,
                "ok    TLS: own certificate with its chain, until",
            ),
            (
                full.clone(),
                key,
                "",
                "ok    TLS: own certificate with its chain, until",
            ),
            (
                own.clone(),
                key,
                url,
                "warn  TLS: the file lacks the certificate of the issuer (CN=Intermediate",
            ),
            (
                format!("{}{above}", later.certificate),
                &later.key,
                url,
                "FAIL  TLS: it is valid only from",
            ),
            (
                full.clone(),
                key,
                "https://other.example.org",
                "warn  TLS: it is for localhost, meet.example.org, and people type other.example.org",
            ),
            (format!("{key}{full}"), key, url, "ok    TLS:"),
            (
                format!("{above}{own}"),
                key,
                url,
                "warn  TLS: the certificates stand in the wrong order",
            ),
            (format!("\u{FEFF}{full}"), key, url, "ok    TLS:"),
            (
                format!("{}{above}", nameless.certificate),
                &nameless.key,
                url,
                "FAIL  TLS: it names no host",
            ),
            (
                full.clone(),
                &key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
                url,
                "is encrypted with a password",
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let text = seen(&pair(folder.path(), certificate, key), url);
            assert!(text.contains(said), "{said}: {text}");
        }
    }

    #[test]
    fn a_host_is_found_in_its_url() {
        for (url, host) in [
            ("https://meet.example.org", "meet.example.org"),
            ("https://meet.example.org:8443", "meet.example.org"),
            ("https://192.0.2.1:8443", "192.0.2.1"),
            ("https://[2001:db8::1]:8443", "2001:db8::1"),
        ] {
            assert_eq!(host_of(url), Some(host), "{url}");
        }
    }
}
