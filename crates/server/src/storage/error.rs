//! Why something could not be stored or read.

/// Why something could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database could not be brought to this version: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("what was read was not sealed by this server, or was changed since")]
    Sealed,
    #[error(
        "the database was written under another master key. Restore the file master.key that \
         belongs to it, or start with an empty database"
    )]
    OtherMasterKey,
    #[error("there is no such meeting")]
    NoSuchMeeting,
}
