//! Certificates and keys from files in whatever shape their makers left them; what cannot be read is
//! named, with the command that makes it readable.

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// What editors of Windows put before a text in UTF-8, and the start of one in UTF-16.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF_16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
/// The first byte of anything in DER: a sequence.
const DER_SEQUENCE: u8 = 0x30;
/// Where a PKCS#12 file says its version, which is 3 (RFC 7292 section 4).
const PKCS12_VERSION: [u8; 3] = [2, 1, 3];

/// The two files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{} cannot be used: {problem}", path.display())]
    Pem { path: PathBuf, problem: String },
    #[error(
        "the key {0} is encrypted with a password, and nobody is there to type it at each start. Run: \
         openssl pkey -in {0} -out plain.key",
        path.display()
    )]
    EncryptedKey { path: PathBuf },
    #[error(
        "{0} is a PKCS#12 file. Run: openssl pkcs12 -in {0} {part} -out FILE.pem",
        path.display()
    )]
    Pkcs12 { path: PathBuf, part: &'static str },
    #[error(
        "the key {} belongs to none of the certificates in {}",
        key.display(),
        certificate.display()
    )]
    KeyOfAnother { certificate: PathBuf, key: PathBuf },
    #[error("the certificate and its key cannot be used: {0}")]
    Pair(#[from] rustls::Error),
}

/// The certificates of a pair as they are sent, and whether the file has them in this order.
pub fn chain(pair: &Pair) -> Result<(Vec<CertificateDer<'static>>, bool), TlsError> {
    let certified = certified_key(pair)?;
    let is_in_order = certificates(&pair.certificate)? == certified.cert;
    Ok((certified.cert, is_in_order))
}

pub(super) fn certified_key(pair: &Pair) -> Result<CertifiedKey, TlsError> {
    let found = certificates(&pair.certificate)?;
    let private = key(&pair.key)?;
    let provider = aws_lc_rs::default_provider();
    let signing = provider.key_provider.load_private_key(private)?;
    let public = signing.public_key();
    let chain = match &public {
        Some(public) => in_order(found, public.as_ref()),
        None => Some(found),
    };
    let chain = chain.ok_or_else(|| TlsError::KeyOfAnother {
        certificate: pair.certificate.clone(),
        key: pair.key.clone(),
    })?;
    Ok(CertifiedKey::new(chain, signing))
}

/// All certificates of a file, in its order.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    certificates_in(path, read(path)?)
}

/// All certificates in the bytes of the file at `path`, in their order.
pub fn certificates_in(
    path: &Path,
    bytes: Vec<u8>,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    if bytes.first() == Some(&DER_SEQUENCE) {
        return match X509Certificate::from_der(&bytes) {
            Ok(_) => Ok(vec![CertificateDer::from(bytes)]),
            Err(_) => Err(foreign(path, &bytes, "-nokeys")),
        };
    }
    let found = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(without_repetitions(found)),
        Ok(_) => Err(problem(path, "it holds no certificate in PEM")),
        Err(error) => Err(problem(path, &error.to_string())),
    }
}

fn without_repetitions(found: Vec<CertificateDer<'static>>) -> Vec<CertificateDer<'static>> {
    let mut kept = Vec::with_capacity(found.len());
    for certificate in found {
        if !kept.contains(&certificate) {
            kept.push(certificate);
        }
    }
    kept
}

/// The private key of a file, also of one that holds certificates beside it.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let bytes = read(path)?;
    if is_encrypted(&bytes) {
        let path = path.to_owned();
        return Err(TlsError::EncryptedKey { path });
    }
    if bytes.first() == Some(&DER_SEQUENCE) {
        let foreign = foreign(path, &bytes, "-nocerts -nodes");
        return match foreign {
            TlsError::Pkcs12 { .. } => Err(foreign),
            _ => PrivateKeyDer::try_from(bytes).map_err(|_| foreign),
        };
    }
    PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|_| problem(path, "it holds no private key in PEM"))
}

/// PKCS#8 says it in its label, older keys in a header (RFC 1421 section 4.6.1.1).
fn is_encrypted(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let bytes = std::fs::read(path).map_err(|error| problem(path, &error.to_string()))?;
    if UTF_16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(problem(
            path,
            "it is text in UTF-16: save it as ASCII or UTF-8",
        ));
    }
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).map(<[u8]>::to_vec);
    Ok(text.unwrap_or(bytes))
}

fn foreign(path: &Path, bytes: &[u8], part: &'static str) -> TlsError {
    let start = bytes.get(..8).unwrap_or_default();
    if start.windows(3).any(|three| three == PKCS12_VERSION) {
        let path = path.to_owned();
        return TlsError::Pkcs12 { path, part };
    }
    problem(path, "it is neither PEM nor what is expected in DER")
}

