//! The utterances of one track: each packet goes in with the time, each one that ends comes out.

use super::decode::TrackDecoder;
use super::reorder::{Packet, Reorder};
use super::segment::{PAUSE_MS, Segmenter, Utterance};
use super::voice::Voice;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// When no packet comes for this long in the middle of a word, what was being said has ended (the
/// microphone was muted, the connection is down).
const STALL: Duration = Duration::from_millis(900);

/// A sender that suppresses silence (DTX, RFC 7587 section 3.1.3) stays quiet in a pause: what is
/// missing then counts as silence, after this much for packets that are late.
const LATE: Duration = Duration::from_millis(100);

pub(crate) struct Utterances {
    reorder: Reorder,
    decoder: TrackDecoder,
    voice: Voice,
    segmenter: Segmenter,
    last_packet: Option<Instant>,
    ended: VecDeque<Utterance>,
}

impl Utterances {
    pub(crate) fn new() -> Result<Self, opus::Error> {
        Ok(Self {
            reorder: Reorder::default(),
            decoder: TrackDecoder::new()?,
            voice: Voice::new(),
            segmenter: Segmenter::default(),
            last_packet: None,
            ended: VecDeque::new(),
        })
    }

    pub(crate) fn packet(&mut self, now: Instant, packet: Packet) {
        self.last_packet = Some(now);
        self.reorder.push(packet);
        self.decode(now);
    }

    pub(crate) fn tick(&mut self, now: Instant) {
        self.decode(now);
        if self.silent_until().is_some_and(|until| now >= until) {
            self.close();
        }
    }

    /// Ends what is being said.
    pub(crate) fn close(&mut self) {
        self.ended.extend(self.segmenter.close());
    }

    /// What is being said right now.
    pub(crate) fn open(&self) -> Option<&Utterance> {
        self.segmenter.open()
    }

    /// The next utterance that has ended.
    pub(crate) fn pop(&mut self) -> Option<Utterance> {
        self.ended.pop_front()
    }

    /// When [`Utterances::tick`] is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.reorder.deadline(), self.silent_until()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When the sample at `position` was spoken, as far as packets show; else `now`.
    pub(crate) fn time_of(&self, position: u64, now: Instant) -> Instant {
        self.decoder.time_of(position, now)
    }

    /// When what is being said has ended if no packet comes.
    fn silent_until(&self) -> Option<Instant> {
        let pause_ms = self.open()?.pause_ms();
        let missing = Duration::from_millis(PAUSE_MS.saturating_sub(pause_ms) as u64);
        let wait = if pause_ms == 0 { STALL } else { missing + LATE };
        Some(self.last_packet? + wait)
    }

    fn decode(&mut self, now: Instant) {
        while let Some(packet) = self.reorder.pop(now) {
            let piece = self.decoder.decode(&packet);
            if piece.after_break {
                self.close();
                self.voice.restart(piece.position);
            }
            for frame in self.voice.push(&piece.samples) {
                self.ended.extend(self.segmenter.push(frame));
            }
        }
    }
}
