//! A camera that sends all its layers in one stream, and subscribers who want less.

use super::rig::{Rig, svc_camera};
use crate::output::Request;
use std::time::Duration;
use str0m::format::Codec;
use str0m::media::Mid;
use visio_fixtures::svc::SvcCamera;
use visio_meeting::{Command, LayerQuality, Notice, TrackSettings};

/// The time between two pictures, and after which all that was sent has arrived. It passes in steps
/// of one: a picture has many packets, and they are paced.
const PICTURE_MS: u64 = 33;
const UNDERWAY_MS: u64 = 200;

/// Alice shows herself in VP9 of three spatial layers; Bob and Carol watch.
struct Story {
    rig: Rig,
    alice: usize,
    bob: usize,
    carol: usize,
    camera: SvcCamera,
    mid: Mid,
    /// How many keyframes she was asked for and has sent.
    keyframes: usize,
}

impl Story {
    fn begin() -> Self {
        let mut rig = Rig::new();
        let people = ["alice", "bob", "carol"];
        let [alice, bob, carol] = people.map(|name| rig.join_with(name, &[Codec::Vp9]));
        rig.clients[alice].has_simulcast = false;
        let add = Command::AddTrack(svc_camera("video"));
        rig.request(alice, Request::Command(add));
        let sent = [(str0m::media::MediaKind::Video, "video")];
        let mid = rig.offer(alice, &sent, (0, 0))[0];
        let mut story = Self {
            rig,
            alice,
            bob,
            carol,
            camera: SvcCamera::default(),
            mid,
            keyframes: 0,
        };
        story.send(true);
        story.show(60);
        // All see the least layer first, and have got the best with a keyframe by now.
        story.rig.clients[alice].keyframes_asked.clear();
        story.keyframes = 0;
        story
    }

    /// She sends pictures, and a keyframe where one is asked for.
    fn show(&mut self, pictures: usize) {
        for _ in 0..pictures {
            let asked = self.rig.clients[self.alice].keyframes_asked.len();
            self.send(asked > self.keyframes);
            self.keyframes = asked;
        }
    }

    fn send(&mut self, is_key: bool) {
        let now = self.rig.now;
        for packet in self.camera.picture(is_key) {
            self.rig.clients[self.alice].show_svc(now, self.mid, &packet);
        }
        self.pass(PICTURE_MS);
    }

    fn pass(&mut self, ms: u64) {
        (0..ms).for_each(|_| self.rig.step(Duration::from_millis(1)));
    }

    fn wants(&mut self, index: usize, quality: LayerQuality) {
        let id = self.rig.id(self.alice);
        let (_, publication) = self.rig.call.tracks.of(id).next().unwrap();
        let settings = TrackSettings {
            quality,
            ..TrackSettings::default()
        };
        let command = Command::ConfigureSubscription {
            tracks: vec![publication.info.sid.clone()],
            settings,
        };
        self.rig.request(index, Request::Command(command));
    }

    /// What somebody gets while Alice sends some pictures: bytes, and for each picture its best
    /// layer. No number is missing, and each picture ends with a marker.
    fn seen(&mut self, index: usize, pictures: usize) -> (usize, Vec<u8>) {
        self.pass(UNDERWAY_MS);
        self.rig.clients[index].pictures.clear();
        self.show(pictures);
        self.pass(UNDERWAY_MS);
        let packets = &self.rig.clients[index].pictures;
        let numbers = packets.windows(2);
        assert!(
            numbers
                .into_iter()
                .all(|two| two[0].sequence + 1 == two[1].sequence)
        );
        let bytes = packets.iter().map(|packet| packet.payload.len()).sum();
        let pictures = packets.chunk_by(|one, other| one.timestamp == other.timestamp);
        let layers = pictures.map(|picture| {
            let marked = picture.iter().filter(|packet| packet.marker).count();
            assert!(marked == 1 && picture.last().unwrap().marker);
            // The layers' octet is behind the flags and a picture id of two.
            picture
                .iter()
                .map(|packet| packet.payload[3] >> 1 & 7)
                .max()
        });
        (bytes, layers.map(Option::unwrap).collect())
    }
}

#[test]
fn who_asks_for_low_quality_of_one_stream_gets_its_lowest_layer_and_others_all() {
    let mut story = Story::begin();
    let (bob, carol) = (story.bob, story.carol);
    let (_, layers) = story.seen(carol, 30);
    assert_eq!(layers[5..], [2].repeat(layers.len() - 5));
    story.wants(bob, LayerQuality::Low);
    story.show(5);
    let (all, _) = story.seen(carol, 60);
    let (low, layers) = story.seen(bob, 60);
    assert!(
        layers.len() >= 58 && layers.iter().all(|layer| *layer == 0),
        "{layers:?}"
    );
    assert!(low * 4 < all, "{low} of {all}");
    assert_eq!(story.keyframes, 0, "nobody needs one for less");
}

#[test]
fn a_better_layer_of_one_stream_comes_with_one_keyframe() {
    let mut story = Story::begin();
    let (bob, carol) = (story.bob, story.carol);
    story.wants(bob, LayerQuality::Low);
    story.show(30);
    story.wants(bob, LayerQuality::Medium);
    story.show(30);
    let (_, layers) = story.seen(bob, 30);
    assert!(
        layers.len() >= 28 && layers.iter().all(|layer| *layer == 1),
        "{layers:?}"
    );
    assert_eq!(story.keyframes, 1);
    let (_, layers) = story.seen(carol, 30);
    assert!(layers.iter().all(|layer| *layer == 2), "{layers:?}");
}

#[test]
fn alice_learns_which_layer_of_her_stream_anybody_wants() {
    let mut story = Story::begin();
    for index in [story.bob, story.carol] {
        story.wants(index, LayerQuality::Low);
    }
    story.show(30);
    let mut messages = story.rig.messages.iter().rev();
    let highest = messages.find_map(|(to, message)| match message.notice() {
        Some(Notice::SubscribedQuality { codecs, .. }) if *to == story.alice => Some(codecs[0].1),
        _ => None,
    });
    assert_eq!(highest, Some(Some(LayerQuality::Low)));
}
