//! Moderation: what hosts and administrators do to others and to the room.

use crate::command::{Command, MetadataChange};
use crate::effect::{Effect, Event};
use crate::identity::{Now, ParticipantId};
use crate::leave::{LeaveReason, Refusal};
use crate::meeting::Meeting;
use crate::notice::Notice;
use crate::participant::Permissions;
use visio_protocol::ids::TrackSid;
use visio_protocol::limits::METADATA_BYTES_MAX;
use visio_protocol::names::Identity;

impl Meeting {
    /// Carries out a command on others, which was authorised before.
    pub(crate) fn moderate(&mut self, now: Now, command: Command) -> Result<(), Refusal> {
        match command {
            Command::Remove {
                identity,
                tokens_before_unix_s,
            } => self.remove_identity(now, &identity, tokens_before_unix_s)?,
            Command::MuteTrack {
                identity,
                track,
                muted,
            } => {
                debug_assert!(muted, "unmuting somebody was authorised");
                self.mute_somebody(&identity, &track)?;
            }
            Command::UpdateParticipant {
                identity,
                change,
                permissions,
            } => self.update_participant(now, &identity, change, permissions)?,
            Command::UpdateSubscriptions {
                identity,
                tracks,
                wanted,
            } => self.subscribe(self.known(&identity)?, &tracks, wanted)?,
            Command::KeepTranscript { kept } => self.keep_transcript(kept),
            Command::UpdateRoomMetadata { metadata } => self.change_room(metadata)?,
            Command::End => self.close(now, LeaveReason::MeetingEnded),
            Command::Leave
            | Command::Simulate(_)
            | Command::AddTrack(_)
            | Command::AddBackup(_)
            | Command::Mute { .. }
            | Command::Subscribe { .. }
            | Command::ConfigureSubscription { .. }
            | Command::SetAudience(_)
            | Command::SyncState(_)
            | Command::UpdateMetadata { .. }
            | Command::UpdateAudioFeatures { .. }
            | Command::UpdateVideoSize { .. } => {
                debug_assert!(false, "a participant's own command came for others");
                return Err(Refusal::NotAllowed);
            }
        }
        Ok(())
    }

    /// Also their tokens, and also of somebody who is away for a moment.
    fn remove_identity(
        &mut self,
        now: Now,
        identity: &Identity,
        tokens_before_unix_s: Option<i64>,
    ) -> Result<(), Refusal> {
        self.revoke_tokens(now, identity, tokens_before_unix_s);
        let id = self.known(identity)?;
        self.remove(now, id, LeaveReason::Removed);
        Ok(())
    }

    /// Everybody sees whether a transcript is kept, from the first message on.
    pub(crate) fn keep_transcript(&mut self, kept: bool) {
        if self.config.transcript_kept == kept {
            return;
        }
        self.config.transcript_kept = kept;
        let room = self.room_view();
        self.notify_all(Notice::Room(room));
        let event = Event::TranscriptKept { kept };
        self.effects.push_back(Effect::Announce(event));
    }

    fn update_participant(
        &mut self,
        now: Now,
        identity: &Identity,
        change: MetadataChange,
        permissions: Option<Permissions>,
    ) -> Result<(), Refusal> {
        let id = self.known(identity)?;
        let participant = self.participant(id)?;
        let profile = participant.profile_after(change, METADATA_BYTES_MAX)?;
        if let Some(permissions) = permissions {
            let former = &participant.permissions;
            // Who moderates and what is an agent is said by tokens alone.
            let permissions = Permissions {
                room_admin: former.room_admin,
                agent: former.agent,
                ..permissions
            };
            self.override_permissions(now, identity, permissions.clone());
            self.change_permissions(id, permissions)?;
        }
        self.set_profile(id, profile)
    }

    fn revoke_tokens(&mut self, now: Now, identity: &Identity, before_unix_s: Option<i64>) {
        let overrides = &mut self.config.token_overrides;
        let before_unix_s = overrides.revoke(now, identity, before_unix_s);
        self.announce_override(identity);
        let event = Event::Removed {
            identity: identity.clone(),
            before_unix_s,
        };
        self.effects.push_back(Effect::Announce(event));
    }

    fn override_permissions(&mut self, now: Now, identity: &Identity, permissions: Permissions) {
        let overrides = &mut self.config.token_overrides;
        overrides.change(now, identity, permissions);
        self.announce_override(identity);
    }

    /// What holds against older tokens holds also when this meeting is interrupted and goes on elsewhere.
    fn announce_override(&mut self, identity: &Identity) {
        let event = Event::TokensOverridden {
            identity: identity.clone(),
            tokens: self.config.token_overrides.get(identity),
        };
        self.effects.push_back(Effect::Announce(event));
    }

    fn known(&self, identity: &Identity) -> Result<ParticipantId, Refusal> {
        self.by_identity(identity)
            .map(|one| one.id)
            .ok_or(Refusal::NoSuchParticipant)
    }

    /// The client mutes itself when told to.
    fn mute_somebody(&mut self, identity: &Identity, track: &TrackSid) -> Result<(), Refusal> {
        let id = self.known(identity)?;
        self.own_track(id, track)?.1.silenced = true;
        // First: a client that sees its track muted in an update before it was told to mute
        // contradicts, and everybody would see the track unmuted for a moment.
        self.notify(
            id,
            Notice::Muted {
                track: track.clone(),
                muted: true,
            },
        );
        self.set_muted(id, track, true)
    }

    fn change_permissions(
        &mut self,
        id: ParticipantId,
        permissions: Permissions,
    ) -> Result<(), Refusal> {
        let participant = self.participant_mut(id)?;
        participant.permissions = permissions;
        let forbidden: Vec<_> = participant
            .tracks
            .iter()
            .filter(|(_, track)| !participant.permissions.may_publish(track.info.source))
            .map(|(&track, _)| track)
            .collect();
        for track in forbidden {
            self.unpublish(id, track);
        }
        self.reconcile_subscriber(id);
        Ok(())
    }

    fn change_room(&mut self, metadata: String) -> Result<(), Refusal> {
        if metadata.len() > METADATA_BYTES_MAX {
            return Err(Refusal::TooLong);
        }
        self.config.metadata = metadata;
        let room = self.room_view();
        self.notify_all(Notice::Room(room));
        Ok(())
    }
}
