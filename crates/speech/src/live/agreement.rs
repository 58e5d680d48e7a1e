//! What may be shown of an utterance that is still being spoken.
//!
//! Two passes over growing audio that agree on how it starts are believed that far
//! (LocalAgreement-2, arXiv 2307.14743): that text is certain, grows and does not flicker. What the
//! last pass recognised behind it is shown too, a second or more before it is certain, and may change.

use crate::{SAMPLES_PER_MS, Word};

/// A pass looks at no more than this; what lies before is settled and only kept as text.
const WINDOW_MS_MAX: usize = 8_000;

/// When the window is full it is cut so that this much stays: words need context before them.
const WINDOW_MS_KEPT: usize = 4_000;

/// What a viewer sees of an utterance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) text: String,
    /// How many characters of the text, from its first, are certain.
    pub(crate) certain_chars: usize,
}

/// The live view of one utterance.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// Text of what lies before the window.
    settled: String,
    /// Where the window starts in the utterance.
    window_start_ms: usize,
    /// Words at the start of the window that two passes agreed on.
    agreed: Vec<Word>,
    /// What the last pass recognised in the window.
    last: Vec<Word>,
    /// What the last pass that kept to what is agreed recognised behind it, without a last word that may
    /// have been cut in half: of those, one in two is recognised as another word by the next pass.
    open: Vec<Word>,
}

/// What a pass looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) window_start_ms: usize,
    /// Whether the audio ended in a pause, with its last word whole.
    pub(crate) in_pause: bool,
}

impl Seen {
    /// The words that are worth showing before another pass confirms them.
    fn whole(self, recognised: &[Word]) -> Vec<Word> {
        let cut_off = usize::from(!self.in_pause);
        recognised[..recognised.len().saturating_sub(cut_off)].to_vec()
    }
}

impl Live {
    /// The samples to look at next, and where they start; cuts the window when it is full.
    pub(crate) fn window<'a>(&mut self, samples: &'a [f32]) -> (usize, &'a [f32]) {
        let spoken_ms = samples.len() / SAMPLES_PER_MS;
        if spoken_ms - self.window_start_ms > WINDOW_MS_MAX {
            self.cut(spoken_ms - WINDOW_MS_KEPT);
        }
        (
            self.window_start_ms,
            &samples[self.window_start_ms * SAMPLES_PER_MS..],
        )
    }

    /// Takes what a pass over a window recognised. Returns what to show if it changed.
    pub(crate) fn recognised(&mut self, seen: Seen, words: Vec<Word>) -> Option<Shown> {
        if seen.window_start_ms != self.window_start_ms {
            return None;
        }
        let before = self.shown();
        let confirmed = agreement(&self.last, &words);
        let keeps = |pass: &[Word]| agreement(&self.agreed, pass) == self.agreed.len();
        // One pass that disagrees takes nothing back, two that agree with each other do.
        let outvoted =
            confirmed > agreement(&self.agreed, &words) && !keeps(&words) && !keeps(&self.last);
        if outvoted {
            self.agreed = words[..confirmed].to_vec();
            self.open = seen.whole(&words[confirmed..]);
        } else if keeps(&words) {
            // Words that are certain keep the capitals and commas they were shown with.
            let known = self.agreed.len();
            let certain = confirmed.max(known);
            self.agreed.extend_from_slice(&words[known..certain]);
            self.open = seen.whole(&words[certain..]);
        }
        self.last = words;
        let after = self.shown();
        (after != before).then_some(after)
    }

    /// Everything shown so far.
    pub(crate) fn shown(&self) -> Shown {
        let certain = join(&self.settled, &spelled(&self.agreed));
        Shown {
            certain_chars: certain.chars().count(),
            text: join(&certain, &spelled(&self.open)),
        }
    }

    /// The text of what was shown of the first `spoken_ms` alone.
    pub(crate) fn text_until(&self, spoken_ms: usize) -> String {
        let start = self.window_start_ms;
        let before = |word: &&Word| start + (word.start_ms as usize) < spoken_ms;
        let words = self.agreed.iter().chain(&self.open).take_while(before);
        let text: String = words.map(|word| word.text.as_str()).collect();
        join(&self.settled, &text)
    }

    /// Moves the start of the window to the end of the last agreed word before `until_ms`; with
    /// none there, to `until_ms` itself. Words behind the cut stay as they were recognised.
    fn cut(&mut self, until_ms: usize) {
        let start = self.window_start_ms;
        let end_of = |word: &Word| start + word.end_ms as usize;
        let settled = self
            .agreed
            .iter()
            .take_while(|word| end_of(word) <= until_ms)
            .count();
        let cut_ms = match settled.checked_sub(1) {
            Some(last) if end_of(&self.agreed[last]) > start => end_of(&self.agreed[last]),
            _ => until_ms,
        };
        let cut_ms = cut_ms.max(until_ms.saturating_sub(WINDOW_MS_KEPT));
        let (before, after) = self.agreed.split_at(settled);
        self.settled = join(&self.settled, &spelled(before));
        self.agreed = moved(after, cut_ms - start);
        self.open = moved(&self.open, cut_ms - start);
        self.last = [self.agreed.as_slice(), self.open.as_slice()].concat();
        self.window_start_ms = cut_ms;
    }
}

