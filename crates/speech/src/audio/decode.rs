//! Opus packets to 16 kHz samples, each at its place on the track's timeline.

#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

use crate::{Packet, SAMPLE_RATE_HZ, SAMPLES_PER_MS};
use std::time::{Duration, Instant};

/// Samples that follow one another, at `position` samples since the track started.
#[derive(Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) position: u64,
    pub(crate) samples: Vec<f32>,
    /// Whether the piece does not follow the one before: what was being said has ended.
    pub(crate) after_break: bool,
}

/// RTP clock of Opus (RFC 7587, section 4.1) over our rate.
const TICKS_PER_SAMPLE: i64 = 48_000 / SAMPLE_RATE_HZ as i64;

/// The longest packet that Opus allows (RFC 6716, section 3.2.5).
const PACKET_SAMPLES_MAX: usize = 120 * SAMPLES_PER_MS;

/// A hole up to this long is concealed by the decoder; past it concealment is mere noise.
const CONCEALED_SAMPLES_MAX: i64 = 100 * SAMPLES_PER_MS as i64;

/// A hole up to this long (a DTX pause) is filled with silence; past it the connection was broken.
const SILENCE_SAMPLES_MAX: i64 = 1500 * SAMPLES_PER_MS as i64;

/// Concealment comes in steps of 2.5 ms, the shortest Opus frame.
const CONCEALED_STEP_SAMPLES: usize = 40;

/// When a packet lies this far from where its timestamp puts it, the sender's clock was paused
/// or moved, and the timeline is tied to the time of arrival again.
const CLOCK_ERROR_MAX: Duration = Duration::from_secs(2);

/// The decoder of one track.
pub(crate) struct TrackDecoder {
    opus: opus::Decoder,
    last_timestamp: Option<u32>,
    /// Extended timestamp of the packet before, in samples since the track started.
    last_position: i64,
    /// Where the next sample goes if nothing is missing.
    next: i64,
    /// When position 0 was spoken, as far as the fastest packet tells.
    origin: Option<Instant>,
}

impl TrackDecoder {
    pub(crate) fn new() -> Result<Self, opus::Error> {
        Ok(Self {
            opus: opus::Decoder::new(SAMPLE_RATE_HZ, opus::Channels::Mono)?,
            last_timestamp: None,
            last_position: 0,
            next: 0,
            origin: None,
        })
    }

    /// Decodes one packet; a hole before it is filled.
    pub(crate) fn decode(&mut self, packet: &Packet) -> Piece {
        let gap = self.place(packet);
        let after_break = !(-SILENCE_SAMPLES_MAX..=SILENCE_SAMPLES_MAX).contains(&gap);
        let mut samples = Vec::with_capacity(PACKET_SAMPLES_MAX);
        if after_break {
            self.next = (self.next + gap).max(self.next);
        } else if gap > 0 {
            self.fill(gap, &mut samples);
        }
        let position = self.next.unsigned_abs();
        self.append_payload(packet, &mut samples);
        self.next += i64::try_from(samples.len()).unwrap_or(0);
        self.tie_to_arrival(packet.received);
        Piece {
            position,
            samples,
            after_break,
        }
    }

    /// When the sample at `position` was spoken.
    pub(crate) fn time_of(&self, position: u64, fallback: Instant) -> Instant {
        self.origin
            .map_or(fallback, |origin| origin + duration_of(position))
    }

    /// Samples between where the last packet ended and where this one starts.
    fn place(&mut self, packet: &Packet) -> i64 {
        let Some(last) = self.last_timestamp.replace(packet.timestamp) else {
            return 0;
        };
        let ticks = i64::from(packet.timestamp.wrapping_sub(last).cast_signed());
        self.last_position += ticks / TICKS_PER_SAMPLE;
        let gap = self.last_position - self.next;
        if !(0..=SILENCE_SAMPLES_MAX).contains(&gap) {
            // The piece is put right behind the last one (or at the break); later stamps count
            // from there.
            self.last_position = self.next + gap.max(0);
        }
        gap
    }

    fn fill(&mut self, gap: i64, samples: &mut Vec<f32>) {
        let missing = usize::try_from(gap).unwrap_or(0);
        if gap <= CONCEALED_SAMPLES_MAX && self.last_position > 0 {
            let step = missing - missing % CONCEALED_STEP_SAMPLES;
            let mut concealed = vec![0.0; step];
            if step > 0 && self.opus.decode_float(&[], &mut concealed, false).is_ok() {
                samples.append(&mut concealed);
            }
        }
        samples.resize(missing, 0.0);
    }

    fn append_payload(&mut self, packet: &Packet, samples: &mut Vec<f32>) {
        let start = samples.len();
        samples.resize(start + PACKET_SAMPLES_MAX, 0.0);
        let decoded = match samples.get_mut(start..) {
            // An empty payload asks the decoder for concealment; here it says nothing was sent.
            Some(free) if !packet.payload.is_empty() => {
                let decoded = self.opus.decode_float(&packet.payload, free, false);
                decoded.unwrap_or(0)
            }
            _ => 0,
        };
        samples.truncate(start + decoded);
    }

