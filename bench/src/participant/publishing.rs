//! Turns what is due into RTP packets of the negotiated kind.

use std::time::Instant;

use str0m::format::Codec;
use str0m::rtp::RtpWrite;

use super::Participant;
use crate::shape::{AUDIO_PAYLOAD_BYTES, Due, vp8_payload};

impl Participant {
    pub(super) fn publish(&mut self, due: Due, now: Instant) -> crate::Result<()> {
        let Some(shape) = self.role.shape else {
            return Ok(());
        };
        match due {
            Due::Audio { number } => {
                // 20 ms are 960 samples at 48 kHz.
                let timestamp = number.wrapping_mul(960);
                self.write(
                    Codec::Opus,
                    timestamp,
                    now,
                    vec![0x78; AUDIO_PAYLOAD_BYTES],
                    false,
                )
            }
            Due::Frame { number, key } => {
                let timestamp = number.wrapping_mul(90_000 / u64::from(shape.frames_per_second));
                (0..shape.packets_per_frame).try_for_each(|index| {
                    let marker = index + 1 == shape.packets_per_frame;
                    self.write(
                        Codec::Vp8,
                        timestamp,
                        now,
                        vp8_payload(number, index, key),
                        marker,
                    )
                })
            }
        }
    }

    fn write(
        &mut self,
        codec: Codec,
        timestamp: u64,
        now: Instant,
        payload: Vec<u8>,
        marker: bool,
    ) -> crate::Result<()> {
        let (mid, sequence) = match codec {
            Codec::Opus => (self.audio, &mut self.audio_sequence),
            _ => (self.video, &mut self.video_sequence),
        };
        let params = self.rtc.codec_config().params();
        let payload_type = params
            .iter()
            .find(|params| params.spec().codec == codec)
            .map(str0m::format::PayloadParams::pt);
        let (Some(mid), Some(payload_type)) = (mid, payload_type) else {
            return Ok(());
        };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else {
            return Ok(());
        };
        let [.., a, b, c, d] = timestamp.to_be_bytes();
        let time = u32::from_be_bytes([a, b, c, d]);
        let packet =
            RtpWrite::new(payload_type, (*sequence).into(), time, now, payload).marker(marker);
        stream.write_rtp(packet.nackable(codec == Codec::Vp8));
        *sequence += 1;
        self.counters.sent += 1;
        self.drain()
    }
}
