//! Packets as a client sends them: what they carry is known to the oracles ([`Truth`]).

use crate::media::{Kind, Truth};
use crate::peer_connection::PeerConnection;
use std::time::Instant;
use str0m::format::Codec;
use str0m::media::{Mid, Pt, Rid};
use str0m::rtp::{ExtensionValues, RtpWrite};
use visio_rtc::packet::red;

/// Sends one packet, which may be the first and the last of its frame.
pub(crate) fn write(
    connection: &mut PeerConnection,
    now: Instant,
    (mid, rid): (Mid, Option<Rid>),
    kind: Kind,
    (truth, before): (&Truth, &mut Option<(u32, Vec<u8>)>),
    (first, last): (bool, bool),
) {
    let form = match kind {
        Kind::Microphone => sound(connection, truth, before),
        Kind::Camera | Kind::Screen => picture(connection, truth, first),
    };
    let mut api = connection.rtc.direct_api();
    let (Some((payload_type, payload)), Some(stream)) = (form, api.stream_tx_by_mid(mid, rid))
    else {
        return;
    };
    let level = (kind == Kind::Microphone).then_some(-20);
    let values = ExtensionValues {
        audio_level: level,
        voice_activity: level.map(|_| true),
        ..ExtensionValues::default()
    };
    let packet = RtpWrite::new(
        payload_type,
        u64::from(truth.sequence).into(),
        truth.timestamp,
        now,
        payload,
    )
    .marker(last)
    .ext_vals(values)
    .nackable(kind != Kind::Microphone);
    stream.write_rtp(packet);
    // At once: together with others it would leave in the order of the stream numbers, which
    // str0m draws.
    connection.drain(now);
}

/// A frame of sound, with a copy of the one `before` where redundancy is negotiated.
fn sound(
    connection: &PeerConnection,
    truth: &Truth,
    before: &mut Option<(u32, Vec<u8>)>,
) -> Option<(Pt, Vec<u8>)> {
    let (opus, red) = connection.sound_types()?;
    let frame = truth.audio_payload();
    let former = before.replace((truth.timestamp, frame.clone()));
    let Some(red) = red else {
        return Some((opus, frame));
    };
    let former = former.as_ref().map(|(sent, frame)| (*sent, &**frame));
    let payload = red::write(*opus, (truth.timestamp, &frame), former.as_slice());
    Some((red, payload))
}

fn picture(connection: &PeerConnection, truth: &Truth, begins: bool) -> Option<(Pt, Vec<u8>)> {
    let mut params = connection.rtc.codec_config().params().iter();
    let vp8 = params.find(|params| params.spec().codec == Codec::Vp8)?;
    Some((vp8.pt(), truth.video_payload(begins)))
}
