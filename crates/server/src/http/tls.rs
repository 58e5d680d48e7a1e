//! TLS for the listener: one certificate, exchanged without a restart.

use super::certificate::Pair;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{} cannot be read as PEM: {problem}", path.display())]
    Pem { path: PathBuf, problem: String },
    #[error("the certificate and its key cannot be used together: {0}")]
    Pair(#[from] rustls::Error),
}

/// The certificate in use. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Certificate(Arc<RwLock<Arc<CertifiedKey>>>);

impl Certificate {
    pub fn load(pair: &Pair) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(RwLock::new(Arc::new(read(pair)?)))))
    }

    /// Reads the files again; what is in use stays if they are wrong.
    pub fn reload(&self, pair: &Pair) -> Result<(), TlsError> {
        let read = Arc::new(read(pair)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// What accepts connections with whichever certificate is in use then.
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(self.clone()));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(
            &self.0.read().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

fn read(pair: &Pair) -> Result<CertifiedKey, TlsError> {
    let failed = |path: &PathBuf, problem: String| TlsError::Pem {
        path: path.clone(),
        problem,
    };
    let chain = CertificateDer::pem_file_iter(&pair.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(&pair.certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(failed(
            &pair.certificate,
            "it holds no certificate".to_owned(),
        ));
    }
    let key = PrivateKeyDer::from_pem_file(&pair.key)
        .map_err(|error| failed(&pair.key, error.to_string()))?;
    let certified = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?;
    certified.keys_match()?;
    Ok(certified)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::certificate;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn pair(folder: &Path) -> Pair {
        let names = BTreeSet::from(["localhost".to_owned()]);
        certificate::self_signed(folder, &names, crate::clock::now_unix_s()).unwrap()
    }

    #[test]
    fn a_pair_is_used_and_exchanged_and_a_wrong_one_is_not() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (first, second) = (pair(one.path()), pair(other.path()));
        let certificate = Certificate::load(&first).unwrap();
        assert!(certificate.acceptor().is_ok());
        let in_use = || certificate.0.read().unwrap().cert.clone();
        let before = in_use();
        let mixed = Pair {
            key: second.key.clone(),
            ..first.clone()
        };
        assert!(matches!(certificate.reload(&mixed), Err(TlsError::Pair(_))));
        assert_eq!(in_use(), before);
        certificate.reload(&second).unwrap();
        assert_ne!(in_use(), before);
    }

    #[test]
    fn files_that_are_no_pem_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let good = pair(folder.path());
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        let wrong = Pair {
            certificate: empty,
            ..good.clone()
        };
        let said = Certificate::load(&wrong).unwrap_err().to_string();
        assert!(said.contains("empty.pem"), "{said}");
        let wrong = Pair {
            key: good.certificate.clone(),
            ..good
        };
        assert!(Certificate::load(&wrong).is_err());
    }
}
