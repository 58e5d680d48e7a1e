//! One encoding of a published track: the section it comes in, its codec, and which of its layers flow.

use crate::bandwidth::meter::Meter;
use crate::forward::layer::LAYERS_MAX;
use crate::forward::svc::{LayeredFrame, Reader};
use crate::transport::format::{Codec, Format};
use crate::transport::ids::{Mid, Ssrc};
use crate::transport::packet::ReceivedPacket;
use std::time::{Duration, Instant};

/// A layer without a packet for so long does not flow: screen shares send few frames.
const LAYER_SILENCE: Duration = Duration::from_secs(2);

/// What a packet takes on a link beside its payload: RTP with extensions, the tag of SRTP, UDP and IP. The
/// estimate of a link is of all that.
const HEADERS_BYTES: usize = 68;

/// A publisher is asked for a keyframe of one layer at most that often, whoever needs one: each
/// costs a burst.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);
/// A keyframe that was asked for and has not come is asked for again after so long: the request or
/// the frame was lost.
const KEYFRAME_PATIENCE: Duration = Duration::from_secs(1);
/// Browsers make a keyframe of every layer when asked for one: another is not asked for meanwhile.
const KEYFRAME_MERGED: Duration = Duration::from_millis(300);

pub(crate) struct Encoding {
    pub(crate) section: SectionState,
    /// What it is encoded with: what was announced, or else what arrived; `None` while unknown.
    pub(crate) codec: Option<Codec>,
    /// What the last packet was; `None` before the first.
    pub(crate) format: Option<Format>,
    layers: [LayerFlow; LAYERS_MAX],
    /// Reads its descriptors where one stream carries all its layers.
    reader: Reader,
}

/// What a packet turned out to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    pub(crate) layer: usize,
    /// Where one stream carries several layers: what the packet says of its frame.
    pub(crate) frame: Option<LayeredFrame>,
    /// Whether other layers flow than before.
    pub(crate) is_flow_changed: bool,
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
    /// When the last one began.
    keyframe_came: Option<Instant>,
}

impl Encoding {
    pub(crate) fn new(now: Instant, codec: Option<Codec>) -> Self {
        let flow = || LayerFlow {
            ssrc: None,
            meter: Meter::new(now),
            last_packet: None,
            keyframe_asked: None,
            keyframe_came: None,
        };
        Self {
            section: SectionState::Awaited,
            codec,
            format: None,
            layers: [flow(), flow(), flow()],
            reader: Reader::default(),
        }
    }

    /// Notes what a packet is; returns whether it is the first.
    pub(crate) fn note_format(&mut self, format: Format) -> bool {
        self.codec = Some(format.codec);
        self.format.replace(format).is_none()
    }

