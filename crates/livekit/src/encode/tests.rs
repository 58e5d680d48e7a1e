//! Bob's clients, new and old, are told what happened in the words they know.

use super::*;
use std::collections::BTreeMap;
use visio_meeting::{
    BackupCodecPolicy, Codec, Layer, MediaKind, ParticipantKind, ParticipantState, ParticipantView,
    Permissions, Source, TrackInfo, Welcome,
};
use visio_protocol::ids::{RoomSid, TrackLetters};
use visio_protocol::names::{Identity, RoomName};

fn listener(protocol: i32) -> Listener {
    let mode = ConnectionMode::Single;
    Listener {
        mode,
        protocol,
        sif_trailer: [7; SIF_TRAILER_BYTES],
        relay: None,
    }
}

fn said(notice: Notice) -> Message {
    encode(ClientMessage::Notice(notice), &listener(17)).unwrap()
}

fn camera() -> TrackInfo {
    let layer = |quality, rid: &str| Layer {
        quality,
        width: 640,
        height: 360,
        bitrate_bps: 500_000,
        ssrc: 0,
        spatial_layer: 0,
        rid: rid.into(),
    };
    TrackInfo {
        sid: TrackSid::new(TrackLetters::Camera, 1),
        kind: MediaKind::Video,
        source: Source::Camera,
        name: "camera".into(),
        muted: false,
        width: 1280,
        height: 720,
        stereo: false,
        disable_dtx: false,
        disable_red: false,
        encryption: 1,
        stream: "camera".into(),
        audio_features: vec![],
        packet_trailer_features: vec![1],
        backup_codec_policy: BackupCodecPolicy::default(),
        codecs: vec![Codec {
            mime: "video/VP8".into(),
            cid: "cid-1".into(),
            mid: "3".into(),
            layers: vec![
                layer(LayerQuality::Low, "q"),
                layer(LayerQuality::High, "f"),
            ],
        }],
    }
}

fn alice() -> ParticipantView {
    ParticipantView {
        sid: ParticipantSid::new(1),
        identity: Identity::new("alice"),
        name: "Alice".into(),
        metadata: "{}".into(),
        attributes: BTreeMap::from([("visio.language".into(), "fr".into())]),
        state: ParticipantState::Active,
        version: 4,
        joined_at_ms: 1_800_000_000_123,
        permissions: Permissions {
            can_subscribe: true,
            can_publish: true,
            can_publish_data: false,
            publish_sources: vec![Source::Microphone],
            can_update_metadata: true,
            hidden: false,
            recorder: false,
            agent: false,
            room_admin: true,
        },
        kind: ParticipantKind::Standard,
        tracks: vec![camera()],
        client_protocol: 2,
        capabilities: vec![2],
    }
}

fn tea_room() -> RoomView {
    RoomView {
        sid: RoomSid::new(1),
        name: RoomName::new("tea"),
        metadata: String::new(),
        transcript_kept: true,
        created_at_ms: 1_800_000_000_000,
        participants: 2,
        participants_max: 1000,
        publishers: 1,
        empty_timeout_seconds: 300,
        departure_timeout_seconds: 20,
    }
}

#[test]
fn bob_is_told_all_about_alice() {
    let Message::Update(update) = said(Notice::Participants(vec![alice()])) else {
        panic!()
    };
    let [info] = update.participants.as_slice() else {
        panic!()
    };
    assert_eq!(
        (info.identity.as_str(), info.version, info.is_publisher),
        ("alice", 4, true)
    );
    assert_eq!(info.state(), wire::participant_info::State::Active);
    assert_eq!(
        (info.joined_at, info.joined_at_ms),
        (1_800_000_000, 1_800_000_000_123)
    );
    assert_eq!(
        (info.client_protocol, info.capabilities.as_slice()),
        (2, &[2][..])
    );
    assert_eq!(info.attributes["visio.language"], "fr");
    let permission = info.permission.as_ref().unwrap();
    assert!(permission.can_publish && !permission.can_publish_data);
    assert_eq!(
        permission.can_publish_sources,
        [i32::from(wire::TrackSource::Microphone)]
    );
}

