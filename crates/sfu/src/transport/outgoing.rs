//! What a transport sends: from the streams of its sections to datagrams.

use crate::output::Output;
use crate::transport::format::{Codec, Format, Taken};
use crate::transport::ids::{Mid, PayloadType, Ssrc};
use crate::transport::packet::SentPacket;
use crate::transport::sending::{Description, Sending};
use crate::transport::{FAILED_DEADLINE, Sent, Transport, dependency};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use str0m::format::CodecSpec;
use str0m::media::Media;
use str0m::rtp::Extension;
use visio_rtc::send::header::ExtensionIds;

/// A longer payload fits in no packet: what comes so by TCP, or in fragments, ends here.
const PAYLOAD_BYTES_MAX: usize = 1_500;

/// Seconds from the beginning of 1900, which NTP counts from, to that of 1970.
const NTP_SECONDS_BEFORE_1970: u64 = 2_208_988_800;

impl Transport {
    /// As what the remote end takes `codec` on `mid`, best in the `format` that is sent if that is known:
    /// from here on something may be sent there.
    pub(crate) fn taken(
        &mut self,
        now: Instant,
        mid: Mid,
        codec: Codec,
        format: Option<Format>,
    ) -> Option<Taken> {
        let taken = self.rtc.media(mid.0)?.remote_pts();
        let fits = |spec: CodecSpec| Codec::of(spec.codec) == Some(codec);
        let differs = |spec: CodecSpec| format.is_some_and(|one| one.spec.format != spec.format);
        let best = self
            .rtc
            .codec_config()
            .params()
            .iter()
            .filter(|params| taken.contains(&params.pt()) && fits(params.spec()))
            .min_by_key(|params| differs(params.spec()))?;
        let plain = PayloadType(*best.pt());
        let redundant = best.red().map(|red| PayloadType(*red));
        let redundant = redundant.filter(|red| self.redundancy.get(&mid) == Some(red));
        let resend = best.resend().map(|resend| PayloadType(*resend));
        let ssrc = self.describe(now, mid, codec)?;
        Some(Taken {
            plain,
            redundant,
            resend,
            ssrc,
        })
    }

