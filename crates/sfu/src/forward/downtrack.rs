//! A downtrack: one track on its way to one peer. It takes or drops each packet and renumbers it.

use crate::bandwidth::told::Told;
use crate::forward::layer::{self, EncodedLayer, LAYERS_MAX};
use crate::forward::rewrite::{Incoming, Outgoing, Rewriter};
use crate::forward::svc::LayeredFrame;
use crate::forward::svc::filter::{Arrival, Filter};
use crate::transport::format::{Codec, Taken};
use crate::transport::ids::{Mid, PayloadType};
use std::time::Instant;
use visio_meeting::{Layer, MediaKind, ParticipantId, TrackSettings};
use visio_rtc::packet::vp8;

/// So many packets show a receiver that a muted track is there, four a second: LiveKit's server
/// does so for five seconds. After them a receiver that missed all waits for the unmute.
const INTRODUCTIONS_MAX: u8 = 20;

pub(crate) struct Downtrack {
    pub(crate) publisher: ParticipantId,
    pub(crate) kind: MediaKind,
    /// The section it is sent on, once negotiated.
    pub(crate) mid: Option<Mid>,
    /// The codecs that its subscriber takes there; `None` until they have agreed to the section.
    pub(crate) codecs: Option<Vec<Codec>>,
    pub(crate) settings: TrackSettings,
    /// The best layer the link carries; `None` while it carries none.
    pub(crate) allowance: Option<usize>,
    /// What its subscriber was told of that.
    pub(crate) told: Told,
    /// Incoming payload type, and what it is sent as.
    pub(crate) payload_types: Option<(PayloadType, Taken)>,
    /// The encoding that should be sent, as of the last selection; `None` if none can be received.
    serving: Option<usize>,
    /// The layer that should be sent, as of the last selection.
    target: Option<EncodedLayer>,
    /// The layer that is being sent.
    current: Option<EncodedLayer>,
    /// Chooses from a stream that carries several layers, while one is being sent.
    filter: Option<Filter>,
    rewriter: Rewriter,
    /// How often the track was introduced; who receives it needs no more of that.
    introductions: u8,
}

/// What becomes of a packet.
#[derive(Debug)]
pub(crate) enum Verdict {
    Send(Outgoing),
    /// Dropped, but an empty packet is sent where it left a gap.
    Fill(Outgoing),
    Drop,
    /// Dropped, and the downtrack waits for a keyframe of that layer.
    Await(EncodedLayer),
}

/// A packet, as far as the choice depends on it.
pub(crate) struct Candidate<'a> {
    pub(crate) layer: EncodedLayer,
    /// Where one stream carries several layers: what the packet says of its frame.
    pub(crate) frame: Option<&'a LayeredFrame>,
    pub(crate) begins: bool,
    pub(crate) captured: Option<Instant>,
    pub(crate) clock_rate_hz: u32,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) vp8: Option<&'a vp8::Counters>,
    /// The number of its frame in the dependency descriptor.
    pub(crate) frame_number: Option<u16>,
}

impl Downtrack {
    pub(crate) fn new(publisher: ParticipantId, kind: MediaKind) -> Self {
        Self {
            publisher,
            kind,
            mid: None,
            codecs: None,
            settings: TrackSettings::default(),
            // The least, until the link is shared out.
            allowance: Some(0),
            told: Told::Active,
            payload_types: None,
            serving: Some(0),
            target: None,
            current: None,
            filter: None,
            rewriter: Rewriter::new(),
            introductions: 0,
        }
    }

    /// The numbers of a packet that only shows that the track is there, before anything is sent.
    pub(crate) fn introduce(&mut self, now: Instant, clock_rate_hz: u32) -> Option<Outgoing> {
        if self.introductions >= INTRODUCTIONS_MAX {
            return None;
        }
        self.introductions += 1;
        Some(self.rewriter.insert(now, clock_rate_hz))
    }

    /// The best of these layers that its subscriber has use for.
    pub(crate) fn wanted(&self, layers: &[Layer]) -> Option<usize> {
        layer::wanted(layers, &self.settings)
    }

    /// Which encoding should be sent.
    pub(crate) fn serving(&self) -> Option<usize> {
        self.serving
    }

    /// Selects the encoding to send; the old one is shown until the new one can begin.
    pub(crate) fn serve(&mut self, encoding: Option<usize>) {
        self.serving = encoding;
    }

    /// Whether packets of an encoding are of use here.
    pub(crate) fn uses(&self, encoding: usize) -> bool {
        let current = self.current.map(|current| current.encoding);
        self.serving == Some(encoding) || current == Some(encoding)
    }

    /// Selects the layer to send, after the wish, the allowance or what flows has changed.
    pub(crate) fn select_layer(&mut self, layers: &[Layer], flowing: [bool; LAYERS_MAX]) {
        let wish = self.wanted(layers).zip(self.allowance);
        let wish = wish.map(|(want, may)| want.min(may));
        let highest = self.serving.zip(wish);
        self.target = highest.and_then(|(encoding, highest)| {
            let layer = layer::choose(flowing, highest)?;
            Some(EncodedLayer { encoding, layer })
        });
        if highest.is_none() {
            self.current = None;
        }
    }

