//! Telling clients what changed.

use crate::effect::Effect;
use crate::identity::{ConnectionId, ParticipantId};
use crate::meeting::Meeting;
use crate::notice::Notice;
use crate::participant::{Participant, ParticipantView};

impl Meeting {
    /// Tells one participant, if their signal connection is there.
    pub(crate) fn notify(&mut self, to: ParticipantId, notice: Notice) {
        let connection = self.participants.get(&to).and_then(Participant::connection);
        if let Some(connection) = connection {
            self.effects
                .push_back(Effect::Notify { connection, notice });
        }
    }

    /// Tells everybody whose signal connection is there.
    pub(crate) fn notify_all(&mut self, notice: Notice) {
        let connections = self.participants.values();
        let connections = connections.filter_map(Participant::connection).collect();
        self.notify_many(connections, notice);
    }

    /// Something about `id` changed: a new version of it goes to everybody, `id` included.
    pub(crate) fn tell_changed(&mut self, id: ParticipantId) {
        let Some(view) = self.next_version(id) else {
            return;
        };
        if view.permissions.hidden {
            self.notify(id, Notice::Participants(vec![view]));
        } else {
            self.notify_all(Notice::Participants(vec![view]));
        }
    }

    /// A new version of `id` goes to everybody else who may know of them.
    pub(crate) fn tell_others(&mut self, id: ParticipantId) {
        let Some(view) = self.next_version(id).filter(|one| !one.permissions.hidden) else {
            return;
        };
        let others = self.participants.values().filter(|one| one.id != id);
        let connections = others.filter_map(Participant::connection).collect();
        self.notify_many(connections, Notice::Participants(vec![view]));
    }

    fn next_version(&mut self, id: ParticipantId) -> Option<ParticipantView> {
        let participant = self.present_mut(id)?;
        participant.version += 1;
        Some(participant.view())
    }

    fn notify_many(&mut self, connections: Vec<ConnectionId>, notice: Notice) {
        if !connections.is_empty() {
            self.effects.push_back(Effect::NotifyMany {
                connections,
                notice,
            });
        }
    }

    /// Everybody else whom `id` may know of.
    pub(crate) fn participants_shown_to(&self, id: ParticipantId) -> Vec<ParticipantView> {
        self.visible()
            .filter(|one| one.id != id)
            .map(Participant::view)
            .collect()
    }
}
