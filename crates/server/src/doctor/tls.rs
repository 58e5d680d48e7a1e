//! The certificate of the listener with TLS.

use super::Finding;
use crate::clock;
use crate::config::{Plan, TlsPlan};
use crate::http::certificate::{Pair, read_facts, self_signed_pair};
use crate::http::tls::Certificate;

/// An own certificate that ends within this time should be renewed by whatever renews it.
const SOON_S: i64 = 14 * 86_400;

pub(super) fn look(plan: &Plan) -> Finding {
    match &plan.tls {
        TlsPlan::Off => Finding::warning(
            "TLS",
            "off: browsers give camera and microphone on localhost only",
            "put a reverse proxy with TLS before it and set server.public_url, or set tls.mode",
        ),
        TlsPlan::SelfSigned { .. } => match self_signed_pair(&plan.data_folder.join("tls")) {
            pair if pair.certificate.exists() => usable(&pair, "self-signed: browsers warn once"),
            _ => Finding::ok("TLS", "self-signed, made on the first start"),
        },
        TlsPlan::Files {
            certificate, key, ..
        } => usable(
            &Pair {
                certificate: certificate.clone(),
                key: key.clone(),
            },
            "own certificate",
        ),
    }
}

fn usable(pair: &Pair, what: &str) -> Finding {
    let remedy = "check tls.certificate and tls.key";
    if let Err(error) = Certificate::load(pair) {
        return Finding::failure("TLS", error.to_string(), remedy);
    }
    let facts = match read_facts(&pair.certificate) {
        Ok(facts) => facts,
        Err(error) => return Finding::failure("TLS", error.to_string(), remedy),
    };
    let until = clock::rfc3339(facts.not_after_unix_s.saturating_mul(1000));
    let left_s = facts.not_after_unix_s - clock::now_unix_s();
    match left_s {
        i64::MIN..=0 => Finding::failure("TLS", format!("it ended on {until}"), "renew it"),
        1..=SOON_S => Finding::warning("TLS", format!("it ends on {until}"), "renew it"),
        _ => Finding::ok("TLS", format!("{what}, until {until}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet_plan;
    use super::*;
    use crate::http::certificate::self_signed;
    use std::collections::BTreeSet;

    #[test]
    fn an_own_certificate_is_found_good_ending_ended_or_missing() {
        let folder = tempfile::tempdir().unwrap();
        let names = BTreeSet::from(["localhost".to_owned()]);
        let made_s_ago = |ago_days: i64| {
            let folder = folder.path().join(ago_days.to_string());
            let then_s = clock::now_unix_s() - ago_days * 86_400;
            let pair = self_signed(&folder, &names, then_s).unwrap();
            look(&quiet_plan(&folder, |settings| {
                settings.tls.mode = "files".to_owned();
                settings.tls.certificate = pair.certificate.display().to_string();
                settings.tls.key = pair.key.display().to_string();
            }))
        };
        assert!(format!("{:?}", made_s_ago(0)).contains("own certificate, until"));
        assert!(format!("{:?}", made_s_ago(390)).contains("it ends on"));
        assert!(made_s_ago(500).is_failure());
        let missing = quiet_plan(folder.path(), |settings| {
            settings.tls.mode = "files".to_owned();
            settings.tls.certificate = "/absent.pem".to_owned();
            settings.tls.key = "/absent.key".to_owned();
        });
        assert!(look(&missing).is_failure());
    }
}
