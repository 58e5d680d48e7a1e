//! A certificate that this server signs for itself, so that phones on the same network can join.

use crate::files;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Browsers refuse certificates that hold for more than 398 days.
const LIFETIME: Duration = Duration::days(397);
/// Made anew when it ends within this time.
const RENEWAL: Duration = Duration::days(30);
/// The clock of a phone may be behind ours.
const BACKDATE: Duration = Duration::days(1);

/// With more names than this, those of former addresses are left out.
const NAMES_MAX: usize = 64;

/// The two files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Host names and addresses in text.
    pub names: BTreeSet<String>,
    pub not_before_unix_s: i64,
    pub not_after_unix_s: i64,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("{}: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} is no certificate in PEM: {problem}", path.display())]
    Malformed { path: PathBuf, problem: String },
    #[error("a certificate could not be made: {0}")]
    Making(#[from] rcgen::Error),
}

/// The self-signed pair in `folder`, made or renewed where it is missing, ends soon or lacks one of
/// the `names`.
pub fn self_signed(
    folder: &Path,
    names: &BTreeSet<String>,
    now_unix_s: i64,
) -> Result<Pair, CertificateError> {
    let pair = self_signed_pair(folder);
    let old = read_facts(&pair.certificate).ok();
    let holds = |facts: &Facts| {
        facts.not_after_unix_s - now_unix_s > RENEWAL.whole_seconds()
            && facts.not_before_unix_s <= now_unix_s
            && names.is_subset(&facts.names)
    };
    if pair.key.is_file() && old.as_ref().is_some_and(holds) {
        return Ok(pair);
    }
    // An address that comes and goes must not cost a new certificate, and a new warning, each time.
    let kept = old.map(|facts| facts.names).unwrap_or_default();
    let all: BTreeSet<String> = names.union(&kept).cloned().collect();
    let names = if all.len() > NAMES_MAX { names } else { &all };
    make(&pair, folder, names, now_unix_s)?;
    Ok(pair)
}

/// Where the self-signed pair of a folder is, or will be.
pub fn self_signed_pair(folder: &Path) -> Pair {
    Pair {
        certificate: folder.join("self-signed.pem"),
        key: folder.join("self-signed.key"),
    }
}

/// Every name by which a browser on this network may call what listens at `listen`.
pub fn own_names(listen: SocketAddr) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = served_addresses(listen)
        .into_iter()
        .map(|address| address.to_string())
        .collect();
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    names.extend(host_name());
    names
}

/// The addresses by which others reach a listener. One of IPv6 serves both families.
pub fn served_addresses(listen: SocketAddr) -> Vec<IpAddr> {
    served(own_addresses(), listen)
}

fn served(own: Vec<IpAddr>, listen: SocketAddr) -> Vec<IpAddr> {
    if !listen.ip().is_unspecified() {
        return vec![listen.ip()];
    }
    let is_served = |address: &IpAddr| address.is_ipv4() || listen.is_ipv6();
    own.into_iter().filter(is_served).collect()
}

/// The addresses of this machine that others can reach: no loopback, no link-local of IPv6.
pub fn own_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default().into_iter();
    let reachable = interfaces.filter(|interface| !interface.is_loopback());
    let mut addresses: Vec<IpAddr> = reachable.map(|interface| interface.ip()).collect();
    addresses.retain(|address| !matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local()));
    addresses.sort();
    addresses
}

/// Reads what the first certificate in a PEM file says.
pub fn read_facts(path: &Path) -> Result<Facts, CertificateError> {
    let bytes = std::fs::read(path).map_err(|source| CertificateError::File {
        path: path.to_owned(),
        source,
    })?;
    facts(&bytes).map_err(|problem| CertificateError::Malformed {
        path: path.to_owned(),
        problem,
    })
}

fn facts(pem: &[u8]) -> Result<Facts, String> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem).map_err(|error| error.to_string())?;
    let (_, certificate) =
        X509Certificate::from_der(&pem.contents).map_err(|error| error.to_string())?;
    let alternatives = certificate
        .subject_alternative_name()
        .map_err(|error| error.to_string())?;
    let names = alternatives
        .into_iter()
        .flat_map(|names| &names.value.general_names);
    Ok(Facts {
        names: names.filter_map(name_in_text).collect(),
        not_before_unix_s: certificate.validity().not_before.timestamp(),
        not_after_unix_s: certificate.validity().not_after.timestamp(),
    })
}

