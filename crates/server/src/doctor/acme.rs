//! The certificate of an authority: whether there is one, and what could keep the next away.

use super::Finding;
use crate::acme;
use crate::clock;
use crate::config::{AcmePlan, Plan};
use crate::http::certificate::{Facts, own_addresses, read_facts};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// A router that lets a machine reach itself by its public address answers at once.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// Where authorities look: TLS-ALPN-01 and HTTP-01.
const PORTS: [u16; 2] = [443, 80];

pub(super) fn look(plan: &Plan, acme: &AcmePlan, running: bool) -> Vec<Finding> {
    let folder = plan.data_folder.join("tls");
    let facts = read_facts(&acme::pair(&folder).certificate).ok();
    let held = facts.filter(|facts| acme.names.iter().all(|name| facts.covers(name)));
    let failure = acme::last_failure(&folder);
    let mut findings = vec![certificate(held.as_ref(), clock::now_unix_s(), running)];
    findings.extend(failure.map(|failure| {
        let problem = format!("the last order failed: {}", failure.problem);
        Finding::warning("TLS", problem, failure.remedy)
    }));
    findings.push(directory(acme));
    for name in &acme.names {
        findings.extend(named(plan, name, running));
    }
    findings
}

fn certificate(held: Option<&Facts>, now_unix_s: i64, running: bool) -> Finding {
    match held.map(|facts| facts.not_after_unix_s) {
        Some(until) if until <= now_unix_s => Finding::failure(
            "TLS",
            format!("the certificate of the authority ended on {}", day(until)),
            "see what the log of visio says of its renewal",
        ),
        Some(until) => Finding::ok(
            "TLS",
            format!(
                "certificate of an authority, until {}; renewed before",
                day(until)
            ),
        ),
        None if running => Finding::warning(
            "TLS",
            "self-signed until the authority gives the first certificate",
            "wait a minute, then see what the log of visio says",
        ),
        None => Finding::ok("TLS", "a certificate is ordered at the first start"),
    }
}

fn day(unix_s: i64) -> String {
    clock::rfc3339(unix_s.saturating_mul(1000))
}

fn directory(acme: &AcmePlan) -> Finding {
    let what = format!("Authority {}", acme.directory);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let reached = match runtime {
        Ok(runtime) => runtime.block_on(acme::reach(acme)),
        Err(error) => return Finding::warning(what, error.to_string(), "run this again"),
    };
    match reached {
        Ok(()) => Finding::ok(what, "answers"),
        Err(failure) => Finding::failure(what, failure.problem, failure.remedy),
    }
}

/// Whether a name leads here, and whether an authority could look here, as far as it is seen from here.
fn named(plan: &Plan, name: &str, running: bool) -> Vec<Finding> {
    let what = format!("Name {name}");
    let found = (name, PORTS[0]).to_socket_addrs();
    let found: Vec<IpAddr> = match found {
        Ok(found) => found.map(|address| address.ip()).collect(),
        Err(error) => {
            let problem = format!("it is not found: {error}");
            let remedy = "enter it into the DNS with the public address of this server";
            return vec![Finding::failure(what, problem, remedy)];
        }
    };
    let mut own = own_addresses();
    own.extend(&plan.media.addresses);
    let mut findings = vec![leads_here(&what, &found, &own)];
    findings.extend(running.then(|| seen(&what, &found)));
    findings
}

fn leads_here(what: &str, found: &[IpAddr], own: &[IpAddr]) -> Finding {
    let elsewhere: Vec<_> = found.iter().filter(|one| !own.contains(one)).collect();
    let told: Vec<_> = elsewhere.iter().map(ToString::to_string).collect();
    match told.is_empty() {
        true => Finding::ok(what, "leads to this machine"),
        false => Finding::warning(
            what,
            format!(
                "it leads to {}, which this machine does not have itself",
                told.join(" and ")
            ),
            "correct the DNS; behind NAT this is as it should be: name the public address in \
             media.addresses",
        ),
    }
}

fn seen(what: &str, found: &[IpAddr]) -> Finding {
    let is_open = |port: &&u16| {
        let mut addresses = found.iter().map(|ip| SocketAddr::new(*ip, **port));
        addresses.any(|address| TcpStream::connect_timeout(&address, ANSWER_TIMEOUT).is_ok())
    };
    match PORTS.iter().find(is_open) {
        Some(port) => Finding::ok(what, format!("TCP port {port} answers")),
        None => Finding::warning(
            what,
            "neither TCP port 443 nor 80 answers from here, and the authority looks at one of them",
            "open and forward port 443 to tls.listen, or 80 to server.listen; not every router lets a \
             machine reach itself: then look from elsewhere",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet_plan;
    use super::super::text;
    use super::*;
    use crate::config::TlsPlan;

    const NOW_S: i64 = 1_793_491_200;

    fn facts(until: i64) -> Facts {
        Facts {
            names: ["meet.example.org".to_owned()].into(),
            not_before_unix_s: NOW_S - 86_400,
            not_after_unix_s: until,
            issuer: "CN=Authority".to_owned(),
            is_self_signed: false,
        }
    }

    #[test]
    fn what_there_is_of_a_certificate_is_told() {
        for (held, running, said) in [
            (
                Some(facts(NOW_S + 86_400)),
                true,
                "ok    TLS: certificate of an authority, until",
            ),
            (
                Some(facts(NOW_S - 1)),
                true,
                "FAIL  TLS: the certificate of the authority ended",
            ),
            (None, true, "warn  TLS: self-signed until"),
            (None, false, "ok    TLS: a certificate is ordered"),
        ] {
            let text = text(&[certificate(held.as_ref(), NOW_S, running)]);
            assert!(text.starts_with(said), "{said}: {text}");
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_told_with_where() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let (here, there) = (address("192.0.2.1"), address("198.51.100.7"));
        let said = |found: &[IpAddr]| text(&[leads_here("Name x", found, &[here])]);
        assert!(said(&[here]).starts_with("ok    Name x: leads to this machine"));
        assert!(said(&[here, there]).starts_with("warn  Name x: it leads to 198.51.100.7,"));
    }

    #[test]
    fn an_authority_that_does_not_answer_and_a_name_that_is_not_found_are_failures() {
        let folder = tempfile::tempdir().unwrap();
        let plan = quiet_plan(folder.path(), |settings| {
            settings.tls.mode = "acme".to_owned();
            settings.tls.acme.directory = "https://127.0.0.1:1/directory".to_owned();
            settings.tls.acme.terms_agreed = true;
            settings.server.public_url = "https://nowhere.invalid".to_owned();
        });
        let TlsPlan::Acme { acme, .. } = &plan.tls else {
            panic!("{:?}", plan.tls)
        };
        let text = text(&look(&plan, acme, false));
        let authority =
            "FAIL  Authority https://127.0.0.1:1/directory: 127.0.0.1:1 cannot be reached";
        assert!(text.contains(authority), "{text}");
        assert!(
            text.contains("FAIL  Name nowhere.invalid: it is not found"),
            "{text}"
        );
    }
}
