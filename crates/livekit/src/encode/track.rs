//! A track as LiveKit's clients are told of it.

use visio_meeting::{BackupCodecPolicy, Codec, Layer, LayerQuality, MediaKind, Source, TrackInfo};
use visio_protocol::wire;
use visio_protocol::wire::AudioTrackFeature;
use visio_protocol::wire::video_layer::Mode;

/// Says layers, stereo and DTX twice: in the fields of today and in those of older clients.
pub(crate) fn info(track: TrackInfo) -> wire::TrackInfo {
    let audio_features = features(&track);
    let (simulcast, layers) = (track.simulcast(), layers(track.layers()));
    let first = track.codecs.first();
    #[expect(deprecated, reason = "older clients read these fields")]
    wire::TrackInfo {
        mime_type: first.map(|codec| codec.mime.clone()).unwrap_or_default(),
        mid: first.map(|codec| codec.mid.clone()).unwrap_or_default(),
        sid: track.sid.to_string(),
        r#type: kind(track.kind).into(),
        name: track.name,
        muted: track.muted,
        width: track.width,
        height: track.height,
        simulcast,
        layers,
        source: from_source(track.source).into(),
        codecs: track.codecs.iter().map(codec).collect(),
        stereo: track.stereo,
        disable_dtx: track.disable_dtx,
        disable_red: track.disable_red,
        encryption: track.encryption,
        stream: track.stream,
        audio_features,
        packet_trailer_features: track.packet_trailer_features,
        backup_codec_policy: policy(track.backup_codec_policy).into(),
        ..wire::TrackInfo::default()
    }
}

pub(crate) fn from_source(source: Source) -> wire::TrackSource {
    match source {
        Source::Unknown => wire::TrackSource::Unknown,
        Source::Camera => wire::TrackSource::Camera,
        Source::Microphone => wire::TrackSource::Microphone,
        Source::ScreenShare => wire::TrackSource::ScreenShare,
        Source::ScreenShareAudio => wire::TrackSource::ScreenShareAudio,
    }
}

fn policy(policy: BackupCodecPolicy) -> wire::BackupCodecPolicy {
    match policy {
        BackupCodecPolicy::PreferRegression => wire::BackupCodecPolicy::PreferRegression,
        BackupCodecPolicy::Simulcast => wire::BackupCodecPolicy::Simulcast,
        BackupCodecPolicy::Regression => wire::BackupCodecPolicy::Regression,
    }
}

pub(super) fn quality(quality: LayerQuality) -> wire::VideoQuality {
    match quality {
        LayerQuality::Low => wire::VideoQuality::Low,
        LayerQuality::Medium => wire::VideoQuality::Medium,
        LayerQuality::High => wire::VideoQuality::High,
    }
}

fn kind(kind: MediaKind) -> wire::TrackType {
    match kind {
        MediaKind::Audio => wire::TrackType::Audio,
        MediaKind::Video => wire::TrackType::Video,
    }
}

fn codec(codec: &Codec) -> wire::SimulcastCodecInfo {
    wire::SimulcastCodecInfo {
        mime_type: codec.mime.clone(),
        mid: codec.mid.clone(),
        cid: codec.cid.clone(),
        layers: layers(&codec.layers),
        video_layer_mode: mode(&codec.mime).into(),
        ..wire::SimulcastCodecInfo::default()
    }
}

/// VP9 and AV1 carry their layers inside one stream, the others one stream a layer.
fn mode(mime: &str) -> Mode {
    match mime.split_once('/') {
        Some(("video", "VP9" | "AV1")) => Mode::MultipleSpatialLayersPerStream,
        Some(("video", _)) => Mode::OneSpatialLayerPerStream,
        _ => Mode::Unused,
    }
}

fn layers(layers: &[Layer]) -> Vec<wire::VideoLayer> {
    let layer = |layer: &Layer| wire::VideoLayer {
        quality: quality(layer.quality).into(),
        width: layer.width,
        height: layer.height,
        bitrate: layer.bitrate_bps,
        ssrc: layer.ssrc,
        spatial_layer: layer.spatial_layer,
        rid: layer.rid.clone(),
        ..wire::VideoLayer::default()
    };
    layers.iter().map(layer).collect()
}

fn features(track: &TrackInfo) -> Vec<i32> {
    let mut features = track.audio_features.clone();
    for (has, feature) in [
        (track.stereo, AudioTrackFeature::TfStereo),
        (track.disable_dtx, AudioTrackFeature::TfNoDtx),
    ] {
        let number = i32::from(feature);
        if has && !features.contains(&number) {
            features.push(number);
        }
    }
    features
}