    /// The stream of a section, which is described anew.
    fn describe(&mut self, now: Instant, mid: Mid, codec: Codec) -> Option<Ssrc> {
        if self.has_ended {
            return None;
        }
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid.0, None)?;
        let (ssrc, resends) = (Ssrc(*stream.ssrc()), stream.rtx().map(|rtx| Ssrc(*rtx)));
        let media = self.rtc.media(mid.0)?;
        let description = Description {
            mid,
            resends,
            extensions: extension_ids(media),
            is_audio: media.kind().is_audio(),
            clock_rate_hz: codec.clock_rate_hz(),
        };
        let bitrate_bps = self.initial_bitrate_bps;
        let make = || Box::new(Sending::new(now, bitrate_bps));
        let sending = self.sending.get_or_insert_with(make);
        sending.describe(now, ssrc, description);
        Some(ssrc)
    }

    /// Whether much of what is sent is lost, and not because there is no room for it.
    pub(crate) fn is_lossy(&self) -> bool {
        (self.sending.as_ref()).is_some_and(|sending| sending.is_lossy())
    }

    /// Sends a packet on a stream. The caller drains the transport afterwards where that is due.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        out: &mut VecDeque<Output>,
        ssrc: Ssrc,
        packet: SentPacket,
    ) -> Sent {
        let Some(sending) = &mut self.sending else {
            return Sent::Taken;
        };
        if packet.payload.len() > PAYLOAD_BYTES_MAX {
            return Sent::Taken;
        }
        let sent = sending.send(now, ssrc, packet);
        self.flush(now, out);
        sent
    }

    /// As it was measured last: by reports on what is sent, else by answers to ours.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        let sending = self.sending.as_ref().and_then(|one| one.round_trip());
        let receiving = self.receiving.as_ref();
        sending.or_else(|| receiving.and_then(|one| one.round_trip()))
    }

    /// Nothing of a stream is sent that waits, or would be sent again unasked.
    pub(crate) fn drop_waiting(&mut self, ssrc: Ssrc) {
        if let Some(sending) = &mut self.sending {
            sending.drop_waiting(ssrc);
        }
    }

    /// What would be sent on a perfect link, which is probed for; nothing to who sees no picture.
    pub(crate) fn desire(&mut self, now: Instant, bps: u64) {
        if let Some(sending) = &mut self.sending {
            sending.desire(now, bps);
        }
    }

    /// A section that carried one track will carry another: with the old number a receiver
    /// would drop the new packets as replays (RFC 3711 section 3.3.2).
    /// The stream is removed and declared again: renamed in place, str0m keeps it under its old
    /// number, and no request for a keyframe or a lost packet finds it any more.
    pub(crate) fn renew_stream(&mut self, mid: Mid) {
        if let Some(sending) = &mut self.sending {
            sending.forget(mid);
        }
        let mut api = self.rtc().direct_api();
        let Some(former) = api
            .stream_tx_by_mid(mid.0, None)
            .map(|stream| stream.ssrc())
        else {
            return;
        };
        let (ssrc, resend) = (api.new_ssrc(), api.new_ssrc());
        let resends = api
            .stream_tx(&former)
            .is_some_and(|stream| stream.rtx().is_some());
        api.remove_stream_tx(former);
        api.declare_stream_tx(ssrc, resends.then_some(resend), mid.0, None);
    }

    /// Seals and addresses what is to leave of what we send.
    pub(super) fn flush(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        let Some(place) = self.path.current(now) else {
            return;
        };
        let Some(sending) = &mut self.sending else {
            return;
        };
        while let Some((number, packet)) = sending.next_leaving() {
            if let Some(sealed) = self.srtp.seal_rtp(packet) {
                sending.left(now, number, &sealed);
                out.push_back(Output::Transmit(place.packet(sealed)));
            }
        }
        let again = std::iter::from_fn(|| sending.next_again(now));
        out.extend(again.map(|bytes| Output::Transmit(place.packet(bytes))));
    }

    /// Sends the reports and requests that are due.
    pub(super) fn report(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        let ntp = self.ntp(now);
        let Some(place) = self.path.current(now) else {
            return;
        };
        let sent = (self.sending.as_mut()).map(|sending| sending.report(now, ntp));
        let received = (self.receiving.as_mut()).map(|receiving| receiving.poll(now, ntp));
        for compound in sent.into_iter().chain(received).flatten() {
            let sealed = self.srtp.seal_rtcp(compound);
            out.extend(sealed.map(|bytes| Output::Transmit(place.packet(bytes))));
        }
    }

    /// When something of what is sent or received is due.
    pub(super) fn media_deadline(&mut self, now: Instant) -> Instant {
        let sending = self.sending.as_mut();
        let sending = sending.and_then(|sending| sending.deadline(now));
        let receiving = self.receiving.as_ref();
        let receiving = receiving.and_then(|receiving| receiving.deadline());
        let due = sending.into_iter().chain(receiving).min();
        due.unwrap_or(now + FAILED_DEADLINE)
    }

    /// The present moment on the wall clock, as sender reports tell it (RFC 3550 section 4).
    pub(super) fn ntp(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.began.instant);
        let began = Duration::from_millis(u64::try_from(self.began.unix_ms).unwrap_or_default());
        let since_1970 = began + passed;
        let seconds = since_1970.as_secs().wrapping_add(NTP_SECONDS_BEFORE_1970);
        let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
        seconds << 32 | fraction
    }
}

/// The numbers of the extensions that are sent on a section.
fn extension_ids(media: &Media) -> ExtensionIds {
    let extensions = media.remote_extmap();
    let id = |extension| extensions.id_of(extension).unwrap_or_default();
    ExtensionIds {
        mid: id(Extension::RtpMid),
        transport_sequence: id(Extension::TransportSequenceNumber),
        audio_level: id(Extension::AudioLevel),
        video_orientation: id(Extension::VideoOrientation),
        dependency: id(dependency::extension()),
    }
}
