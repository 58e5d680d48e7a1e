//! Which spatial layers of a stream one subscriber is sent: more from where its decoder can begin
//! with them, fewer from the next picture on.

use crate::forward::svc::{LayeredFrame, Needs};
use std::collections::VecDeque;

/// A packet that comes later than so many pictures after its own is judged like the newest: at 30
/// pictures a second that is half a second.
const PICTURES_MAX: usize = 16;

/// Lets the packets of some spatial layers pass.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// In the order in which they came; the last is the newest.
    pictures: VecDeque<Picture>,
    newest_sequence: u64,
    sent: SentFrames,
}

/// A packet, as far as the choice depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) sequence: u64,
    /// All layers of a picture have the same.
    pub(crate) timestamp: u32,
    /// Whether a keyframe of the lowest layer starts.
    pub(crate) begins: bool,
    pub(crate) frame: &'a LayeredFrame,
    /// The number in the dependency descriptor.
    pub(crate) frame_number: Option<u16>,
}

#[derive(Clone, Copy, Debug)]
struct Picture {
    timestamp: u32,
    /// The best layer that is sent of it, with whose last packet it ends.
    limit: usize,
}

impl Filter {
    /// Whether a packet passes: `None` if not, else whether it is the picture's last. `current` is
    /// the best layer being sent, and moves towards `target`.
    pub(crate) fn pass(
        &mut self,
        arrival: &Arrival<'_>,
        current: &mut usize,
        target: usize,
    ) -> Option<bool> {
        let is_ahead = self.pictures.is_empty() || arrival.sequence > self.newest_sequence;
        self.newest_sequence = self.newest_sequence.max(arrival.sequence);
        let is_newest_picture = self.note_picture(arrival.timestamp, is_ahead, current, target);
        let Self { pictures, sent, .. } = self;
        let timestamp = arrival.timestamp;
        let picture = pictures.iter_mut().find(|one| one.timestamp == timestamp)?;
        let spatial = arrival.frame.spatial;
        if is_ahead && arrival.begins {
            // All layers of a keyframe need nothing before it. What is wanted of them now is sent:
            // a receiver shows no picture without the marker at its end.
            *sent = SentFrames::default();
            picture.limit = picture.limit.max(target);
            *current = picture.limit;
        } else if is_newest_picture
            && arrival.frame.is_started
            && (picture.limit + 1..=target).contains(&spatial)
            && sent.suffice(&arrival.frame.needs, spatial == picture.limit + 1)
        {
            picture.limit = spatial;
            *current = spatial;
        }
        if spatial > picture.limit {
            return None;
        }
        if let Some(number) = arrival.frame_number {
            sent.note(number);
        }
        Some(arrival.frame.is_ended && spatial == picture.limit)
    }

    /// Notes a packet's picture, if it is its first; returns whether it is the newest.
    fn note_picture(
        &mut self,
        timestamp: u32,
        is_ahead: bool,
        current: &mut usize,
        target: usize,
    ) -> bool {
        if !self.pictures.iter().any(|one| one.timestamp == timestamp) {
            if is_ahead {
                *current = (*current).min(target);
            }
            let picture = Picture {
                timestamp,
                limit: *current,
            };
            let place = self.pictures.len() - usize::from(!is_ahead);
            self.pictures.insert(place, picture);
            if self.pictures.len() > PICTURES_MAX {
                self.pictures.pop_front();
            }
        }
        self.pictures
            .back()
            .is_some_and(|one| one.timestamp == timestamp)
    }
}

/// The newest frames that were sent, by their numbers in the dependency descriptor.
#[derive(Debug, Default)]
struct SentFrames {
    newest: u16,
    /// The lowest bit is the newest frame, the next the one before.
    bits: u128,
}

impl SentFrames {
    fn note(&mut self, number: u16) {
        let (ahead, behind) = (
            number.wrapping_sub(self.newest),
            self.newest.wrapping_sub(number),
        );
        if self.bits == 0 || ahead < 1 << 15 {
            self.bits = self.bits.checked_shl(ahead.into()).unwrap_or(0) | 1;
            self.newest = number;
        } else {
            self.bits |= 1_u128.checked_shl(behind.into()).unwrap_or(0);
        }
    }

    fn contains(&self, number: u16) -> bool {
        let behind = self.newest.wrapping_sub(number);
        self.bits.checked_shr(behind.into()).unwrap_or(0) & 1 == 1
    }

    /// Whether a decoder that has them can begin with a frame.
    fn suffice(&self, needs: &Needs, is_next_layer: bool) -> bool {
        match needs {
            Needs::Frames { number, frame } => frame
                .references()
                .all(|back| self.contains(number.wrapping_sub(back))),
            Needs::Picture { uses_lower } => !uses_lower || is_next_layer,
            Needs::Unknown => false,
        }
    }
}
