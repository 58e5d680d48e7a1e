//! The files that must stay secret and the folder they are in: who else can read or change them.

use crate::acme;
use crate::config::{Plan, TlsPlan, generated_key_file};
use crate::storage::Location;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A secret that is open to others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exposure {
    pub(crate) path: PathBuf,
    /// Completes the sentence "the file …".
    pub(crate) problem: String,
    pub(crate) remedy: String,
    /// Whether the server must not start like this: who has a key can read or forge everything.
    pub(crate) is_grave: bool,
}

/// Who may have an eye on a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// Its owner alone; anybody else stops the start.
    OwnerOrNoStart,
    Owner,
    /// Keys of certificates are often readable by a group of their own.
    OwnerAndGroup,
}

/// The bits of a file's mode that give rights to its group and to all others.
const GROUP_AND_OTHERS: u32 = 0o077;
const OTHERS: u32 = 0o007;

/// Every secret of this server that somebody else can reach.
pub(crate) fn exposed(plan: &Plan) -> Vec<Exposure> {
    let mut secrets = vec![
        (plan.data_folder.clone(), Readers::Owner),
        (plan.master_key_file(), Readers::OwnerOrNoStart),
        (
            generated_key_file(&plan.data_folder),
            Readers::OwnerOrNoStart,
        ),
    ];
    if let Location::Sqlite(path) = &plan.database {
        secrets.push((path.clone(), Readers::Owner));
    }
    match &plan.tls {
        TlsPlan::Files { key, .. } => secrets.push((key.clone(), Readers::OwnerAndGroup)),
        TlsPlan::Acme { acme, .. } => {
            let own = acme::secret_files(&plan.data_folder.join("tls"));
            secrets.extend(own.map(|file| (file, Readers::Owner)));
            let external = acme.external_account.iter();
            secrets.extend(external.map(|one| (one.key_file.clone(), Readers::OwnerAndGroup)));
        }
        TlsPlan::Off | TlsPlan::SelfSigned { .. } => {}
    }
    let user = user(&plan.data_folder);
    let secrets = secrets.iter();
    secrets
        .filter_map(|(path, readers)| exposure(path, *readers, user))
        .collect()
}

/// Who runs the server: where root looks, the owner of the data folder.
fn user(data_folder: &Path) -> u32 {
    match rustix::process::geteuid().as_raw() {
        ROOT => std::fs::metadata(data_folder).map_or(ROOT, |folder| folder.uid()),
        user => user,
    }
}

/// What is wrong with one of them; nothing where it is not there yet or cannot be asked, which other
/// checks find.
fn exposure(path: &Path, readers: Readers, user: u32) -> Option<Exposure> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => {
            let silent = error.kind() == ErrorKind::NotFound;
            return (!silent).then(|| unreadable(path, &error));
        }
    };
    let (owner, mode) = (metadata.uid(), metadata.mode());
    let found = |problem: String, remedy: String, is_grave| {
        let path = path.to_owned();
        Some(Exposure {
            path,
            problem,
            remedy,
            is_grave,
        })
    };
    let refused = match readers {
        Readers::OwnerAndGroup => OTHERS,
        Readers::Owner | Readers::OwnerOrNoStart => GROUP_AND_OTHERS,
    };
    let shown = path.display();
    if mode & refused != 0 {
        let private = if metadata.is_dir() { "700" } else { "600" };
        return found(
            format!(
                "can be reached by other users of this machine (mode {:o})",
                mode & 0o777
            ),
            format!("chmod {private} {shown}"),
            readers == Readers::OwnerOrNoStart,
        );
    }
    if owner != user && owner != ROOT {
        return found(
            format!("belongs to another user ({owner}), who can read and change it"),
            format!("chown {user} {shown}"),
            false,
        );
    }
    None
}

/// Root reaches everything anyway.
const ROOT: u32 = 0;

fn unreadable(path: &Path, error: &std::io::Error) -> Exposure {
    Exposure {
        path: path.to_owned(),
        problem: format!("cannot be looked at: {error}"),
        remedy: "let the user that runs visio reach it".to_owned(),
        is_grave: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, plan};
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    fn planned(folder: &Path) -> Plan {
        let mut settings = Settings::default();
        settings.data.folder = folder.display().to_string();
        settings.tls.mode = "files".to_owned();
        settings.tls.certificate = folder.join("cert.pem").display().to_string();
        settings.tls.key = folder.join("cert.key").display().to_string();
        plan(settings).unwrap()
    }

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn each_secret_that_others_can_reach_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let plan = planned(folder.path());
        set_mode(folder.path(), 0o700);
        assert_eq!(exposed(&plan), [], "nothing is there yet");
        for (name, open, grave) in [
            ("master.key", 0o640, true),
            ("master.key", 0o604, true),
            ("api.key", 0o644, true),
            ("visio.db", 0o644, false),
            ("visio.db", 0o660, false),
            ("cert.key", 0o644, false),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, "secret").unwrap();
            set_mode(&path, open);
            let found = exposed(&plan);
            assert_eq!(found.len(), 1, "{name} {open:o}: {found:?}");
            assert_eq!(found[0].is_grave, grave, "{name}");
            assert_eq!(found[0].remedy, format!("chmod 600 {}", path.display()));
            set_mode(&path, 0o600);
            assert_eq!(exposed(&plan), [], "{name}");
        }
        set_mode(&folder.path().join("cert.key"), 0o640);
        assert_eq!(exposed(&plan), [], "a group of its own may read it");
        set_mode(folder.path(), 0o755);
        let found = exposed(&plan);
        assert!(!found[0].is_grave && found[0].remedy.starts_with("chmod 700"));
    }

    #[test]
    fn what_an_authority_gave_is_secret_too() {
        let folder = tempfile::tempdir().unwrap();
        set_mode(folder.path(), 0o700);
        std::fs::create_dir(folder.path().join("tls")).unwrap();
        let external = folder.path().join("eab.key");
        std::fs::write(&external, "c2VjcmV0").unwrap();
        set_mode(&external, 0o600);
        let mut settings = Settings::default();
        settings.data.folder = folder.path().display().to_string();
        settings.server.public_url = "https://meet.example.org".to_owned();
        settings.tls.mode = "acme".to_owned();
        settings.tls.acme.directory = "https://ca.example.org/directory".to_owned();
        settings.tls.acme.terms_agreed = true;
        settings.tls.acme.eab_key_id = "kid".to_owned();
        settings.tls.acme.eab_key = external.display().to_string();
        let plan = plan(settings).unwrap();
        for name in ["tls/acme.pem", "tls/acme-account.json", "eab.key"] {
            let path = folder.path().join(name);
            std::fs::write(&path, "secret").unwrap();
            set_mode(&path, 0o644);
            let found = exposed(&plan);
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert_eq!(found[0].path, path);
            set_mode(&path, 0o600);
            assert_eq!(exposed(&plan), [], "{name}");
        }
    }

    #[test]
    fn a_file_of_somebody_else_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        crate::files::write_private(&path, b"secret").unwrap();
        let owner = std::fs::metadata(&path).unwrap().uid();
        assert_eq!(exposure(&path, Readers::Owner, owner), None);
        if owner != ROOT {
            let found = exposure(&path, Readers::Owner, owner + 1).unwrap();
            assert!(found.problem.contains("another user"), "{found:?}");
        } else {
            std::os::unix::fs::chown(&path, Some(12_345), None).unwrap();
            let found = exposure(&path, Readers::Owner, ROOT).unwrap();
            assert_eq!(found.remedy, format!("chown 0 {}", path.display()));
        }
    }
}
