//! Subscriptions: who receives which track, worked out again whenever anything it rests on changes.

use crate::effect::{Effect, Notice};
use crate::identity::{ParticipantId, TrackId};
use crate::leave::Refusal;
use crate::meeting::Meeting;
use crate::subscription::{
    StreamState, Subscription, SubscriptionError, SubscriptionPermission, TrackSettings,
};
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

    /// Works out every subscription of one participant.
    pub(crate) fn reconcile_subscriber(&mut self, subscriber: ParticipantId) {
        let all: Vec<(ParticipantId, TrackId)> = self
            .participants
            .values()
            .flat_map(|one| one.live_tracks().map(|(track, _)| (one.id, track)))
            .collect();
        for (publisher, track) in all {
            self.reconcile(subscriber, publisher, track);
        }
    }

    /// Works out who receives one track.
    pub(crate) fn reconcile_track(&mut self, publisher: ParticipantId, track: TrackId) {
        let everybody: Vec<_> = self.participants.keys().copied().collect();
        for subscriber in everybody {
            self.reconcile(subscriber, publisher, track);
        }
    }

    /// The track comes in another codec than was thought: who could not receive that may have it.
    pub(crate) fn codec_changed(&mut self, publisher: ParticipantId, track: TrackId) {
        for participant in self.participants.values_mut() {
            if let Some(subscription) = participant.subscriptions.get_mut(&track) {
                subscription.is_codec_unsupported = false;
            }
        }
        self.reconcile_track(publisher, track);
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

    fn subscription(
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

    /// Starts or stops sending `track` to `subscriber` if what should be is not what is.
    fn reconcile(&mut self, subscriber: ParticipantId, publisher: ParticipantId, track: TrackId) {
        let Some((wanted, allowed)) = self.verdict(subscriber, publisher, track) else {
            return;
        };
        let Ok(subscription) = self.subscription(subscriber, track) else {
            return;
        };
        let (was, settings) = (subscription.active, subscription.settings);
        let should = wanted && allowed && !subscription.is_codec_unsupported;
        subscription.active = should;
        if should && !was {
            // A new downtrack begins unpaused.
            subscription.stream = subscription.stream.map(|_| StreamState::Active);
        }
        let told = subscription.allowed.unwrap_or(true);
        match (was, should) {
            (false, true) => {
                self.effects.push_back(Effect::Subscribe {
                    subscriber,
                    publisher,
                    track,
                });
                if settings != TrackSettings::default() {
                    self.effects.push_back(Effect::Configure {
                        subscriber,
                        track,
                        settings,
                    });
                }
            }
            (true, false) => {
                self.effects
                    .push_back(Effect::Unsubscribe { subscriber, track });
            }
            _ => {}
        }
        if wanted && told != allowed {
            self.tell_allowed(subscriber, publisher, track, allowed);
        }
    }

    /// Whether `subscriber` wants the track, and whether they may have it.
    fn verdict(
        &self,
        subscriber: ParticipantId,
        publisher: ParticipantId,
        track: TrackId,
    ) -> Option<(bool, bool)> {
        let receiver = self.participants.get(&subscriber)?;
        let sender = self.participants.get(&publisher)?;
        let info = &sender.tracks.get(&track)?.info;
        if subscriber == publisher {
            return None;
        }
        let said = receiver
            .subscriptions
            .get(&track)
            .and_then(|one| one.wanted);
        let wanted = said.unwrap_or(receiver.auto_subscribe);
        let allowed = receiver.permissions.can_subscribe
            && !sender.permissions.hidden
            && sender.lets_receive(receiver, info);
        Some((wanted, allowed))
    }

    /// A restriction and its end are told; that a normal subscription begins or ends is not.
    fn tell_allowed(
        &mut self,
        subscriber: ParticipantId,
        publisher: ParticipantId,
        id: TrackId,
        allowed: bool,
    ) {
        let Some(sender) = self.present(publisher) else {
            return;
        };
        let Some(published) = sender.tracks.get(&id) else {
            debug_assert!(false, "{id:?} is subscribed to and not published");
            return;
        };
        // Nobody learns of somebody hidden by being refused their tracks.
        if sender.permissions.hidden {
            return;
        }
        let (participant, track) = (sender.sid.clone(), published.info.sid.clone());
        if let Ok(subscription) = self.subscription(subscriber, id) {
            subscription.allowed = Some(allowed);
        }
        self.notify(
            subscriber,
            Notice::SubscriptionAllowed {
                participant,
                track,
                allowed,
            },
        );
    }
}
