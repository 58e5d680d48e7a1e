//! Cuts a track into utterances: from where a voice starts to where it pauses.

use super::voice::{FRAME_SAMPLES, ScoredFrame};
use crate::SAMPLES_PER_MS;
use std::collections::VecDeque;

const FRAME_MS: usize = FRAME_SAMPLES / SAMPLES_PER_MS;

/// A frame at least this likely to be voice opens an utterance (two in a row are asked for).
const VOICE_STARTS: f32 = 0.5;

/// Below this the voice is taken to pause; lower than the start, so that soft ends of words stay.
const VOICE_STAYS: f32 = 0.35;

/// Frames of voice in a row that open an utterance: a click is shorter.
const OPENING_FRAMES: usize = 2;

/// Kept from before the first voiced frame: soft consonants score low.
const LEAD_FRAMES: usize = 320 / FRAME_MS;

/// A pause this long ends the utterance.
const PAUSE_FRAMES: usize = 600 / FRAME_MS + 1;
pub(crate) const PAUSE_MS: usize = PAUSE_FRAMES * FRAME_MS;

/// Kept of the pause that ended it: the recogniser likes a little silence.
const TAIL_FRAMES: usize = 320 / FRAME_MS;

/// Past this an utterance is cut at its best pause, so that nobody waits longer for a line.
const UTTERANCE_FRAMES_MAX: usize = 18_000 / FRAME_MS;

/// The cut is looked for after this much, so that both parts are worth recognising.
const CUT_FRAMES_MIN: usize = 7_000 / FRAME_MS;

/// The pause looked for when cutting: about the gap between two words.
const CUT_PAUSE_FRAMES: usize = 160 / FRAME_MS;

/// Less voice than this in a whole utterance is a cough or a click and is not recognised.
const VOICED_FRAMES_MIN: usize = 160 / FRAME_MS;

/// Something that was said, without a longer pause inside.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Utterance {
    /// Counts the utterances of this track; a line keeps it from its first partial to its final.
    pub(crate) number: u64,
    /// Where it starts, in samples since the track started.
    pub(crate) position: u64,
    pub(crate) samples: Vec<f32>,
    /// One score a frame.
    scores: Vec<f32>,
}

impl Utterance {
    pub(crate) fn end(&self) -> u64 {
        self.position + self.samples.len() as u64
    }

    pub(crate) fn voiced_ms(&self) -> usize {
        self.scores
            .iter()
            .filter(|score| **score >= VOICE_STAYS)
            .count()
            * FRAME_MS
    }

    pub(crate) fn duration_ms(&self) -> usize {
        self.samples.len() / SAMPLES_PER_MS
    }

    fn push(&mut self, frame: &ScoredFrame) {
        self.samples.extend_from_slice(&frame.samples);
        self.scores.push(frame.score);
    }

    /// How long nobody has spoken at its end.
    pub(crate) fn pause_ms(&self) -> usize {
        self.pause_frames() * FRAME_MS
    }

    fn pause_frames(&self) -> usize {
        self.scores
            .iter()
            .rev()
            .take_while(|score| **score < VOICE_STAYS)
            .count()
    }

    fn truncate(&mut self, frames: usize) {
        self.scores.truncate(frames);
        self.samples.truncate(frames * FRAME_SAMPLES);
    }

    /// Takes everything from `frame` on into an utterance of its own.
    fn split_off(&mut self, frame: usize) -> Self {
        let samples = self.samples.split_off(frame * FRAME_SAMPLES);
        let position = self.end();
        Self {
            number: self.number + 1,
            position,
            samples,
            scores: self.scores.split_off(frame),
        }
    }

    /// The middle of the quietest gap; of equals the last, because a long line reads better
    /// than a short one.
    fn best_cut(&self) -> usize {
        let loudness =
            |at: &usize| -> f32 { self.scores[*at..*at + CUT_PAUSE_FRAMES].iter().sum() };
        (CUT_FRAMES_MIN..self.scores.len() - CUT_PAUSE_FRAMES)
            .rev()
            .min_by(|a, b| loudness(a).total_cmp(&loudness(b)))
            .map_or(self.scores.len(), |at| at + CUT_PAUSE_FRAMES / 2)
    }
}

/// Between two utterances or in one.
#[derive(Default)]
pub(crate) struct Segmenter {
    open: Option<Utterance>,
    lead: VecDeque<ScoredFrame>,
    next_number: u64,
}

impl Segmenter {
    /// What is being said right now.
    pub(crate) fn open(&self) -> Option<&Utterance> {
        self.open.as_ref()
    }

