//! What participants ask for themselves, and changes of names, metadata and attributes.

use crate::command::{Actor, Command, MetadataChange, Refusal, SyncState};
use crate::effect::{LeaveReason, Notice, Response};
use crate::identity::{Now, ParticipantId};
use crate::meeting::Meeting;
use crate::participant::Participant;
use std::collections::BTreeMap;
use visio_protocol::ids::TrackSid;
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
            Command::Mute { track, muted } => {
                self.own_track(id, &track)?.1.silenced = false;
                self.set_muted(id, &track, muted)
            }
            Command::Subscribe { tracks, wanted } => self.subscribe(id, &tracks, wanted),
            Command::ConfigureSubscription { tracks, settings } => {
                self.configure(id, &tracks, settings)
            }
            Command::SetAudience(permission) => self.set_audience(id, permission),
            Command::SyncState(state) => {
                self.sync(now, id, state);
                Ok(())
            }
            Command::UpdateMetadata { request, change } => {
                let details = self.participant(id)?.details_after(change)?;
                self.set_details(id, details)?;
                let response = Response::Done;
                self.notify(id, Notice::Response { request, response });
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

    /// Makes true what a client believes, as far as it may ask for it, and tells it what is not so.
    fn sync(&mut self, now: Now, id: ParticipantId, state: SyncState) {
        // What is gone meanwhile is no refusal: the list of participants has told it.
        let here = |sid: &TrackSid| self.find_track(sid).is_some();
        let tracks = state.tracks.into_iter().filter(here).collect();
        let wanted = state.wanted;
        let subscribe = Command::Subscribe { tracks, wanted };
        // A client that may not subscribe any more learns it from its own view.
        let _ = self.handle(now, Actor::Participant(id), subscribe);
        self.disable(id, &state.disabled);
        for track in state.published {
            if self.own_track(id, &track).is_err() {
                self.notify(id, Notice::TrackUnpublished { track });
            }
        }
    }

    pub(crate) fn set_details(
        &mut self,
        id: ParticipantId,
        details: Details,
    ) -> Result<(), Refusal> {
        let participant = self.participant_mut(id)?;
        participant.name = details.name;
        participant.metadata = details.metadata;
        participant.attributes = details.attributes;
        self.tell_changed(id);
        self.update_taps(id);
        Ok(())
    }
}

/// What a client waits for after it asked: a refusal without a word would leave it waiting.
pub(crate) enum Awaited {
    Response { request: u32 },
    Publication { cid: String },
}

impl Awaited {
    pub(crate) fn after(command: &Command) -> Option<Self> {
        match command {
            Command::UpdateMetadata { request, .. } => Some(Self::Response { request: *request }),
            Command::AddTrack(add) => Some(Self::Publication {
                cid: add.cid.clone(),
            }),
            _ => None,
        }
    }

    pub(crate) fn refused(self, refusal: Refusal) -> Notice {
        match self {
            Self::Response { request } => Notice::Response {
                request,
                response: Response::Refused(refusal),
            },
            Self::Publication { cid } => Notice::TrackRefused { cid, refusal },
        }
    }
}

/// What somebody is called and carries, checked against the limits.
pub(crate) struct Details {
    name: String,
    metadata: String,
    attributes: BTreeMap<String, String>,
}

impl Participant {
    /// What a change would make of somebody.
    ///
    /// # Errors
    /// [`Refusal::TooLong`] where it is more than a participant may carry.
    pub(crate) fn details_after(&self, change: MetadataChange) -> Result<Details, Refusal> {
        let mut attributes = self.attributes.clone();
        for (key, value) in change.attributes {
            if value.is_empty() {
                attributes.remove(&key);
            } else {
                attributes.insert(key, value);
            }
        }
        let name = change.name.unwrap_or_else(|| self.name.clone());
        let metadata = change.metadata.unwrap_or_else(|| self.metadata.clone());
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
        Ok(Details {
            name,
            metadata,
            attributes,
        })
    }
}
