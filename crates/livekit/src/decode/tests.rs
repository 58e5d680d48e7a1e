//! What Alice's client says arrives as a request; what Eve's says is bounded or refused.

use super::*;
use visio_meeting::{LayerQuality, MediaKind, Source};

fn commanded(message: Message) -> Command {
    match decode(message) {
        Decoded::Request(Request::Command(command)) => command,
        other => panic!("{other:?}"),
    }
}

fn camera() -> wire::AddTrackRequest {
    wire::AddTrackRequest {
        cid: "cid-1".into(),
        name: "camera".into(),
        r#type: wire::TrackType::Video.into(),
        source: wire::TrackSource::Camera.into(),
        width: 1280,
        height: 720,
        layers: vec![
            wire::VideoLayer {
                quality: 0,
                width: 320,
                rid: "q".into(),
                ..Default::default()
            },
            wire::VideoLayer {
                quality: 2,
                width: 1280,
                rid: "f".into(),
                ..Default::default()
            },
        ],
        simulcast_codecs: vec![wire::SimulcastCodec {
            codec: "vp8".into(),
            cid: "cid-1".into(),
            ..wire::SimulcastCodec::default()
        }],
        ..wire::AddTrackRequest::default()
    }
}

#[test]
fn alice_announces_her_camera() {
    let Command::AddTrack(track) = commanded(Message::AddTrack(camera())) else {
        panic!()
    };
    assert_eq!(
        (track.kind, track.source),
        (MediaKind::Video, Source::Camera)
    );
    assert_eq!((track.cid.as_str(), track.width), ("cid-1", 1280));
    let qualities: Vec<_> = track.layers.iter().map(|layer| layer.quality).collect();
    assert_eq!(qualities, [LayerQuality::Low, LayerQuality::High]);
    assert_eq!(track.codecs[0].0, "video/VP8");
}

#[test]
fn a_microphone_says_stereo_in_either_way() {
    let microphone = wire::AddTrackRequest {
        source: wire::TrackSource::Microphone.into(),
        audio_features: vec![wire::AudioTrackFeature::TfStereo.into()],
        packet_trailer_features: vec![1, 2],
        simulcast_codecs: vec![wire::SimulcastCodec {
            codec: "OPUS".into(),
            ..Default::default()
        }],
        ..wire::AddTrackRequest::default()
    };
    let Command::AddTrack(track) = commanded(Message::AddTrack(microphone)) else {
        panic!()
    };
    assert_eq!(
        (track.kind, track.stereo, track.disable_dtx),
        (MediaKind::Audio, true, false)
    );
    assert_eq!(track.codecs[0].0, "audio/opus");
    assert_eq!(track.packet_trailer_features, [1, 2]);
}

#[test]
fn eves_track_is_refused_with_a_reason() {
    let refusal = |request| match decode(Message::AddTrack(request)) {
        Decoded::Refused(complaint) => complaint.reason,
        other => panic!("{other:?}"),
    };
    let data = wire::AddTrackRequest {
        r#type: wire::TrackType::Data.into(),
        ..camera()
    };
    assert_eq!(refusal(data), Reason::UnsupportedType);
    let layers = vec![wire::VideoLayer::default(); 9];
    assert_eq!(
        refusal(wire::AddTrackRequest { layers, ..camera() }),
        Reason::LimitExceeded
    );
    let cid = "x".repeat(257);
    assert_eq!(
        refusal(wire::AddTrackRequest { cid, ..camera() }),
        Reason::LimitExceeded
    );
    let name = "\u{202E}".into();
    assert_eq!(
        refusal(wire::AddTrackRequest { name, ..camera() }),
        Reason::InvalidRequest
    );
}

#[test]
fn tracks_are_found_in_both_lists_of_a_subscription() {
    let update = wire::UpdateSubscription {
        track_sids: vec!["TR_a".into(), "no track".into()],
        subscribe: true,
        participant_tracks: vec![wire::ParticipantTracks {
            participant_sid: "PA_bob".into(),
            track_sids: vec!["TR_b".into()],
        }],
    };
    let Command::Subscribe { tracks, wanted } = commanded(Message::Subscription(update)) else {
        panic!()
    };
    assert!(wanted);
    assert_eq!(
        tracks.iter().map(TrackSid::as_str).collect::<Vec<_>>(),
        ["TR_a", "TR_b"]
    );
}

