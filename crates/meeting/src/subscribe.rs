//! What participants ask of subscriptions: their own, and those to what they publish.

use crate::effect::Effect;
use crate::identity::{ParticipantId, TrackId};
use crate::leave::Refusal;
use crate::meeting::Meeting;
use crate::notice::Notice;
use crate::subscription::{Subscription, SubscriptionError, SubscriptionPermission, TrackSettings};
use visio_protocol::ids::TrackSid;

impl Meeting {
    pub(crate) fn subscribe(
        &mut self,
        id: ParticipantId,
        tracks: &[TrackSid],
        wanted: bool,
    ) -> Result<(), Refusal> {
        self.participant(id)?;
        for sid in tracks {
            let Some((publisher, track)) = self.find_track(sid) else {
                let (track, error) = (sid.clone(), SubscriptionError::TrackNotFound);
                self.notify(id, Notice::SubscriptionRefused { track, error });
                continue;
            };
            self.subscription(id, track)?.wanted = Some(wanted);
            self.reconcile(id, publisher, track);
        }
        Ok(())
    }

    pub(crate) fn configure(
        &mut self,
        id: ParticipantId,
        tracks: &[TrackSid],
        settings: TrackSettings,
    ) -> Result<(), Refusal> {
        self.participant(id)?;
        for sid in tracks {
            let Some((_, track)) = self.find_track(sid) else {
                continue;
            };
            let subscription = self.subscription(id, track)?;
            subscription.settings = settings;
            if subscription.active {
                self.effects.push_back(Effect::Configure {
                    subscriber: id,
                    track,
                    settings,
                });
            }
        }
        Ok(())
    }

    /// The client does not show these at the moment; all else it said of them holds.
    pub(crate) fn disable(&mut self, id: ParticipantId, tracks: &[TrackSid]) {
        for sid in tracks {
            let Some((_, track)) = self.find_track(sid) else {
                continue;
            };
            let said = self.subscription(id, track).map(|one| one.settings);
            let settings = TrackSettings {
                disabled: true,
                ..said.unwrap_or_default()
            };
            // Somebody who has left meanwhile is shown nothing.
            let _ = self.configure(id, std::slice::from_ref(sid), settings);
        }
    }

    /// The publisher says who may receive their tracks.
    pub(crate) fn set_audience(
        &mut self,
        id: ParticipantId,
        permission: SubscriptionPermission,
    ) -> Result<(), Refusal> {
        let participant = self.participant_mut(id)?;
        participant.audience = (!permission.all_participants).then_some(permission.grants);
        let tracks: Vec<_> = participant.live_tracks().map(|(track, _)| track).collect();
        for track in tracks {
            self.reconcile_track(id, track);
        }
        Ok(())
    }

    /// Drops what `receiver` had of a track that is gone.
    pub(crate) fn forget_subscription(&mut self, receiver: ParticipantId, track: TrackId) {
        let Some(participant) = self.present_mut(receiver) else {
            return;
        };
        if participant
            .subscriptions
            .remove(&track)
            .is_some_and(|one| one.active)
        {
            self.effects.push_back(Effect::Unsubscribe {
                subscriber: receiver,
                track,
            });
        }
    }

    /// Where a live track is.
    pub(crate) fn find_track(&self, sid: &TrackSid) -> Option<(ParticipantId, TrackId)> {
        self.participants.values().find_map(|one| {
            let mut tracks = one.live_tracks();
            let (track, _) = tracks.find(|(_, track)| &track.info.sid == sid)?;
            Some((one.id, track))
        })
    }

    pub(crate) fn subscription(
        &mut self,
        id: ParticipantId,
        track: TrackId,
    ) -> Result<&mut Subscription, Refusal> {
        Ok(self
            .participant_mut(id)?
            .subscriptions
            .entry(track)
            .or_default())
    }
}
