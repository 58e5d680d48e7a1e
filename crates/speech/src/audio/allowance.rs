//! How much audio a track may send: nobody speaks faster than the clock runs.

use super::decode::duration;
use super::reorder::Packet;
use std::time::{Duration, Instant};

/// A track may be this far ahead of the clock, as after a connection that stood still. What comes
/// beyond it is dropped before it is decoded.
const AHEAD_MAX: Duration = Duration::from_secs(10);

/// Of each second of audio so much counts: clocks of senders run up to some per cent too fast.
const COUNTED_PER_CENT: u32 = 80;

/// What every packet counts at least, whatever it says: the shortest frame of Opus (RFC 6716,
/// section 2.1.4). Decoding nothing also takes time.
const PACKET_MIN: Duration = Duration::from_micros(2_500);

/// The generic cell rate algorithm (ITU-T I.371) over spoken time.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    /// Until when the audio taken so far lasts at the rate allowed.
    covered_until: Option<Instant>,
}

impl Allowance {
    /// Whether the packet may be taken; if so, its audio counts.
    pub(crate) fn take(&mut self, now: Instant, packet: &Packet) -> bool {
        let covered_until = self.covered_until.map_or(now, |until| until.max(now));
        let allowed = covered_until.duration_since(now) <= AHEAD_MAX;
        if allowed {
            let audio = duration(packet).max(PACKET_MIN);
            self.covered_until = Some(covered_until + audio * COUNTED_PER_CENT / 100);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::tests::{opus_packets, start, tone};

    /// How much of so many packets of 20 ms is taken when each comes `every` after the other.
    fn taken(packets: usize, every: Duration) -> usize {
        let mut allowance = Allowance::default();
        let all = opus_packets(&tone(packets * 320), start());
        let mut now = start();
        let take = |packet: &Packet| {
            now += every;
            allowance.take(now, packet)
        };
        all.iter().map(take).filter(|taken| *taken).count()
    }

    #[test]
    fn a_microphone_is_never_refused_even_if_its_clock_is_fast_or_a_stall_ends() {
        assert_eq!(taken(6_000, Duration::from_millis(20)), 6_000);
        assert_eq!(taken(6_000, Duration::from_millis(18)), 6_000);
        assert_eq!(taken(500, Duration::ZERO), 500, "ten seconds at once");
    }

    #[test]
    fn eve_who_sends_ten_times_as_much_as_anybody_can_say_is_held_to_the_clock() {
        let taken = taken(10_000, Duration::from_millis(2));
        // 20 s pass: as much and a quarter more, and what she may be ahead.
        assert!((1_500..2_000).contains(&taken), "{taken} packets");
    }

    #[test]
    fn packets_without_any_audio_count_too() {
        let (mut allowance, now) = (Allowance::default(), start());
        let empty = Packet {
            payload: [].into(),
            ..opus_packets(&tone(320), now)[0].clone()
        };
        let taken = (0..100_000).filter(|_| allowance.take(now, &empty)).count();
        assert!(taken <= 5_001, "{taken} packets");
    }
}
