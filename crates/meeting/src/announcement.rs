//! What a track is, as its announcement describes it.

use crate::command::AddTrack;
use crate::track::{Codec, MediaKind, Source, TrackInfo};
use visio_protocol::ids::{TrackLetters, TrackSid};

pub(crate) fn letters(add: &AddTrack) -> TrackLetters {
    match (add.kind, add.source) {
        (MediaKind::Audio, Source::Microphone) => TrackLetters::Microphone,
        (MediaKind::Audio, Source::ScreenShareAudio) => TrackLetters::ScreenShareAudio,
        (MediaKind::Audio, _) => TrackLetters::Audio,
        (MediaKind::Video, Source::Camera) => TrackLetters::Camera,
        (MediaKind::Video, Source::ScreenShare) => TrackLetters::ScreenShare,
        (MediaKind::Video, _) => TrackLetters::Video,
    }
}

pub(crate) fn described(sid: TrackSid, mut add: AddTrack) -> TrackInfo {
    let codecs = described_codecs(&mut add);
    TrackInfo {
        sid,
        kind: add.kind,
        source: add.source,
        name: add.name,
        muted: add.muted,
        width: add.width,
        height: add.height,
        stereo: add.stereo,
        disable_dtx: add.disable_dtx,
        disable_red: add.disable_red,
        encryption: add.encryption,
        stream: add.stream,
        audio_features: add.audio_features,
        packet_trailer_features: add.packet_trailer_features,
        backup_codec_policy: add.backup_codec_policy,
        codecs,
    }
}

fn described_codecs(add: &mut AddTrack) -> Vec<Codec> {
    let layers = std::mem::take(&mut add.layers);
    let codec = |(mime, cid, layers): (String, String, Vec<_>)| Codec {
        mime,
        cid,
        mid: String::new(),
        layers,
    };
    let given = std::mem::take(&mut add.codecs);
    let mut codecs: Vec<Codec> = given.into_iter().map(codec).collect();
    // A backup is described in full when it is about to be sent.
    if let Some(first) = codecs.first_mut() {
        if first.cid.is_empty() {
            first.cid.clone_from(&add.cid);
        }
        if first.layers.is_empty() {
            first.layers = layers;
        }
    } else {
        let mime = match add.kind {
            MediaKind::Audio => "audio/opus",
            MediaKind::Video => "",
        };
        codecs.push(codec((mime.to_owned(), add.cid.clone(), layers)));
    }
    codecs
}
