//! What an engine makes up when nobody speaks, and how it is distinguished from speech.

use crate::{Recognition, Word};

/// Above this the engine itself doubts that anybody spoke …
const NO_SPEECH: f32 = 0.6;
/// … which counts unless it is sure of its words.
const CONFIDENT: f32 = 0.6;

/// With less voice than this, or less confidence, a phrase that is often made up is not believed.
const THIN_VOICED_MS: usize = 700;
const THIN_CONFIDENCE: f32 = 0.5;

/// Faster than anybody speaks: text that long was not in that little voice.
const CHARACTERS_PER_SECOND_MAX: usize = 45;

/// Credits of subtitles that Whisper learned to write under silence; nobody says them.
const CREDITS: &[&str] = &[
    "amaraorg",
    "soustitresrealisespar",
    "soustitragest501",
    "soustitragefr",
    "soustitrageradiocanada",
    "untertiteldesmdr",
    "untertitelungdeszdf",
    "untertitelimauftragdeszdf",
    "untertitelvonstephaniegeiges",
    "copyrightwdr",
    "subtitulosrealizadospor",
    "sottotitolicreatidallacomunita",
    "sottotitoliacuradi",
    "legendaspelacomunidade",
    "ondertitelingdoordegemeenschap",
    "ondertiteldddoordegemeenschap",
    "napisystworzoneprzez",
    "субтитрысоздавал",
    "субтитрысделал",
    "продолжениеследует",
    "字幕by",
    "字幕由",
    "ご視聴ありがとうございました",
];

/// What people do say, but Whisper also writes under a cough: believed with enough voice only.
const FILLERS: &[&str] = &[
    "you",
    "thankyou",
    "thanksforwatching",
    "thankyouforwatching",
    "bye",
    "merci",
    "mercidavoirregardecettevideo",
    "vielendank",
    "gracias",
    "grazie",
    "obrigado",
];

/// The same words at least this often in a row are a loop of the decoder.
const LOOP_TIMES: usize = 4;
/// Longest loop looked for.
const LOOP_WORDS_MAX: usize = 8;

/// The text that may be kept of a final pass over an utterance with so much voice in it.
pub(crate) fn kept(found: &Recognition, voiced_ms: usize) -> Option<String> {
    let words: Vec<&str> = found.text.split_whitespace().collect();
    let text = unlooped(&words, |a, b| a == b).join(" ");
    let doubted = found.no_speech_probability > NO_SPEECH && found.confidence < CONFIDENT;
    let thin = voiced_ms < THIN_VOICED_MS || found.confidence < THIN_CONFIDENCE;
    let letters = letters_of(&text);
    let made_up = letters.is_empty()
        || is_noise_note(&text)
        || CREDITS.iter().any(|credit| letters.contains(credit))
        || (thin && FILLERS.contains(&letters.as_str()))
        || text.chars().count() * 1000 > CHARACTERS_PER_SECOND_MAX * voiced_ms.max(1000);
    (!doubted && !made_up).then_some(text)
}

/// The words of a partial pass that may be shown.
pub(crate) fn shown(found: &Recognition) -> Vec<Word> {
    let text = letters_of(&found.text);
    let credit = CREDITS.iter().any(|credit| text.contains(credit));
    if found.no_speech_probability > NO_SPEECH || credit || is_noise_note(&found.text) {
        return Vec::new();
    }
    unlooped(&found.words, |a, b| a.text == b.text)
}

/// Everything up to the first loop, and that loop once.
fn unlooped<T: Clone>(words: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    for start in 0..words.len() {
        for period in 1..=LOOP_WORDS_MAX {
            let looped = (start..words.len().saturating_sub(period))
                .take_while(|at| same(&words[*at], &words[at + period]))
                .count();
            if looped >= period * (LOOP_TIMES - 1) {
                return words[..start + period].to_vec();
            }
        }
    }
    words.to_vec()
}

/// `[Music]`, `(Applaus)`, `*rires*`: a description, not words.
fn is_noise_note(text: &str) -> bool {
    let text = text.trim().trim_end_matches('.');
    [('[', ']'), ('(', ')'), ('*', '*'), ('♪', '♪')]
        .iter()
        .any(|(open, close)| text.starts_with(*open) && text.ends_with(*close))
}

/// Lower case, without accents on the Latin vowels, without spaces and punctuation.
fn letters_of(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'à' | 'á' | 'â' | 'ä' => 'a',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ò' | 'ó' | 'ô' | 'ö' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;

    fn found(text: &str, no_speech_probability: f32, confidence: f32) -> Recognition {
        Recognition {
            text: text.into(),
            words: Vec::new(),
            language: Language::parse("fr").unwrap(),
            language_probability: None,
            no_speech_probability,
            confidence,
        }
    }

    #[test]
    fn speech_is_kept() {
        let said = found(" Bonjour à tous, on commence ?", 0.02, 0.9);
        assert_eq!(
            kept(&said, 1800).as_deref(),
            Some("Bonjour à tous, on commence ?")
        );
    }

    #[test]
    fn credits_of_subtitles_are_never_kept() {
        for credit in [
            "Sous-titres réalisés par la communauté d'Amara.org",
            "Sous-titrage ST' 501",
            "Untertitelung des ZDF, 2020",
            "Продолжение следует...",
            "ご視聴ありがとうございました",
        ] {
            assert_eq!(kept(&found(credit, 0.1, 0.95), 4000), None, "{credit}");
        }
    }

    #[test]
    fn thanks_are_believed_only_from_somebody_with_a_voice() {
        assert_eq!(kept(&found("Merci.", 0.1, 0.9), 300), None);
        assert_eq!(
            kept(&found("Merci.", 0.1, 0.9), 900).as_deref(),
            Some("Merci.")
        );
        assert_eq!(
            kept(&found("Merci beaucoup.", 0.1, 0.9), 600).as_deref(),
            Some("Merci beaucoup.")
        );
    }

    #[test]
    fn an_engine_that_doubts_there_was_speech_is_believed_unless_sure_of_the_words() {
        assert_eq!(kept(&found("so", 0.9, 0.3), 2000), None);
        assert!(kept(&found("so we begin", 0.9, 0.9), 2000).is_some());
    }

    #[test]
    fn a_loop_is_kept_once() {
        let looped = found(
            "we begin and then and then and then and then and then",
            0.1,
            0.9,
        );
        assert_eq!(kept(&looped, 4000).as_deref(), Some("we begin and then"));
        let emphatic = found("no no no, I said", 0.1, 0.9);
        assert_eq!(kept(&emphatic, 4000).as_deref(), Some("no no no, I said"));
    }

    #[test]
    fn descriptions_of_noise_and_impossible_speed_are_not_kept() {
        assert_eq!(kept(&found("[Musique]", 0.1, 0.9), 4000), None);
        assert_eq!(kept(&found("...", 0.1, 0.9), 4000), None);
        let torrent = "everything at once ".repeat(3) + "is far too much for half a second";
        assert_eq!(kept(&found(&torrent, 0.1, 0.9), 500), None);
    }
}