    /// Nothing is sent for now; what comes next goes on in the same numbers.
    pub(crate) fn pause(&mut self) {
        self.current = None;
    }

    /// What is better than the allowance is not sent any more, though nothing is shown until a
    /// keyframe of the lesser layer comes. Fewer layers of one stream need none.
    pub(crate) fn stop_better(&mut self) {
        let highest = self.allowance;
        let is_better = |current: EncodedLayer| Some(current.layer) > highest;
        if self.filter.is_none() && self.current.is_some_and(is_better) {
            self.current = None;
        }
    }

    /// The layer it waits for a keyframe of. Fewer layers of one stream need none.
    pub(crate) fn awaited(&self) -> Option<EncodedLayer> {
        let target = self.target?;
        let has_it = self.current.is_some_and(|current| {
            let has_more = self.filter.is_some() && current.layer > target.layer;
            current == target || (current.encoding == target.encoding && has_more)
        });
        (self.kind == MediaKind::Video && !has_it).then_some(target)
    }

    /// The layer being sent.
    pub(crate) fn current(&self) -> Option<EncodedLayer> {
        self.current
    }

    /// Takes or drops a packet that comes now.
    pub(crate) fn take(&mut self, now: Instant, packet: &Candidate<'_>) -> Verdict {
        if self.target.is_none() && self.kind == MediaKind::Video {
            return Verdict::Drop;
        }
        let incoming = Incoming {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            captured: packet.captured,
            clock_rate_hz: packet.clock_rate_hz,
            marker: packet.marker,
            vp8: packet.vp8,
            frame_number: packet.frame_number,
        };
        if self.should_switch(packet) {
            self.rewriter.switch(now, &incoming);
            self.current = Some(packet.layer);
            self.filter = None;
            self.introductions = INTRODUCTIONS_MAX;
        }
        if let Some(frame) = packet.frame {
            return self.take_layered(now, packet, frame, incoming);
        }
        if self.current != Some(packet.layer) {
            return self.missed();
        }
        self.filter = None;
        self.rewriter
            .rewrite(now, &incoming)
            .map_or(Verdict::Drop, Verdict::Send)
    }

    /// Takes or drops a packet of a stream that carries several layers.
    fn take_layered(
        &mut self,
        now: Instant,
        packet: &Candidate<'_>,
        frame: &LayeredFrame,
        mut incoming: Incoming<'_>,
    ) -> Verdict {
        let encoding = packet.layer.encoding;
        let Some(current) = self.current.as_mut().filter(|one| one.encoding == encoding) else {
            return self.missed();
        };
        let target = self.target.filter(|target| target.encoding == encoding);
        let target = target.map_or(current.layer, |target| target.layer);
        let arrival = Arrival {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            begins: packet.begins,
            frame,
            frame_number: packet.frame_number,
        };
        let filter = self.filter.get_or_insert_default();
        let Some(is_last) = filter.pass(&arrival, &mut current.layer, target) else {
            let gap = self.rewriter.leave_out(now, &incoming);
            return gap.map_or_else(|| self.missed(), Verdict::Fill);
        };
        incoming.marker |= is_last;
        self.rewriter
            .rewrite(now, &incoming)
            .map_or(Verdict::Drop, Verdict::Send)
    }

    /// What a packet that is not sent means.
    fn missed(&self) -> Verdict {
        self.awaited().map_or(Verdict::Drop, Verdict::Await)
    }

    fn should_switch(&self, packet: &Candidate<'_>) -> bool {
        let is_current = self.current.is_some_and(|current| match packet.frame {
            Some(_) => current.encoding == packet.layer.encoding,
            None => current == packet.layer,
        });
        match self.kind {
            MediaKind::Audio => {
                self.serving == Some(packet.layer.encoding)
                    && !is_current
                    && !self.settings.disabled
            }
            MediaKind::Video => packet.begins && !is_current && self.is_targeted(packet),
        }
    }

    /// Whether a packet is of the stream that should be sent.
    fn is_targeted(&self, packet: &Candidate<'_>) -> bool {
        self.target.is_some_and(|target| match packet.frame {
            Some(_) => target.encoding == packet.layer.encoding,
            None => target == packet.layer,
        })
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;

    const ALICE: ParticipantId = ParticipantId(1);

    fn of_first(layer: usize) -> EncodedLayer {
        EncodedLayer { encoding: 0, layer }
    }

    fn packet(layer: usize, begins: bool, sequence: u64) -> Candidate<'static> {
        Candidate {
            layer: of_first(layer),
            frame: None,
            begins,
            sequence,
            timestamp: 0,
            captured: None,
            clock_rate_hz: 90_000,
            marker: false,
            vp8: None,
            frame_number: None,
        }
    }

