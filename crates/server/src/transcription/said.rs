//! Lines on their way out: whose they are, under which name, and cleaned.

use crate::entropy;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;
use visio_meeting::SpeakerInfo;
use visio_protocol::names::{MeetingId, RoomName, SegmentId};
use visio_protocol::text::clean_text;
use visio_speech::Line;

/// Longest text of one line, in characters: twice what anybody says in the 18 s of an utterance. What
/// an engine writes beyond it is cut off.
const TEXT_CHARS_MAX: usize = 1_600;

/// A segment's name cannot be guessed: who knew it could send text in its place.
const SEGMENT_BYTES: usize = 16;

/// A track, numbered here: a media worker that starts again after a panic numbers its taps from the
/// first again, and what one track said must not become another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub(super) u64);

/// A line with all that is known of its speaker.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) room: RoomName,
    pub(super) meeting: MeetingId,
    pub(super) name: String,
    /// Names the line from its first partial to its final, and in the database.
    pub(super) segment: SegmentId,
    pub(super) line: Line,
}

/// What the scheduler does not know of a track.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) room: RoomName,
    pub(super) meeting: MeetingId,
    pub(super) speaker: SpeakerInfo,
    /// The segments of lines that are not final.
    segments: BTreeMap<u64, SegmentId>,
}

impl Source {
    pub(super) fn new(room: RoomName, meeting: MeetingId, speaker: SpeakerInfo) -> Self {
        Self {
            room,
            meeting,
            speaker,
            segments: BTreeMap::new(),
        }
    }

    /// Makes of a line what may leave.
    pub(super) fn said(&mut self, line: Line) -> Said {
        let known = self.segments.remove(&line.utterance);
        let segment = known.unwrap_or_else(new_segment);
        if !line.is_final {
            self.segments.insert(line.utterance, segment.clone());
        }
        Said {
            room: self.room.clone(),
            meeting: self.meeting.clone(),
            name: self.speaker.name.clone(),
            segment,
            line: cleaned(line),
        }
    }
}

fn new_segment() -> SegmentId {
    let random = entropy::random_bytes::<SEGMENT_BYTES>();
    SegmentId::new(format!("SG_{}", URL_SAFE_NO_PAD.encode(random)))
}

/// An engine writes what it was trained on: nothing invisible and nothing that turns the text around
/// it reaches a screen or the database.
fn cleaned(line: Line) -> Line {
    let certain: String = line.text.chars().take(line.certain_chars).collect();
    let certain = shown(&certain);
    let text: String = shown(&line.text).chars().take(TEXT_CHARS_MAX).collect();
    let certain_chars = certain.chars().count().min(TEXT_CHARS_MAX);
    Line {
        text,
        certain_chars,
        ..line
    }
}

fn shown(text: &str) -> String {
    let spaced = |c: char| if c.is_whitespace() { ' ' } else { c };
    let printed = text.chars().map(spaced).filter(|c| !c.is_control());
    clean_text(&printed.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use visio_protocol::ids::TrackSid;
    use visio_protocol::names::Identity;
    use visio_speech::{Language, Speaker};

    fn line(utterance: u64, text: &str, certain_chars: usize, is_final: bool) -> Line {
        Line {
            speaker: Speaker {
                participant: "alice".to_owned(),
                track: "TR_1".to_owned(),
            },
            utterance,
            started: clock::now(),
            ended: clock::now(),
            language: Language::default(),
            text: text.to_owned(),
            certain_chars,
            is_final,
        }
    }

    fn source() -> Source {
        Source::new(
            RoomName::new("RM_1"),
            MeetingId::new("M_1"),
            SpeakerInfo {
                identity: Identity::new("alice"),
                name: "Alice".to_owned(),
                track: TrackSid::parse("TR_alice").unwrap(),
                language: None,
            },
        )
    }

    #[test]
    fn a_line_keeps_its_segment_to_its_final_and_no_other_line_has_it() {
        let mut alice = source();
        let partial = alice.said(line(0, "we", 0, false)).segment;
        let other = alice.said(line(1, "and", 0, false)).segment;
        let last = alice.said(line(0, "we meet", 7, true)).segment;
        assert_eq!(partial, last);
        assert_ne!(partial, other);
        assert_ne!(alice.said(line(0, "we", 0, true)).segment, last, "ended");
        assert_eq!(alice.segments.len(), 1, "only what is open is remembered");
    }

    #[test]
    fn a_segment_cannot_be_guessed_from_another() {
        let segments: Vec<SegmentId> = (0..100)
            .map(|number| source().said(line(number, "yes", 3, true)).segment)
            .collect();
        let unique: std::collections::BTreeSet<&SegmentId> = segments.iter().collect();
        assert_eq!(unique.len(), 100);
        assert!(segments.iter().all(|segment| segment.len() == 3 + 22));
        assert!(segments.iter().all(|segment| !segment.contains("TR_1")));
    }

    #[test]
    fn texts_are_cleaned_like_names_and_what_is_certain_is_counted_again() {
        for (text, certain_chars, clean, certain) in [
            ("Bonjour à tous", 7, "Bonjour à tous", 7),
            ("a\u{202e}b\u{202c} c", 4, "ab c", 2),
            ("one\ntwo\u{0}", 8, "one two", 7),
            ("\u{200b}\u{feff}yes", 5, "yes", 3),
            ("", 0, "", 0),
            ("short", 99, "short", 5),
        ] {
            let said = source().said(line(0, text, certain_chars, false)).line;
            assert_eq!(
                (said.text.as_str(), said.certain_chars),
                (clean, certain),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_text_without_end_is_cut() {
        let endless = "é".repeat(100_000);
        let said = source().said(line(0, &endless, 100_000, true)).line;
        assert_eq!(said.text.chars().count(), TEXT_CHARS_MAX);
        assert_eq!(said.certain_chars, TEXT_CHARS_MAX);
    }
}
