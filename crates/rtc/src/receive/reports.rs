//! What a receiver reports of one stream (RFC 3550 section 6.4.1 and appendices A.1, A.3, A.8), and the
//! round trip that either side learns.

use super::wrap::{begin, extend, low32};
use crate::rtcp::ReportBlock;
use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;

/// A step ahead by this much or more is no loss but another beginning (RFC 3550 appendix A.1).
const DROPOUT_MAX: u64 = 3_000;
/// A packet is late by at most this much; who is further behind has begun anew.
const MISORDER_MAX: u64 = 100;
/// A transit time that changes by more is a media clock that was set, not jitter.
const TRANSIT_STEP_SECONDS_MAX: u64 = 5;
/// What the 24 signed bits of the cumulative loss hold.
const LOST_MIN: i64 = -0x80_0000;
const LOST_MAX: i64 = 0x7f_ffff;
/// In 1/65536 of a second: nobody waits 60 s for an answer, and two clocks that drift make less than
/// nothing of a short round trip, but not by more than 1 ms. Else the report answers nothing.
const ROUND_TRIP_MAX: i32 = 60 << 16;
const DRIFT_MAX: i32 = 66;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Reception of one stream. Packets that come again by RTX do not count: they are a stream of their
/// own (RFC 4588 section 4), and loss is what the network loses.
#[derive(Debug, Clone)]
pub struct Reception {
    ssrc: u32,
    clock_rate_hz: u32,
    counts: Option<Counts>,
    sender_report: Option<LastSenderReport>,
}

/// How many packets of a stream the last report expected, and how many of them did not come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loss {
    pub expected: u64,
    pub lost: u64,
}

#[derive(Debug, Clone)]
struct Counts {
    first: u64,
    highest: u64,
    received: u64,
    /// Expected and received at the last report.
    reported: (u64, u64),
    /// From the report before to that one.
    loss: Loss,
    /// Where the stream begins anew if the next packet says so too.
    restart: Option<u64>,
    jitter: Jitter,
}

#[derive(Debug, Clone)]
struct Jitter {
    /// When the first packet came.
    since: Instant,
    /// Arrival less RTP time of the last packet, in ticks.
    transit: u32,
    /// In 1/16 of a tick.
    sixteenths: u64,
}

#[derive(Debug, Clone, Copy)]
struct LastSenderReport {
    /// The middle 32 bits of its NTP time.
    compact: u32,
    at: Instant,
}

impl Reception {
    /// `clock_rate_hz` is that of the stream's payload type.
    #[must_use]
    pub fn new(ssrc: u32, clock_rate_hz: u32) -> Self {
        Self {
            ssrc,
            clock_rate_hz,
            counts: None,
            sender_report: None,
        }
    }

    /// Counts a packet.
    pub fn received(&mut self, now: Instant, sequence: u16, rtp_time: u32) {
        if let Some(counts) = &mut self.counts {
            counts.received(now, sequence, rtp_time, self.clock_rate_hz);
        } else {
            let jitter = Jitter {
                since: now,
                transit: 0u32.wrapping_sub(rtp_time),
                sixteenths: 0,
            };
            self.counts = Some(Counts::new(begin(sequence), jitter));
        }
    }

    /// Notes a sender report of the stream; `ntp` is what stands in it.
    pub fn sender_report(&mut self, now: Instant, ntp: u64) {
        self.sender_report = Some(LastSenderReport {
            compact: compact(ntp),
            at: now,
        });
    }

