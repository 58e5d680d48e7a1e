//! TLS for the listener: one certificate, exchanged without a restart, and beside it those by which an
//! ACME authority is answered.

use super::certificate;
use super::challenges::{ACME_TLS_PROTOCOL, Challenges};
use super::pem::{Pair, TlsError, certified_key};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The certificate in use. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Certificate {
    in_use: Arc<RwLock<Arc<CertifiedKey>>>,
    challenges: Challenges,
}

impl Certificate {
    pub fn load(pair: &Pair) -> Result<Self, TlsError> {
        Ok(Self {
            in_use: Arc::new(RwLock::new(Arc::new(certified_key(pair)?))),
            challenges: Challenges::default(),
        })
    }

    /// Reads the files again; what is in use stays if they are wrong.
    pub fn reload(&self, pair: &Pair) -> Result<(), TlsError> {
        let read = Arc::new(certified_key(pair)?);
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// The challenges that are answered beside it.
    pub fn challenges(&self) -> &Challenges {
        &self.challenges
    }

    /// Tells Prometheus how long the certificate in use still holds.
    pub fn count_days_left(&self, now_unix_s: i64) {
        let in_use = self.in_use();
        let own = in_use.end_entity_cert().ok();
        if let Some(facts) = own.and_then(|own| certificate::facts(own).ok()) {
            let left_s = facts.not_after_unix_s - now_unix_s;
            metrics::gauge!("visio_tls_certificate_days_left").set(left_s as f64 / 86_400.0);
        }
    }

    /// What accepts connections with whichever certificate is in use then.
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(self.clone()));
        config.alpn_protocols = vec![b"http/1.1".to_vec(), ACME_TLS_PROTOCOL.to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn in_use(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.in_use.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.alpn();
        let mut asked = asked.into_iter().flatten().peekable();
        // An authority offers this protocol and no other (RFC 8737 section 3).
        if asked.peek().is_some() && asked.all(|protocol| protocol == ACME_TLS_PROTOCOL) {
            return self.challenges.over_tls(hello.server_name()?);
        }
        Some(self.in_use())
    }
}

/// Whether a handshake was an authority's look at a challenge: nothing follows it (RFC 8737 section 3).
pub(super) fn was_challenge<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(ACME_TLS_PROTOCOL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::CryptoProvider;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, Error, SignatureScheme};
    use std::collections::BTreeSet;
    use std::path::Path;
    use tokio_rustls::TlsConnector;
    use x509_parser::prelude::{FromDer as _, X509Certificate};

    /// Takes every certificate, as who only wants to look at it.
    #[derive(Debug)]
    struct AnyCertificate(Arc<CryptoProvider>);

    impl ServerCertVerifier for AnyCertificate {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            let known = self.0.signature_verification_algorithms;
            known.supported_schemes()
        }
    }

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
        let in_use = || certificate.in_use().cert.clone();
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

    /// The certificate that a handshake shows to who offers these protocols, and the one agreed on.
    async fn shown(
        certificate: &Certificate,
        offered: &[&[u8]],
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), std::io::Error> {
        let (near, far) = tokio::io::duplex(1 << 16);
        let acceptor = certificate.acceptor().unwrap();
        let server = tokio::spawn(async move { acceptor.accept(far).await.map(drop) });
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|one| one.to_vec()).collect();
        let name = ServerName::try_from("meet.example.org").unwrap();
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, near)
            .await?;
        let _ = server.await.unwrap();
        let (_, connection) = stream.get_ref();
        let sent = connection.peer_certificates().unwrap()[0].to_vec();
        Ok((sent, connection.alpn_protocol().map(<[u8]>::to_vec)))
    }

    #[tokio::test]
    async fn an_authority_sees_the_certificate_of_its_challenge_and_all_others_the_one_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let certificate = Certificate::load(&pair(folder.path())).unwrap();
        let usual = certificate.in_use().cert[0].to_vec();
        let challenge = [ACME_TLS_PROTOCOL];
        assert!(
            shown(&certificate, &challenge).await.is_err(),
            "none is in force"
        );
        let digest = [7; 32];
        let challenges = certificate.challenges();
        challenges.answer_tls("meet.example.org", &digest).unwrap();
        let (sent, agreed) = shown(&certificate, &challenge).await.unwrap();
        assert_eq!(agreed.as_deref(), Some(ACME_TLS_PROTOCOL));
        let (_, sent) = X509Certificate::from_der(&sent).unwrap();
        let mut extensions = sent.extensions().iter();
        // RFC 8737 section 3: critical, with an OCTET STRING inside.
        let identifier = extensions
            .find(|one| one.oid.to_id_string() == "1.3.6.1.5.5.7.1.31")
            .unwrap();
        assert!(identifier.critical);
        assert_eq!(identifier.value, [&[4, 32][..], &digest].concat());
        let http = b"http/1.1".as_slice();
        for offered in [&[][..], &[http], &[ACME_TLS_PROTOCOL, http]] {
            let (sent, agreed) = shown(&certificate, offered).await.unwrap();
            assert_eq!(sent, usual);
            assert_ne!(agreed.as_deref(), Some(ACME_TLS_PROTOCOL));
        }
        challenges.clear();
        assert!(shown(&certificate, &challenge).await.is_err());
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