#[test]
fn what_bob_believes_after_a_break_is_read_whole() {
    let subscription = wire::UpdateSubscription {
        track_sids: vec!["TR_a".into(), "TR_a".into()],
        subscribe: false,
        ..wire::UpdateSubscription::default()
    };
    let published = |sid: &str| wire::TrackPublishedResponse {
        cid: "cid".into(),
        track: Some(wire::TrackInfo {
            sid: sid.into(),
            ..wire::TrackInfo::default()
        }),
    };
    let state = wire::SyncState {
        subscription: Some(subscription),
        publish_tracks: vec![published("TR_own"), published("not a name")],
        track_sids_disabled: vec!["TR_hidden".into()],
        ..wire::SyncState::default()
    };
    let Command::SyncState(state) = commanded(Message::SyncState(state)) else {
        panic!()
    };
    let sid = |text| vec![TrackSid::parse(text).unwrap()];
    assert_eq!((state.tracks, state.wanted), (sid("TR_a"), false));
    assert_eq!(
        (state.disabled, state.published),
        (sid("TR_hidden"), sid("TR_own"))
    );
}

#[test]
fn a_tile_out_of_sight_is_disabled() {
    let setting = |disabled, quality: wire::VideoQuality| {
        let quality = quality.into();
        let update = wire::UpdateTrackSettings {
            disabled,
            quality,
            ..Default::default()
        };
        match commanded(Message::TrackSetting(update)) {
            Command::ConfigureSubscription { settings, .. } => settings,
            other => panic!("{other:?}"),
        }
    };
    assert!(setting(true, wire::VideoQuality::High).disabled);
    assert!(setting(false, wire::VideoQuality::Off).disabled);
    assert_eq!(
        setting(false, wire::VideoQuality::Medium).quality,
        LayerQuality::Medium
    );
}

#[test]
fn a_metadata_update_leaves_what_it_does_not_say() {
    let update = wire::UpdateParticipantMetadata {
        name: "Alice".into(),
        request_id: 7,
        ..wire::UpdateParticipantMetadata::default()
    };
    let Command::UpdateMetadata { request, change } = commanded(Message::UpdateMetadata(update))
    else {
        panic!()
    };
    assert_eq!(
        (request, change.name.as_deref(), change.metadata),
        (7, Some("Alice"), None)
    );
    let long = "x".repeat(65);
    let update = wire::UpdateParticipantMetadata {
        name: long,
        request_id: 8,
        ..Default::default()
    };
    let Decoded::Refused(complaint) = decode(Message::UpdateMetadata(update)) else {
        panic!()
    };
    assert_eq!(
        (complaint.request, complaint.reason),
        (8, Reason::LimitExceeded)
    );
    assert_eq!(
        complaint.text,
        "the text is too long: 65 characters, at most 64 are allowed"
    );
}

#[test]
fn descriptions_keep_their_number_and_have_a_limit() {
    let offer = |length| wire::SessionDescription {
        sdp: "v".repeat(length),
        id: 5,
        ..wire::SessionDescription::default()
    };
    let fits = decode(Message::Offer(offer(SDP_BYTES_MAX)));
    assert!(matches!(
        fits,
        Decoded::Request(Request::Offer { id: 5, .. })
    ));
    assert!(matches!(
        decode(Message::Answer(offer(SDP_BYTES_MAX + 1))),
        Decoded::Fatal(_)
    ));
}