    /// A packet is never received before its last sample was spoken, so the earliest arrival
    /// tells best when the track started.
    fn tie_to_arrival(&mut self, received: Instant) {
        let spoken = duration_of(self.next.unsigned_abs());
        let Some(from_this) = received.checked_sub(spoken) else {
            return;
        };
        let origin = self.origin.get_or_insert(from_this);
        if from_this < *origin || from_this.duration_since(*origin) > CLOCK_ERROR_MAX {
            *origin = from_this;
        }
    }
}

/// How much audio a packet says it holds; nothing if it is no Opus.
pub(crate) fn duration(packet: &Packet) -> Duration {
    let samples = opus::packet::get_nb_samples(&packet.payload, SAMPLE_RATE_HZ);
    duration_of(samples.unwrap_or(0) as u64)
}

fn duration_of(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(SAMPLE_RATE_HZ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::tests::{opus_packets, start, tone};

    fn decoded(packets: impl IntoIterator<Item = Packet>) -> Vec<Piece> {
        let mut decoder = TrackDecoder::new().unwrap();
        packets
            .into_iter()
            .map(|packet| decoder.decode(&packet))
            .collect()
    }

    fn length(pieces: &[Piece]) -> usize {
        pieces.iter().map(|piece| piece.samples.len()).sum()
    }

    #[test]
    fn a_tone_comes_out_as_long_and_as_loud_as_it_went_in() {
        let pieces = decoded(opus_packets(&tone(16_000), start()));
        assert_eq!(length(&pieces), 16_000);
        let decoded: Vec<f32> = pieces.into_iter().flat_map(|piece| piece.samples).collect();
        let power = decoded[8000..].iter().map(|x| x * x).sum::<f32>() / 8000.0;
        assert!(
            (0.03..0.06).contains(&power),
            "power {power} is not that of the tone"
        );
    }

    #[test]
    fn lost_packets_are_concealed_and_the_timeline_keeps_its_length() {
        let packets = opus_packets(&tone(16_000), start());
        let kept = packets
            .into_iter()
            .filter(|packet| !(20..23).contains(&packet.sequence));
        let pieces = decoded(kept);
        assert_eq!(length(&pieces), 16_000);
        let concealed = &pieces[20].samples[..960];
        assert!(
            concealed.iter().any(|x| x.abs() > 0.01),
            "a short hole is concealed"
        );
    }

    #[test]
    fn a_dtx_pause_is_silence_of_its_length() {
        let packets = opus_packets(&tone(16_000), start());
        let kept = packets
            .into_iter()
            .filter(|packet| !(10..40).contains(&packet.sequence));
        let pieces = decoded(kept);
        assert_eq!(length(&pieces), 16_000);
        assert!(pieces[10].samples[..9_600].iter().all(|x| *x == 0.0));
        assert!(!pieces[10].after_break);
    }

    #[test]
    fn a_long_absence_is_a_break_and_costs_no_memory() {
        let mut packets = opus_packets(&tone(1600), start());
        packets[4].timestamp = packets[4].timestamp.wrapping_add(48_000 * 3600);
        let pieces = decoded(packets);
        assert!(pieces[4].after_break);
        assert_eq!(pieces[4].samples.len(), 320);
        assert_eq!(pieces[4].position, 16_000 * 3600 + 4 * 320);
    }

    #[test]
    fn the_timestamp_may_wrap_and_may_jump_back() {
        let mut packets = opus_packets(&tone(3200), start());
        for packet in &mut packets {
            packet.timestamp = packet.timestamp.wrapping_add(u32::MAX - 2000);
        }
        let pieces = decoded(packets.clone());
        assert_eq!((length(&pieces), pieces[9].position), (3200, 9 * 320));
        for packet in &mut packets[5..] {
            packet.timestamp = packet.timestamp.wrapping_sub(900_000_000);
        }
        let pieces = decoded(packets);
        assert!(pieces[5].after_break);
        assert_eq!((length(&pieces), pieces[9].position), (3200, 9 * 320));
    }

    #[test]
    fn a_hostile_payload_is_a_lost_packet() {
        let mut packets = opus_packets(&tone(3200), start());
        packets[3].payload = vec![0xff; 400].into();
        packets[5].payload = Vec::new().into();
        let pieces = decoded(packets);
        assert_eq!(length(&pieces), 3200);
    }
    #[test]
    fn a_packet_says_how_much_audio_it_holds() {
        let of = |payload: &[u8]| {
            let packet = Packet {
                payload: payload.into(),
                ..opus_packets(&tone(320), start())[0].clone()
            };
            duration(&packet).as_millis()
        };
        assert_eq!(of(&opus_packets(&tone(320), start())[0].payload), 20);
        // Code 3 with 48 frames of 2.5 ms, the most that fits (RFC 6716, section 3.2.5).
        assert_eq!(of(&[0xe3, 48, 0, 0]), 120);
        assert_eq!(of(&[0xe3, 63, 0, 0]), 0, "157 ms are no packet");
        assert_eq!(of(&[]), 0);
    }
}
