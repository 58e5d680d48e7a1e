//! The operator's certificate files, in whatever shape their makers left them.

use std::path::Path;
use visio_server::http::certificate::facts;
use visio_server::http::pem::certificates_in;

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "certificate",
    seeds,
    check,
    share: 1,
};

/// For `meet.example.org`, `*.example.org` and two addresses; its key was thrown away.
const CERTIFICATE: &str = include_str!("certificate.pem");

fn seeds() -> Vec<Vec<u8>> {
    let found = certificates_in(Path::new("seed"), CERTIFICATE.into()).unwrap_or_default();
    assert_eq!(found.len(), 1, "a valid certificate is the seed");
    let mut seeds = vec![CERTIFICATE.into(), CERTIFICATE.repeat(2).into_bytes()];
    seeds.extend(found.iter().map(|one| one.to_vec()));
    seeds
}

/// What can be read of a certificate holds together: it covers the hosts that it names.
fn check(input: &[u8]) {
    let found = certificates_in(Path::new("input"), input.to_vec());
    for facts in found.iter().flatten().filter_map(|one| facts(one).ok()) {
        for name in &facts.names {
            assert!(
                facts.covers(name),
                "a certificate does not cover its own name"
            );
        }
    }
}
