//! Names that look like the name of somebody who has it already: who took it later is marked.

use crate::identity::ParticipantId;
use crate::meeting::Meeting;
use crate::participant::Participant;
use crate::taken_name::TakenName;

impl Meeting {
    /// Marks anew everybody whose name looks like `name`, which was taken or given up. Returns whose
    /// mark has changed.
    pub(crate) fn mark_lookalikes(&mut self, name: &TakenName) -> Vec<ParticipantId> {
        let concerned = self.participants.values();
        let concerned = concerned.filter(|one| one.taken_name.look.is_like(&name.look));
        let changed: Vec<_> = concerned
            .filter(|one| one.taken_name.is_lookalike != self.has_lookalike_before(one))
            .map(|one| one.id)
            .collect();
        for &id in &changed {
            if let Some(participant) = self.present_mut(id) {
                let taken = &mut participant.taken_name;
                taken.is_lookalike = !taken.is_lookalike;
            }
        }
        changed
    }

    /// Whom nobody sees is taken for nobody.
    fn has_lookalike_before(&self, one: &Participant) -> bool {
        let (id, name) = (one.id, &one.taken_name);
        let is_before = |other: &Participant| {
            let taken = &other.taken_name;
            other.id != id && taken.number < name.number && taken.look.is_like(&name.look)
        };
        !one.permissions.hidden && self.visible().any(is_before)
    }

    /// Tells of new marks, but not of that of `told`, of whom everybody is told anyway.
    pub(crate) fn tell_marks(&mut self, changed: Vec<ParticipantId>, told: ParticipantId) {
        for id in changed.into_iter().filter(|&id| id != told) {
            self.tell_changed(id);
        }
    }
}
