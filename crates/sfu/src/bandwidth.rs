//! What is looked at from time to time: who speaks, which layers fit, how good the lines are.

pub(crate) mod allocate;
pub(crate) mod link;
pub(crate) mod meter;

use crate::bandwidth::allocate::Claim;
use crate::call::Call;
use crate::forward::layer;
use std::collections::BTreeMap;
use std::time::Instant;
use visio_meeting::{
    MediaKind, Observation, ParticipantId, Quality, Source, StreamState, TrackId, TrackSettings,
};

/// What audio and data take beside the video of one line.
const NON_VIDEO_BPS: u64 = 100_000;

impl Call {
    /// Does what is due.
    pub(crate) fn watch(&mut self) {
        let now = self.now.instant;
        if self.speakers_due.due(now) {
            let levels = self.speakers.tell();
            if !levels.is_empty() {
                self.meeting.observe(Observation::Speakers { levels });
            }
        }
        if self.layers_due.due(now) {
            let everybody: Vec<ParticipantId> = self.peers.keys().copied().collect();
            for id in everybody {
                self.allocate(id);
                self.look_for_keyframes(now, id);
                self.introduce_muted(now, id);
            }
            let tracks: Vec<TrackId> = self.publications.keys().copied().collect();
            for track in tracks {
                self.tell_wanted(track);
            }
        }
        if self.quality_due.due(now) {
            self.tell_quality();
        }
    }

    /// What the line to a participant carries was measured anew.
    pub(crate) fn estimated(&mut self, id: ParticipantId, bits_per_second: u64) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.estimate_bps = bits_per_second;
        }
        self.allocate(id);
    }

    /// How a subscriber wants a track changed.
    pub(crate) fn configure(
        &mut self,
        subscriber: ParticipantId,
        track: TrackId,
        settings: TrackSettings,
    ) {
        let Some(peer) = self.peers.get_mut(&subscriber) else {
            return;
        };
        if let Some(downtrack) = peer.downtracks.get_mut(&track) {
            downtrack.settings = settings;
        }
        self.allocate(subscriber);
        self.tell_wanted(track);
        self.look_for_keyframes(self.now.instant, subscriber);
    }

    /// Shares out one participant's line among what they receive.
    pub(crate) fn allocate(&mut self, id: ParticipantId) {
        let now = self.now.instant;
        let claims = self.claims(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let only_claims: Vec<Claim> = claims.values().copied().collect();
        let given = allocate::share(peer.estimate_bps, &only_claims);
        let mut paused = Vec::new();
        let goal = allocate::goal_bps(&only_claims, &given);
        for (&track, allowance) in claims.keys().zip(given) {
            let Some(downtrack) = peer.downtracks.get_mut(&track) else {
                continue;
            };
            if downtrack.allowance.is_some() != allowance.is_some() {
                paused.push((track, allowance.is_none()));
            }
            downtrack.allowance = allowance;
        }
        for (track, downtrack) in &mut peer.downtracks {
            if let Some(publication) = self.publications.get(track) {
                publication.aim(now, downtrack);
            }
        }
        // Padding takes the place of a better layer until the line is seen to carry that, but not
        // the place of the voices.
        let room = peer.estimate_bps.saturating_sub(NON_VIDEO_BPS);
        let sustained = goal.map_or(0, |goal| goal.min(room).max(NON_VIDEO_BPS));
        let desired: u64 = only_claims.iter().map(Claim::desired_bps).sum();
        let side = peer.receiving_side();
        peer.receiving()
            .set_bitrate(sustained, desired + NON_VIDEO_BPS);
        self.touch(id, side);
        for (track, is_paused) in paused {
            let state = if is_paused {
                StreamState::Paused
            } else {
                StreamState::Active
            };
            self.meeting.observe(Observation::StreamState {
                subscriber: id,
                track,
                state,
            });
        }
    }

    /// What a participant's video tracks ask of their line.
    fn claims(&mut self, id: ParticipantId) -> BTreeMap<TrackId, Claim> {
        let now = self.now.instant;
        let Some(peer) = self.peers.get(&id) else {
            return BTreeMap::new();
        };
        let mut claims = BTreeMap::new();
        for (&track, downtrack) in &peer.downtracks {
            let Some(publication) = self.publications.get_mut(&track) else {
                continue;
            };
            if downtrack.kind != MediaKind::Video {
                continue;
            }
            let Some(wanted) = downtrack.wanted(&publication.info) else {
                continue;
            };
            let first = publication.info.source == Source::ScreenShare;
            let bitrates_bps = publication.bitrates_bps(now);
            claims.insert(
                track,
                Claim {
                    first,
                    wanted,
                    bitrates_bps,
                },
            );
        }
        claims
    }

    /// Asks for the keyframes a participant's downtracks wait for.
    pub(crate) fn look_for_keyframes(&mut self, now: Instant, id: ParticipantId) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let mut awaited = Vec::new();
        for (&track, downtrack) in &mut peer.downtracks {
            if let Some(publication) = self.publications.get(&track) {
                publication.aim(now, downtrack);
                awaited.extend(downtrack.awaited().map(|layer| (track, layer)));
            }
        }
        for (track, layer) in awaited {
            self.ask_keyframe(track, layer);
        }
    }

    /// A publisher who resumed may have missed what was told on the former signal connection.
    pub(crate) fn tell_wanted_anew(&mut self, publisher: ParticipantId) {
        let mut own = Vec::new();
        for (&track, publication) in &mut self.publications {
            if publication.publisher == publisher {
                publication.told_wanted = None;
                own.push(track);
            }
        }
        for track in own {
            self.tell_wanted(track);
        }
    }

    /// Tells a publisher the best layer anybody wants, when that changed.
    pub(crate) fn tell_wanted(&mut self, track: TrackId) {
        let Some(publication) = self.publications.get(&track) else {
            return;
        };
        // Nobody can want what is not shown to them yet: a publisher told so before its first
        // packet would never send one.
        if !publication.is_video() || publication.format.is_none() {
            return;
        }
        let wishes = publication.subscribers.iter().filter_map(|subscriber| {
            self.peers
                .get(subscriber)?
                .downtracks
                .get(&track)?
                .wanted(&publication.info)
        });
        let highest = wishes.max();
        let publisher = publication.publisher;
        if publication.told_wanted == Some(highest) {
            return;
        }
        if let Some(publication) = self.publications.get_mut(&track) {
            publication.told_wanted = Some(highest);
        }
        let highest = highest.map(layer::quality_of);
        self.meeting.observe(Observation::WantedLayers {
            publisher,
            track,
            highest,
        });
    }

    fn tell_quality(&mut self) {
        let qualities: Vec<(ParticipantId, Quality, f32)> = self
            .peers
            .iter()
            .map(|(&id, peer)| {
                let (quality, score) = peer.line.quality();
                (id, quality, score)
            })
            .collect();
        self.meeting.observe(Observation::Quality { qualities });
    }
}