fn name_in_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let v6 = <[u8; 16]>::try_from(*bytes).map(IpAddr::from);
            v4.or(v6).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

fn make(
    pair: &Pair,
    folder: &Path,
    names: &BTreeSet<String>,
    now_unix_s: i64,
) -> Result<(), CertificateError> {
    let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
    let now = OffsetDateTime::from_unix_timestamp(now_unix_s).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    params.not_before = now - BACKDATE;
    params.not_after = now + LIFETIME - BACKDATE;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "Visio on this network");
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CertificateError::File { path, source }
    };
    files::create_private_folder(folder).map_err(failed(folder))?;
    files::write_private(&pair.key, key.serialize_pem().as_bytes()).map_err(failed(&pair.key))?;
    files::write_private(&pair.certificate, certificate.pem().as_bytes())
        .map_err(failed(&pair.certificate))
}

fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim().to_lowercase();
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
    };
    Some(name).filter(|name| is_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_793_491_200;
    const DAY_S: i64 = 86_400;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn it_is_made_once_for_all_names_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = names(&["localhost", "192.168.1.2", "2001:db8::2"]);
        let pair = self_signed(folder.path(), &wanted, NOW_S).unwrap();
        let facts = read_facts(&pair.certificate).unwrap();
        assert_eq!(facts.names, wanted);
        assert!(facts.not_after_unix_s - facts.not_before_unix_s <= 398 * DAY_S);
        let made = std::fs::read(&pair.certificate).unwrap();
        self_signed(folder.path(), &names(&["localhost"]), NOW_S + DAY_S).unwrap();
        assert_eq!(std::fs::read(&pair.certificate).unwrap(), made);
        assert!(!files::is_open_to_others(&pair.key).unwrap());
    }

    #[test]
    fn it_is_made_anew_before_it_ends_and_when_an_address_comes() {
        let folder = tempfile::tempdir().unwrap();
        let pair = self_signed(folder.path(), &names(&["localhost"]), NOW_S).unwrap();
        let first = std::fs::read(&pair.certificate).unwrap();
        self_signed(folder.path(), &names(&["localhost", "10.0.0.7"]), NOW_S).unwrap();
        let second = std::fs::read(&pair.certificate).unwrap();
        assert_ne!(second, first);
        self_signed(folder.path(), &names(&["localhost"]), NOW_S + 370 * DAY_S).unwrap();
        assert_ne!(std::fs::read(&pair.certificate).unwrap(), second);
    }

    #[test]
    fn an_address_that_goes_and_comes_back_costs_no_new_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let made = |wanted: &[&str]| {
            let pair = self_signed(folder.path(), &names(wanted), NOW_S).unwrap();
            std::fs::read(&pair.certificate).unwrap()
        };
        let home = made(&["localhost", "192.168.1.2"]);
        let office = made(&["localhost", "10.0.0.7"]);
        assert_ne!(office, home);
        assert_eq!(made(&["localhost", "192.168.1.2"]), office);
        let many: Vec<_> = (0..NAMES_MAX).map(|at| format!("host-{at}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        made(&many);
        let facts = read_facts(&self_signed_pair(folder.path()).certificate).unwrap();
        assert_eq!(facts.names, names(&many), "it does not grow for ever");
    }

    #[test]
    fn only_addresses_that_the_listener_serves_are_named() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let own = vec![address("192.168.1.2"), address("2001:db8::2")];
        let served = |listen: &str| served(own.clone(), listen.parse().unwrap());
        assert_eq!(served("0.0.0.0:8443"), [address("192.168.1.2")]);
        assert_eq!(served("[::]:8443"), own);
        assert_eq!(served("10.0.0.7:8443"), [address("10.0.0.7")]);
    }

    #[test]
    fn what_is_no_certificate_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pem");
        assert!(matches!(
            read_facts(&path),
            Err(CertificateError::File { .. })
        ));
        std::fs::write(&path, "nonsense").unwrap();
        assert!(matches!(
            read_facts(&path),
            Err(CertificateError::Malformed { .. })
        ));
    }
}
