//! Which master key a database was written under: its fingerprint is a row.

use super::database::{Database, Pool, on_pool};
use super::error::StorageError;
use super::meetings;
use super::seal::MasterKey;

pub(super) const REMEMBER: &str =
    "INSERT INTO master_key (id, fingerprint) VALUES (1, $1) ON CONFLICT DO NOTHING";
pub(super) const RECALL: &str = "SELECT fingerprint FROM master_key WHERE id = 1";
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[REMEMBER, RECALL];

/// Refuses a database that was written under another master key.
pub(super) async fn check_master_key(database: &Database) -> Result<(), StorageError> {
    let fingerprint = database.master_key().fingerprint();
    let remembered: Option<(Vec<u8>,)> = on_pool!(database.pool(), pool => {
        sqlx::query_as(RECALL).fetch_optional(pool).await?
    });
    if remembered.is_none() {
        // A database whose row was lost must not take a wrong key for its own.
        meetings::verify_newest_key(database).await?;
    }
    let remembered: (Vec<u8>,) = on_pool!(database.pool(), pool => {
        sqlx::query(REMEMBER).bind(&fingerprint).execute(pool).await?;
        sqlx::query_as(RECALL).fetch_one(pool).await?
    });
    if remembered.0 == fingerprint {
        Ok(())
    } else {
        Err(StorageError::OtherMasterKey)
    }
}

/// Refuses like [`check_master_key`], and remembers nothing.
pub(super) async fn compare(pool: &Pool, key: Option<&MasterKey>) -> Result<(), StorageError> {
    let recalled: Option<(Vec<u8>,)> = on_pool!(pool, pool => {
        sqlx::query_as(RECALL).fetch_optional(pool).await?
    });
    match recalled {
        Some((fingerprint,)) if key.map(MasterKey::fingerprint) != Some(fingerprint.clone()) => {
            Err(StorageError::OtherMasterKey)
        }
        _ => Ok(()),
    }
}