    /// Takes one frame; returns the utterance that it ended, if it did.
    pub(crate) fn push(&mut self, frame: ScoredFrame) -> Option<Utterance> {
        let Some(open) = &mut self.open else {
            self.wait(frame);
            return None;
        };
        open.push(&frame);
        if open.pause_frames() >= PAUSE_FRAMES {
            return self.close();
        }
        if open.scores.len() < UTTERANCE_FRAMES_MAX {
            return None;
        }
        let rest = open.split_off(open.best_cut());
        self.next_number = rest.number + 1;
        self.open.replace(rest)
    }

    /// Ends what is being said, because nothing follows it.
    pub(crate) fn close(&mut self) -> Option<Utterance> {
        self.lead.clear();
        let mut ended = self.open.take()?;
        let pause = ended.pause_frames();
        ended.truncate(ended.scores.len() - pause.saturating_sub(TAIL_FRAMES));
        (ended.voiced_ms() >= VOICED_FRAMES_MIN * FRAME_MS).then_some(ended)
    }

    fn wait(&mut self, frame: ScoredFrame) {
        self.lead.push_back(frame);
        if self.lead.len() > LEAD_FRAMES + OPENING_FRAMES {
            self.lead.pop_front();
        }
        let voiced = self
            .lead
            .iter()
            .rev()
            .take_while(|frame| frame.score >= VOICE_STARTS);
        if voiced.count() < OPENING_FRAMES {
            return;
        }
        let position = self.lead.front().map_or(0, |frame| frame.position);
        let mut opened = Utterance {
            number: self.next_number,
            position,
            ..Utterance::default()
        };
        self.lead.drain(..).for_each(|frame| opened.push(&frame));
        self.next_number += 1;
        self.open = Some(opened);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `(milliseconds, score)` one after the other and collects what ended.
    fn spoken(script: &[(usize, f32)]) -> (Segmenter, Vec<Utterance>) {
        let (mut segmenter, mut ended, mut position) = (Segmenter::default(), Vec::new(), 0);
        for &(ms, score) in script {
            for _ in 0..ms / FRAME_MS {
                let samples = vec![score; FRAME_SAMPLES];
                ended.extend(segmenter.push(ScoredFrame {
                    position,
                    samples,
                    score,
                }));
                position += FRAME_SAMPLES as u64;
            }
        }
        (segmenter, ended)
    }

    #[test]
    fn a_pause_ends_an_utterance_with_a_little_silence_on_both_sides() {
        let (segmenter, ended) = spoken(&[(1600, 0.0), (3200, 0.9), (1600, 0.0)]);
        assert_eq!(ended.len(), 1);
        assert!(segmenter.open().is_none());
        assert_eq!(ended[0].voiced_ms(), 3200);
        assert_eq!(ended[0].position, (1600 - 320) * 16);
        assert_eq!(ended[0].duration_ms(), 320 + 3200 + 320);
    }

    #[test]
    fn a_breath_does_not_end_it() {
        let (segmenter, ended) = spoken(&[(1600, 0.9), (480, 0.0), (1600, 0.9)]);
        assert!(ended.is_empty());
        assert_eq!(segmenter.open().map(Utterance::voiced_ms), Some(3200));
    }

    #[test]
    fn a_click_is_not_an_utterance() {
        let (_, ended) = spoken(&[(800, 0.0), (48, 0.9), (1600, 0.0)]);
        assert!(ended.is_empty());
    }

    #[test]
    fn a_long_speech_is_cut_at_its_quietest_gap() {
        let (segmenter, ended) = spoken(&[
            (8000, 0.9),
            (320, 0.4),
            (4000, 0.9),
            (160, 0.7),
            (6400, 0.9),
        ]);
        assert_eq!(ended.len(), 1);
        let cut = ended[0].duration_ms();
        assert!(
            (8000..=8320).contains(&cut),
            "cut at {cut} ms, outside the gap"
        );
        let rest = segmenter.open().unwrap();
        assert_eq!(rest.position, ended[0].end());
        assert_eq!(rest.number, ended[0].number + 1);
    }

    #[test]
    fn numbers_never_repeat_across_cuts_and_pauses() {
        let (_, ended) = spoken(&[
            (20_000, 0.9),
            (800, 0.0),
            (2000, 0.9),
            (800, 0.0),
            (40_000, 0.9),
        ]);
        let numbers: Vec<u64> = ended.iter().map(|utterance| utterance.number).collect();
        let mut unique = numbers.clone();
        unique.dedup();
        assert_eq!(numbers, unique);
        assert!(numbers.len() >= 4);
    }

    #[test]
    fn nothing_said_is_lost_or_doubled_by_cuts() {
        let (mut segmenter, mut ended) = spoken(&[(60_000, 0.9)]);
        ended.extend(segmenter.close());
        for pair in ended.windows(2) {
            assert_eq!(pair[0].end(), pair[1].position);
        }
        assert_eq!(ended.last().unwrap().end(), 60_000 / 16 * 256);
    }
}
