//! Clients that cannot receive what is published, and backup codecs for them.

use super::client::{RIDS, VP9_MARK};
use super::rig::{Rig, simulcast_camera};
use crate::output::Request;
use std::time::Duration;
use str0m::format::Codec;
use str0m::media::Mid;
use visio_meeting::{AddBackup, AddTrack, BackupCodecPolicy, Command, Notice, SubscriptionError};

const FRAME: Duration = Duration::from_millis(20);

fn show(rig: &mut Rig, index: usize, mid: Mid, frames: usize) {
    for _ in 0..frames {
        let now = rig.now;
        rig.clients[index].show(now, mid, RIDS[0], true, 500);
        rig.step(FRAME);
    }
}

/// The tracks that a client was told it cannot receive.
fn unsupported(rig: &Rig, index: usize) -> Vec<String> {
    let messages = rig.messages.iter().filter(|(to, _)| *to == index);
    messages
        .filter_map(|(_, message)| match message.notice() {
            Some(Notice::SubscriptionRefused {
                track,
                error: SubscriptionError::CodecUnsupported,
            }) => Some(track.to_string()),
            _ => None,
        })
        .collect()
}

#[test]
fn who_cannot_receive_the_codec_is_told_once_when_the_negotiation_is_over() {
    let mut rig = Rig::new();
    let alice = rig.join("alice");
    let (bob, carol) = (rig.join_with("bob", &[Codec::Vp9]), rig.join("carol"));
    rig.answers = false;
    let mid = rig.publish_camera(alice);
    show(&mut rig, alice, mid, 25);
    assert_eq!(unsupported(&rig, bob), [] as [String; 0], "he may still");
    rig.answers = true;
    for index in [bob, carol] {
        rig.offer(index, &[], (0, 1));
    }
    show(&mut rig, alice, mid, 25);
    rig.offer(bob, &[], (0, 0));
    show(&mut rig, alice, mid, 25);
    assert_eq!(unsupported(&rig, bob).len(), 1);
    assert!(rig.clients[bob].media.is_empty());
    let id = rig.id(bob);
    let peer = rig.call.peers.get(id).unwrap();
    assert!(peer.downtracks.is_empty(), "his section is free again");
    assert_eq!(unsupported(&rig, carol), [] as [String; 0]);
    assert!(!rig.clients[carol].media.is_empty(), "she sees her");
}

/// Alice shows herself in VP9 and in VP8 where asked; Bob's client knows VP8 only, Carol's both.
struct Story {
    rig: Rig,
    alice: usize,
    bob: usize,
    carol: usize,
    first: Mid,
    backup: Option<Mid>,
}

impl Story {
    fn begin(policy: BackupCodecPolicy) -> Self {
        let mut rig = Rig::new();
        let both = [Codec::Vp9, Codec::Vp8];
        let (alice, carol) = (rig.join_with("alice", &both), rig.join_with("carol", &both));
        let add = AddTrack {
            backup_codec_policy: policy,
            codecs: [("video/VP9", "video"), ("video/VP8", "")]
                .map(|(mime, cid)| (mime.to_owned(), cid.to_owned(), Vec::new()))
                .into(),
            ..simulcast_camera("video")
        };
        rig.request(alice, Request::Command(Command::AddTrack(add)));
        let sent = [(str0m::media::MediaKind::Video, "video")];
        let first = rig.offer(alice, &sent, (0, 0))[0];
        let mut story = Self {
            rig,
            alice,
            bob: usize::MAX,
            carol,
            first,
            backup: None,
        };
        story.show(50);
        story.bob = story.rig.join("bob");
        story
    }

    /// Time passes while Alice sends what she is asked for, as LiveKit's clients do.
    fn show(&mut self, frames: usize) {
        for _ in 0..frames {
            let wanted = self.wanted();
            let now = self.rig.now;
            let client = &mut self.rig.clients[self.alice];
            if wanted.first().is_none_or(|(_, is_wanted)| *is_wanted) {
                client.show_vp9(now, self.first, RIDS[0]);
            }
            let is_backup_wanted = wanted.get(1).is_some_and(|(_, is_wanted)| *is_wanted);
            match self.backup {
                Some(backup) if is_backup_wanted => client.show(now, backup, RIDS[0], true, 500),
                None if is_backup_wanted => self.publish_backup(),
                _ => {}
            }
            self.rig.step(FRAME);
        }
    }

    fn publish_backup(&mut self) {
        let id = self.rig.id(self.alice);
        let (_, publication) = self.rig.call.tracks.of(id).next().unwrap();
        let add = AddBackup {
            track: publication.info.sid.clone(),
            cid: "backup".to_owned(),
            codec: "vp8".to_owned(),
            encryption: 0,
            layers: Vec::new(),
        };
        let add = Request::Command(Command::AddBackup(add));
        self.rig.request(self.alice, add);
        let sent = [(str0m::media::MediaKind::Video, "backup")];
        self.backup = Some(self.rig.offer(self.alice, &sent, (0, 0))[0]);
    }