    fn sent(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Send(_))
    }

    fn awaits(verdict: &Verdict, layer: usize) -> bool {
        matches!(verdict, Verdict::Await(awaited) if *awaited == of_first(layer))
    }

    fn watching(target: usize) -> Downtrack {
        let mut downtrack = Downtrack::new(ALICE, MediaKind::Video);
        downtrack.target = Some(of_first(target));
        downtrack
    }

    #[test]
    fn bob_sees_alice_from_a_keyframe_on() {
        let now = Instant::now();
        let mut downtrack = watching(1);
        assert!(awaits(&downtrack.take(now, &packet(1, false, 5)), 1));
        assert!(sent(&downtrack.take(now, &packet(1, true, 6))));
        assert!(sent(&downtrack.take(now, &packet(1, false, 7))));
        assert_eq!(downtrack.current(), Some(of_first(1)));
        assert_eq!(downtrack.awaited(), None);
    }

    #[test]
    fn the_old_layer_is_shown_until_the_new_one_can_begin() {
        let now = Instant::now();
        let mut downtrack = watching(0);
        downtrack.take(now, &packet(0, true, 1));
        downtrack.target = Some(of_first(2));
        assert!(sent(&downtrack.take(now, &packet(0, false, 2))));
        assert!(awaits(&downtrack.take(now, &packet(2, false, 90)), 2));
        assert!(sent(&downtrack.take(now, &packet(2, true, 91))));
        assert!(!sent(&downtrack.take(now, &packet(0, false, 3))));
    }

    #[test]
    fn on_a_link_that_drowns_the_old_layer_ends_before_the_lesser_begins() {
        let now = Instant::now();
        let mut downtrack = watching(2);
        downtrack.take(now, &packet(2, true, 1));
        downtrack.allowance = Some(2);
        downtrack.stop_better();
        assert!(sent(&downtrack.take(now, &packet(2, false, 2))));
        downtrack.target = Some(of_first(0));
        downtrack.allowance = Some(0);
        downtrack.stop_better();
        assert!(!sent(&downtrack.take(now, &packet(2, false, 3))));
        assert!(awaits(&downtrack.take(now, &packet(0, false, 50)), 0));
        assert!(sent(&downtrack.take(now, &packet(0, true, 51))));
    }

    #[test]
    fn who_looks_elsewhere_is_sent_nothing() {
        let mut downtrack = watching(0);
        downtrack.target = None;
        assert!(matches!(
            downtrack.take(Instant::now(), &packet(0, true, 1)),
            Verdict::Drop
        ));
        assert_eq!(downtrack.awaited(), None);
    }

    #[test]
    fn a_muted_track_is_introduced_in_the_numbers_that_its_sound_goes_on_with() {
        let now = Instant::now();
        let mut downtrack = Downtrack::new(ALICE, MediaKind::Audio);
        let introduced: Vec<u64> = std::iter::from_fn(|| downtrack.introduce(now, 48_000))
            .map(|outgoing| outgoing.sequence)
            .collect();
        assert_eq!(introduced.len(), usize::from(INTRODUCTIONS_MAX));
        assert!(introduced.windows(2).all(|two| two[0] + 1 == two[1]));
        let Verdict::Send(first) = downtrack.take(now, &packet(0, false, 77)) else {
            panic!("the sound is not sent");
        };
        assert_eq!(introduced.last(), Some(&(first.sequence - 1)));
        assert!(downtrack.introduce(now, 48_000).is_none());
    }

    #[test]
    fn the_first_codec_is_shown_until_the_backup_can_begin() {
        let now = Instant::now();
        let backup = EncodedLayer {
            encoding: 1,
            layer: 0,
        };
        let of_backup = |begins, sequence| Candidate {
            layer: backup,
            ..packet(0, begins, sequence)
        };
        let mut downtrack = watching(0);
        let Verdict::Send(before) = downtrack.take(now, &packet(0, true, 1)) else {
            panic!("the first codec is not sent");
        };
        downtrack.serve(Some(1));
        downtrack.target = Some(backup);
        assert!(downtrack.uses(0) && downtrack.uses(1));
        assert!(sent(&downtrack.take(now, &packet(0, false, 2))));
        assert!(!sent(&downtrack.take(now, &of_backup(false, 700))));
        let Verdict::Send(after) = downtrack.take(now, &of_backup(true, 701)) else {
            panic!("the backup does not begin");
        };
        assert_eq!(after.sequence, before.sequence + 2);
        assert!(!downtrack.uses(0));
    }

    #[test]
    fn sound_goes_on_after_a_pause_in_the_same_numbers() {
        let now = Instant::now();
        let mut downtrack = Downtrack::new(ALICE, MediaKind::Audio);
        let number = |verdict| match verdict {
            Verdict::Send(outgoing) => outgoing.sequence,
            other => panic!("{other:?}"),
        };
        let first = number(downtrack.take(now, &packet(0, false, 10)));
        downtrack.pause();
        let second = number(downtrack.take(now, &packet(0, false, 60)));
        assert_eq!(
            second,
            first + 1,
            "the fifty packets of the pause are no loss"
        );
    }
}
