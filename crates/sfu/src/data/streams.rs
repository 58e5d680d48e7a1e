//! Who began which text or byte stream: its pieces are forwarded from nobody else.

use std::collections::{BTreeMap, VecDeque};
use visio_meeting::ParticipantId;
use visio_protocol::data::StreamPart;

/// Streams that are remembered of one participant. Reaching it forgets the first: its further pieces
/// are dropped, and it cannot be changed any more.
const STREAMS_PER_AUTHOR_MAX: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Streams {
    authors: BTreeMap<String, ParticipantId>,
    begun: BTreeMap<ParticipantId, VecDeque<String>>,
}

impl Streams {
    /// Whether `from` may send it. Receivers find a stream by its id alone: a piece from somebody else
    /// would become part of what its author says.
    pub(crate) fn admit(&mut self, from: ParticipantId, part: &StreamPart) -> bool {
        let author = self.authors.get(part.id()).copied();
        match part {
            StreamPart::Header { id, changes } => {
                if author.is_none() && !changes {
                    self.begin(from, id);
                    return true;
                }
                author == Some(from)
            }
            StreamPart::Chunk { .. } | StreamPart::Trailer { .. } => author == Some(from),
        }
    }

    /// Somebody left, and their streams with them.
    pub(crate) fn forget(&mut self, author: ParticipantId) {
        for id in self.begun.remove(&author).unwrap_or_default() {
            self.authors.remove(&id);
        }
    }

    fn begin(&mut self, author: ParticipantId, id: &str) {
        let begun = self.begun.entry(author).or_default();
        if begun.len() >= STREAMS_PER_AUTHOR_MAX
            && let Some(first) = begun.pop_front()
        {
            self.authors.remove(&first);
        }
        begun.push_back(id.to_owned());
        self.authors.insert(id.to_owned(), author);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOB: ParticipantId = ParticipantId(1);
    const EVE: ParticipantId = ParticipantId(2);

    fn header(id: &str) -> StreamPart {
        let (id, changes) = (id.to_owned(), false);
        StreamPart::Header { id, changes }
    }

    fn change(id: &str) -> StreamPart {
        let (id, changes) = (id.to_owned(), true);
        StreamPart::Header { id, changes }
    }

    fn pieces(id: &str) -> [StreamPart; 2] {
        let id = id.to_owned();
        [
            StreamPart::Chunk { id: id.clone() },
            StreamPart::Trailer { id },
        ]
    }

    #[test]
    fn bob_goes_on_with_his_stream_and_eve_does_not() {
        let mut streams = Streams::default();
        assert!(streams.admit(BOB, &header("tea")));
        for piece in pieces("tea") {
            assert!(!streams.admit(EVE, &piece), "{piece:?}");
            assert!(streams.admit(BOB, &piece), "{piece:?}");
        }
        assert!(!streams.admit(EVE, &header("tea")), "the name is taken");
        assert!(streams.admit(EVE, &header("coffee")));
    }

    #[test]
    fn a_stream_that_nobody_began_has_no_pieces_and_is_not_changed() {
        let mut streams = Streams::default();
        for part in pieces("tea").into_iter().chain([change("tea")]) {
            assert!(!streams.admit(BOB, &part), "{part:?}");
        }
    }

    #[test]
    fn bob_changes_what_he_wrote_after_it_was_sent() {
        let mut streams = Streams::default();
        assert!(streams.admit(BOB, &header("tea")));
        for piece in pieces("tea") {
            streams.admit(BOB, &piece);
        }
        assert!(!streams.admit(EVE, &change("tea")));
        assert!(streams.admit(BOB, &change("tea")));
    }

    #[test]
    fn who_begins_streams_without_end_forgets_their_own_only() {
        let mut streams = Streams::default();
        assert!(streams.admit(BOB, &header("tea")));
        for number in 0..=STREAMS_PER_AUTHOR_MAX {
            assert!(streams.admit(EVE, &header(&number.to_string())));
        }
        let [chunk, _] = pieces("0");
        assert!(!streams.admit(EVE, &chunk), "forgotten");
        let [chunk, _] = pieces("1");
        assert!(streams.admit(EVE, &chunk));
        let [chunk, _] = pieces("tea");
        assert!(streams.admit(BOB, &chunk));
        assert_eq!(streams.authors.len(), STREAMS_PER_AUTHOR_MAX + 1);
        streams.forget(EVE);
        streams.forget(BOB);
        assert!(streams.authors.is_empty() && streams.begun.is_empty());
    }
}
