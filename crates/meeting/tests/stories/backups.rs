//! One track in two codecs: the second is announced with the first and sent when somebody needs it.

use crate::people::{Room, guest, microphone};
use visio_meeting::{
    AddBackup, AddTrack, BackupCodecPolicy, Command, ConnectionId, Effect, Layer, LayerQuality,
    MediaKind, Notice, Observation, ParticipantId, Permissions, Refusal, Source, TrackId,
    TrackInfo,
};
use visio_protocol::ids::TrackSid;
use visio_protocol::names::Identity;

struct Story {
    room: Room,
    alice: ParticipantId,
    connection: ConnectionId,
    track: TrackId,
    sid: TrackSid,
}

impl Story {
    /// Alice shows herself in VP9 and could in VP8; Bob is there.
    fn begin(change: impl FnOnce(&mut AddTrack)) -> Self {
        let mut room = Room::open();
        let (alice, connection) = room.join("alice");
        room.join("bob");
        let mut camera = AddTrack {
            kind: MediaKind::Video,
            source: Source::Camera,
            layers: vec![layer(1280)],
            codecs: vec![
                ("video/VP9".to_owned(), "first".to_owned(), Vec::new()),
                ("video/VP8".to_owned(), String::new(), Vec::new()),
            ],
            backup_codec_policy: BackupCodecPolicy::Simulcast,
            ..microphone("first")
        };
        change(&mut camera);
        room.ask(alice, Command::AddTrack(camera))
            .expect("may publish");
        let expected = room.effects.iter().find_map(|effect| match effect {
            Effect::Expect { track, info, .. } => Some((*track, info.sid.clone())),
            _ => None,
        });
        let (track, sid) = expected.expect("a track is expected");
        let mut story = Self {
            room,
            alice,
            connection,
            track,
            sid,
        };
        story.live(0, "0", "video/VP9");
        story
    }

    fn live(&mut self, encoding: usize, mid: &str, mime: &str) {
        self.room.effects.clear();
        self.room.meeting.observe(Observation::TrackLive {
            participant: self.alice,
            track: self.track,
            encoding,
            mid: mid.to_owned(),
            mime: mime.to_owned(),
        });
        self.room.drain();
    }

    fn add(&mut self, codec: &str) -> Result<(), Refusal> {
        let add = AddBackup {
            track: self.sid.clone(),
            cid: "second".to_owned(),
            codec: codec.to_owned(),
            encryption: 0,
            layers: vec![layer(640)],
        };
        self.room.ask(self.alice, Command::AddBackup(add))
    }

    fn told(&self) -> Vec<&Notice> {
        self.room.told(self.connection)
    }

    /// The track as everybody is shown it.
    fn shown(&self) -> TrackInfo {
        self.room.meeting.views()[0].tracks[0].clone()
    }
}

fn layer(width: u32) -> Layer {
    Layer {
        quality: LayerQuality::High,
        width,
        height: 360,
        bitrate_bps: 0,
        ssrc: 0,
        spatial_layer: 0,
        rid: String::new(),
    }
}

#[test]
fn the_backup_joins_the_track_that_is_there() {
    let mut story = Story::begin(|_| ());
    let before = story.shown();
    assert_eq!((before.cid(), before.codecs[1].cid.as_str()), ("first", ""));
    assert!(before.codecs[1].layers.is_empty(), "not described yet");
    for _ in 0..2 {
        assert_eq!(story.add("VP8"), Ok(()));
        let told = story.told();
        let [Notice::TrackPublished { cid, track }] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!((cid.as_str(), &track.sid), ("second", &story.sid));
        let mut expected = story.room.effects.iter().filter_map(|effect| match effect {
            Effect::ExpectBackup { codecs, .. } => Some(codecs),
            _ => None,
        });
        assert_eq!(expected.next().unwrap()[1].cid, "second");
    }
    story.live(1, "4", "video/VP8");
    assert_eq!(story.room.subscribed(), [], "nobody subscribes twice");
    let after = story.shown();
    let mids = after.codecs.iter().map(|codec| codec.mid.as_str());
    assert_eq!(mids.collect::<Vec<_>>(), ["0", "4"]);
    assert_eq!(after.mime(), "video/VP9", "the first stays the first");
    assert_eq!(after.codecs[1].layers[0].width, 640);
}

#[test]
fn only_a_codec_that_was_announced_is_added_and_under_the_same_encryption() {
    let mut story = Story::begin(|_| ());
    for codec in ["h264", "vp9"] {
        assert_eq!(story.add(codec), Err(Refusal::NoSuchCodec));
        let told = story.told();
        assert!(
            matches!(told[..], [Notice::TrackRefused { cid, .. }] if cid == "second"),
            "{told:?}"
        );
    }
    let mut secret = Story::begin(|camera| camera.encryption = 1);
    assert_eq!(secret.add("vp8"), Err(Refusal::NoSuchCodec));
}

#[test]
fn who_may_not_publish_the_track_any_more_adds_nothing_to_it() {
    let mut story = Story::begin(|_| ());
    let others = story.sid.clone();
    let (bob, _) = story.room.join("carol");
    let add = AddBackup {
        track: others,
        cid: "second".to_owned(),
        codec: "vp8".to_owned(),
        encryption: 0,
        layers: Vec::new(),
    };
    let outcome = story.room.ask(bob, Command::AddBackup(add));
    assert_eq!(outcome, Err(Refusal::NoSuchTrack), "it is not hers");
    let silenced = Command::UpdateParticipant {
        identity: Identity::new("alice"),
        change: visio_meeting::MetadataChange::default(),
        permissions: Some(Permissions {
            can_publish: false,
            ..guest()
        }),
    };
    story
        .room
        .order(visio_meeting::Actor::Administrator, silenced)
        .unwrap();
    assert_eq!(story.add("vp8"), Err(Refusal::NoSuchTrack), "it is gone");
}

#[test]
fn a_publisher_learns_what_is_wanted_of_each_codec_once() {
    let mut story = Story::begin(|_| ());
    let wanted = |story: &mut Story| {
        story.room.effects.clear();
        story.room.meeting.observe(Observation::SubscribedQuality {
            publisher: story.alice,
            track: story.track,
            highest: vec![Some(LayerQuality::High), None],
        });
        story.room.drain();
        match story.told()[..] {
            [Notice::SubscribedQuality { codecs, .. }] => codecs.clone(),
            ref other => panic!("{other:?}"),
        }
    };
    let first = ("video/VP9".to_owned(), Some(LayerQuality::High));
    let second = ("video/VP8".to_owned(), None);
    assert_eq!(wanted(&mut story), [first, second]);
    // Her browser sends VP8 where it announced VP9.
    story.live(0, "0", "video/VP8");
    let only = ("video/VP8".to_owned(), Some(LayerQuality::High));
    assert_eq!(wanted(&mut story), [only]);
}

#[test]
fn a_backup_that_comes_again_is_for_who_could_receive_nothing_without_it() {
    let mut story = Story::begin(|_| ());
    let bob = story.room.meeting.id_of(&Identity::new("bob")).unwrap();
    let unsupported = Observation::CodecUnsupported {
        subscriber: bob,
        track: story.track,
    };
    story.room.effects.clear();
    story.room.meeting.observe(unsupported);
    story.room.drain();
    assert_eq!(story.room.unsubscribed(), [bob]);
    assert_eq!(story.add("VP8"), Ok(()));
    assert_eq!(story.room.subscribed(), [bob]);
}