    /// The block for the next report; `None` if nothing came since the last.
    pub fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        let counts = self.counts.as_mut()?;
        let expected = counts.highest - counts.first + 1;
        let (expected_before, received_before) = counts.reported;
        if counts.received == received_before {
            return None;
        }
        let interval = expected - expected_before;
        let lost = interval.saturating_sub(counts.received - received_before);
        let fraction = (lost << 8).checked_div(interval).unwrap_or_default();
        counts.loss = Loss {
            expected: interval,
            lost,
        };
        counts.reported = (expected, counts.received);
        let (last_sr, delay_since_last_sr) = self
            .sender_report
            .map_or((0, 0), |report| (report.compact, report.delay(now)));
        Some(ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            cumulative_lost: cumulative(expected, counts.received),
            highest_sequence: low32(counts.highest - begin(0)),
            jitter: u32::try_from(counts.jitter.sixteenths >> 4).unwrap_or(u32::MAX),
            last_sr,
            delay_since_last_sr,
        })
    }

    /// What the last report says, as it is before it is rounded to 1/256.
    #[must_use]
    pub fn loss(&self) -> Loss {
        self.counts
            .as_ref()
            .map(|counts| counts.loss)
            .unwrap_or_default()
    }
}

impl Counts {
    fn new(first: u64, jitter: Jitter) -> Self {
        Self {
            first,
            highest: first,
            received: 1,
            reported: (0, 0),
            loss: Loss::default(),
            restart: None,
            jitter,
        }
    }

    fn received(&mut self, now: Instant, sequence: u16, rtp_time: u32, clock_rate_hz: u32) {
        let number = extend(self.highest, sequence);
        let is_credible =
            number < self.highest + DROPOUT_MAX && number + MISORDER_MAX > self.highest;
        if is_credible {
            self.highest = self.highest.max(number);
            self.received += 1;
            self.restart = None;
        } else if self.restart == Some(number) {
            *self = Self::new(begin(sequence), self.jitter.clone());
        } else {
            self.restart = Some(number + 1);
            return;
        }
        self.jitter.received(now, rtp_time, clock_rate_hz);
    }
}

impl Jitter {
    fn received(&mut self, now: Instant, rtp_time: u32, clock_rate_hz: u32) {
        let passed = now.saturating_duration_since(self.since);
        let transit = low32(ticks(passed, clock_rate_hz)).wrapping_sub(rtp_time);
        let step = transit.wrapping_sub(self.transit).cast_signed();
        self.transit = transit;
        let step = u64::from(step.unsigned_abs());
        if step <= TRANSIT_STEP_SECONDS_MAX * u64::from(clock_rate_hz) {
            self.sixteenths = self.sixteenths + step - ((self.sixteenths + 8) >> 4);
        }
    }
}

impl LastSenderReport {
    fn delay(self, now: Instant) -> u32 {
        let passed = now.saturating_duration_since(self.at);
        u32::try_from(ticks(passed, 1 << 16)).unwrap_or(u32::MAX)
    }
}

/// The time to the other side and back, its own delay left out, from what it says of the last report
/// that came: of a sender report in a [`ReportBlock`], of a receiver's reference time in a
/// [`crate::rtcp::ReceiverDelay`]. `now_ntp` is of the clock that those reports have. `None` if this
/// answers none of them.
#[must_use]
pub fn round_trip(now_ntp: u64, last: u32, delay_since_last: u32) -> Option<Duration> {
    if last == 0 {
        return None;
    }
    let since = compact(now_ntp)
        .wrapping_sub(last)
        .wrapping_sub(delay_since_last);
    let since = since.cast_signed();
    let credible = (-DRIFT_MAX..=ROUND_TRIP_MAX).contains(&since);
    let since = u64::try_from(since).unwrap_or_default();
    credible.then(|| Duration::from_nanos((since * NANOS_PER_SECOND) >> 16))
}

/// The middle 32 bits of an NTP time: 1/65536 of a second, wrapping after 18 hours.
fn compact(ntp: u64) -> u32 {
    low32(ntp >> 16)
}

fn ticks(passed: Duration, rate_hz: u32) -> u64 {
    let rate = u64::from(rate_hz);
    let whole = passed.as_secs().wrapping_mul(rate);
    whole.wrapping_add(u64::from(passed.subsec_nanos()) * rate / NANOS_PER_SECOND)
}

fn cumulative(expected: u64, received: u64) -> i32 {
    let lost = expected.cast_signed().wrapping_sub(received.cast_signed());
    i32::try_from(lost.clamp(LOST_MIN, LOST_MAX)).unwrap_or_default()
}
