//! Stores final lines, and only then sends them to the clients as final.

use super::caption::{Caption, CaptionSink};
use super::metrics;
use super::said::Said;
use crate::clock;
use crate::storage::lines::{self, NewLine};
use crate::storage::{Database, StorageError};
use futures_util::FutureExt as _;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use visio_protocol::names::{Identity, SegmentId};

/// Lines waiting to be stored. Full means that the database has refused for a long time (half an
/// hour of ten people talking): recognition then waits, and media drops audio and counts it.
const WAITING_MAX: usize = 4_096;

/// Lines stored in one go.
const BATCH_MAX: usize = 256;

const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// The way of lines to the task that stores them.
pub(super) struct Lines(mpsc::Sender<Said>);

impl Lines {
    /// Waits when too many lines wait already; called from threads only.
    pub(super) fn send(&self, said: Said) {
        if let Err(mpsc::error::TrySendError::Full(said)) = self.0.try_send(said) {
            tracing::error!(
                waiting = WAITING_MAX,
                "the database takes no lines; speech recognition waits for it"
            );
            // An error means that the server is ending without its database: said at the stop.
            let _ = self.0.blocking_send(said);
        }
    }
}

pub(super) fn channel() -> (Lines, mpsc::Receiver<Said>) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    (Lines(sender), receiver)
}

/// Runs until every sender of lines is gone and every line is stored. A panic loses the lines of one
/// batch.
pub(super) async fn run(
    mut said: mpsc::Receiver<Said>,
    database: Database,
    sink: Arc<dyn CaptionSink>,
) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while said.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let lines = batch.len();
        let stored = AssertUnwindSafe(store_and_show(&database, &*sink, &mut batch));
        if stored.catch_unwind().await.is_err() {
            tracing::error!(lines, "lines may be lost by a panic");
            metrics::panicked();
            batch.clear();
        }
    }
}

async fn store_and_show(database: &Database, sink: &dyn CaptionSink, batch: &mut Vec<Said>) {
    let kept = store(database, batch).await;
    for said in batch.drain(..) {
        let is_kept = kept.contains(&said.segment);
        sink.caption(Caption {
            is_kept,
            ..said.into()
        });
    }
}

/// Stores what is to be kept of a batch, however often it takes: then it may be shown. Returns the
/// segments of what is kept.
async fn store(database: &Database, batch: &[Said]) -> BTreeSet<SegmentId> {
    let mut retry = RETRY_FIRST;
    loop {
        let new: Vec<NewLine> = batch
            .iter()
            .filter(|said| has_text(said))
            .map(new_line)
            .collect();
        match lines::insert(database, &new).await {
            Ok(kept) => {
                metrics::finals_stored(kept.len() as u64);
                return kept;
            }
            // A meeting was deleted at this very moment: its lines are not kept at the next try.
            Err(StorageError::NoSuchMeeting) => {}
            Err(error) => {
                tracing::error!(%error, lines = new.len(), "lines could not be stored; trying again");
                tokio::time::sleep(retry).await;
                retry = (retry * 2).min(RETRY_MAX);
            }
        }
    }
}

/// An empty final takes back what partials showed; there is nothing to store.
fn has_text(said: &Said) -> bool {
    !said.line.text.is_empty()
}

fn new_line(said: &Said) -> NewLine {
    NewLine {
        meeting: said.meeting.clone(),
        segment: said.segment.clone(),
        identity: Identity::new(&*said.line.speaker.participant),
        name: said.name.clone(),
        track: said.line.speaker.track.clone(),
        started_at_ms: clock::unix_ms_of(said.line.started),
        ended_at_ms: clock::unix_ms_of(said.line.ended),
        language: said.line.language.code().to_owned(),
        text: said.line.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::on_both;
    use crate::storage::{meetings, transcripts};
    use visio_protocol::names::{MeetingId, RoomName};
    use visio_speech::{Language, Line, Speaker};

    fn said(meeting: &MeetingId, segment: &str, text: &str) -> Said {
        let line = Line {
            speaker: Speaker {
                participant: "alice".to_owned(),
                track: "TR_1".to_owned(),
            },
            utterance: 0,
            started: clock::now(),
            ended: clock::now(),
            language: Language::default(),
            text: text.to_owned(),
            certain_chars: text.chars().count(),
            is_final: true,
        };
        Said {
            room: RoomName::new("RM_1"),
            meeting: meeting.clone(),
            name: "Alice".to_owned(),
            segment: SegmentId::new(segment),
            line,
        }
    }

    #[tokio::test]
    async fn a_deleted_meeting_loses_its_own_lines_and_holds_up_nobody_elses() {
        on_both(async |database| {
            let open = async |room| {
                let room = RoomName::new(room);
                let meeting = meetings::open_or_find(&database, &room, 0).await.unwrap();
                transcripts::start(&database, &meeting.id, Some(&Identity::new("alice")), 0)
                    .await
                    .unwrap();
                meeting
            };
            let (kept, deleted) = (open("RM_1").await, open("RM_2").await);
            store(&database, &[said(&deleted.id, "before", "yes")]).await;
            transcripts::delete(&database, &deleted.id).await.unwrap();
            let batch = [
                said(&deleted.id, "after", "lost"),
                said(&kept.id, "taken back", ""),
                said(&kept.id, "b", "kept"),
            ];
            let shown_as_kept = store(&database, &batch).await;
            assert_eq!(shown_as_kept, BTreeSet::from([SegmentId::new("b")]));
            let stored = lines::list(&database, &kept.id, 0).await.unwrap();
            let stored: Vec<_> = stored.iter().map(|line| &*line.text).collect();
            assert_eq!(stored, ["kept"], "an empty line is shown, not stored");
        })
        .await;
    }
}