    /// Reads and notes a packet of the stream of `layer`.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        layer: usize,
        codec: Codec,
        packet: &ReceivedPacket,
    ) -> Noted {
        let was_layered = self.reader.is_layered();
        let descriptor = packet.dependency_descriptor();
        let mut reading = self.reader.read(codec, descriptor, &packet.payload);
        // Where the layers come as streams of their own, those are what is chosen from.
        if !self.is_alone(now, packet.ssrc) {
            reading.frame = None;
        }
        let mut is_flow_changed = false;
        if let Some(count) = reading.announced
            && (reading.frame.is_some() || was_layered)
        {
            is_flow_changed = self.announce(now, count, packet.ssrc);
        }
        let layer = reading.frame.map_or(layer, |frame| frame.spatial);
        let bytes = packet.payload.len() + HEADERS_BYTES;
        is_flow_changed |= self.note(now, layer, packet.ssrc, bytes);
        if codec.starts_keyframe(&packet.payload) {
            self.note_keyframe(now, layer);
        }
        Noted {
            layer,
            frame: reading.frame,
            is_flow_changed,
        }
    }

    /// Whether no other stream of it flows.
    fn is_alone(&self, now: Instant, ssrc: Ssrc) -> bool {
        let mut others = self.layers.iter().filter(|flow| flow.ssrc != Some(ssrc));
        others.all(|flow| !flow.flows(now))
    }

    /// The stream carries so many layers from here on: nobody waits until the others have been
    /// silent for long. Returns whether that is new.
    fn announce(&mut self, now: Instant, count: usize, ssrc: Ssrc) -> bool {
        let before = self.flowing(now);
        for (layer, flow) in self.layers.iter_mut().enumerate() {
            flow.ssrc = Some(ssrc);
            if layer >= count {
                flow.last_packet = None;
            } else if !flow.flows(now) {
                flow.last_packet = Some(now);
            }
        }
        before != self.flowing(now)
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

    /// What each layer costs; where one stream carries several, with those below it.
    pub(crate) fn bitrates_bps(&mut self, now: Instant) -> [u64; LAYERS_MAX] {
        let mut below = 0;
        let is_layered = self.reader.is_layered();
        self.layers.each_mut().map(|flow| {
            let own = flow.meter.bits_per_second(now);
            if !is_layered || own == 0 {
                return own;
            }
            below += own;
            below
        })
    }

    /// A keyframe of `layer` begins.
    fn note_keyframe(&mut self, now: Instant, layer: usize) {
        if let Some(flow) = self.layers.get_mut(layer) {
            flow.keyframe_came = Some(now);
        }
    }

    /// The stream of a layer to ask a keyframe of, unless one was asked of it just now or is on its
    /// way.
    pub(crate) fn keyframe_due(&mut self, now: Instant, layer: usize) -> Option<Ssrc> {
        let ssrc = self.layers.get(layer)?.ssrc?;
        let same = || self.layers.iter().filter(|flow| flow.ssrc == Some(ssrc));
        let asked = same().filter_map(|flow| flow.keyframe_asked).max();
        let came = same().filter_map(|flow| flow.keyframe_came).max();
        let asked_any = self.layers.iter().filter_map(|flow| flow.keyframe_asked);
        let within = |interval, asked: Option<Instant>| {
            asked.is_some_and(|asked| now.duration_since(asked) < interval)
        };
        let interval = if came > asked {
            KEYFRAME_INTERVAL
        } else {
            KEYFRAME_PATIENCE
        };
        if within(interval, asked) || within(KEYFRAME_MERGED, asked_any.max()) {
            return None;
        }
        self.layers.get_mut(layer)?.keyframe_asked = Some(now);
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
    use visio_fixtures::svc::SvcCamera;

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
        let soon = now + KEYFRAME_INTERVAL;
        assert_eq!(camera.keyframe_due(soon, 0), None, "it may still come");
        let later = now + KEYFRAME_PATIENCE;
        assert_eq!(camera.keyframe_due(later, 0), Some(Ssrc(7)), "it was lost");
        camera.note_keyframe(later + Duration::from_millis(50), 0);
        let next = later + KEYFRAME_INTERVAL;
        assert_eq!(camera.keyframe_due(next, 0), Some(Ssrc(7)), "for another");
    }

    #[test]
    fn layers_that_are_wanted_together_are_asked_for_once() {
        let now = Instant::now();
        let mut camera = Encoding::new(now, None);
        camera.note(now, 0, Ssrc(7), 1_000);
        camera.note(now, 2, Ssrc(9), 1_000);
        assert_eq!(camera.keyframe_due(now, 0), Some(Ssrc(7)));
        assert_eq!(camera.keyframe_due(now, 2), None, "comes with the first");
        let later = now + KEYFRAME_MERGED;
        assert_eq!(camera.keyframe_due(later, 2), Some(Ssrc(9)), "it did not");
    }

    /// A camera that sends three layers in one stream, as its first packet says.
    fn layered(now: Instant) -> Encoding {
        let mut camera = Encoding::new(now, None);
        let first = &SvcCamera::default().picture(true)[0];
        let read = camera.reader.read(Codec::Vp9, None, &first.payload);
        assert!(camera.announce(now, read.announced.unwrap(), Ssrc(7)));
        camera
    }

    #[test]
    fn layers_of_one_stream_flow_from_when_they_are_announced() {
        let now = Instant::now();
        let mut camera = layered(now);
        assert_eq!(camera.flowing(now), [true; LAYERS_MAX]);
        assert!(!camera.announce(now, 3, Ssrc(7)), "that is known");
        assert!(camera.announce(now, 1, Ssrc(7)));
        assert_eq!(camera.flowing(now), [true, false, false]);
    }

    #[test]
    fn a_layer_of_one_stream_costs_what_is_below_it_too() {
        let now = Instant::now();
        let mut camera = layered(now);
        for (layer, bytes) in [(0, 1_000), (1, 3_000)] {
            camera.note(now, layer, Ssrc(7), bytes);
        }
        let [low, medium, high] = camera.bitrates_bps(now);
        assert_eq!((medium, high), (low * 4, 0), "the highest is not sent");
    }

    #[test]
    fn one_keyframe_is_asked_of_one_stream_for_all_its_layers() {
        let now = Instant::now();
        let mut camera = layered(now);
        assert_eq!(camera.keyframe_due(now, 2), Some(Ssrc(7)));
        assert_eq!(camera.keyframe_due(now, 0), None);
        assert_eq!(camera.keyframe_due(now, 1), None);
        let later = now + KEYFRAME_PATIENCE;
        assert_eq!(camera.keyframe_due(later, 1), Some(Ssrc(7)));
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
