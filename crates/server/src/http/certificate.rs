//! A certificate that this server signs for itself, so that phones on the same network can join.

use super::pem::{self, Pair};
use crate::files;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Browsers refuse certificates that hold for more than 398 days.
const LIFETIME: Duration = Duration::days(397);
/// Made again when it ends within this time.
const RENEWAL: Duration = Duration::days(30);
/// The clock of a phone may be behind ours.
const BACKDATE: Duration = Duration::days(1);

/// With more names than this, those of former addresses are left out.
const NAMES_MAX: usize = 64;

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Host names and addresses in text.
    pub names: BTreeSet<String>,
    pub not_before_unix_s: i64,
    pub not_after_unix_s: i64,
    /// Who signed it.
    pub issuer: String,
    pub is_self_signed: bool,
}

impl Facts {
    /// Whether browsers take it for this host: they look at these names alone, and a `*` stands for
    /// one label (RFC 6125 section 6.4.3).
    pub fn covers(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.names.iter().any(|name| {
            let name = name.to_ascii_lowercase();
            let above = host.split_once('.').map(|(_, above)| above);
            name == host || above.is_some_and(|above| name.strip_prefix("*.") == Some(above))
        })
    }
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
    // Files that somebody emptied or mixed up are made again too.
    if old.as_ref().is_some_and(holds) && pem::chain(&pair).is_ok() {
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

/// Reads what the first certificate of a file says.
pub fn read_facts(path: &Path) -> Result<Facts, CertificateError> {
    let malformed = |problem: String| CertificateError::Malformed {
        path: path.to_owned(),
        problem,
    };
    let certificates = pem::certificates(path).map_err(|error| malformed(error.to_string()))?;
    facts(&certificates[0]).map_err(malformed)
}

/// What a certificate says.
pub fn facts(certificate: &CertificateDer<'_>) -> Result<Facts, String> {
    let (_, certificate) =
        X509Certificate::from_der(certificate).map_err(|error| error.to_string())?;
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
        issuer: certificate.issuer().to_string(),
        is_self_signed: certificate.issuer().as_raw() == certificate.subject().as_raw(),
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
    fn an_emptied_key_costs_a_new_pair_and_not_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = names(&["localhost"]);
        let pair = self_signed(folder.path(), &wanted, NOW_S).unwrap();
        for file in [&pair.key, &pair.certificate] {
            std::fs::write(file, "").unwrap();
            assert!(pem::chain(&pair).is_err());
            self_signed(folder.path(), &wanted, NOW_S).unwrap();
            assert!(pem::chain(&pair).is_ok());
        }
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
    fn a_host_is_covered_by_its_name_or_one_star() {
        let facts = |list: &[&str]| Facts {
            names: names(list),
            not_before_unix_s: 0,
            not_after_unix_s: 0,
            issuer: String::new(),
            is_self_signed: false,
        };
        for (list, host, covered) in [
            (&["meet.example.org"][..], "meet.example.org", true),
            (&["MEET.example.org"], "meet.Example.org", true),
            (&["*.example.org"], "meet.example.org", true),
            (&["*.example.org"], "a.meet.example.org", false),
            (&["*.example.org"], "example.org", false),
            (&["example.org"], "meet.example.org", false),
            (&["192.0.2.1"], "192.0.2.1", true),
            (&[], "meet.example.org", false),
        ] {
            assert_eq!(facts(list).covers(host), covered, "{list:?} {host}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pem");
        assert!(read_facts(&path).is_err());
        std::fs::write(&path, "nonsense").unwrap();
        assert!(matches!(
            read_facts(&path),
            Err(CertificateError::Malformed { .. })
        ));
    }
}
