//! When something was captured, by the receiver's clock: what sender reports say of the clocks of a sender.
//!
//! A sender report pairs the sender's own clock with the media clock of one stream (RFC 3550 section
//! 6.4.1). All streams of a sender have that clock in common: what was captured together is found to
//! have been, however differently it was delayed on its way.

use crate::rtcp::SenderInfo;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Of so many streams the last report is kept; a camera in three layers has three.
const STREAMS_MAX: usize = 64;
/// What a report seems to be later than the quickest one is mostly its way; so much of it is taken for a
/// clock that runs slow.
const DRIFT_DIVISOR: i64 = 256;
/// Two reports in a row that are later than the quickest one by so much tell of a clock that was set back,
/// and one that is quicker by so much of one that was set forward.
const STEP_US: i64 = 1_000_000;
/// What seems to be captured longer ago than that, or so long after it came, was not.
const AGE_MAX: Duration = Duration::from_secs(2);
const AHEAD_MAX: Duration = Duration::from_millis(100);

/// The clocks of one sender.
#[derive(Debug, Default)]
pub struct CaptureClock {
    sender: Option<SenderClock>,
    streams: BTreeMap<u32, Report>,
}

/// The sender's clock and ours.
#[derive(Clone, Copy, Debug)]
struct SenderClock {
    /// When the first report came, by our clock and the sender's.
    began: Instant,
    began_us: i64,
    /// By how much longer the way of the quickest report was than the first one's: negative.
    way_us: i64,
    /// The last report was later by a step.
    is_late: bool,
}

#[derive(Clone, Copy, Debug)]
struct Report {
    came: Instant,
    sender_us: i64,
    rtp_time: u32,
}

impl CaptureClock {
    /// A sender report came.
    pub fn report(&mut self, now: Instant, info: &SenderInfo) {
        let sender_us = microseconds(info.ntp);
        let sender = self.sender.get_or_insert(SenderClock {
            began: now,
            began_us: sender_us,
            way_us: 0,
            is_late: false,
        });
        if sender.learn(now, sender_us) {
            self.streams.clear();
        }
        let report = Report {
            came: now,
            sender_us,
            rtp_time: info.rtp_time,
        };
        self.streams.insert(info.ssrc, report);
        if self.streams.len() > STREAMS_MAX {
            let oldest = self.streams.iter().min_by_key(|(_, report)| report.came);
            let oldest = oldest.map(|(&ssrc, _)| ssrc);
            oldest.and_then(|ssrc| self.streams.remove(&ssrc));
        }
    }

    /// When a packet that came now was captured; `None` before its stream was reported on, and where the
    /// reports cannot be true.
    #[must_use]
    pub fn captured(
        &self,
        now: Instant,
        ssrc: u32,
        rtp_time: u32,
        clock_rate_hz: u32,
    ) -> Option<Instant> {
        let (sender, report) = (self.sender?, self.streams.get(&ssrc)?);
        let ticks = i64::from(rtp_time.wrapping_sub(report.rtp_time).cast_signed());
        let since_report_us = (ticks * 1_000_000).checked_div(i64::from(clock_rate_hz))?;
        let sender_us = report.sender_us.checked_add(since_report_us)?;
        let captured = sender.ours(sender_us)?;
        let is_true = now.saturating_duration_since(captured) <= AGE_MAX
            && captured.saturating_duration_since(now) <= AHEAD_MAX;
        is_true.then_some(captured.min(now))
    }
}

impl SenderClock {
    /// A report came that was sent at that moment of the sender's clock; returns whether that was set since
    /// the last one.
    fn learn(&mut self, now: Instant, sender_us: i64) -> bool {
        let passed = now.saturating_duration_since(self.began).as_micros();
        let passed_us = i64::try_from(passed).unwrap_or(i64::MAX);
        let way_us = passed_us.saturating_sub(sender_us.saturating_sub(self.began_us));
        let later_us = way_us.saturating_sub(self.way_us);
        let was_late = std::mem::replace(&mut self.is_late, later_us >= STEP_US);
        if self.is_late && !was_late {
            return false;
        }
        self.way_us = if (0..STEP_US).contains(&later_us) {
            self.way_us + later_us / DRIFT_DIVISOR
        } else {
            way_us
        };
        self.is_late = false;
        later_us.abs() >= STEP_US
    }

    /// A moment of the sender's clock by ours.
    fn ours(&self, sender_us: i64) -> Option<Instant> {
        let since_us = sender_us
            .checked_sub(self.began_us)?
            .checked_add(self.way_us)?;
        let since = Duration::from_micros(since_us.unsigned_abs());
        if since_us < 0 {
            self.began.checked_sub(since)
        } else {
            self.began.checked_add(since)
        }
    }
}

