//! What a subscriber is told of a picture that their link may not carry.

use std::time::{Duration, Instant};
use visio_meeting::StreamState;

/// Subscribers are told that a picture is paused when it was so for so long: a first probe may
/// just be under way.
const PAUSE_TOLD_AFTER: Duration = Duration::from_secs(1);

/// What a subscriber was told of a picture that the link may not carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Active,
    /// It is paused since then, which was not told so far.
    Pausing(Instant),
    Paused,
}

/// What is told of a picture that the link carries or does not.
pub(crate) fn tell(now: Instant, told: Told, is_carried: bool) -> (Told, Option<StreamState>) {
    match (told, is_carried) {
        (Told::Paused, true) => (Told::Active, Some(StreamState::Active)),
        (_, true) => (Told::Active, None),
        (Told::Active, false) => (Told::Pausing(now), None),
        (Told::Pausing(since), false) if now >= since + PAUSE_TOLD_AFTER => {
            (Told::Paused, Some(StreamState::Paused))
        }
        (told, false) => (told, None),
    }
}
