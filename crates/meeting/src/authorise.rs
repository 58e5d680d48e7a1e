//! Who may do what: the one place where a command is allowed or refused.

use crate::command::{Actor, Command};
use crate::identity::ParticipantId;
use crate::leave::Refusal;
use crate::meeting::Meeting;
use visio_protocol::data::Authority;

impl Meeting {
    /// Whether `actor` may ask for `command`.
    pub(crate) fn authorise(&self, actor: Actor, command: &Command) -> Result<(), Refusal> {
        // An administrator is nobody in the meeting: there is no track of theirs to publish.
        let caller = match actor {
            Actor::Participant(id) => Some(self.participant(id)?),
            Actor::Administrator => None,
        };
        let moderates = caller.is_none_or(|caller| caller.permissions.room_admin);
        let allowed = match command {
            Command::AddTrack(add) => {
                caller.is_some_and(|caller| caller.permissions.may_publish(add.source))
            }
            Command::AddBackup(add) => caller.is_some_and(|caller| {
                // Of a track that is not there the caller is told so.
                let tracks = caller.tracks.values();
                let mut named = tracks.filter(|track| track.info.sid == add.track);
                named.all(|track| caller.permissions.may_publish(track.info.source))
            }),
            Command::Subscribe { wanted, .. } => {
                caller.is_some_and(|caller| caller.permissions.can_subscribe || !wanted)
            }
            Command::UpdateMetadata { change, .. } => caller.is_some_and(|caller| {
                caller.permissions.can_update_metadata && caller.may_have(&change.attributes)
            }),
            // Each part of what a client believes is asked for like the command it amounts to.
            Command::Leave
            | Command::Simulate(_)
            | Command::SyncState(_)
            | Command::Mute { .. }
            | Command::ConfigureSubscription { .. }
            | Command::SetAudience(_)
            | Command::UpdateAudioFeatures { .. }
            | Command::UpdateVideoSize { .. } => caller.is_some(),
            // For those who take part, not for those who only watch.
            Command::KeepTranscript { .. } => {
                moderates || caller.is_some_and(|caller| caller.permissions.can_publish)
            }
            // Nobody is unmuted by others.
            Command::MuteTrack { muted, .. } => moderates && *muted,
            Command::Remove { .. }
            | Command::UpdateParticipant { .. }
            | Command::UpdateSubscriptions { .. }
            | Command::UpdateRoomMetadata { .. }
            | Command::End => moderates,
        };
        allowed.then_some(()).ok_or(Refusal::NotAllowed)
    }

    /// In whose name `from` may send data packets; `None` if they may not send any.
    #[must_use]
    pub fn data_authority(&self, from: ParticipantId) -> Option<Authority> {
        let sender = self.participants.get(&from)?;
        let may_send = sender.permissions.can_publish_data;
        may_send.then_some(sender.authority())
    }
}
