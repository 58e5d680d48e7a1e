//! For tests: a root, an intermediate and leaves of theirs, as certificate authorities have them.

use super::pem::Pair;
use crate::clock;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::path::Path;
use time::{Duration, OffsetDateTime};

/// Texts in PEM.
pub(crate) struct Authority {
    pub(crate) intermediate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// One certificate and its key.
pub(crate) struct Leaf {
    pub(crate) certificate: String,
    pub(crate) der: Vec<u8>,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let root = KeyPair::generate().unwrap();
        let root = Issuer::new(params("Root", true), root);
        let key = KeyPair::generate().unwrap();
        let own = params("Intermediate", true);
        let certificate = own.signed_by(&key, &root).unwrap();
        Self {
            intermediate: certificate.pem(),
            issuer: Issuer::new(own, key),
        }
    }

    /// A certificate for these names that holds from so many days from now on, for ninety.
    pub(crate) fn leaf(&self, names: &[&str], from_days: i64) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let mut own = params("leaf", false);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        own.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names;
        let now = OffsetDateTime::from_unix_timestamp(clock::now_unix_s()).unwrap();
        own.not_before = now + Duration::days(from_days) - Duration::minutes(1);
        own.not_after = own.not_before + Duration::days(90);
        let certificate = own.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            certificate: certificate.pem(),
            der: certificate.der().to_vec(),
            key: key.serialize_pem(),
        }
    }
}

fn params(name: &str, is_ca: bool) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

/// Writes both files into a folder.
pub(crate) fn pair(folder: &Path, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Pair {
    let pair = Pair {
        certificate: folder.join("certificate.pem"),
        key: folder.join("certificate.key"),
    };
    std::fs::write(&pair.certificate, certificate).unwrap();
    std::fs::write(&pair.key, key).unwrap();
    pair
}
