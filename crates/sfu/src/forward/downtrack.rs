//! A downtrack: one track on its way to one peer. It takes or drops each packet and renumbers it.

use crate::forward::layer::{self, LAYERS_MAX};
use crate::forward::rewrite::{Incoming, Outgoing, Rewriter};
use crate::transport::format::{Codec, clock_rate_hz};
use crate::transport::ids::{Mid, PayloadType};
use crate::transport::vp8::Vp8Numbers;
use std::time::Instant;
use visio_meeting::{MediaKind, ParticipantId, TrackInfo, TrackSettings};

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
    /// Incoming payload type, and what it is sent as.
    pub(crate) payload_types: Option<(PayloadType, PayloadType, bool)>,
    /// The layer that should be sent, as of the last selection.
    target: Option<usize>,
    /// The layer that is being sent.
    current: Option<usize>,
    rewriter: Rewriter,
    /// How often the track was introduced; who receives it needs no more of that.
    introductions: u8,
}

/// What becomes of a packet.
#[derive(Debug)]
pub(crate) enum Verdict {
    Send(Outgoing),
    Drop,
    /// Dropped, and the downtrack waits for a keyframe of that layer.
    Await(usize),
}

/// A packet, as far as the choice depends on it.
pub(crate) struct Candidate<'a> {
    pub(crate) layer: usize,
    pub(crate) begins: bool,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) vp8: Option<&'a Vp8Numbers>,
}

impl Downtrack {
    pub(crate) fn new(publisher: ParticipantId, kind: MediaKind) -> Self {
        Self {
            publisher,
            kind,
            mid: None,
            codecs: None,
            settings: TrackSettings::default(),
            allowance: Some(LAYERS_MAX - 1),
            payload_types: None,
            target: None,
            current: None,
            rewriter: Rewriter::new(clock_rate_hz(kind)),
            introductions: 0,
        }
    }

    /// The numbers of a packet that only shows that the track is there, before anything is sent.
    pub(crate) fn introduce(&mut self, now: Instant) -> Option<Outgoing> {
        if self.introductions >= INTRODUCTIONS_MAX {
            return None;
        }
        self.introductions += 1;
        Some(self.rewriter.insert(now))
    }

    /// The best layer its subscriber has use for.
    pub(crate) fn wanted(&self, info: &TrackInfo) -> Option<usize> {
        layer::wanted(info, &self.settings)
    }

    /// Selects the layer to send, after the wish, the allowance or what flows has changed.
    pub(crate) fn select_layer(&mut self, info: &TrackInfo, flowing: [bool; LAYERS_MAX]) {
        let highest = self
            .wanted(info)
            .zip(self.allowance)
            .map(|(want, may)| want.min(may));
        self.target = highest.and_then(|highest| layer::choose(flowing, highest));
        if highest.is_none() {
            self.current = None;
        }
    }

    /// Nothing is sent for now; what comes next goes on in the same numbers.
    pub(crate) fn pause(&mut self) {
        self.current = None;
    }

    /// The layer it waits for a keyframe of.
    pub(crate) fn awaited(&self) -> Option<usize> {
        let target = self.target?;
        (self.kind == MediaKind::Video && self.current != Some(target)).then_some(target)
    }

    /// The layer being sent.
    pub(crate) fn current(&self) -> Option<usize> {
        self.current
    }

    /// Takes or drops a packet.
    pub(crate) fn take(&mut self, now: Instant, packet: &Candidate<'_>) -> Verdict {
        if self.target.is_none() && self.kind == MediaKind::Video {
            return Verdict::Drop;
        }
        let incoming = Incoming {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            vp8: packet.vp8,
        };
        if self.should_switch(packet) {
            self.rewriter.switch(now, &incoming);
            self.current = Some(packet.layer);
            self.introductions = INTRODUCTIONS_MAX;
        }
        if self.current != Some(packet.layer) {
            return self.awaited().map_or(Verdict::Drop, Verdict::Await);
        }
        self.rewriter
            .rewrite(now, &incoming)
            .map_or(Verdict::Drop, Verdict::Send)
    }

    fn should_switch(&self, packet: &Candidate<'_>) -> bool {
        match self.kind {
            MediaKind::Audio => self.current.is_none() && !self.settings.disabled,
            MediaKind::Video => {
                packet.begins
                    && self.target == Some(packet.layer)
                    && self.current != Some(packet.layer)
            }
        }
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

    fn packet(layer: usize, begins: bool, sequence: u64) -> Candidate<'static> {
        Candidate {
            layer,
            begins,
            sequence,
            timestamp: 0,
            vp8: None,
        }
    }

    fn sent(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Send(_))
    }

    fn watching(target: usize) -> Downtrack {
        let mut downtrack = Downtrack::new(ALICE, MediaKind::Video);
        downtrack.target = Some(target);
        downtrack
    }

    #[test]
    fn bob_sees_alice_from_a_keyframe_on() {
        let now = Instant::now();
        let mut downtrack = watching(1);
        assert!(matches!(
            downtrack.take(now, &packet(1, false, 5)),
            Verdict::Await(1)
        ));
        assert!(sent(&downtrack.take(now, &packet(1, true, 6))));
        assert!(sent(&downtrack.take(now, &packet(1, false, 7))));
        assert_eq!((downtrack.current(), downtrack.awaited()), (Some(1), None));
    }

    #[test]
    fn the_old_layer_is_shown_until_the_new_one_can_begin() {
        let now = Instant::now();
        let mut downtrack = watching(0);
        downtrack.take(now, &packet(0, true, 1));
        downtrack.target = Some(2);
        assert!(sent(&downtrack.take(now, &packet(0, false, 2))));
        assert!(matches!(
            downtrack.take(now, &packet(2, false, 90)),
            Verdict::Await(2)
        ));
        assert!(sent(&downtrack.take(now, &packet(2, true, 91))));
        assert!(!sent(&downtrack.take(now, &packet(0, false, 3))));
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
        let introduced: Vec<u64> = std::iter::from_fn(|| downtrack.introduce(now))
            .map(|outgoing| outgoing.sequence)
            .collect();
        assert_eq!(introduced.len(), usize::from(INTRODUCTIONS_MAX));
        assert!(introduced.windows(2).all(|two| two[0] + 1 == two[1]));
        let Verdict::Send(first) = downtrack.take(now, &packet(0, false, 77)) else {
            panic!("the sound is not sent");
        };
        assert_eq!(introduced.last(), Some(&(first.sequence - 1)));
        assert!(downtrack.introduce(now).is_none());
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
