//! One server at a time on one PostgreSQL: each connection carries the mark of its server, as a lock
//! that PostgreSQL takes back when the connection ends.

use super::error::StorageError;
use crate::entropy::random_bytes;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::time::Duration;

/// The first half of the lock's name says that it is ours: "visi".
const LOCK: i32 = 0x7669_7369;
const MARK: &str = "SELECT pg_advisory_lock_shared($1, $2)";
const MARKS_OF_OTHERS: &str = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' \
     AND classid = $1::int4::oid AND objid <> $2::int4::oid \
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// PostgreSQL notices within this time that a server on the same machine was killed; then another
/// server is there indeed, and the start is refused.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// What makes PostgreSQL notice within half a minute that a whole machine is gone.
const KEEPALIVE: [(&str, &str); 3] = [
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
];

/// Opens a pool whose connections are marked, unless another server's are there.
pub(super) async fn open(
    pool: PgPoolOptions,
    options: PgConnectOptions,
) -> Result<PgPool, StorageError> {
    let server = i32::from_be_bytes(random_bytes());
    let marked = pool.min_connections(1).after_connect(move |connection, _| {
        Box::pin(async move {
            let mark = sqlx::query(MARK).bind(LOCK).bind(server);
            mark.execute(connection).await.map(|_| ())
        })
    });
    let pool = marked.connect_with(options.options(KEEPALIVE)).await?;
    for _ in 0..TRIES {
        if !has_others(&pool, server).await? {
            return Ok(pool);
        }
        tokio::time::sleep(PAUSE).await;
    }
    pool.close().await;
    Err(StorageError::TakenByAnother)
}

async fn has_others(pool: &PgPool, server: i32) -> Result<bool, sqlx::Error> {
    let marks = sqlx::query_as(MARKS_OF_OTHERS).bind(LOCK).bind(server);
    let (others,): (i64,) = marks.fetch_one(pool).await?;
    Ok(others > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::postgres_options;

    #[tokio::test]
    async fn a_second_server_is_refused_until_the_first_has_ended() {
        let options = postgres_options().await;
        let pool = PgPoolOptions::new;
        let first = open(pool(), options.clone()).await.unwrap();
        let refused = open(pool(), options.clone()).await.err();
        assert!(matches!(refused, Some(StorageError::TakenByAnother)));
        let elsewhere = open(pool(), postgres_options().await).await;
        assert!(elsewhere.is_ok(), "another database is free");
        first.close().await;
        assert!(open(pool(), options).await.is_ok());
    }
}
