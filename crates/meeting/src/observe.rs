//! What the media plane saw, and what the meeting makes of it.

use crate::identity::{ParticipantId, TrackId};
use crate::meeting::Meeting;
use crate::notice::{Notice, Quality};
use crate::participant::{ParticipantState, Speaker};
use crate::subscription::{StreamState, SubscriptionError};
use crate::track::{LayerQuality, MediaKind, TrackInfo};

/// A fact from the media plane.
#[derive(Clone, Debug)]
pub enum Observation {
    /// ICE and DTLS are up: media can flow both ways.
    Connected { participant: ParticipantId },
    /// An encoding of a track was found in its publisher's offer, or its first packet arrived,
    /// which may name another codec.
    TrackLive {
        participant: ParticipantId,
        track: TrackId,
        /// Its place among [`TrackInfo::codecs`].
        encoding: usize,
        mid: String,
        mime: String,
    },
    /// The last of the track's media sections was given up in the publisher's offer.
    TrackGone {
        participant: ParticipantId,
        track: TrackId,
    },
    /// Packets of the track reached a subscriber for the first time.
    FirstDelivered {
        publisher: ParticipantId,
        track: TrackId,
    },
    /// Who speaks, loudest first, and who has just stopped.
    Speakers {
        levels: Vec<(ParticipantId, f32, bool)>,
    },
    Quality {
        qualities: Vec<(ParticipantId, Quality, f32)>,
    },
    /// The highest layer anybody wants of each encoding of a track; `None` when nobody wants any.
    SubscribedQuality {
        publisher: ParticipantId,
        track: TrackId,
        highest: Vec<Option<LayerQuality>>,
    },
    /// A subscriber's stream was paused or resumed for want of bandwidth.
    StreamState {
        subscriber: ParticipantId,
        track: TrackId,
        state: StreamState,
    },
    /// What a subscriber negotiated has none of the codecs of a track.
    CodecUnsupported {
        subscriber: ParticipantId,
        track: TrackId,
    },
}

impl Meeting {
    /// Takes in a fact from the media plane.
    pub fn observe(&mut self, observation: Observation) {
        match observation {
            Observation::Connected { participant } => self.media_connected(participant),
            Observation::TrackLive {
                participant,
                track,
                encoding,
                mid,
                mime,
            } => {
                self.track_live(participant, (track, encoding), (&mid, &mime));
            }
            Observation::TrackGone { participant, track } => self.unpublish(participant, track),
            Observation::FirstDelivered { publisher, track } => {
                self.tell_publisher(publisher, track, |info| Notice::TrackSubscribed {
                    track: info.sid.clone(),
                });
            }
            Observation::Speakers { levels } => self.tell_speakers(&levels),
            Observation::Quality { qualities } => self.tell_quality(&qualities),
            Observation::SubscribedQuality {
                publisher,
                track,
                highest,
            } => {
                self.tell_publisher(publisher, track, |info| wanted(info, &highest));
            }
            Observation::StreamState {
                subscriber,
                track,
                state,
            } => {
                self.tell_stream_state(subscriber, track, state);
            }
            Observation::CodecUnsupported { subscriber, track } => {
                self.codec_unsupported(subscriber, track);
            }
        }
    }

    fn media_connected(&mut self, id: ParticipantId) {
        let Ok(participant) = self.participant_mut(id) else {
            return;
        };
        if participant.state != ParticipantState::Active {
            participant.state = ParticipantState::Active;
            self.tell_changed(id);
            self.tell_who_speaks(id);
        }
    }

    fn tell_publisher(
        &mut self,
        publisher: ParticipantId,
        track: TrackId,
        notice: impl FnOnce(&TrackInfo) -> Notice,
    ) {
        let Ok(participant) = self.participant(publisher) else {
            return;
        };
        let Some(published) = participant.tracks.get(&track) else {
            return;
        };
        let notice = notice(&published.info);
        self.notify(publisher, notice);
    }

    fn tell_speakers(&mut self, levels: &[(ParticipantId, f32, bool)]) {
        let speakers = levels
            .iter()
            .filter_map(|&(id, level, active)| {
                let participant = self.participants.get_mut(&id)?;
                let sid = participant.sid.clone();
                participant.loudness = Some(Speaker { sid, level, active });
                let hidden = participant.permissions.hidden;
                participant.loudness.clone().filter(|_| !hidden)
            })
            .collect();
        self.notify_all(Notice::Speakers(speakers));
    }

    /// To one who has just joined; all others hear of changes. Not in the first message: a client drops
    /// what is said of people whom it has not set up yet.
    fn tell_who_speaks(&mut self, id: ParticipantId) {
        let loudness = self.visible().filter_map(|one| one.loudness.clone());
        let speakers: Vec<_> = loudness.filter(|one| one.active).collect();
        if !speakers.is_empty() {
            self.notify(id, Notice::Speakers(speakers));
        }
    }

    fn tell_quality(&mut self, qualities: &[(ParticipantId, Quality, f32)]) {
        let known = qualities
            .iter()
            .filter_map(|&(id, quality, score)| {
                let participant = self.participants.get(&id)?;
                let sid = participant.sid.clone();
                (!participant.permissions.hidden).then_some((sid, quality, score))
            })
            .collect();
        self.notify_all(Notice::Quality(known));
    }

    /// The subscription ends, and the section it was given is free for another track.
    fn codec_unsupported(&mut self, subscriber: ParticipantId, track: TrackId) {
        let mut tracks = self.participants.values().flat_map(|one| &one.tracks);
        let Some((_, published)) = tracks.find(|(id, _)| **id == track) else {
            return;
        };
        let sid = published.info.sid.clone();
        let Ok(receiver) = self.participant_mut(subscriber) else {
            return;
        };
        let Some(subscription) = receiver.subscriptions.get_mut(&track) else {
            return;
        };
        if !std::mem::replace(&mut subscription.is_codec_unsupported, true) {
            let error = SubscriptionError::CodecUnsupported;
            self.notify(
                subscriber,
                Notice::SubscriptionRefused { track: sid, error },
            );
            self.reconcile_subscriber(subscriber);
        }
    }

    fn tell_stream_state(&mut self, subscriber: ParticipantId, track: TrackId, state: StreamState) {
        let found = self.participants.values().find_map(|one| {
            Some((
                one.sid.clone(),
                one.tracks.get(&track)?.info.sid.clone(),
                state,
            ))
        });
        if let Some(found) = found {
            if let Ok(receiver) = self.participant_mut(subscriber)
                && let Some(subscription) = receiver.subscriptions.get_mut(&track)
            {
                subscription.stream = Some(state);
            }
            self.notify(subscriber, Notice::StreamState(vec![found]));
        }
    }
}

/// Each codec once: of two encodings that turn out to be the same, the first is the one in use.
fn wanted(info: &TrackInfo, highest: &[Option<LayerQuality>]) -> Notice {
    let mut codecs: Vec<(String, Option<LayerQuality>)> = Vec::new();
    for (codec, &highest) in info.codecs.iter().zip(highest) {
        if !codecs.iter().any(|(mime, _)| codec.is_named(mime)) {
            codecs.push((codec.mime.clone(), highest));
        }
    }
    let track = info.sid.clone();
    match info.kind {
        MediaKind::Video => Notice::SubscribedQuality { track, codecs },
        MediaKind::Audio => Notice::SubscribedAudioCodecs {
            track,
            codecs: codecs
                .into_iter()
                .map(|(mime, highest)| (mime, highest.is_some()))
                .collect(),
        },
    }
}
