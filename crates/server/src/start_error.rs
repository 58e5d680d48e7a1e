//! Why the server does not start, and what to do about it.

use crate::config::ConfigError;
use crate::http::certificate::CertificateError;
use crate::http::pem::TlsError;
use crate::media::MediaError;
use crate::storage::{Location, MasterKeyError, StorageError, Trouble};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use visio_protocol::token::KeyError;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(
        "the clock of this machine is before the day on which this program was built. Tokens and \
         certificates would not hold. Set it, for example with: timedatectl set-ntp true"
    )]
    Clock,
    #[error("the data folder {} {problem}", folder.display())]
    Folder { folder: PathBuf, problem: String },
    #[error(
        "another visio uses the data folder {}. End that one, or give this one a folder of its own \
         (data.folder), and ports of its own",
        folder.display()
    )]
    FolderTaken { folder: PathBuf },
    #[error(
        "the disk of the data folder {} has {free_mb} MB left, and transcripts need at least 100. \
         Make room, or choose another folder by data.folder",
        folder.display()
    )]
    DiskFull { folder: PathBuf, free_mb: u64 },
    #[error("the secret {} {problem}. Run: {remedy}", path.display())]
    Exposed {
        path: PathBuf,
        problem: String,
        remedy: String,
    },
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    #[error("the database {place} cannot be used: {source}{hint}")]
    Database {
        place: String,
        source: StorageError,
        hint: &'static str,
    },
    #[error("the API keys in {}: {source}", file.display())]
    ApiKeys { file: PathBuf, source: KeyError },
    #[error(
        "the file of the API keys {} is empty. Restore it, or delete it and restart: another key is \
         made then, and tokens made with the lost one end",
        file.display()
    )]
    ApiKeysEmptied { file: PathBuf },
    #[error("{setting} is {address}, and that port cannot be opened: {problem}")]
    Port {
        setting: &'static str,
        address: SocketAddr,
        problem: String,
    },
    #[error(transparent)]
    Media(#[from] MediaError),
    #[error("the certificate: {0}")]
    Certificate(#[from] CertificateError),
    #[error("TLS: {0}. Set tls.certificate and tls.key, or tls.mode to \"self-signed\"")]
    Tls(#[from] TlsError),
    #[error("signals cannot be caught, so the server could not be stopped: {0}")]
    Signals(std::io::Error),
    #[error("{}: {source}", file.display())]
    File {
        file: PathBuf,
        source: std::io::Error,
    },
}

impl StartError {
    pub fn folder(folder: &Path, error: &std::io::Error) -> Self {
        let problem = match error.kind() {
            ErrorKind::PermissionDenied => {
                "cannot be written to by this user. Change its owner with chown, or choose another \
                 by data.folder"
                    .to_owned()
            }
            ErrorKind::StorageFull => "is on a full disk. Make room on it".to_owned(),
            ErrorKind::ReadOnlyFilesystem => {
                "is on a disk that can only be read. Choose another by data.folder".to_owned()
            }
            _ => format!("cannot be used: {error}. Choose another by data.folder"),
        };
        Self::Folder {
            folder: folder.to_owned(),
            problem,
        }
    }

    pub fn port(setting: &'static str, address: SocketAddr, error: &std::io::Error) -> Self {
        let port = address.port();
        let problem = match error.kind() {
            ErrorKind::AddrInUse => format!(
                "another program has it, perhaps another visio. `ss -ltnp sport = :{port}` shows \
                 which; end it, or set {setting} to another port"
            ),
            ErrorKind::PermissionDenied => format!(
                "ports below 1024 need a right that this user does not have. Set {setting} to a \
                 higher one, or run: setcap cap_net_bind_service=+ep on the program"
            ),
            ErrorKind::AddrNotAvailable => format!(
                "this machine does not have the address {}. Set {setting} to one it has, or to \
                 0.0.0.0:{port}",
                address.ip()
            ),
            _ => error.to_string(),
        };
        Self::Port {
            setting,
            address,
            problem,
        }
    }

    pub fn database(location: &Location, source: StorageError) -> Self {
        let place = match location {
            Location::Sqlite(path) => path.display().to_string(),
            // The address holds a password.
            Location::Postgres(_) => "postgres (database.url)".to_owned(),
        };
        let hint = match &source {
            StorageError::OtherMasterKey
            | StorageError::TakenByAnother
            | StorageError::Damaged(_)
            | StorageError::Emptied { .. }
            | StorageError::TableLost(_)
            | StorageError::SchemaMissing
            | StorageError::SchemaOlder { .. }
            | StorageError::SchemaNewer { .. }
            | StorageError::FileGone { .. } => "",
            source if source.trouble() == Trouble::Damaged => {
                ". Is it a file of SQLite? Then restore a backup of it"
            }
            StorageError::Migration(_) => {
                ". Was it written by a newer visio? Then start that one; otherwise restore a backup"
            }
            _ if matches!(location, Location::Postgres(_)) => {
                ". Is PostgreSQL running, and are address, user and password in database.url right?"
            }
            _ => ". Is it a file of SQLite that this user may write, on a disk with room?",
        };
        Self::Database {
            place,
            source,
            hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Error;

    #[test]
    fn each_refusal_says_what_to_do() {
        let address = "0.0.0.0:8080".parse().unwrap();
        let taken = StartError::port("server.listen", address, &ErrorKind::AddrInUse.into());
        assert_eq!(
            taken.to_string(),
            "server.listen is 0.0.0.0:8080, and that port cannot be opened: another program has \
             it, perhaps another visio. `ss -ltnp sport = :8080` shows which; end it, or set \
             server.listen to another port"
        );
        let folder = Path::new("/srv/visio");
        let closed = StartError::folder(folder, &Error::from(ErrorKind::PermissionDenied));
        assert!(closed.to_string().contains("chown"), "{closed}");
        let full = StartError::DiskFull {
            folder: folder.to_owned(),
            free_mb: 3,
        };
        assert!(full.to_string().contains("3 MB left"), "{full}");
    }
}
