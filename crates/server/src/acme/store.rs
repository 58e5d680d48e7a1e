//! The certificate in the data folder: key and chain in one file, which is whole or not there.

use super::failure::Failure;
use super::order::Issued;
use super::schedule::{Cause, Span};
use crate::config::AcmePlan;
use crate::files;
use crate::http::certificate::{Facts, facts};
use crate::http::pem::{self, Pair};
use instant_acme::CertificateIdentifier;
use rustls::pki_types::CertificateDer;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Stands before the key: whose certificate it is. One of another authority, such as of its staging
/// directory, is not taken for one of this.
const ORIGIN: &str = "Directory: ";

/// What is held of the authority.
pub(super) struct Held {
    own: CertificateDer<'static>,
    pub(super) facts: Facts,
    /// When it came.
    pub(super) kept_unix_s: i64,
}

impl Held {
    pub(super) fn validity(&self) -> Span {
        Span {
            from_unix_s: self.facts.not_before_unix_s,
            until_unix_s: self.facts.not_after_unix_s,
        }
    }

    /// By what the authority knows it (RFC 9773 section 4.1).
    pub(super) fn identifier(&self) -> Option<CertificateIdentifier<'static>> {
        CertificateIdentifier::try_from(&self.own)
            .ok()
            .map(CertificateIdentifier::into_owned)
    }
}

/// Where the certificate is, or will be.
pub(crate) fn pair(folder: &Path) -> Pair {
    let file = folder.join("acme.pem");
    Pair {
        certificate: file.clone(),
        key: file,
    }
}

/// The certificate that an earlier order gave, if it is what the settings ask for.
pub(super) fn held(plan: &AcmePlan, folder: &Path) -> Option<Held> {
    let pair = pair(folder);
    let text = std::fs::read_to_string(&pair.certificate).ok()?;
    let origin = text.lines().next()?.strip_prefix(ORIGIN)?;
    if origin != plan.directory {
        return None;
    }
    match usable(plan, &pair) {
        Ok(held) => Some(held),
        Err(problem) => {
            tracing::warn!(
                problem,
                "the certificate in the data folder is replaced by another"
            );
            None
        }
    }
}

/// Puts what an order gave in place of what was held, once it is found good.
pub(super) fn keep(plan: &AcmePlan, folder: &Path, issued: &Issued) -> Result<Held, Failure> {
    let pair = pair(folder);
    let beside = folder.join("acme-next.pem");
    let directory = &plan.directory;
    let text = format!("{ORIGIN}{directory}\n{}\n{}", issued.key, issued.chain);
    files::create_private_folder(folder)
        .and_then(|()| files::write_private(&beside, text.as_bytes()))
        .map_err(|error| Failure::file(&beside, &error))?;
    let next = Pair {
        certificate: beside.clone(),
        key: beside.clone(),
    };
    let held = usable(plan, &next).map_err(|problem| {
        let problem = format!("the authority gave a certificate that cannot be used: {problem}");
        Failure::new(Cause::Refused, problem, "ask the authority, or use another")
    })?;
    std::fs::rename(&beside, &pair.certificate)
        .map_err(|error| Failure::file(&pair.certificate, &error))?;
    Ok(held)
}

fn usable(plan: &AcmePlan, pair: &Pair) -> Result<Held, String> {
    let (mut chain, _) = pem::chain(pair).map_err(|error| error.to_string())?;
    let own = chain.swap_remove(0);
    let facts = facts(&own)?;
    match plan.names.iter().find(|name| !facts.covers(name)) {
        Some(missing) => Err(format!("it is not for {missing}")),
        None => Ok(Held {
            own,
            facts,
            kept_unix_s: written_unix_s(&pair.certificate),
        }),
    }
}

fn written_unix_s(file: &Path) -> i64 {
    let written = std::fs::metadata(file).and_then(|file| file.modified());
    let since = written
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::authority::Authority;
    use std::os::unix::fs::PermissionsExt as _;

    fn plan(directory: &str, names: &[&str]) -> AcmePlan {
        AcmePlan {
            directory: directory.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            contact: None,
            root: None,
            external_account: None,
            profile: None,
        }
    }

    fn issued(names: &[&str]) -> Issued {
        let authority = Authority::new();
        let leaf = authority.leaf(names, 0);
        Issued {
            key: leaf.key,
            chain: format!("{}{}", leaf.certificate, authority.intermediate),
        }
    }

    #[test]
    fn what_was_given_is_found_again_by_who_asks_for_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["a.example.org", "b.example.org"];
        let own = plan("https://ca.example.org/directory", &names);
        assert!(held(&own, folder.path()).is_none(), "before there is any");
        let kept = keep(&own, folder.path(), &issued(&names)).unwrap();
        assert_eq!(kept.facts.names.len(), 2);
        assert!(held(&own, folder.path()).is_some());
        let file = pair(folder.path()).certificate;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        for (directory, names) in [
            ("https://staging.example.org/directory", &names[..]),
            ("https://ca.example.org/directory", &["c.example.org"]),
        ] {
            assert!(held(&plan(directory, names), folder.path()).is_none());
        }
        let fewer = plan("https://ca.example.org/directory", &names[..1]);
        assert!(held(&fewer, folder.path()).is_some());
    }

    #[test]
    fn what_cannot_be_used_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let own = plan("https://ca.example.org/directory", &["a.example.org"]);
        keep(&own, folder.path(), &issued(&["a.example.org"])).unwrap();
        let of_another = Issued {
            key: issued(&["a.example.org"]).key,
            ..issued(&["a.example.org"])
        };
        for (wrong, word) in [
            (issued(&["b.example.org"]), "not for a.example.org"),
            (of_another, "belongs to none"),
        ] {
            let Err(failure) = keep(&own, folder.path(), &wrong) else {
                panic!("{word}")
            };
            assert!(failure.problem.contains(word), "{}", failure.problem);
            assert!(held(&own, folder.path()).is_some());
        }
        let file = pair(folder.path()).certificate;
        std::fs::write(&file, "Directory: https://ca.example.org/directory\n").unwrap();
        assert!(held(&own, folder.path()).is_none(), "emptied");
    }
}
