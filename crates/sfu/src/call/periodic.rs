//! What a call does at intervals: publish who speaks, share out bandwidth, publish link quality.

use crate::audio::active_speakers::SPEAKERS_INTERVAL;
use crate::bandwidth::link::QUALITY_INTERVAL;
use crate::bandwidth::{self, dynacast};
use crate::call::Call;
use crate::forward::{introduce, keyframe_requests};
use crate::timers::Interval;
use std::time::{Duration, Instant};
use visio_meeting::Observation;

/// How often layers are chosen and negotiations without an answer are looked for.
const LAYERS_INTERVAL: Duration = Duration::from_millis(250);

pub(super) struct Periodic {
    speakers: Interval,
    layers: Interval,
    quality: Interval,
}

impl Periodic {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            speakers: Interval::new(now, SPEAKERS_INTERVAL),
            layers: Interval::new(now, LAYERS_INTERVAL),
            quality: Interval::new(now, QUALITY_INTERVAL),
        }
    }

    pub(super) fn next(&self) -> Instant {
        let earlier = self.speakers.next().min(self.layers.next());
        earlier.min(self.quality.next())
    }
}

impl Call {
    /// Does what is due.
    pub(super) fn do_periodic_work(&mut self) {
        let now = self.now.instant;
        if self.periodic.speakers.due(now) {
            let levels = self.tracks.speakers.end_window();
            if !levels.is_empty() {
                self.out.observe(Observation::Speakers { levels });
            }
        }
        if self.periodic.layers.due(now) {
            self.choose_layers(now);
            self.peers.mark_all_unsettled();
        }
        if self.periodic.quality.due(now) {
            let qualities = self.peers.iter().map(|(id, peer)| {
                let (quality, score) = peer.link.quality();
                (id, quality, score)
            });
            let qualities = qualities.collect();
            self.out.observe(Observation::Quality { qualities });
        }
    }

    fn choose_layers(&mut self, now: Instant) {
        for id in self.peers.ids() {
            bandwidth::allocate(now, &mut self.peers, &mut self.tracks, &mut self.out, id);
            keyframe_requests::request_awaited(now, &mut self.peers, &mut self.tracks, id);
            introduce::introduce_muted(now, &mut self.peers, &self.tracks, &mut self.out, id);
        }
        for track in self.tracks.ids() {
            dynacast::update_requested_quality(&self.peers, &mut self.tracks, &mut self.out, track);
        }
    }
}
