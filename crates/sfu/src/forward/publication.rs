//! A published track as the data plane sees it: its layers, what flows, who receives it.

use crate::audio::tap::TapId;
use crate::bandwidth::meter::Meter;
use crate::forward::downtrack::Downtrack;
use crate::forward::layer::LAYERS_MAX;
use crate::transport::format::{Codec, Format};
use crate::transport::ids::{Mid, Ssrc};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use visio_meeting::{MediaKind, ParticipantId, TrackInfo};

/// A layer without a packet for so long does not flow: screen shares send few frames.
const LAYER_SILENCE: Duration = Duration::from_secs(2);

/// A publisher is asked for a keyframe of one layer at most that often: each costs a burst.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);

pub(crate) struct Publication {
    pub(crate) publisher: ParticipantId,
    pub(crate) info: TrackInfo,
    pub(crate) mid: Option<Mid>,
    /// What the last packet was; `None` before the first.
    pub(crate) format: Option<Format>,
    pub(crate) subscribers: BTreeSet<ParticipantId>,
    pub(crate) tap: Option<TapId>,
    /// The best layer that the publisher knows anybody to have use for.
    pub(crate) requested_quality: Option<Option<usize>>,
    /// Whether the meeting knows that somebody receives the track.
    pub(crate) is_delivery_reported: bool,
    layers: [LayerFlow; LAYERS_MAX],
}

struct LayerFlow {
    ssrc: Option<Ssrc>,
    meter: Meter,
    last_packet: Option<Instant>,
    keyframe_asked: Option<Instant>,
}

impl Publication {
    pub(crate) fn new(now: Instant, publisher: ParticipantId, info: TrackInfo) -> Self {
        let flow = || LayerFlow {
            ssrc: None,
            meter: Meter::new(now),
            last_packet: None,
            keyframe_asked: None,
        };
        Self {
            publisher,
            info,
            mid: None,
            format: None,
            subscribers: BTreeSet::new(),
            tap: None,
            requested_quality: None,
            is_delivery_reported: false,
            layers: [flow(), flow(), flow()],
        }
    }

    pub(crate) fn is_video(&self) -> bool {
        self.info.kind == MediaKind::Video
    }

    /// What it is encoded with: what arrived last, or else what was announced.
    pub(crate) fn codec(&self) -> Option<Codec> {
        let arrived = self.format.map(|format| format.codec);
        arrived.or_else(|| Codec::named(self.info.mime()))
    }

    /// Notes a packet of `layer`; returns whether the layer begins to flow with it.
    pub(crate) fn note(&mut self, now: Instant, layer: usize, ssrc: Ssrc, bytes: usize) -> bool {
        let Some(flow) = self.layers.get_mut(layer) else {
            return false;
        };
        let begins = !flow.flows(now);
        flow.ssrc = Some(ssrc);
        flow.last_packet = Some(now);
        flow.meter.add(now, bytes);
        begins
    }

    /// Which layers flow at the moment.
    pub(crate) fn flowing(&self, now: Instant) -> [bool; LAYERS_MAX] {
        self.layers.each_ref().map(|flow| flow.flows(now))
    }

    /// Selects the layer of a downtrack among those that flow now.
    pub(crate) fn select_layer(&self, now: Instant, downtrack: &mut Downtrack) {
        downtrack.select_layer(&self.info, self.flowing(now));
    }

    /// What each layer costs.
    pub(crate) fn bitrates_bps(&mut self, now: Instant) -> [u64; LAYERS_MAX] {
        self.layers
            .each_mut()
            .map(|flow| flow.meter.bits_per_second(now))
    }

    /// The stream to ask a keyframe of, unless one was asked just now.
    pub(crate) fn keyframe_due(&mut self, now: Instant, layer: usize) -> Option<Ssrc> {
        let flow = self.layers.get_mut(layer)?;
        let recently = flow
            .keyframe_asked
            .is_some_and(|asked| now.duration_since(asked) < KEYFRAME_INTERVAL);
        let ssrc = flow.ssrc.filter(|_| !recently)?;
        flow.keyframe_asked = Some(now);
        Some(ssrc)
    }
}

impl LayerFlow {
    fn flows(&self, now: Instant) -> bool {
        self.last_packet
            .is_some_and(|last| now.duration_since(last) < LAYER_SILENCE)
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
pub(crate) mod tests {
    use super::*;
    use visio_meeting::Source;
    use visio_protocol::ids::{TrackLetters, TrackSid};

    pub(crate) fn camera(now: Instant) -> Publication {
        let info = TrackInfo {
            sid: TrackSid::new(TrackLetters::Camera, 1),
            kind: MediaKind::Video,
            source: Source::Camera,
            name: String::new(),
            muted: false,
            width: 0,
            height: 0,
            stereo: false,
            disable_dtx: false,
            disable_red: false,
            encryption: 0,
            stream: String::new(),
            audio_features: Vec::new(),
            packet_trailer_features: Vec::new(),
            backup_codec_policy: 0,
            codecs: Vec::new(),
        };
        Publication::new(now, ParticipantId(1), info)
    }

    #[test]
    fn a_layer_flows_until_it_was_silent_for_long() {
        let now = Instant::now();
        let mut camera = camera(now);
        assert_eq!(camera.flowing(now), [false; LAYERS_MAX]);
        assert!(camera.note(now, 1, Ssrc(7), 1_000));
        let silent = now + LAYER_SILENCE;
        assert_eq!(
            camera.flowing(silent - Duration::from_millis(1)),
            [false, true, false]
        );
        assert_eq!(camera.flowing(silent), [false; LAYERS_MAX]);
        assert!(camera.note(silent, 1, Ssrc(7), 1_000), "it begins again");
        assert!(!camera.note(silent, 1, Ssrc(7), 1_000), "it flows");
    }

    #[test]
    fn keyframes_are_asked_of_a_stream_that_was_seen_and_not_too_often() {
        let now = Instant::now();
        let mut camera = camera(now);
        assert_eq!(
            camera.keyframe_due(now, 0),
            None,
            "no packet has shown its stream"
        );
        camera.note(now, 0, Ssrc(7), 1_000);
        assert_eq!(camera.keyframe_due(now, 0), Some(Ssrc(7)));
        assert_eq!(camera.keyframe_due(now, 0), None, "asked just now");
        assert_eq!(camera.keyframe_due(now, 2), None, "another layer");
        assert_eq!(
            camera.keyframe_due(now + KEYFRAME_INTERVAL, 0),
            Some(Ssrc(7))
        );
    }

    #[test]
    fn a_layer_beyond_the_last_changes_nothing() {
        let now = Instant::now();
        let mut camera = camera(now);
        camera.note(now, LAYERS_MAX, Ssrc(7), 1_000);
        assert_eq!(camera.flowing(now), [false; LAYERS_MAX]);
        assert_eq!(camera.keyframe_due(now, LAYERS_MAX), None);
    }
}
