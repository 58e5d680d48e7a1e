//! Telling clients what changed.

use crate::effect::{Effect, Notice};
use crate::identity::ParticipantId;
use crate::meeting::Meeting;
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

    /// Tells everybody.
    pub(crate) fn notify_all(&mut self, notice: &Notice) {
        let everybody: Vec<_> = self.participants.keys().copied().collect();
        for id in everybody {
            self.notify(id, notice.clone());
        }
    }

    /// Something about `id` changed: a new version of it goes to everybody, `id` included.
    pub(crate) fn tell_changed(&mut self, id: ParticipantId) {
        self.tell_others(id);
        if let Some(view) = self.present(id).map(Participant::view) {
            self.notify(id, Notice::Participants(vec![view]));
        }
    }

    /// A new version of `id` goes to everybody else who may know of them.
    pub(crate) fn tell_others(&mut self, id: ParticipantId) {
        let Some(participant) = self.present_mut(id) else {
            return;
        };
        participant.version += 1;
        if participant.permissions.hidden {
            return;
        }
        let view = participant.view();
        let others: Vec<_> = self
            .participants
            .keys()
            .copied()
            .filter(|&one| one != id)
            .collect();
        for other in others {
            self.notify(other, Notice::Participants(vec![view.clone()]));
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