#[test]
#[expect(deprecated, reason = "older clients read these fields")]
fn a_track_is_described_for_clients_old_and_new() {
    let track = Box::new(camera());
    let published = said(Notice::TrackPublished {
        cid: "cid-1".into(),
        track,
    });
    let Message::TrackPublished(published) = published else {
        panic!()
    };
    let track = published.track.unwrap();
    assert!(track.sid.starts_with("TR_VC"));
    assert_eq!(
        (track.mime_type.as_str(), track.mid.as_str()),
        ("video/VP8", "3")
    );
    assert!(track.simulcast);
    assert_eq!((track.layers.len(), track.encryption), (2, 1));
    assert_eq!(track.packet_trailer_features, [1]);
    let [codec] = track.codecs.as_slice() else {
        panic!()
    };
    assert_eq!((codec.cid.as_str(), codec.layers.len()), ("cid-1", 2));
    assert_eq!(
        codec.video_layer_mode(),
        wire::video_layer::Mode::OneSpatialLayerPerStream
    );
}

#[test]
fn the_welcome_says_what_this_server_can() {
    let welcome = || Welcome {
        room: tea_room(),
        me: alice(),
        others: vec![alice()],
        mode: ConnectionMode::Single,
    };
    let Message::Join(join) = said(Notice::Joined(Box::new(welcome()))) else {
        panic!()
    };
    assert_eq!(join.room.unwrap().name, "tea");
    assert_eq!((join.ping_interval, join.ping_timeout), (5, 15));
    assert!(!join.subscriber_primary && join.fast_publish);
    assert_eq!(join.server_info.unwrap().protocol, 17);
    assert_eq!(join.sif_trailer, [7; SIF_TRAILER_BYTES]);
    assert!(join.ice_servers.is_empty(), "no STUN of anybody else's");
    let dual = Listener {
        mode: ConnectionMode::Dual,
        ..listener(9)
    };
    let joined = encode(
        ClientMessage::Notice(Notice::Joined(Box::new(welcome()))),
        &dual,
    );
    let Some(Message::Join(join)) = joined else {
        panic!()
    };
    assert!(join.subscriber_primary);
}

#[test]
fn who_joins_and_who_comes_back_is_told_of_the_relay_of_this_server() {
    let url = "turns:meet.example.org:443?transport=tcp".to_owned();
    let mut to = listener(17);
    to.relay = Some(RelayAccess {
        urls: vec![url.clone()],
        username: "bob".to_owned(),
        password: "word".to_owned(),
    });
    let told = vec![wire::IceServer {
        urls: vec![url],
        username: "bob".to_owned(),
        credential: "word".to_owned(),
    }];
    let welcome = Welcome {
        room: tea_room(),
        me: alice(),
        others: Vec::new(),
        mode: ConnectionMode::Single,
    };
    let join = welcome::join(welcome.clone(), &to);
    assert_eq!(join.ice_servers, told);
    assert_eq!(welcome::reconnect(7, &to).ice_servers, told);
    to.relay.as_mut().unwrap().urls.clear();
    assert!(
        welcome::join(welcome, &to).ice_servers.is_empty(),
        "browsers refuse one without addresses"
    );
}

