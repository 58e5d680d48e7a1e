//! The rates at which acknowledged packets were sent and arrived: the acknowledged bitrate.

use std::collections::VecDeque;

/// Packets sent within this time are one slice.
const SLICE_US: i64 = 20_000;
/// Slices that are remembered: 1.3 s of packets sent without a gap.
const SLICES: usize = 64;
/// Fewer bytes than these make no rate.
const BYTES_MIN: u64 = 300;

/// Rates of the same packets at both ends, in bit/s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Throughput {
    pub(super) sent_bps: f64,
    pub(super) received_bps: f64,
}

#[derive(Clone, Copy)]
struct Slice {
    first_sent_us: i64,
    last_sent_us: i64,
    last_arrival_us: i64,
    bytes: u64,
}

/// A ring of slices.
#[derive(Default)]
pub(super) struct AcknowledgedBitrate {
    slices: VecDeque<Slice>,
    /// To be counted with the next packet.
    unreported_bytes: u64,
}

impl AcknowledgedBitrate {
    pub(super) fn packet(&mut self, sent_us: i64, arrival_us: i64, bytes: u32) {
        let bytes = u64::from(bytes) + std::mem::take(&mut self.unreported_bytes);
        if let Some(slice) = self.slices.back_mut()
            && sent_us < slice.first_sent_us + SLICE_US
        {
            slice.last_sent_us = slice.last_sent_us.max(sent_us);
            slice.last_arrival_us = arrival_us;
            slice.bytes += bytes;
            return;
        }
        if self.slices.len() == SLICES {
            self.slices.pop_front();
        }
        self.slices.push_back(Slice {
            first_sent_us: sent_us,
            last_sent_us: sent_us,
            last_arrival_us: arrival_us,
            bytes,
        });
    }

    /// Packets of which no report spoke: without them a lost report would look like a slow link.
    pub(super) fn unreported(&mut self, bytes: u32) {
        self.unreported_bytes += u64::from(bytes);
    }

    /// The rates over the last `window_us` of arrivals; `None` while less than half of that is known.
    pub(super) fn over(&self, window_us: i64) -> Option<Throughput> {
        let last = self.slices.back()?;
        let is_before = |slice: &&Slice| last.last_arrival_us - slice.last_arrival_us >= window_us;
        // A slice counts only where one before it says since when.
        let first = self.slices.iter().rev().find(is_before);
        let first = first.or(self.slices.front())?;
        let counted = self.slices.iter().rev();
        let counted = counted.take_while(|slice| !std::ptr::eq(*slice, first));
        let bytes: u64 = counted.map(|slice| slice.bytes).sum();
        let arrival_us = last.last_arrival_us - first.last_arrival_us;
        let sent_us = last.last_sent_us - first.last_sent_us;
        let rate = |time_us: i64| bytes as f64 * 8_000_000.0 / time_us as f64;
        let is_known = arrival_us >= window_us / 2 && sent_us > 0 && bytes >= BYTES_MIN;
        is_known.then(|| Throughput {
            sent_bps: rate(sent_us),
            received_bps: rate(arrival_us),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rates_are_those_of_both_ends() {
        let mut acknowledged = AcknowledgedBitrate::default();
        assert_eq!(acknowledged.over(200_000), None);
        for at in 0..100 {
            acknowledged.packet(at * 10_000, 50_000 + at * 20_000, 1250);
        }
        let Throughput {
            sent_bps,
            received_bps,
        } = acknowledged.over(500_000).unwrap();
        assert!((sent_bps - 1e6).abs() < 1.0, "{sent_bps}");
        assert!((received_bps - 5e5).abs() < 1.0, "{received_bps}");
    }

    #[test]
    fn too_little_makes_no_rate() {
        let mut acknowledged = AcknowledgedBitrate::default();
        for at in 0..4 {
            acknowledged.packet(at * 20_000, at * 20_000, 1250);
        }
        assert_eq!(acknowledged.over(500_000), None);
        assert!(acknowledged.over(100_000).is_some());
    }
}
