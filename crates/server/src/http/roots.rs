//! The root certificates that programs on this machine believe in.

use super::pem;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use std::path::Path;

/// Where systems keep the certificates that browsers and programs believe in.
const ROOT_FILES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// What programs on this machine believe in, as far as it is where systems keep it.
pub fn of_system() -> RootCertStore {
    let files = ROOT_FILES.iter().map(Path::new);
    let found = files.filter_map(|file| pem::certificates(file).ok()).next();
    trusting(found.unwrap_or_default())
}

/// These and no others.
pub fn trusting(certificates: Vec<CertificateDer<'static>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Systems keep some that nobody can read any more.
    roots.add_parsable_certificates(certificates);
    roots
}