#[test]
fn candidates_are_json_or_passed_over() {
    let trickle = |init: &str| {
        decode(Message::Trickle(wire::TrickleRequest {
            candidate_init: init.into(),
            target: wire::SignalTarget::Subscriber.into(),
            ..wire::TrickleRequest::default()
        }))
    };
    let Decoded::Request(Request::Candidate {
        for_subscriber,
        candidate,
    }) = trickle(r#"{"candidate":"candidate:1 1 udp","sdpMid":"0","usernameFragment":null}"#)
    else {
        panic!()
    };
    assert_eq!(
        (for_subscriber, candidate.as_str()),
        (true, "candidate:1 1 udp")
    );
    for nothing in [
        "",
        "{",
        r#"{"candidate":""}"#,
        "[[[[[[",
        r#"{"candidate":7}"#,
    ] {
        assert!(matches!(trickle(nothing), Decoded::Ignored(_)), "{nothing}");
    }
}

/// A client that hears nothing waits for ever.
#[test]
fn requests_that_this_server_does_not_serve_are_refused() {
    let data_track = wire::PublishDataTrackRequest {
        pub_handle: 3,
        ..Default::default()
    };
    let withdrawn = wire::UnpublishDataTrackRequest { pub_handle: 3 };
    let requests = [
        Message::PublishDataTrackRequest(data_track.clone()),
        Message::UnpublishDataTrackRequest(withdrawn),
        Message::UpdateDataSubscription(wire::UpdateDataSubscription::default()),
        Message::StoreDataBlobRequest(wire::StoreDataBlobRequest {
            request_id: 5,
            ..Default::default()
        }),
        Message::GetDataBlobRequest(wire::GetDataBlobRequest {
            request_id: 6,
            ..Default::default()
        }),
        simulate(Scenario::ServerLeave(true)),
        simulate(Scenario::SubscriberBandwidth(1_000)),
    ];
    let refused = requests.map(|message| match decode(message) {
        Decoded::Refused(complaint) => complaint,
        other => panic!("{other:?}"),
    });
    assert!(refused.iter().all(|one| one.reason == Reason::NotAllowed));
    assert_eq!(
        refused.each_ref().map(|one| one.request),
        [0, 0, 0, 5, 6, 0, 0]
    );
    assert_eq!(
        refused[0].asked.as_deref(),
        Some(&Asked::PublishDataTrack(data_track))
    );
}

/// LiveKit's client for Go says neither the kind nor the source of the track again.
#[test]
fn a_track_that_is_published_already_is_announced_in_a_backup_codec() {
    let layer = wire::VideoLayer {
        width: 640,
        ..wire::VideoLayer::default()
    };
    let backup = |sid: &str, codec: Option<&str>| {
        let codecs = codec.into_iter().map(|codec| wire::SimulcastCodec {
            codec: codec.into(),
            cid: "backup".into(),
            layers: vec![layer.clone()],
            ..wire::SimulcastCodec::default()
        });
        Message::AddTrack(wire::AddTrackRequest {
            sid: sid.into(),
            cid: "backup".into(),
            simulcast_codecs: codecs.collect(),
            ..wire::AddTrackRequest::default()
        })
    };
    let Command::AddBackup(add) = commanded(backup("TR_VCx", Some("vp8"))) else {
        panic!()
    };
    assert_eq!((add.track.as_str(), add.cid.as_str()), ("TR_VCx", "backup"));
    assert_eq!((add.codec.as_str(), add.layers[0].width), ("vp8", 640));
    for (sid, codec) in [("no track", Some("vp8")), ("TR_VCx", None)] {
        let Decoded::Refused(complaint) = decode(backup(sid, codec)) else {
            panic!()
        };
        let Some(Asked::AddTrack(asked)) = complaint.asked.as_deref() else {
            panic!("{complaint:?}")
        };
        assert_eq!((asked.cid.as_str(), asked.sid.as_str()), ("backup", sid));
    }
}

#[test]
fn a_refused_announcement_is_named_by_its_cid() {
    let data = wire::AddTrackRequest {
        r#type: wire::TrackType::Data.into(),
        ..camera()
    };
    let cid = data.cid.clone();
    let Decoded::Refused(complaint) = decode(Message::AddTrack(data)) else {
        panic!()
    };
    assert!(
        matches!(complaint.asked.as_deref(), Some(Asked::AddTrack(add)) if add.cid == cid && !cid.is_empty()),
        "{complaint:?}"
    );
}

fn simulate(scenario: Scenario) -> Message {
    let scenario = Some(scenario);
    Message::Simulate(wire::SimulateScenario { scenario })
}

#[test]
fn sdks_test_their_reconnecting() {
    for lost in [
        Scenario::NodeFailure(true),
        Scenario::LeaveRequestFullReconnect(true),
    ] {
        let command = commanded(simulate(lost));
        assert!(matches!(
            command,
            Command::Simulate(Simulation::SessionLost)
        ));
    }
    let command = commanded(simulate(Scenario::Migration(true)));
    assert!(matches!(command, Command::Simulate(Simulation::Migration)));
}

#[test]
fn what_is_not_for_this_server_is_passed_over() {
    let mute = Message::Mute(wire::MuteTrackRequest {
        sid: "PA_x".into(),
        muted: true,
    });
    assert!(matches!(decode(mute), Decoded::Ignored(_)));
}
