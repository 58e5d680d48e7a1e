//! The one writer of lines: what waits is written in one transaction, so that a disk that takes
//! ten milliseconds to make bytes durable does so once for many speakers.

use crate::storage::database::{Pool, StorageError, on_pool};
use tokio::sync::{mpsc, oneshot};

pub(in crate::storage) const INSERT: &str = "INSERT INTO lines \
     (meeting, segment, started_at_ms, ended_at_ms, sealed) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

/// Groups that wait for the writer. When it is full, those who insert wait: the recogniser, never
/// the media.
const WAITING_MAX: usize = 256;
/// Groups in one transaction; more wait for the next.
const GROUPS_PER_TRANSACTION_MAX: usize = 64;

pub(in crate::storage) struct SealedLine {
    pub(super) meeting: String,
    pub(super) segment: String,
    pub(super) started_at_ms: i64,
    pub(super) ended_at_ms: i64,
    pub(super) sealed: Vec<u8>,
}

/// The way to the writer.
pub(in crate::storage) struct Journal(mpsc::Sender<Group>);

struct Group {
    lines: Vec<SealedLine>,
    durable: oneshot::Sender<Result<(), StorageError>>,
}

impl Journal {
    pub(in crate::storage) fn start(pool: Pool) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(write_groups(pool, receiver));
        Self(sender)
    }

    /// Waits until the lines are durable.
    pub(super) async fn write(&self, lines: Vec<SealedLine>) -> Result<(), StorageError> {
        let (durable, written) = oneshot::channel();
        self.0
            .send(Group { lines, durable })
            .await
            .map_err(|_| StorageError::Stopping)?;
        written.await.map_err(|_| StorageError::Stopping)?
    }

    /// Waits until all that was handed over before is durable.
    pub(in crate::storage) async fn drain(&self) {
        // The writer keeps the order: an empty group is answered after all before it.
        if let Err(error) = self.write(Vec::new()).await {
            tracing::warn!(%error, "the last lines may not be stored");
        }
    }
}

async fn write_groups(pool: Pool, mut waiting: mpsc::Receiver<Group>) {
    let mut groups = Vec::with_capacity(GROUPS_PER_TRANSACTION_MAX);
    while waiting
        .recv_many(&mut groups, GROUPS_PER_TRANSACTION_MAX)
        .await
        > 0
    {
        if write_together(&pool, &groups).await.is_ok() {
            groups.drain(..).for_each(|group| group.answer(Ok(())));
        } else {
            write_apart(&pool, &mut groups).await;
        }
    }
}

/// One bad group must not take its neighbours with it; a passing failure gets a second chance.
async fn write_apart(pool: &Pool, groups: &mut Vec<Group>) {
    for group in groups.drain(..) {
        let written = write_together(pool, std::slice::from_ref(&group)).await;
        group.answer(written.map_err(StorageError::from));
    }
}

async fn write_together(pool: &Pool, groups: &[Group]) -> Result<(), sqlx::Error> {
    on_pool!(pool, pool => {
        let mut transaction = pool.begin().await?;
        for line in groups.iter().flat_map(|group| &group.lines) {
            sqlx::query(INSERT)
                .bind(&line.meeting)
                .bind(&line.segment)
                .bind(line.started_at_ms)
                .bind(line.ended_at_ms)
                .bind(&line.sealed)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    })
}

impl Group {
    /// Tells who waits; who went away in between knows by the next read.
    fn answer(self, result: Result<(), StorageError>) {
        let _ = self.durable.send(result);
    }
}
