//! Who receives which track, worked out again whenever anything it rests on changes.

use crate::effect::Effect;
use crate::identity::{ParticipantId, TrackId};
use crate::meeting::Meeting;
use crate::notice::Notice;
use crate::subscription::{StreamState, TrackSettings};

impl Meeting {
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

    /// Starts or stops sending `track` to `subscriber` if what should be is not what is.
    pub(crate) fn reconcile(
        &mut self,
        subscriber: ParticipantId,
        publisher: ParticipantId,
        track: TrackId,
    ) {
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
            (false, true) => self.begin(subscriber, publisher, track, settings),
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

    fn begin(
        &mut self,
        subscriber: ParticipantId,
        publisher: ParticipantId,
        track: TrackId,
        settings: TrackSettings,
    ) {
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
