//! Why something could not be stored or read, and what it means for operators and for those who wait.

use std::path::PathBuf;

/// Why something could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database could not be brought to this version: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error(
        "a row of the database cannot be decrypted: it was changed, or written under another \
         master key. Restore database and master.key from the same backup"
    )]
    Sealed,
    #[error(
        "the database file is damaged ({0}). Restore a backup, or save what can be read with: \
         sqlite3 visio.db .recover"
    )]
    Damaged(String),
    #[error(
        "the database file {} is empty, and a new one never is. Restore a backup of it, or delete \
         it to start without rooms and transcripts",
        path.display()
    )]
    Emptied { path: PathBuf },
    #[error("the database lost its table {0}. Restore a backup, or start with an empty database")]
    TableLost(&'static str),
    #[error(
        "the database file {} was deleted or replaced while the server runs, and what is written \
         would be lost. Put it back in place and restart the server",
        path.display()
    )]
    FileGone { path: PathBuf },
    #[error(
        "the database was written under another master key. Restore the file master.key that \
         belongs to it, or start with an empty database"
    )]
    OtherMasterKey,
    #[error(
        "another visio uses this database, and two would end each other's meetings. End that one, or \
         give this one a database of its own"
    )]
    TakenByAnother,
    #[error(
        "it is empty, and no server has used it yet. Give this command the settings of the server, by \
         --config or --data"
    )]
    SchemaMissing,
    #[error(
        "its schema is at {there}, and this program works with {wanted}. Restart the server with this \
         program, which brings the schema up to date, or use the program that the server runs"
    )]
    SchemaOlder { there: i64, wanted: i64 },
    #[error(
        "its schema is at {there}, and this program works with {wanted}: a newer visio wrote it. Use \
         that one"
    )]
    SchemaNewer { there: i64, wanted: i64 },
    #[error("there is no such meeting")]
    NoSuchMeeting,
}

/// What is wrong with a database, for operators and for clients that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server of the database, or the way to it.
    Away,
    DiskFull,
    ReadOnly,
    /// The file of SQLite is not what was opened.
    FileGone,
    Damaged,
    /// The program and its schema do not fit: only the log says more.
    Refused,
}

impl Trouble {
    /// Completes the sentence "the database …".
    pub fn words(self) -> &'static str {
        match self {
            Self::Away => "does not answer",
            Self::DiskFull => "has no space left on its disk",
            Self::ReadOnly => "can only be read",
            Self::FileGone => "was deleted or replaced while the server runs: restart it",
            Self::Damaged => "is damaged: restore a backup",
            Self::Refused => "refuses what a join needs: see the log",
        }
    }
}

impl StorageError {
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Database(error) => trouble(error),
            Self::Migration(sqlx::migrate::MigrateError::Execute(error)) => trouble(error),
            Self::FileGone { .. } => Trouble::FileGone,
            Self::Damaged(_) | Self::Emptied { .. } | Self::TableLost(_) => Trouble::Damaged,
            _ => Trouble::Refused,
        }
    }
}

fn trouble(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Trouble::Away,
        sqlx::Error::Database(error) => match error.code() {
            Some(code) if code.len() == 5 => postgres_trouble(&code),
            Some(code) => sqlite_trouble(code.parse().unwrap_or_default()),
            None => Trouble::Refused,
        },
        _ => Trouble::Refused,
    }
}

/// By class and code of "PostgreSQL Error Codes", appendix A of its manual.
fn postgres_trouble(code: &str) -> Trouble {
    match (code.get(..2), code) {
        (_, "53100") => Trouble::DiskFull,
        (_, "25006") => Trouble::ReadOnly,
        // Connections, resources, an operator who stops it, errors of its system.
        (Some("08" | "53" | "57" | "58"), _) => Trouble::Away,
        (Some("XX"), _) => Trouble::Damaged,
        _ => Trouble::Refused,
    }
}

/// The low byte of SQLite's code is the kind, the rest says more.
fn sqlite_trouble(code: u32) -> Trouble {
    match code & 0xff {
        // BUSY, LOCKED, IOERR, CANTOPEN
        5 | 6 | 10 | 14 => Trouble::Away,
        8 => Trouble::ReadOnly,
        11 | 26 => Trouble::Damaged,
        13 => Trouble::DiskFull,
        _ => Trouble::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_engines_say_what_is_wrong() {
        for (code, expected) in [
            (5, Trouble::Away),
            (517, Trouble::Away),
            (266, Trouble::Away),
            (8, Trouble::ReadOnly),
            (1032, Trouble::ReadOnly),
            (11, Trouble::Damaged),
            (26, Trouble::Damaged),
            (13, Trouble::DiskFull),
            (1, Trouble::Refused),
            (2067, Trouble::Refused),
        ] {
            assert_eq!(sqlite_trouble(code), expected, "{code}");
        }
        for (code, expected) in [
            ("08006", Trouble::Away),
            ("57P01", Trouble::Away),
            ("53300", Trouble::Away),
            ("53100", Trouble::DiskFull),
            ("25006", Trouble::ReadOnly),
            ("XX001", Trouble::Damaged),
            ("42P01", Trouble::Refused),
            ("23505", Trouble::Refused),
        ] {
            assert_eq!(postgres_trouble(code), expected, "{code}");
        }
    }
}
