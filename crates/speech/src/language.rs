//! Which language a participant speaks: as chosen, or as detected from enough speech.

use std::fmt;

/// A language that Whisper knows, by its ISO 639 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Language(&'static str);

/// Codes in the order in which Whisper numbers them.
const CODES: &[&str] = &[
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it",
    "id", "hi", "fi", "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur",
    "hr", "bg", "lt", "la", "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn",
    "et", "mk", "br", "eu", "is", "hy", "ne", "mn", "bs", "kk", "sq", "sw", "gl", "mr", "pa", "si",
    "km", "sn", "yo", "so", "af", "oc", "ka", "be", "tg", "sd", "gu", "am", "yi", "lo", "uz", "fo",
    "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl", "mg", "as", "tt", "haw", "ln",
    "ha", "ba", "jw", "su", "yue",
];

impl Language {
    /// Reads `fr`, `FR` or `fr-CA`; `None` for what Whisper does not know.
    pub fn parse(tag: &str) -> Option<Self> {
        let code = tag.split(['-', '_']).next().unwrap_or_default().trim();
        CODES
            .iter()
            .find(|known| known.eq_ignore_ascii_case(code))
            .map(|known| Self(known))
    }

    pub fn code(self) -> &'static str {
        self.0
    }

    /// Every language that can be set.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.iter().map(|code| Self(code))
    }
}

impl Default for Language {
    /// English: what Whisper numbers first.
    fn default() -> Self {
        Self(CODES[0])
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A detection this sure, of enough speech, is kept.
const SURE: f32 = 0.8;

/// Speech that agreeing detections must rest on to be kept, in milliseconds: a "hm" is any language.
const SPEECH_MS_MIN: usize = 2_500;

/// A final pass less confident than this may have been run in the wrong language.
const DOUBTFUL: f32 = 0.45;

/// Doubtful passes in a row after which the language is detected again.
const DOUBTFUL_MAX: u32 = 2;

/// What is known of the language of one participant.
#[derive(Debug, Default)]
pub(crate) struct SpokenLanguage {
    chosen: Option<Language>,
    settled: Option<Language>,
    /// The last sure detection and how much speech detections of that language rest on so far.
    guess: Option<(Language, usize)>,
    /// The last detection, sure or not, and how much speech it rests on.
    hunch: Option<(Language, usize)>,
    doubtful: u32,
}

impl SpokenLanguage {
    pub(crate) fn new(chosen: Option<Language>) -> Self {
        Self {
            chosen,
            ..Self::default()
        }
    }

    pub(crate) fn choose(&mut self, chosen: Option<Language>) {
        *self = Self::new(chosen);
    }

    /// For a partial pass over an utterance with so much speech in it. A detection costs more than the
    /// pass itself: it is only repeated when there is twice as much to go by.
    pub(crate) fn for_partial(&self, speech_ms: usize) -> Option<Language> {
        let sure = self
            .for_final()
            .or(self.guess.map(|(language, _)| language));
        let hunch = self.hunch.filter(|(_, rests_on)| speech_ms < 2 * rests_on);
        sure.or(hunch.map(|(language, _)| language))
    }

    pub(crate) fn for_final(&self) -> Option<Language> {
        self.chosen.or(self.settled)
    }

    /// A pass detected `language` in `speech_ms` of speech.
    pub(crate) fn detected(&mut self, language: Language, probability: f32, speech_ms: usize) {
        self.hunch = Some((language, speech_ms));
        if probability < SURE {
            return;
        }
        let before = self
            .guess
            .filter(|(guess, _)| *guess == language)
            .map_or(0, |(_, ms)| ms);
        self.guess = Some((language, before + speech_ms));
        if before + speech_ms >= SPEECH_MS_MIN {
            self.settled = Some(language);
            self.doubtful = 0;
        }
    }

    /// A final pass was this confident of its words.
    pub(crate) fn finished(&mut self, confidence: f32) {
        self.doubtful = if confidence < DOUBTFUL {
            self.doubtful + 1
        } else {
            0
        };
        if self.doubtful >= DOUBTFUL_MAX {
            self.settled = None;
            self.guess = None;
            self.hunch = None;
            self.doubtful = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(code: &str) -> Language {
        Language::parse(code).unwrap()
    }

    #[test]
    fn tags_are_read_forgivingly_and_unknown_ones_refused() {
        assert_eq!(Language::parse("fr-CA"), Some(language("fr")));
        assert_eq!(Language::parse("FR"), Some(language("fr")));
        assert_eq!(Language::parse("xx"), None);
        assert_eq!(Language::parse(""), None);
        assert_eq!(Language::all().count(), 100);
    }

    #[test]
    fn a_sure_detection_of_enough_speech_is_kept() {
        let mut alice = SpokenLanguage::new(None);
        alice.detected(language("nl"), 0.9, 800);
        assert_eq!(alice.for_final(), None, "800 ms are too little");
        assert_eq!(alice.for_partial(1000), Some(language("nl")));
        alice.detected(language("de"), 0.95, 1700);
        assert_eq!(alice.for_final(), None, "not the same language twice");
        alice.detected(language("de"), 0.9, 900);
        assert_eq!(alice.for_final(), Some(language("de")));
    }

    #[test]
    fn a_partial_pass_goes_by_a_hunch_until_there_is_twice_as_much_speech() {
        let mut alice = SpokenLanguage::new(None);
        alice.detected(language("nl"), 0.4, 600);
        assert_eq!(alice.for_partial(1100), Some(language("nl")));
        assert_eq!(
            alice.for_partial(1200),
            None,
            "now it is worth another look"
        );
        assert_eq!(
            alice.for_final(),
            None,
            "a hunch is nothing to keep words by"
        );
    }

    #[test]
    fn what_bob_chose_wins_until_he_takes_it_back() {
        let mut bob = SpokenLanguage::new(Some(language("fr")));
        bob.detected(language("en"), 0.99, 9000);
        assert_eq!(bob.for_final(), Some(language("fr")));
        bob.choose(None);
        assert_eq!(bob.for_final(), None);
    }

    #[test]
    fn doubt_twice_in_a_row_asks_again() {
        let mut carol = SpokenLanguage::new(None);
        carol.detected(language("de"), 0.9, 4000);
        carol.finished(0.3);
        carol.finished(0.9);
        carol.finished(0.3);
        assert_eq!(carol.for_final(), Some(language("de")));
        carol.finished(0.3);
        assert_eq!(carol.for_final(), None);
    }
}