/// NTP's seconds and fractions of 2^-32 s in microseconds.
fn microseconds(ntp: u64) -> i64 {
    let (seconds, fraction) = (ntp >> 32, ntp & 0xffff_ffff);
    let microseconds = seconds * 1_000_000 + ((fraction * 1_000_000) >> 32);
    microseconds.cast_signed()
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;

    const MICROPHONE: u32 = 1;
    const CAMERA: u32 = 2;

    /// A sender whose clock says 1,000 s when ours says `began`.
    struct Sender {
        began: Instant,
        clock: CaptureClock,
    }

    impl Sender {
        fn new() -> Self {
            Self {
                began: Instant::now(),
                clock: CaptureClock::default(),
            }
        }

        fn at(&self, ms: u64) -> Instant {
            self.began + Duration::from_millis(ms)
        }

        /// A report that is sent at one moment and comes at another.
        fn reports(&mut self, ssrc: u32, (sent_ms, came_ms): (u64, u64), rtp_time: u32) {
            let fraction = ((sent_ms % 1000) << 32).div_ceil(1000);
            let info = SenderInfo {
                ssrc,
                ntp: (1000 + sent_ms / 1000) << 32 | fraction,
                rtp_time,
                packets: 0,
                octets: 0,
            };
            self.clock.report(self.at(came_ms), &info);
        }

        /// When a packet was captured, in milliseconds.
        fn captured(&self, came_ms: u64, ssrc: u32, rtp_time: u32) -> Option<u64> {
            let rate = if ssrc == MICROPHONE { 48_000 } else { 90_000 };
            let now = self.at(came_ms);
            let captured = self.clock.captured(now, ssrc, rtp_time, rate)?;
            let since = captured.duration_since(self.began).as_micros();
            Some(u64::try_from(since).unwrap().div_ceil(1000))
        }
    }

    #[test]
    fn what_was_captured_together_is_found_to_have_been_however_late_it_comes() {
        let mut alice = Sender::new();
        alice.reports(MICROPHONE, (0, 20), 48_000);
        assert_eq!(alice.captured(2_050, CAMERA, 1), None, "no report yet");
        alice.reports(CAMERA, (1_000, 1_300), u32::MAX);
        let sound = alice.captured(2_050, MICROPHONE, 3 * 48_000);
        let picture = alice.captured(2_400, CAMERA, 90_000 - 1);
        assert_eq!((sound, picture), (Some(2_022), Some(2_022)));
    }

    #[test]
    fn the_quickest_report_counts_and_a_slow_clock_is_followed() {
        let mut alice = Sender::new();
        alice.reports(MICROPHONE, (0, 90), 0);
        assert_eq!(alice.captured(100, MICROPHONE, 0), Some(90));
        alice.reports(MICROPHONE, (1_000, 1_020), 48_000);
        assert_eq!(alice.captured(1_020, MICROPHONE, 48_000), Some(1_020));
        for second in 2..1_000 {
            let sent = second * 1_000;
            let rtp_time = u32::try_from(second * 48_000).unwrap();
            alice.reports(MICROPHONE, (sent, sent + 20 + second / 10), rtp_time);
        }
        let late = alice.captured(999_120, MICROPHONE, 999 * 48_000).unwrap();
        assert!((999_085..=999_119).contains(&late), "{late} ms");
    }

    #[test]
    fn a_clock_that_was_set_is_followed_and_what_other_streams_said_is_forgotten() {
        let mut alice = Sender::new();
        alice.reports(MICROPHONE, (7_000, 20), 5);
        alice.reports(CAMERA, (12_000, 1_020), 5);
        assert_eq!(alice.captured(1_020, CAMERA, 5), Some(1_020), "forward");
        assert_eq!(alice.captured(1_020, MICROPHONE, 5), None);
        alice.reports(MICROPHONE, (8_000, 2_020), 5);
        assert_eq!(alice.captured(2_020, MICROPHONE, 5), None, "back, perhaps");
        alice.reports(MICROPHONE, (9_000, 3_020), 5);
        assert_eq!(alice.captured(3_020, MICROPHONE, 5), Some(3_020), "back");
        assert_eq!(alice.captured(3_020, CAMERA, 5), None);
    }

    #[test]
    fn a_report_that_an_outage_held_up_changes_nothing() {
        let mut alice = Sender::new();
        for second in 0..10_u32 {
            let sent = u64::from(second) * 1_000;
            alice.reports(MICROPHONE, (sent, sent + 20), second * 48_000);
        }
        alice.reports(MICROPHONE, (10_000, 11_320), 480_000);
        assert_eq!(alice.captured(11_340, MICROPHONE, 528_000), Some(11_020));
    }

    #[test]
    fn what_cannot_be_is_not_believed() {
        let mut eve = Sender::new();
        eve.reports(MICROPHONE, (0, 20), 0);
        assert_eq!(eve.captured(20, MICROPHONE, 480), Some(20), "10 ms later");
        assert_eq!(eve.captured(20, MICROPHONE, 48_000), None, "to come");
        assert_eq!(eve.captured(3_020, MICROPHONE, 48_000), Some(1_020));
        assert_eq!(eve.captured(3_021, MICROPHONE, 48_000), None, "long gone");
        let now = eve.at(20);
        assert_eq!(eve.clock.captured(now, MICROPHONE, 0, 0), None, "no clock");
    }

    #[test]
    fn streams_are_bounded_and_the_last_reported_on_are_kept() {
        let mut eve = Sender::new();
        for ssrc in 1..1_000 {
            eve.reports(ssrc, (u64::from(ssrc), u64::from(ssrc)), 0);
        }
        assert_eq!(eve.clock.streams.len(), STREAMS_MAX);
        assert!(eve.captured(1_000, 999, 0).is_some());
        assert_eq!(eve.captured(1_000, 1, 0), None);
    }
}
