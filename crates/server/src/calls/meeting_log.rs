//! What the log says of meetings at info: that one started, and how it was when it ended. No names:
//! those of rooms may be given by people, the ids of meetings are not.

use crate::storage::{Database, lines};
use std::collections::BTreeMap;
use visio_protocol::names::{MeetingId, RoomName};

/// The meetings that go on, by their rooms: as many as the workers hold.
#[derive(Default)]
pub(super) struct MeetingLog(BTreeMap<RoomName, Entry>);

struct Entry {
    /// None where the meeting has no row.
    meeting: Option<MeetingId>,
    started_at_ms: i64,
    people_max: usize,
}

impl MeetingLog {
    pub(super) fn started(
        &mut self,
        room: &RoomName,
        meeting: Option<MeetingId>,
        at_ms: i64,
        present: usize,
    ) {
        tracing::info!(meeting = meeting.as_deref(), "a meeting started");
        let entry = Entry {
            meeting,
            started_at_ms: at_ms,
            people_max: present,
        };
        self.0.insert(room.clone(), entry);
    }

    pub(super) fn seen(&mut self, room: &RoomName, present: usize) {
        if let Some(entry) = self.0.get_mut(room) {
            entry.people_max = entry.people_max.max(present);
        }
    }

    pub(super) async fn ended(&mut self, database: &Database, room: &RoomName, at_ms: i64) {
        let Some(entry) = self.0.remove(room) else {
            return;
        };
        // Without its database the number of lines is not known; the end is worth a line all the same.
        let lines = match &entry.meeting {
            Some(meeting) => lines::count(database, meeting).await.ok(),
            None => None,
        };
        tracing::info!(
            meeting = entry.meeting.as_deref(),
            people_max = entry.people_max,
            minutes = (at_ms - entry.started_at_ms).max(0) / 60_000,
            lines,
            "a meeting ended"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::meetings;
    use crate::storage::testing::{room, sqlite_in};

    #[tokio::test]
    async fn people_are_counted_at_their_most_and_nothing_is_kept_of_what_ended() {
        let folder = tempfile::tempdir().unwrap();
        let database = sqlite_in(folder.path()).await;
        let room = room();
        let meeting = meetings::open_or_find(&database, &room, 0).await.unwrap();
        let mut log = MeetingLog::default();
        log.seen(&room, 9);
        log.started(&room, Some(meeting.id), 0, 0);
        for present in [1, 2, 3, 2, 1] {
            log.seen(&room, present);
        }
        assert_eq!(log.0[&room].people_max, 3);
        log.ended(&database, &room, 120_000).await;
        assert!(log.0.is_empty());
        log.ended(&database, &room, 120_000).await;
    }
}
