//! When a partial pass over the open utterance is due, and what clients see of it.

use super::agreement::{Live, Seen, Shown};
use crate::audio::segment::Utterance;
use crate::finals::guard;
use crate::{JobId, Language, Recognition};

/// A partial pass at most this often, counted in spoken time.
pub(crate) const PARTIAL_INTERVAL_MS: usize = 600;

/// A pause this long is a good moment for a partial pass: the last words are whole, and the final
/// pass over them is a while away.
const PARTIAL_PAUSE_MS: usize = 240;

/// The first partial pass waits for this much voice: less is guesswork.
const FIRST_PARTIAL_VOICED_MS: usize = 500;

/// The partial passes over the utterance that is being spoken.
#[derive(Default)]
pub(crate) struct PartialPasses {
    /// The utterance they are over; `None` between two.
    utterance: Option<u64>,
    live: Live,
    /// How much had been spoken, and how much of it with a voice, at the last pass.
    seen_ms: usize,
    seen_voiced_ms: usize,
    state: State,
    language: Option<Language>,
}

/// One pass at a time: the next is worth more when it knows all that was said meanwhile.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Resting,
    Due,
    UnderWay(JobId, Seen),
}

impl PartialPasses {
    /// Looks at the open utterance; whether a pass over it has become due.
    pub(crate) fn follow(&mut self, open: &Utterance) -> bool {
        if self.utterance != Some(open.number) {
            *self = Self {
                utterance: Some(open.number),
                ..Self::default()
            };
        }
        let due = self.state == State::Resting && self.is_due(open);
        if due {
            self.state = State::Due;
        }
        due
    }

    fn is_due(&self, open: &Utterance) -> bool {
        let voiced_ms = open.voiced_ms();
        let time_has_come = open.duration_ms() >= self.seen_ms + PARTIAL_INTERVAL_MS;
        let words_are_whole = open.pause_ms() >= PARTIAL_PAUSE_MS;
        voiced_ms >= FIRST_PARTIAL_VOICED_MS
            && voiced_ms > self.seen_voiced_ms
            && (time_has_come || words_are_whole)
    }

    /// Starts the pass that is due, numbered `id`: the samples it is over.
    pub(crate) fn begin<'a>(&mut self, open: &'a Utterance, id: JobId) -> Option<&'a [f32]> {
        if self.state != State::Due {
            return None;
        }
        self.seen_ms = open.duration_ms();
        self.seen_voiced_ms = open.voiced_ms();
        let (window_start_ms, window) = self.live.window(&open.samples);
        let seen = Seen {
            window_start_ms,
            in_pause: open.pause_ms() >= PARTIAL_PAUSE_MS,
        };
        self.state = State::UnderWay(id, seen);
        Some(window)
    }

    /// The pass `job` has ended: what it looked at, unless its utterance has ended before it.
    pub(crate) fn ended(&mut self, job: JobId) -> Option<Seen> {
        match self.state {
            State::UnderWay(awaited, seen) if awaited == job => {
                self.state = State::Resting;
                Some(seen)
            }
            _ => None,
        }
    }

    /// Takes what a pass found. Returns what to show if it changed.
    pub(crate) fn recognised(&mut self, seen: Seen, found: &Recognition) -> Option<Shown> {
        self.language = Some(found.language);
        self.live.recognised(seen, guard::shown(found))
    }

    /// The utterance has ended: the text that was shown of it, and in which language.
    pub(crate) fn close(&mut self, ended: &Utterance) -> (String, Option<Language>) {
        if self.utterance != Some(ended.number) {
            return (String::new(), None);
        }
        let passes = std::mem::take(self);
        (passes.live.text_until(ended.duration_ms()), passes.language)
    }
}
