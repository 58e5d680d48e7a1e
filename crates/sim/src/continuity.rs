//! The numbering of received streams: what a decoder needs, checked packet by packet.
//!
//! Every payload says under which numbers it was sent, so the numbers it arrives under must be
//! those plus one constant, until the server switches layers: then the new constant must make the
//! stream go on where it stopped, at a packet from which a decoder can begin.

use crate::client::Heard;
use crate::media::Kind;
use crate::model::Stream;
use std::collections::{BTreeMap, BTreeSet};

/// 15-bit picture ids wrap there (RFC 7741 section 4.2).
const PICTURES: u16 = 1 << 15;

/// All streams that anybody receives.
#[derive(Debug, Default)]
pub struct Continuity {
    streams: BTreeMap<(u32, u32), Numbering>,
}

#[derive(Debug)]
struct Numbering {
    stream: Stream,
    seen: BTreeSet<u64>,
    spans: Vec<Span>,
}

/// What came from one layer without a switch.
#[derive(Clone, Copy, Debug)]
struct Span {
    layer: u8,
    offset: i64,
    timestamp_offset: u32,
    picture_offset: u16,
    last: u64,
    last_timestamp: u32,
    last_picture: u16,
}

impl Continuity {
    /// Judges a packet. A `clean` link loses and reorders nothing, so there nothing may be missing.
    pub(crate) fn hear(
        &mut self,
        receiver: u32,
        kind: Kind,
        heard: &Heard,
        clean: bool,
    ) -> Result<(), String> {
        let stream = Stream {
            client: heard.truth.client,
            track: heard.truth.track,
        };
        let numbering = self
            .streams
            .entry((receiver, heard.ssrc))
            .or_insert_with(|| Numbering {
                stream,
                seen: BTreeSet::new(),
                spans: Vec::new(),
            });
        if numbering.stream != stream {
            return Err(format!(
                "one stream number carried {:?}, then {stream:?}",
                numbering.stream
            ));
        }
        if !numbering.seen.insert(heard.sequence) {
            return Err(format!(
                "{stream:?}: packet {} arrived twice",
                heard.sequence
            ));
        }
        numbering
            .hear(kind, heard, clean)
            .map_err(|what| format!("{stream:?}: {what}"))
    }

    /// Packets missing between the first and the last of each stream that `receiver` heard.
    #[must_use]
    pub fn missing(&self, receiver: u32) -> Vec<(Stream, u64)> {
        let own = self.streams.range((receiver, 0)..=(receiver, u32::MAX));
        own.map(|(_, numbering)| (numbering.stream, numbering.missing()))
            .collect()
    }

    /// How often `receiver` was switched from one layer to another.
    #[must_use]
    pub fn switches(&self, receiver: u32) -> usize {
        let own = self.streams.range((receiver, 0)..=(receiver, u32::MAX));
        own.map(|(_, numbering)| numbering.spans.len().saturating_sub(1))
            .sum()
    }

    /// How often a stream began or began again for `receiver`.
    pub(crate) fn spans(&self, receiver: u32) -> usize {
        let own = self.streams.range((receiver, 0)..=(receiver, u32::MAX));
        own.map(|(_, numbering)| numbering.spans.len()).sum()
    }

    /// The layer that `receiver` gets of a stream.
    #[must_use]
    pub fn layer(&self, receiver: u32, stream: Stream) -> Option<u8> {
        let mut own = self
            .streams
            .range((receiver, 0)..=(receiver, u32::MAX))
            .rev();
        let (_, numbering) = own.find(|(_, one)| one.stream == stream)?;
        numbering.spans.last().map(|span| span.layer)
    }
}

impl Numbering {
    fn hear(&mut self, kind: Kind, heard: &Heard, clean: bool) -> Result<(), String> {
        let new = Span::new(heard);
        let same = |span: &Span| span.layer == new.layer && span.offset == new.offset;
        let in_time = |span: &Span| same(span) && span.timestamp_offset == new.timestamp_offset;
        let is_sound = kind == Kind::Microphone;
        let exactly =
            |span: &Span| in_time(span) && (is_sound || span.picture_offset == new.picture_offset);
        let exact = self.spans.iter().rposition(exactly);
        let Some(at) = exact.or_else(|| self.spans.iter().rposition(same)) else {
            return self.begin(kind, heard, new, clean);
        };
        let newest = at + 1 == self.spans.len();
        let Some(span) = self.spans.get_mut(at) else {
            return Ok(());
        };
        if exact.is_none() {
            // After a pause in which nothing came the clock has moved on and the numbers have not;
            // and layers that send in step count the same when one is switched back to. What
            // begins there may have been lost.
            let may_be_lost = !newest && !clean;
            let begins = is_sound || heard.truth.key || may_be_lost;
            let what = if in_time(span) { "picture id" } else { "clock" };
            return if begins {
                self.begin(kind, heard, new, clean)
            } else {
                Err(format!("the {what} jumped at packet {}", heard.sequence))
            };
        }
        let before = span.last;
        if heard.sequence > before {
            *span = new;
        }
        if clean && (!newest || heard.sequence != before + 1) {
            return Err(format!(
                "packet {} came after {before} on a clean link",
                heard.sequence
            ));
        }
        Ok(())
    }

