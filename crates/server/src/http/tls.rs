//! TLS for the listener: one certificate, exchanged without a restart.

use super::pem::{Pair, TlsError, certified_key};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;

/// The certificate in use. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Certificate(Arc<RwLock<Arc<CertifiedKey>>>);

impl Certificate {
    pub fn load(pair: &Pair) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(RwLock::new(Arc::new(certified_key(pair)?)))))
    }

    /// Reads the files again; what is in use stays if they are wrong.
    pub fn reload(&self, pair: &Pair) -> Result<(), TlsError> {
        let read = Arc::new(certified_key(pair)?);
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
        assert!(matches!(
            certificate.reload(&mixed),
            Err(TlsError::KeyOfAnother { .. })
        ));
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