    /// What Alice was last told of her codecs, and whether anybody wants them.
    fn wanted(&self) -> Vec<(String, bool)> {
        let mut messages = self.rig.messages.iter().rev();
        let last = messages.find_map(|(to, message)| match message.notice() {
            Some(Notice::SubscribedQuality { codecs, .. }) if *to == self.alice => Some(codecs),
            _ => None,
        });
        let codecs = last.into_iter().flatten();
        codecs
            .map(|(mime, highest)| (mime.clone(), highest.is_some()))
            .collect()
    }

    /// How many pictures somebody gets while Alice shows some, in VP9 and in VP8.
    fn seen(&mut self, index: usize) -> (usize, usize) {
        self.rig.clients[index].media.clear();
        self.show(50);
        let pictures = &self.rig.clients[index].media;
        let vp9 = pictures
            .iter()
            .filter(|(_, payload)| payload.ends_with(VP9_MARK))
            .count();
        (vp9, pictures.len() - vp9)
    }

    /// Whether somebody gets nearly all pictures of one kind and none of the other.
    fn sees_only(&mut self, index: usize, codec: Codec) -> bool {
        match (codec, self.seen(index)) {
            (Codec::Vp9, (45.., 0)) | (Codec::Vp8, (0, 45..)) => true,
            (_, seen) => panic!("{seen:?}"),
        }
    }
}

fn both(vp9: bool, vp8: bool) -> [(String, bool); 2] {
    [("video/VP9".to_owned(), vp9), ("video/VP8".to_owned(), vp8)]
}

#[test]
fn the_backup_is_sent_beside_the_first_while_somebody_needs_it() {
    let mut story = Story::begin(BackupCodecPolicy::Simulcast);
    let (bob, carol) = (story.bob, story.carol);
    assert!(story.backup.is_none());
    story.show(50);
    assert_eq!(story.wanted(), both(true, true));
    assert!(story.sees_only(bob, Codec::Vp8));
    assert!(story.sees_only(carol, Codec::Vp9));
    assert_eq!(unsupported(&story.rig, bob), [] as [String; 0]);
    story.rig.leave(bob);
    story.show(25);
    assert_eq!(story.wanted(), both(true, false));
    assert!(story.sees_only(carol, Codec::Vp9));
}

#[test]
fn all_regress_to_the_backup_while_somebody_needs_it() {
    for policy in [
        BackupCodecPolicy::PreferRegression,
        BackupCodecPolicy::Regression,
    ] {
        let mut story = Story::begin(policy);
        let (bob, carol) = (story.bob, story.carol);
        story.show(100);
        assert_eq!(story.wanted(), both(false, true), "{policy:?}");
        assert!(story.sees_only(bob, Codec::Vp8));
        assert!(story.sees_only(carol, Codec::Vp8));
        story.rig.leave(bob);
        story.show(50);
        assert_eq!(story.wanted(), both(true, false), "{policy:?}");
        assert!(story.sees_only(carol, Codec::Vp9));
    }
}

#[test]
fn carol_sees_alice_all_the_time_while_the_codec_changes() {
    let mut story = Story::begin(BackupCodecPolicy::PreferRegression);
    let carol = story.carol;
    story.rig.clients[carol].media.clear();
    story.show(100);
    let pictures = &story.rig.clients[carol].media;
    assert!(pictures.len() > 95, "{}", pictures.len());
    let sections: std::collections::BTreeSet<_> = pictures.iter().map(|(mid, _)| *mid).collect();
    assert_eq!(sections.len(), 1, "on one section");
    let is_vp9 = |(_, payload): &(Mid, Vec<u8>)| payload.ends_with(VP9_MARK);
    let changes = pictures.windows(2);
    let changes = changes.filter(|pair| is_vp9(&pair[0]) != is_vp9(&pair[1]));
    assert_eq!(changes.count(), 1, "once");
}

#[test]
fn both_codecs_are_muted_and_unpublished_as_one_track() {
    let mut story = Story::begin(BackupCodecPolicy::Simulcast);
    let (alice, bob, carol) = (story.alice, story.bob, story.carol);
    story.show(50);
    story.rig.mute(alice, true);
    story.show(5);
    assert_eq!((story.seen(bob), story.seen(carol)), ((0, 0), (0, 0)));
    story.rig.mute(alice, false);
    story.show(5);
    assert!(story.sees_only(bob, Codec::Vp8) && story.sees_only(carol, Codec::Vp9));
    let tracks = |story: &Story| {
        let people = story.rig.call.summary().participants;
        people[0].tracks.len()
    };
    let backup = story.backup.unwrap();
    story.rig.stop(alice, &[backup]);
    assert_eq!(tracks(&story), 1, "the first goes on");
    story.rig.stop(alice, &[story.first]);
    assert_eq!(tracks(&story), 0);
}

#[test]
fn the_decoder_of_the_backup_gets_its_keyframes_from_the_backup() {
    let mut story = Story::begin(BackupCodecPolicy::Simulcast);
    story.show(50);
    let (alice, bob) = (story.alice, story.bob);
    story.rig.pass(Duration::from_secs(1));
    story.rig.clients[alice].keyframes_asked.clear();
    let (section, _) = story.rig.clients[bob].media[0];
    story.rig.clients[bob].ask_keyframe(section);
    story.show(2);
    assert_eq!(
        story.rig.clients[alice].keyframes_asked,
        [story.backup.unwrap()]
    );
}
