//! The shape of a publisher's traffic: when packets leave, how large they are, what they hold.

use std::time::{Duration, Instant};

/// A publisher's camera and microphone.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// 0 for no camera.
    pub frames_per_second: u32,
    pub packets_per_frame: u32,
    pub microphone: bool,
}

/// Bytes of a video packet's payload: a full datagram on most lines.
pub const VIDEO_PAYLOAD_BYTES: usize = 1100;
/// Bytes of an audio packet's payload: 20 ms of Opus at 32 kbit/s.
pub const AUDIO_PAYLOAD_BYTES: usize = 80;
/// One Opus packet each 20 ms.
pub const AUDIO_PACKETS_PER_SECOND: u32 = 50;
/// A key frame each second, so that a subscriber who comes late soon sees something.
const KEY_FRAME_SECONDS: u64 = 1;
/// A publisher that was held up longer than this skips, instead of sending everything at once.
const LAG_MAX: Duration = Duration::from_millis(500);

impl Shape {
    /// The traffic of the measured anchors: 240 video and 50 audio packets a second.
    pub const ANCHOR: Self = Self {
        frames_per_second: 30,
        packets_per_frame: 8,
        microphone: true,
    };

    pub fn packets_per_second(&self) -> u32 {
        self.frames_per_second * self.packets_per_frame
            + if self.microphone {
                AUDIO_PACKETS_PER_SECOND
            } else {
                0
            }
    }
}

/// What is due at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// All packets of a video frame, back to back, as an encoder hands them over.
    Frame {
        number: u64,
        key: bool,
    },
    Audio {
        number: u64,
    },
}

/// Says what a publisher has to send and when.
#[derive(Debug)]
pub struct Schedule {
    shape: Shape,
    frame: u64,
    audio: u64,
    next_frame: Instant,
    next_audio: Instant,
}

impl Schedule {
    /// `phase` keeps many publishers from sending in the same millisecond.
    pub fn new(shape: Shape, start: Instant, phase: Duration) -> Self {
        Self {
            shape,
            frame: 0,
            audio: 0,
            next_frame: start + phase,
            next_audio: start + phase / 2,
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        let video = (self.shape.frames_per_second > 0).then_some(self.next_frame);
        let audio = self.shape.microphone.then_some(self.next_audio);
        video.into_iter().chain(audio).min()
    }

    pub fn poll(&mut self, now: Instant) -> Option<Due> {
        if self.shape.frames_per_second > 0 && now >= self.next_frame {
            let number = self.frame;
            self.frame += 1;
            let interval = Duration::from_secs(1) / self.shape.frames_per_second;
            self.next_frame = following(self.next_frame, interval, now);
            let key_interval = u64::from(self.shape.frames_per_second) * KEY_FRAME_SECONDS;
            return Some(Due::Frame {
                number,
                key: number.is_multiple_of(key_interval),
            });
        }
        if self.shape.microphone && now >= self.next_audio {
            let number = self.audio;
            self.audio += 1;
            self.next_audio = following(
                self.next_audio,
                Duration::from_secs(1) / AUDIO_PACKETS_PER_SECOND,
                now,
            );
            return Some(Due::Audio { number });
        }
        None
    }
}

fn following(planned: Instant, interval: Duration, now: Instant) -> Instant {
    if now > planned + LAG_MAX {
        now + interval
    } else {
        planned + interval
    }
}

/// A packet of a VP8 frame: the payload descriptor of RFC 7741 section 4.2 with a picture id of
/// 15 bits, and for the first packet of a key frame its start code and size (RFC 6386 section 9.1).
pub fn vp8_payload(frame: u64, index: u32, key: bool) -> Vec<u8> {
    const EXTENDED: u8 = 0x80;
    const START_OF_PARTITION: u8 = 0x10;
    const PICTURE_ID_PRESENT: u8 = 0x80;
    const PICTURE_ID_IS_LONG: u8 = 0x80;
    let mut payload = vec![0xab; VIDEO_PAYLOAD_BYTES];
    let [.., high, low] = frame.to_be_bytes();
    payload[0] = if index == 0 {
        EXTENDED | START_OF_PARTITION
    } else {
        EXTENDED
    };
    payload[1] = PICTURE_ID_PRESENT;
    payload[2] = PICTURE_ID_IS_LONG | high;
    payload[3] = low;
    if index == 0 {
        let inter_frame = u8::from(!key);
        payload[4..7].copy_from_slice(&[0x10 | inter_frame, 0x02, 0x00]);
    }
    if index == 0 && key {
        payload[7..14].copy_from_slice(&[0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01]);
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_the_anchor_is_290_packets() {
        let start = Instant::now();
        let mut schedule = Schedule::new(Shape::ANCHOR, start, Duration::ZERO);
        let (mut video, mut audio) = (0, 0);
        for millisecond in 0..1000 {
            while let Some(due) = schedule.poll(start + Duration::from_millis(millisecond)) {
                match due {
                    Due::Frame { .. } => video += Shape::ANCHOR.packets_per_frame,
                    Due::Audio { .. } => audio += 1,
                }
            }
        }
        assert_eq!(video + audio, Shape::ANCHOR.packets_per_second());
    }

    #[test]
    fn only_the_first_packet_of_a_key_frame_carries_the_start_code() {
        assert_eq!(
            vp8_payload(300, 0, true)[..10],
            [0x90, 0x80, 0x81, 0x2c, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a]
        );
        assert_eq!(
            vp8_payload(300, 1, true)[..5],
            [0x80, 0x80, 0x81, 0x2c, 0xab]
        );
        assert_eq!(vp8_payload(300, 0, false)[4] & 1, 1);
    }
}
