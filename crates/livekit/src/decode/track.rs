//! A track that is about to be published, from LiveKit's announcement to ours.

use super::{Complaint, complaint};
use crate::limits::{CODECS_MAX, LAYERS_MAX, TRACK_TEXT_BYTES_MAX};
use visio_meeting::{
    AddBackup, AddTrack, BackupCodecPolicy, Layer, LayerQuality, MediaKind, Source,
};
use visio_protocol::ids::TrackSid;
use visio_protocol::text::check_label;
use visio_protocol::wire;
use visio_protocol::wire::request_response::Reason;
use visio_protocol::wire::{AudioTrackFeature, TrackSource, TrackType};

/// Features of one kind of one track, of which LiveKit knows seven; further ones are ignored.
const FEATURES_MAX: usize = 32;

pub(crate) fn add_track(request: wire::AddTrackRequest) -> Result<AddTrack, Complaint> {
    check_sizes(&request)?;
    check_label(&request.name).map_err(|problem| complaint(0, problem))?;
    let kind = match request.r#type() {
        TrackType::Audio => MediaKind::Audio,
        TrackType::Video => MediaKind::Video,
        TrackType::Data => {
            return Err(refused(
                Reason::UnsupportedType,
                "a track is audio or video",
            ));
        }
    };
    let has = |feature: AudioTrackFeature| request.audio_features.contains(&feature.into());
    #[expect(deprecated, reason = "older clients say it only in these fields")]
    let (stereo, disable_dtx) = (
        request.stereo || has(AudioTrackFeature::TfStereo),
        request.disable_dtx || has(AudioTrackFeature::TfNoDtx),
    );
    let source = source(request.source());
    let policy = policy(request.backup_codec_policy());
    let codecs = request.simulcast_codecs.into_iter();
    Ok(AddTrack {
        cid: request.cid,
        name: request.name,
        kind,
        source,
        muted: request.muted,
        width: request.width,
        height: request.height,
        stereo,
        disable_dtx,
        disable_red: request.disable_red,
        encryption: request.encryption,
        stream: request.stream,
        audio_features: bounded(request.audio_features),
        packet_trailer_features: bounded(request.packet_trailer_features),
        backup_codec_policy: policy,
        layers: layers(&request.layers),
        codecs: codecs
            .map(|codec| (mime(kind, &codec.codec), codec.cid, layers(&codec.layers)))
            .collect(),
    })
}

/// A track in another encoding. Its kind is not read: Go's client does not say it.
pub(crate) fn add_backup(request: wire::AddTrackRequest) -> Result<AddBackup, Complaint> {
    check_sizes(&request)?;
    let track = TrackSid::parse(&request.sid);
    // One announcement is of one sender, which encodes with one codec.
    let codec = request.simulcast_codecs.into_iter().next();
    let Some((track, codec)) = track.zip(codec) else {
        let text = "a backup codec is one of a track's";
        return Err(refused(Reason::InvalidRequest, text));
    };
    let announced = if codec.layers.is_empty() {
        request.layers
    } else {
        codec.layers
    };
    Ok(AddBackup {
        track,
        cid: request.cid,
        codec: codec.codec,
        encryption: request.encryption,
        layers: layers(&announced),
    })
}

pub(super) fn bounded(mut features: Vec<i32>) -> Vec<i32> {
    features.truncate(FEATURES_MAX);
    features
}

fn check_sizes(request: &wire::AddTrackRequest) -> Result<(), Complaint> {
    let codecs = &request.simulcast_codecs;
    let mut texts = [&request.cid, &request.stream]
        .into_iter()
        .chain(codecs.iter().flat_map(|codec| [&codec.codec, &codec.cid]));
    let mut layers =
        std::iter::once(&request.layers).chain(codecs.iter().map(|codec| &codec.layers));
    if codecs.len() > CODECS_MAX || layers.any(|layers| layers.len() > LAYERS_MAX) {
        return Err(refused(
            Reason::LimitExceeded,
            "the track has too many encodings or layers",
        ));
    }
    if texts.any(|text| text.len() > TRACK_TEXT_BYTES_MAX) {
        return Err(refused(
            Reason::LimitExceeded,
            "the track's ids are too long",
        ));
    }
    Ok(())
}

fn refused(reason: Reason, text: &str) -> Complaint {
    Complaint {
        request: 0,
        reason,
        text: text.to_owned(),
        asked: None,
    }
}

fn policy(policy: wire::BackupCodecPolicy) -> BackupCodecPolicy {
    match policy {
        wire::BackupCodecPolicy::PreferRegression => BackupCodecPolicy::PreferRegression,
        wire::BackupCodecPolicy::Simulcast => BackupCodecPolicy::Simulcast,
        wire::BackupCodecPolicy::Regression => BackupCodecPolicy::Regression,
    }
}

fn source(source: TrackSource) -> Source {
    match source {
        TrackSource::Unknown => Source::Unknown,
        TrackSource::Camera => Source::Camera,
        TrackSource::Microphone => Source::Microphone,
        TrackSource::ScreenShare => Source::ScreenShare,
        TrackSource::ScreenShareAudio => Source::ScreenShareAudio,
    }
}

fn layers(layers: &[wire::VideoLayer]) -> Vec<Layer> {
    let layer = |layer: &wire::VideoLayer| Layer {
        quality: match layer.quality() {
            wire::VideoQuality::Low | wire::VideoQuality::Off => LayerQuality::Low,
            wire::VideoQuality::Medium => LayerQuality::Medium,
            wire::VideoQuality::High => LayerQuality::High,
        },
        width: layer.width,
        height: layer.height,
        bitrate_bps: layer.bitrate,
        ssrc: layer.ssrc,
        spatial_layer: layer.spatial_layer,
        rid: layer.rid.chars().take(16).collect(),
    };
    layers.iter().map(layer).collect()
}

/// Clients write `vp8`, `VP8` or `video/VP8`; the rest of the server writes the last.
fn mime(kind: MediaKind, codec: &str) -> String {
    let short = codec
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match (kind, short.as_str()) {
        (_, "") => String::new(),
        (MediaKind::Audio, name) => format!("audio/{name}"),
        (MediaKind::Video, name) => format!("video/{}", name.to_ascii_uppercase()),
    }
}