#[test]
fn an_answer_names_its_offer_and_its_tracks() {
    let tracks_by_mid = vec![("4".to_owned(), "TR_x".to_owned())];
    let answer = ClientMessage::Answer {
        id: 9,
        sdp: "v=0".into(),
        tracks_by_mid,
    };
    let Some(Message::Answer(answer)) = encode(answer, &listener(17)) else {
        panic!()
    };
    assert_eq!((answer.r#type.as_str(), answer.id), ("answer", 9));
    assert_eq!(answer.mid_to_track_id["4"], "TR_x");
}

#[test]
fn each_client_is_sent_away_in_words_it_knows() {
    let leave = |action, protocol| match leave(LeaveReason::Removed, action, &listener(protocol)) {
        Some(Message::Leave(leave)) => Some((leave.can_reconnect, leave.action())),
        None => None,
        other => panic!("{other:?}"),
    };
    use wire::leave_request::Action;
    assert_eq!(
        leave(LeaveAction::Disconnect, 17),
        Some((false, Action::Disconnect))
    );
    assert_eq!(leave(LeaveAction::Resume, 17), Some((true, Action::Resume)));
    assert_eq!(
        leave(LeaveAction::Reconnect, 8),
        Some((true, Action::Reconnect))
    );
    assert_eq!(leave(LeaveAction::Resume, 12), None, "it resumes by itself");
}

#[test]
fn old_clients_are_told_only_what_went_wrong() {
    let response = |response, protocol| {
        let notice = Notice::Response {
            request: 3,
            response,
        };
        match encode(ClientMessage::Notice(notice), &listener(protocol)) {
            Some(Message::RequestResponse(response)) => Some(response.reason()),
            None => None,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(response(Response::Done, 17), Some(Reason::Ok));
    assert_eq!(response(Response::Done, 13), None);
    let refused = Response::Refused(Refusal::NotAllowed);
    assert_eq!(response(refused, 13), Some(Reason::NotAllowed));
}

#[test]
#[expect(deprecated, reason = "older clients read the list without codecs")]
fn a_publisher_learns_which_layers_are_wanted() {
    let wanted = |highest| {
        let track = TrackSid::new(TrackLetters::Camera, 1);
        match said(Notice::SubscribedQuality {
            track,
            codecs: vec![("video/VP8".into(), highest), ("video/H264".into(), None)],
        }) {
            Message::SubscribedQualityUpdate(update) => update,
            other => panic!("{other:?}"),
        }
    };
    let update = wanted(Some(LayerQuality::Medium));
    let enabled: Vec<_> = update
        .subscribed_qualities
        .iter()
        .map(|one| one.enabled)
        .collect();
    assert_eq!(enabled, [true, true, false]);
    let codecs = update.subscribed_codecs.iter();
    let codecs: Vec<_> = codecs
        .map(|one| (one.codec.as_str(), one.qualities[0].enabled))
        .collect();
    assert_eq!(codecs, [("vp8", true), ("h264", false)]);
    assert!(
        wanted(None)
            .subscribed_qualities
            .iter()
            .all(|one| !one.enabled)
    );
}

#[test]
fn a_publisher_learns_which_codecs_of_its_sound_are_wanted() {
    let said = said(Notice::SubscribedAudioCodecs {
        track: TrackSid::new(TrackLetters::Microphone, 2),
        codecs: vec![("audio/PCMU".into(), false), ("audio/opus".into(), true)],
    });
    let Message::SubscribedAudioCodecUpdate(update) = said else {
        panic!()
    };
    let codecs = update.subscribed_audio_codecs.iter();
    let codecs: Vec<_> = codecs
        .map(|one| (one.codec.as_str(), one.enabled))
        .collect();
    assert_eq!(codecs, [("pcmu", false), ("opus", true)]);
}

#[test]
fn the_smaller_notices_keep_their_values() {
    let track = || TrackSid::new(TrackLetters::Microphone, 2);
    let one = ParticipantSid::new(1);
    let Message::SpeakersChanged(speakers) = said(Notice::Speakers(vec![Speaker {
        sid: one.clone(),
        level: 0.5,
        active: true,
    }])) else {
        panic!()
    };
    assert_eq!(
        (speakers.speakers[0].level, speakers.speakers[0].active),
        (0.5, true)
    );
    let Message::ConnectionQuality(quality) =
        said(Notice::Quality(vec![(one.clone(), Quality::Lost, 1.0)]))
    else {
        panic!()
    };
    assert_eq!(quality.updates[0].quality(), wire::ConnectionQuality::Lost);
    let Message::StreamStateUpdate(state) = said(Notice::StreamState(vec![(
        one,
        track(),
        StreamState::Paused,
    )])) else {
        panic!()
    };
    assert_eq!(state.stream_states[0].state(), wire::StreamState::Paused);
    let resumed = said(Notice::Resumed {
        last_data_sequence: 12,
        me: Box::new(alice()),
    });
    assert!(matches!(resumed, Message::Reconnect(reconnect) if reconnect.last_message_seq == 12));
    let muted = said(Notice::Muted {
        track: track(),
        muted: true,
    });
    assert!(matches!(muted, Message::Mute(mute) if mute.muted));
    for (error, expected) in [
        (
            SubscriptionError::TrackNotFound,
            wire::SubscriptionError::SeTrackNotfound,
        ),
        (
            SubscriptionError::CodecUnsupported,
            wire::SubscriptionError::SeCodecUnsupported,
        ),
    ] {
        let track = track();
        let refused = said(Notice::SubscriptionRefused { track, error });
        assert!(
            matches!(refused, Message::SubscriptionResponse(response) if response.err() == expected)
        );
    }
}

#[test]
fn dave_learns_which_announcement_was_refused() {
    let refused = said(Notice::TrackRefused {
        cid: "cid".into(),
        refusal: Refusal::NotAllowed,
    });
    let Message::RequestResponse(response) = refused else {
        panic!()
    };
    assert_eq!(response.reason(), Reason::NotAllowed);
    assert!(matches!(
        response.request,
        Some(wire::request_response::Request::AddTrack(request)) if request.cid == "cid"
    ));
}