/// The words as a window sees them that starts so much later.
fn moved(words: &[Word], by_ms: usize) -> Vec<Word> {
    let earlier = |ms: u32| ms.saturating_sub(u32::try_from(by_ms).unwrap_or(u32::MAX));
    let words = words.iter().map(|word| Word {
        text: word.text.clone(),
        start_ms: earlier(word.start_ms),
        end_ms: earlier(word.end_ms),
    });
    words.collect()
}

/// How many words two passes agree on, from the first.
fn agreement(before: &[Word], now: &[Word]) -> usize {
    let both = before.iter().zip(now);
    both.take_while(|(before, now)| same_word(&before.text, &now.text))
        .count()
}

fn spelled(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect()
}

fn join(before: &str, after: &str) -> String {
    let spaced = before.is_empty() || after.is_empty() || after.starts_with(char::is_whitespace);
    let joined = if spaced {
        format!("{before}{after}")
    } else {
        format!("{before} {after}")
    };
    joined.trim().to_owned()
}

/// Whether two words are the same but for capitals and punctuation, which waver most.
fn same_word(a: &str, b: &str) -> bool {
    let letters = |word: &str| -> String {
        word.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    letters(a) == letters(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of half a second each.
    fn words(text: &str) -> Vec<Word> {
        text.split_whitespace()
            .zip(0_u32..)
            .map(|(word, at)| Word {
                text: format!(" {word}"),
                start_ms: at * 500,
                end_ms: (at + 1) * 500,
            })
            .collect()
    }

    /// What is shown, with a bar between what is certain and what may change.
    fn shown(live: &Live) -> String {
        let Shown {
            text,
            certain_chars,
        } = live.shown();
        let mut parted: Vec<char> = text.chars().collect();
        parted.insert(certain_chars, '|');
        parted.into_iter().collect()
    }

    /// A pass in the middle of a sentence over a window that starts at `window_start_ms`.
    fn pass(live: &mut Live, window_start_ms: usize, text: &str) -> Option<Shown> {
        let seen = Seen {
            window_start_ms,
            in_pause: false,
        };
        live.recognised(seen, words(text))
    }

    #[test]
    fn what_two_passes_agree_on_is_certain_and_the_rest_is_shown_as_it_comes() {
        let mut live = Live::default();
        pass(&mut live, 0, "and so my fell");
        assert_eq!(shown(&live), "|and so my");
        pass(&mut live, 0, "And so, my fellow Amerika");
        assert_eq!(shown(&live), "And so, my| fellow");
        pass(&mut live, 0, "and so my fellow Americans ask");
        assert_eq!(shown(&live), "And so, my fellow| Americans");
    }

    #[test]
    fn the_last_word_is_held_back_until_it_is_whole() {
        let mut live = Live::default();
        pass(&mut live, 0, "ask not");
        assert_eq!(shown(&live), "|ask");
        let in_pause = Seen {
            window_start_ms: 0,
            in_pause: true,
        };
        live.recognised(in_pause, words("ask not what"));
        assert_eq!(shown(&live), "ask not| what");
    }

    #[test]
    fn a_pass_that_changes_nothing_shows_nothing() {
        let mut live = Live::default();
        pass(&mut live, 0, "ask not");
        pass(&mut live, 0, "ask not");
        assert_eq!(pass(&mut live, 0, "ask not"), None);
    }

    #[test]
    fn a_pass_that_disagrees_takes_nothing_back() {
        let mut live = Live::default();
        pass(&mut live, 0, "ask not what");
        pass(&mut live, 0, "ask not what your country");
        assert_eq!(pass(&mut live, 0, "thanks for watching"), None);
        assert_eq!(shown(&live), "ask not what| your");
    }

    #[test]
    fn two_passes_that_agree_with_each_other_correct_what_was_certain() {
        let mut live = Live::default();
        pass(&mut live, 0, "the weather");
        pass(&mut live, 0, "the weather");
        pass(&mut live, 0, "the whether or");
        assert_eq!(shown(&live), "the weather|", "one pass corrects nothing");
        pass(&mut live, 0, "the whether or not to");
        assert_eq!(shown(&live), "the whether or| not");
    }

    #[test]
    fn a_full_window_is_cut_behind_an_agreed_word_and_the_text_grows_on() {
        let mut live = Live::default();
        let speech = vec![0.0; 9_000 * SAMPLES_PER_MS];
        pass(&mut live, 0, "a b c d e f g h i j k l m n o p");
        pass(&mut live, 0, "a b c d e f g h i j k l m n o p");
        let (start_ms, window) = live.window(&speech);
        assert_eq!(start_ms, 5_000);
        assert_eq!(window.len(), 4_000 * SAMPLES_PER_MS);
        assert_eq!(shown(&live), "a b c d e f g h i j k l m n o p|");
        pass(&mut live, 5_000, "k l m n o p q r");
        pass(&mut live, 5_000, "k l m n o p q r");
        assert_eq!(shown(&live), "a b c d e f g h i j k l m n o p q r|");
        let (start_ms, _) = live.window(&vec![0.0; 14_000 * SAMPLES_PER_MS]);
        assert_eq!(start_ms, 9_000, "the second cut counts from the first");
    }

    #[test]
    fn words_heard_once_survive_a_cut_and_are_confirmed_by_the_next_pass() {
        let mut live = Live::default();
        pass(&mut live, 0, "a b c d e f g h i j");
        pass(&mut live, 0, "a b c d e f g h i j k l m");
        live.window(&vec![0.0; 9_000 * SAMPLES_PER_MS]);
        assert_eq!(shown(&live), "a b c d e f g h i j| k l");
        pass(&mut live, 5_000, "k l m n");
        assert_eq!(shown(&live), "a b c d e f g h i j k l| m");
    }

    #[test]
    fn what_was_shown_of_a_first_part_ends_with_it() {
        let mut live = Live::default();
        pass(&mut live, 0, "a b c d e f");
        pass(&mut live, 0, "a b c d e f g");
        assert_eq!(live.text_until(2_000), "a b c d");
        assert_eq!(live.text_until(60_000), "a b c d e f");
    }

    #[test]
    fn a_pass_over_a_window_that_was_cut_since_is_ignored() {
        let mut live = Live::default();
        live.window(&vec![0.0; 9_000 * SAMPLES_PER_MS]);
        assert_eq!(pass(&mut live, 0, "late news"), None);
        assert_eq!(pass(&mut live, 0, "late news"), None);
    }

    #[test]
    fn a_window_without_any_agreement_still_moves() {
        let mut live = Live::default();
        let (start_ms, _) = live.window(&vec![0.0; 12_000 * SAMPLES_PER_MS]);
        assert_eq!(start_ms, 8_000);
    }
}