    fn begin(&mut self, kind: Kind, heard: &Heard, new: Span, clean: bool) -> Result<(), String> {
        let before = self.spans.last().copied();
        let late = before.is_some_and(|before| heard.sequence < before.last);
        if late && !clean {
            // Resent, and all that was sent between two switches with it was lost.
            return Ok(());
        }
        self.spans.push(new);
        if clean && kind != Kind::Microphone && !heard.truth.key {
            return Err(format!(
                "layer {} began at packet {}, which is no keyframe",
                new.layer, heard.sequence
            ));
        }
        let Some(before) = before else {
            return Ok(());
        };
        if heard.sequence <= before.last || clean && heard.sequence != before.last + 1 {
            return Err(format!(
                "a switch went from packet {} to {}",
                before.last, heard.sequence
            ));
        }
        let ticks = heard.timestamp.wrapping_sub(before.last_timestamp);
        if ticks == 0 || ticks > 1 << 31 {
            return Err(format!(
                "a switch set the clock from {} to {}",
                before.last_timestamp, heard.timestamp
            ));
        }
        let follows = (before.last_picture + 1) % PICTURES;
        if clean && kind != Kind::Microphone && new.last_picture != follows {
            return Err(format!(
                "a switch went from picture {} to {}",
                before.last_picture, new.last_picture
            ));
        }
        Ok(())
    }

    fn missing(&self) -> u64 {
        let (Some(first), Some(last)) = (self.seen.first(), self.seen.last()) else {
            return 0;
        };
        last - first + 1 - self.seen.len() as u64
    }
}

impl Span {
    fn new(heard: &Heard) -> Self {
        let picture = heard.picture.unwrap_or(0);
        Self {
            layer: heard.truth.layer,
            offset: heard.sequence.cast_signed() - i64::from(heard.truth.sequence),
            timestamp_offset: heard.timestamp.wrapping_sub(heard.truth.timestamp),
            picture_offset: picture.wrapping_sub(heard.truth.picture) % PICTURES,
            last: heard.sequence,
            last_timestamp: heard.timestamp,
            last_picture: picture,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Truth;

    fn heard(sequence: u64, layer: u8, sent: u32, key: bool) -> Heard {
        let number = u16::try_from(sequence).unwrap();
        let truth = Truth {
            layer,
            key,
            sequence: sent,
            timestamp: sent * 10,
            picture: number,
            ..Truth::default()
        };
        let timestamp = u32::try_from(sequence).unwrap() * 10;
        Heard {
            mid: "0".into(),
            ssrc: 1,
            sequence,
            timestamp,
            picture: Some(number),
            truth,
        }
    }

    fn judge(packets: &[Heard], clean: bool) -> Result<(), String> {
        let mut continuity = Continuity::default();
        packets
            .iter()
            .try_for_each(|one| continuity.hear(9, Kind::Camera, one, clean))
    }

    #[test]
    fn an_unbroken_stream_with_a_switch_at_a_keyframe_passes() {
        let fine = [
            heard(5, 0, 105, true),
            heard(6, 0, 106, false),
            heard(7, 2, 907, true),
            heard(8, 2, 908, false),
        ];
        assert_eq!(judge(&fine, true), Ok(()));
    }

    #[test]
    fn each_break_is_seen() {
        let begin = heard(5, 0, 105, true);
        let breaks = [
            ("twice", begin),
            ("clean link", heard(7, 0, 107, false)),
            ("no keyframe", heard(6, 2, 907, false)),
            ("a switch went", heard(8, 2, 908, true)),
            ("a switch went", heard(4, 2, 904, true)),
        ];
        for (what, second) in breaks {
            let verdict = judge(&[begin, second], true);
            assert!(
                verdict.as_ref().is_err_and(|said| said.contains(what)),
                "{what}: {verdict:?}"
            );
        }
        let late = Heard {
            timestamp: 51,
            ..heard(6, 0, 106, false)
        };
        assert!(judge(&[begin, late], false).is_err_and(|said| said.contains("clock")));
        let back = Heard {
            timestamp: 40,
            ..heard(6, 2, 906, true)
        };
        assert!(judge(&[begin, back], false).is_err_and(|said| said.contains("clock")));
        let other = Heard {
            truth: Truth {
                client: 4,
                ..begin.truth
            },
            ..heard(6, 0, 106, false)
        };
        assert!(
            judge(&[begin, other], false).is_err_and(|said| said.contains("one stream number"))
        );
    }

    #[test]
    fn after_a_pause_the_clock_may_have_moved_on() {
        let begin = heard(5, 0, 105, true);
        let later = Heard {
            timestamp: 5_000,
            ..heard(6, 0, 106, true)
        };
        assert_eq!(judge(&[begin, later], true), Ok(()));
    }

    #[test]
    fn layers_sent_in_step_may_count_the_same_when_one_is_switched_back_to() {
        let back = |key| Heard {
            timestamp: 75,
            ..heard(7, 0, 107, key)
        };
        let until = [heard(5, 0, 105, true), heard(6, 2, 906, true)];
        let then = |back| judge(&[&until[..], &[back]].concat(), true);
        assert_eq!(then(back(true)), Ok(()));
        assert!(then(back(false)).is_err_and(|said| said.contains("clock")));
        let begin_lost = [&until[..], &[back(false)]].concat();
        assert_eq!(judge(&begin_lost, false), Ok(()));
    }

    #[test]
    fn a_lossy_line_may_lose_and_reorder() {
        let torn = [
            heard(5, 0, 105, true),
            heard(9, 0, 109, false),
            heard(7, 0, 107, false),
            heard(12, 2, 912, false),
        ];
        assert_eq!(judge(&torn, false), Ok(()));
    }
}
