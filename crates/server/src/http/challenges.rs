//! What an ACME authority is answered while it looks whether a name leads to this server.

use super::error::ApiError;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

/// The protocol that only an authority asks for (RFC 8737 section 6.2).
pub const ACME_TLS_PROTOCOL: &[u8] = b"acme-tls/1";

/// The challenges in force: none, except while an order goes on. Cheap to clone. There are at most two
/// for each name that the settings have.
#[derive(Clone, Debug, Default)]
pub struct Challenges(Arc<RwLock<InForce>>);

#[derive(Debug, Default)]
struct InForce {
    /// The key authorization by its token (RFC 8555 section 8.3).
    over_http: BTreeMap<String, String>,
    /// The certificate by the name that the handshake asks for (RFC 8737 section 3).
    over_tls: BTreeMap<String, Arc<CertifiedKey>>,
}

/// Why a challenge cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum ChallengeError {
    #[error("the certificate of the challenge cannot be made: {0}")]
    Making(#[from] rcgen::Error),
    #[error("the certificate of the challenge cannot be used: {0}")]
    Using(#[from] rustls::Error),
}

impl Challenges {
    /// Answers HTTP-01 for this token.
    pub fn answer_http(&self, token: &str, authorization: &str) {
        let mut in_force = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let over_http = &mut in_force.over_http;
        over_http.insert(token.to_owned(), authorization.to_owned());
    }

    /// Answers TLS-ALPN-01 for this host; `digest` is the SHA-256 of the key authorization.
    pub fn answer_tls(&self, host: &str, digest: &[u8]) -> Result<(), ChallengeError> {
        let certificate = challenge_certificate(host, digest)?;
        let mut in_force = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let over_tls = &mut in_force.over_tls;
        over_tls.insert(server_name(host), Arc::new(certificate));
        Ok(())
    }

    /// Nothing is answered any more.
    pub fn clear(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = InForce::default();
    }

    pub(super) fn over_tls(&self, server_name: &str) -> Option<Arc<CertifiedKey>> {
        let in_force = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let over_tls = &in_force.over_tls;
        over_tls.get(&server_name.to_ascii_lowercase()).cloned()
    }

    fn over_http(&self, token: &str) -> Option<String> {
        let in_force = self.0.read().unwrap_or_else(PoisonError::into_inner);
        in_force.over_http.get(token).cloned()
    }
}

/// `/.well-known/acme-challenge/{token}`.
pub(crate) async fn answer(
    State(challenges): State<Challenges>,
    Path(token): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let authorization = challenges
        .over_http(&token)
        .ok_or_else(ApiError::not_found)?;
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    Ok((kind, authorization))
}

fn challenge_certificate(host: &str, digest: &[u8]) -> Result<CertifiedKey, ChallengeError> {
    let mut params = CertificateParams::new(vec![host.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = aws_lc_rs::default_provider();
    let signing = provider.key_provider.load_private_key(private)?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], signing))
}

/// What the handshake names: of an address its name in the reverse DNS (RFC 8738 section 6).
fn server_name(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(v4)) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Ok(IpAddr::V6(v6)) => {
            let octets = v6.octets().into_iter().rev();
            let nibbles = octets.map(|octet| format!("{:x}.{:x}.", octet & 0xf, octet >> 4));
            format!("{}ip6.arpa", nibbles.collect::<String>())
        }
        Err(_) => host.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_answered_while_it_is_in_force_and_no_other() {
        let challenges = Challenges::default();
        challenges.answer_http("token", "token.thumbprint");
        challenges.answer_tls("Meet.example.org", &[7; 32]).unwrap();
        assert_eq!(
            challenges.over_http("token").as_deref(),
            Some("token.thumbprint")
        );
        assert!(challenges.over_http("other").is_none());
        assert!(challenges.over_tls("meet.EXAMPLE.org").is_some());
        assert!(challenges.over_tls("other.example.org").is_none());
        challenges.clear();
        assert!(challenges.over_http("token").is_none());
        assert!(challenges.over_tls("meet.example.org").is_none());
    }

    #[test]
    fn an_address_is_asked_for_by_its_reverse_name() {
        assert_eq!(server_name("192.0.2.1"), "1.2.0.192.in-addr.arpa");
        assert_eq!(
            server_name("2001:db8::1"),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }
}
