//! Finding participants and the receivers of data.

use crate::command::DataScope;
use crate::identity::{ConnectionId, ParticipantId};
use crate::leave::Refusal;
use crate::meeting::Meeting;
use crate::participant::{Participant, ParticipantView};
use visio_protocol::ids::ParticipantSid;
use visio_protocol::names::Identity;

impl Meeting {
    /// To whom a data packet of `from` goes.
    #[must_use]
    pub fn data_recipients(&self, from: ParticipantId, scope: &DataScope) -> Vec<ParticipantId> {
        self.recipients(scope).filter(|&id| id != from).collect()
    }

    /// To whom a data packet of the server goes.
    pub fn recipients(&self, scope: &DataScope) -> impl Iterator<Item = ParticipantId> {
        let everybody = scope.identities.is_empty() && scope.sids.is_empty();
        self.participants
            .values()
            .filter(move |one| {
                everybody
                    || scope.identities.contains(&one.identity)
                    || scope.sids.contains(&one.sid)
            })
            .map(|one| one.id)
    }

    /// The participant who came in on `connection`, if they are still on it.
    #[must_use]
    pub fn on_connection(&self, connection: ConnectionId) -> Option<ParticipantId> {
        self.participants
            .values()
            .find(|one| one.connection() == Some(connection))
            .map(|one| one.id)
    }

    /// Somebody by their identity.
    pub(crate) fn by_identity(&self, identity: &Identity) -> Option<&Participant> {
        self.participants
            .values()
            .find(|one| one.identity == *identity)
    }

    /// Somebody of whom the caller knows that they are here: their absence is a fault of this crate, and
    /// not that they have left meanwhile.
    pub(crate) fn present(&self, id: ParticipantId) -> Option<&Participant> {
        let found = self.participants.get(&id);
        debug_assert!(found.is_some(), "{id:?} is used after they left");
        found
    }

    /// The same, to change them.
    pub(crate) fn present_mut(&mut self, id: ParticipantId) -> Option<&mut Participant> {
        let found = self.participants.get_mut(&id);
        debug_assert!(found.is_some(), "{id:?} is changed after they left");
        found
    }

    /// The number of a participant who is in the meeting.
    #[must_use]
    pub fn id_of(&self, identity: &Identity) -> Option<ParticipantId> {
        self.by_identity(identity).map(|one| one.id)
    }

    /// Somebody by their number.
    ///
    /// # Errors
    /// [`Refusal::NoSuchParticipant`] once they have left.
    pub(crate) fn participant(&self, id: ParticipantId) -> Result<&Participant, Refusal> {
        self.participants.get(&id).ok_or(Refusal::NoSuchParticipant)
    }

    pub(crate) fn participant_mut(
        &mut self,
        id: ParticipantId,
    ) -> Result<&mut Participant, Refusal> {
        self.participants
            .get_mut(&id)
            .ok_or(Refusal::NoSuchParticipant)
    }

    /// The sid and the identity under which others know `id`.
    #[must_use]
    pub fn name_tag(&self, id: ParticipantId) -> Option<(&ParticipantSid, &Identity)> {
        self.participants
            .get(&id)
            .map(|one| (&one.sid, &one.identity))
    }

    /// Somebody by their sid.
    #[must_use]
    pub fn by_sid(&self, sid: &ParticipantSid) -> Option<ParticipantId> {
        self.participants
            .values()
            .find(|one| &one.sid == sid)
            .map(|one| one.id)
    }

    /// Everybody who is shown to others, in the order they came.
    #[must_use]
    pub fn views(&self) -> Vec<ParticipantView> {
        self.visible().map(Participant::view).collect()
    }
}
