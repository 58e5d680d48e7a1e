//! One encoding of a published track: the section it comes in, its codec, and which of its layers flow.

use crate::bandwidth::meter::Meter;
use crate::forward::layer::LAYERS_MAX;
use crate::transport::format::{Codec, Format};
use crate::transport::ids::{Mid, Ssrc};
use std::time::{Duration, Instant};

/// A layer without a packet for so long does not flow: screen shares send few frames.
const LAYER_SILENCE: Duration = Duration::from_secs(2);

/// A publisher is asked for a keyframe of one layer at most that often: each costs a burst.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);

pub(crate) struct Encoding {
    pub(crate) section: SectionState,
    /// What it is encoded with: what was announced, or else what arrived; `None` while unknown.
    pub(crate) codec: Option<Codec>,
    /// What the last packet was; `None` before the first.
    pub(crate) format: Option<Format>,
    layers: [LayerFlow; LAYERS_MAX],
}

/// Where in its publisher's description an encoding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SectionState {
    /// In none so far.
    Awaited,
    On(Mid),
    /// Its section was given up.
    Ended,
}

struct LayerFlow {
    ssrc: Option<Ssrc>,
    meter: Meter,
    last_packet: Option<Instant>,
    keyframe_asked: Option<Instant>,
}

impl Encoding {
    pub(crate) fn new(now: Instant, codec: Option<Codec>) -> Self {
        let flow = || LayerFlow {
            ssrc: None,
            meter: Meter::new(now),
            last_packet: None,
            keyframe_asked: None,
        };
        Self {
            section: SectionState::Awaited,
            codec,
            format: None,
            layers: [flow(), flow(), flow()],
        }
    }

    /// Notes what a packet is; returns whether it is the first.
    pub(crate) fn note_format(&mut self, format: Format) -> bool {
        self.codec = Some(format.codec);
        self.format.replace(format).is_none()
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

    /// Whether any of its layers does.
    pub(crate) fn flows(&self, now: Instant) -> bool {
        self.layers.iter().any(|flow| flow.flows(now))
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
mod tests {
    use super::*;

    #[test]
    fn a_layer_flows_until_it_was_silent_for_long() {
        let now = Instant::now();
        let mut camera = Encoding::new(now, None);
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
        let mut camera = Encoding::new(now, None);
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
        let mut camera = Encoding::new(now, None);
        camera.note(now, LAYERS_MAX, Ssrc(7), 1_000);
        assert_eq!(camera.flowing(now), [false; LAYERS_MAX]);
        assert_eq!(camera.keyframe_due(now, LAYERS_MAX), None);
    }
}
