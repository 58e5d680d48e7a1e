//! The last sound before a pause, once more: nothing follows soon whose copies of it or whose number
//! would show that it was lost, and a receiver makes up sound until the pause is over.

use crate::transport::ids::Ssrc;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// How often it is sent again, each time when one and a half frames have passed without another: after one
/// frame the next would have come.
const REPEATS: u32 = 2;
/// What Opus has in one packet (RFC 6716 section 2.1.4, and 120 ms); what is longer was a pause.
const FRAME_US: RangeInclusive<u64> = 2_500..=120_000;
/// Until the second packet tells.
const FRAME: Duration = Duration::from_millis(20);

/// The last packet of each stream of sound, on a line that loses many.
#[derive(Default)]
pub(super) struct Tails(BTreeMap<Ssrc, Tail>);

/// A packet as it was sealed: as that it is one packet, which a receiver takes once (RFC 3711 section
/// 3.3.2).
struct Tail {
    sealed: Vec<u8>,
    /// Transport-wide.
    number: Option<u64>,
    rtp_time: u32,
    frame: Duration,
    /// When it is sent again; `None` when it was often enough.
    due: Option<Instant>,
    repeats: u32,
}

impl Tails {
    /// A packet was sent; `rtp_time` is that of its first sample, in ticks of `clock_rate_hz`.
    pub(super) fn sent(
        &mut self,
        now: Instant,
        ssrc: Ssrc,
        (rtp_time, clock_rate_hz): (u32, u32),
        (number, sealed): (Option<u64>, &[u8]),
    ) {
        let tail = self.0.entry(ssrc).or_insert_with(|| Tail {
            sealed: Vec::new(),
            number,
            rtp_time,
            frame: FRAME,
            due: None,
            repeats: 0,
        });
        let ticks = u64::from(rtp_time.wrapping_sub(tail.rtp_time));
        let passed_us = (ticks * 1_000_000).checked_div(u64::from(clock_rate_hz));
        if let Some(frame_us) = passed_us.filter(|passed_us| FRAME_US.contains(passed_us)) {
            tail.frame = Duration::from_micros(frame_us);
        }
        tail.rtp_time = rtp_time;
        tail.number = number;
        tail.sealed.clear();
        tail.sealed.extend_from_slice(sealed);
        tail.repeats = 0;
        tail.due = Some(now + tail.pause());
    }

    pub(super) fn forget(&mut self, ssrc: Ssrc) {
        self.0.remove(&ssrc);
    }

    /// A packet that is to be sent again by now, and its transport-wide number.
    pub(super) fn poll(&mut self, now: Instant) -> Option<(Option<u64>, Vec<u8>)> {
        let is_due = |tail: &&mut Tail| tail.due.is_some_and(|due| due <= now);
        let tail = self.0.values_mut().find(is_due)?;
        tail.repeats += 1;
        tail.due = (tail.repeats < REPEATS).then(|| now + tail.pause());
        Some((tail.number, tail.sealed.clone()))
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.values().filter_map(|tail| tail.due).min()
    }
}

impl Tail {
    fn pause(&self) -> Duration {
        self.frame * 3 / 2
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;

    const CLOCK_HZ: u32 = 48_000;

    #[test]
    fn what_nothing_follows_is_sent_twice_more() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut tails = Tails::default();
        tails.sent(start, Ssrc(1), (u32::MAX, CLOCK_HZ), (Some(7), &[1]));
        assert_eq!(tails.poll(after(29)), None);
        tails.sent(after(29), Ssrc(1), (959, CLOCK_HZ), (Some(8), &[2]));
        tails.sent(after(30), Ssrc(2), (0, CLOCK_HZ), (None, &[3]));
        assert_eq!(tails.poll(after(58)), None, "something followed");
        assert_eq!(tails.deadline(), Some(after(59)));
        assert_eq!(tails.poll(after(59)), Some((Some(8), vec![2])));
        tails.forget(Ssrc(2));
        assert_eq!(tails.poll(after(88)), None);
        assert_eq!(tails.poll(after(89)), Some((Some(8), vec![2])));
        assert_eq!((tails.poll(after(999)), tails.deadline()), (None, None));
    }

    #[test]
    fn who_sends_longer_frames_is_waited_for_longer() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut tails = Tails::default();
        for (ms, rtp_time) in [(0, 0), (60, 2_880), (120, 5_760)] {
            tails.sent(after(ms), Ssrc(1), (rtp_time, CLOCK_HZ), (Some(7), &[1]));
        }
        assert_eq!(tails.deadline(), Some(after(210)));
        tails.sent(after(600), Ssrc(1), (28_800, CLOCK_HZ), (Some(7), &[1]));
        assert_eq!(tails.deadline(), Some(after(690)), "a pause is no frame");
    }
}
