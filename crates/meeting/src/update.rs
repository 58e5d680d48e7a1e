//! What participants ask for themselves, and changes of names, metadata and attributes.

use crate::command::{Command, MetadataChange, Refusal};
use crate::effect::{LeaveReason, Notice, Response};
use crate::identity::{Now, ParticipantId};
use crate::meeting::Meeting;
use visio_protocol::limits::{ATTRIBUTES_BYTES_MAX, METADATA_BYTES_MAX, NAME_BYTES_MAX};

impl Meeting {
    /// Carries out what a participant asks, which was authorised before.
    pub(crate) fn handle_own(
        &mut self,
        now: Now,
        id: ParticipantId,
        command: Command,
    ) -> Result<(), Refusal> {
        match command {
            Command::Leave => {
                self.remove(now, id, LeaveReason::ClientInitiated);
                Ok(())
            }
            Command::AddTrack(add) => self.add_track(id, add),
            Command::Mute { track, muted } => self.set_muted(id, &track, muted),
            Command::Subscribe { tracks, wanted } => self.subscribe(id, &tracks, wanted),
            Command::ConfigureSubscription { tracks, settings } => {
                self.configure(id, &tracks, settings)
            }
            Command::SetAudience(permission) => self.set_audience(id, permission),
            Command::UpdateMetadata { request, change } => {
                self.answer_update(id, request, change);
                Ok(())
            }
            Command::UpdateAudioFeatures { track, features } => {
                self.own_track(id, &track)?.1.info.audio_features = features;
                self.tell_changed(id);
                Ok(())
            }
            Command::UpdateVideoSize {
                track,
                width,
                height,
            } => {
                let info = &mut self.own_track(id, &track)?.1.info;
                (info.width, info.height) = (width, height);
                self.tell_changed(id);
                Ok(())
            }
            moderation => self.moderate(now, moderation),
        }
    }

    /// Tells the client that a numbered request of theirs was refused before it was tried.
    pub fn refuse_request(&mut self, id: ParticipantId, request: u32, refusal: Refusal) {
        let response = Response::Refused(refusal);
        self.notify(id, Notice::Response { request, response });
    }

    fn answer_update(&mut self, id: ParticipantId, request: u32, change: MetadataChange) {
        let outcome = self.change_participant(id, change);
        let response = outcome.map_or_else(Response::Refused, |()| Response::Done);
        self.notify(id, Notice::Response { request, response });
    }

    pub(crate) fn change_participant(
        &mut self,
        id: ParticipantId,
        change: MetadataChange,
    ) -> Result<(), Refusal> {
        let participant = self.participant_mut(id)?;
        let mut attributes = participant.attributes.clone();
        for (key, value) in change.attributes {
            if value.is_empty() {
                attributes.remove(&key);
            } else {
                attributes.insert(key, value);
            }
        }
        let name = change.name.unwrap_or_else(|| participant.name.clone());
        let metadata = change
            .metadata
            .unwrap_or_else(|| participant.metadata.clone());
        let attribute_bytes: usize = attributes
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        if name.len() > NAME_BYTES_MAX
            || metadata.len() > METADATA_BYTES_MAX
            || attribute_bytes > ATTRIBUTES_BYTES_MAX
        {
            return Err(Refusal::TooLong);
        }
        participant.name = name;
        participant.metadata = metadata;
        participant.attributes = attributes;
        self.tell_changed(id);
        self.update_taps(id);
        Ok(())
    }
}
