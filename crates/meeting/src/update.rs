//! What participants ask for themselves.

use crate::command::{Actor, Command, MetadataChange, Simulation, SyncState};
use crate::identity::{Now, ParticipantId};
use crate::leave::{LeaveReason, Refusal};
use crate::meeting::Meeting;
use crate::notice::{Notice, Response};
use crate::profile::Profile;
use crate::taken_name::TakenName;
use crate::track::TrackInfo;
use visio_protocol::ids::TrackSid;

impl Meeting {
    /// Carries out what a participant asks, which was authorised before.
    pub(crate) fn handle_own(
        &mut self,
        now: Now,
        id: ParticipantId,
        command: Command,
    ) -> Result<(), Refusal> {
        match command {
            Command::Leave => self.remove(now, id, LeaveReason::ClientInitiated),
            Command::Simulate(simulation) => self.simulate(now, id, simulation),
            Command::AddTrack(add) => self.add_track(id, add)?,
            Command::AddBackup(add) => self.add_backup(id, add)?,
            Command::Mute { track, muted } => self.mute_own(id, &track, muted)?,
            Command::Subscribe { tracks, wanted } => self.subscribe(id, &tracks, wanted)?,
            Command::ConfigureSubscription { tracks, settings } => {
                self.configure(id, &tracks, settings)?;
            }
            Command::SetAudience(permission) => self.set_audience(id, permission)?,
            Command::SyncState(state) => self.sync(now, id, state),
            Command::UpdateMetadata { request, change } => {
                self.update_own_profile(now, id, request, change)?;
            }
            Command::UpdateAudioFeatures { track, features } => {
                self.describe_own(id, &track, |info| info.audio_features = features)?;
            }
            Command::UpdateVideoSize {
                track,
                width,
                height,
            } => {
                let size = (width, height);
                self.describe_own(id, &track, |info| (info.width, info.height) = size)?;
            }
            Command::KeepTranscript { kept } => self.keep_as_participant(now, id, kept)?,
            Command::Remove { .. }
            | Command::MuteTrack { .. }
            | Command::UpdateParticipant { .. }
            | Command::UpdateSubscriptions { .. }
            | Command::UpdateRoomMetadata { .. }
            | Command::End => self.moderate(now, command)?,
        }
        Ok(())
    }

    fn mute_own(
        &mut self,
        id: ParticipantId,
        track: &TrackSid,
        muted: bool,
    ) -> Result<(), Refusal> {
        self.own_track(id, track)?.1.silenced = false;
        self.set_muted(id, track, muted)
    }

    /// A client says more of its track than it did when it published it.
    fn describe_own(
        &mut self,
        id: ParticipantId,
        track: &TrackSid,
        describe: impl FnOnce(&mut TrackInfo),
    ) -> Result<(), Refusal> {
        describe(&mut self.own_track(id, track)?.1.info);
        self.tell_changed(id);
        Ok(())
    }

    fn keep_as_participant(
        &mut self,
        now: Now,
        id: ParticipantId,
        kept: bool,
    ) -> Result<(), Refusal> {
        let changes = &mut self.participant_mut(id)?.profile_changes;
        changes.take(now.instant)?;
        self.keep_transcript(kept);
        Ok(())
    }

    fn update_own_profile(
        &mut self,
        now: Now,
        id: ParticipantId,
        request: u32,
        change: MetadataChange,
    ) -> Result<(), Refusal> {
        let participant = self.participant_mut(id)?;
        participant.profile_changes.take(now.instant)?;
        let profile = participant.profile_after(change, participant.own_profile_bytes_max())?;
        self.set_profile(id, profile)?;
        let response = Response::Done;
        self.notify(id, Notice::Response { request, response });
        Ok(())
    }

    fn simulate(&mut self, now: Now, id: ParticipantId, simulation: Simulation) {
        match simulation {
            Simulation::SessionLost => self.remove(now, id, LeaveReason::StateMismatch),
            Simulation::Migration => self.hang_up(now, id, LeaveReason::Migration),
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

    pub(crate) fn set_profile(
        &mut self,
        id: ParticipantId,
        profile: Profile,
    ) -> Result<(), Refusal> {
        let number = self.next_number();
        let participant = self.participant_mut(id)?;
        let former = participant.taken_name.clone();
        let taken = TakenName::new(&profile.name, number).after(&former);
        participant.taken_name = taken.clone();
        participant.name = profile.name;
        participant.metadata = profile.metadata;
        participant.attributes = profile.attributes;
        let mut marked = self.mark_lookalikes(&former);
        marked.extend(self.mark_lookalikes(&taken));
        self.tell_changed(id);
        self.tell_marks(marked, id);
        self.update_taps(id);
        Ok(())
    }
}