fn problem(path: &Path, problem: &str) -> TlsError {
    TlsError::Pem {
        path: path.to_owned(),
        problem: problem.to_owned(),
    }
}

/// The certificates with that of the key first and each followed by its issuer, as TLS sends them
/// (RFC 8446 section 4.4.2); none where no certificate has this public key.
pub(super) fn in_order(
    mut certificates: Vec<CertificateDer<'static>>,
    public_key: &[u8],
) -> Option<Vec<CertificateDer<'static>>> {
    let has_key = |certificate: &CertificateDer<'_>| {
        parsed(certificate).is_some_and(|read| read.subject_pki.raw == public_key)
    };
    let own = certificates.iter().position(has_key)?;
    let mut ordered = vec![certificates.remove(own)];
    while let Some(next) = issuer_of(ordered.last()?, &certificates) {
        ordered.push(certificates.remove(next));
    }
    // What belongs to no chain is sent last: it may be a second way to another root.
    ordered.append(&mut certificates);
    Some(ordered)
}

fn issuer_of(certificate: &CertificateDer<'_>, among: &[CertificateDer<'static>]) -> Option<usize> {
    let issuer = parsed(certificate)?.issuer.as_raw().to_vec();
    let is_issuer = |other: &CertificateDer<'_>| {
        parsed(other).is_some_and(|read| read.subject.as_raw() == issuer)
    };
    among.iter().position(is_issuer)
}

pub(super) fn parsed<'a>(certificate: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    let (_, read) = X509Certificate::from_der(certificate.as_ref()).ok()?;
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::super::authority::{Authority, pair};
    use super::chain;

    #[test]
    fn what_can_be_read_is_served_with_the_own_certificate_first() {
        let authority = Authority::new();
        let leaf = authority.leaf(&["localhost"], 0);
        let (own, above, key) = (&leaf.certificate, &authority.intermediate, &leaf.key);
        let full = format!("{own}{above}");
        for (what, certificate, key_text, length, in_order) in [
            ("full chain", full.clone(), key.clone(), 2, true),
            ("no chain", own.clone(), key.clone(), 1, true),
            (
                "wrong order",
                format!("{above}{own}"),
                key.clone(),
                2,
                false,
            ),
            (
                "one file",
                format!("{key}{full}"),
                format!("{key}{full}"),
                2,
                true,
            ),
            (
                "key last",
                format!("{full}{key}"),
                format!("{full}{key}"),
                2,
                true,
            ),
            (
                "byte order mark",
                format!("\u{FEFF}{full}"),
                format!("\u{FEFF}{key}"),
                2,
                true,
            ),
            (
                "Windows",
                full.replace('\n', "\r\n"),
                key.replace('\n', "\r\n"),
                2,
                true,
            ),
            (
                "text around",
                format!("Bag Attributes\n{full}\nbye"),
                key.clone(),
                2,
                true,
            ),
            ("twice", format!("{own}{own}{above}"), key.clone(), 2, true),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let pair = pair(folder.path(), certificate, key_text);
            let (sent, ordered) = chain(&pair).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(sent[0].as_ref(), leaf.der, "{what}");
            assert_eq!((sent.len(), ordered), (length, in_order), "{what}");
        }
        let folder = tempfile::tempdir().unwrap();
        let der = pair(folder.path(), &leaf.der, key);
        assert_eq!(chain(&der).unwrap().0[0].as_ref(), leaf.der);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_remedy() {
        let authority = Authority::new();
        let (leaf, other) = (authority.leaf(&["a"], 0), authority.leaf(&["a"], 0));
        let (own, key) = (leaf.certificate.as_bytes(), leaf.key.as_bytes());
        let pkcs12 = b"\x30\x82\x0a\x00\x02\x01\x03\x30\x82".as_slice();
        let encrypted = leaf.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n\
                   -----END RSA PRIVATE KEY-----\n";
        for (certificate, key, word) in [
            (own, encrypted.as_bytes(), "openssl pkey"),
            (own, old.as_bytes(), "openssl pkey"),
            (pkcs12, key, "openssl pkcs12"),
            (own, pkcs12, "-nocerts"),
            (own, other.key.as_bytes(), "belongs to none"),
            (own, own, "no private key"),
            (key, key, "no certificate"),
            (b"", key, "no certificate"),
            (own, b"", "no private key"),
            (b"\xff\xfe-\0-\0", key, "UTF-16"),
            (b"\x30\x03\x02\x01\x00", key, "neither PEM"),
            (b"<html>not found</html>", key, "no certificate"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let refused = chain(&pair(folder.path(), certificate, key)).unwrap_err();
            assert!(refused.to_string().contains(word), "{word}: {refused}");
        }
    }
}
