//! What the meeting decides, applied to peers and tracks.

use crate::audio::tap::TapEvent;
use crate::audio::taps;
use crate::bandwidth::{self, dynacast};
use crate::call::Call;
use crate::forward::publication::Publication;
use crate::forward::{keyframe_requests, subscriptions};
use crate::output::{ClientMessage, Output, SharedNotice};
use crate::parts::peer::Peer;
use std::sync::Arc;
use visio_meeting::{
    Codec, ConnectionId, ConnectionMode, Effect, Event, ParticipantId, SpeakerInfo, TrackId,
    TrackSettings,
};

impl Call {
    pub(super) fn apply_effects(&mut self) {
        while let Some(effect) = self.meeting.poll() {
            self.apply(effect);
        }
    }

    fn apply(&mut self, effect: Effect) {
        let now = self.now.instant;
        match effect {
            Effect::Notify { connection, notice } => {
                self.out.client(connection, ClientMessage::Notice(notice));
            }
            Effect::NotifyMany {
                connections,
                notice,
            } => {
                let shared = Arc::new(SharedNotice::new(notice));
                for connection in connections {
                    let message = ClientMessage::Shared(Arc::clone(&shared));
                    self.out.client(connection, message);
                }
            }
            Effect::Hangup { connection } => {
                self.out.outputs.push_back(Output::Hangup { connection });
            }
            Effect::Attach {
                participant,
                connection,
                mode,
            } => self.attach(participant, connection, mode),
            Effect::Reattach {
                participant,
                connection,
            } => self.reattach(participant, connection),
            Effect::Detach { participant } => self.detach(participant),
            Effect::Expect {
                participant,
                track,
                info,
            } => {
                let publication = Publication::new(now, participant, *info);
                self.tracks.insert(track, publication);
            }
            Effect::ExpectBackup { track, codecs } => self.expect_backup(track, codecs),
            Effect::Forget { track, .. } => self.forget(track),
            Effect::SetMuted { track, muted, .. } => {
                subscriptions::set_muted(&mut self.peers, &mut self.tracks, track, muted);
            }
            Effect::Subscribe {
                subscriber, track, ..
            } => self.subscribe(subscriber, track),
            Effect::Unsubscribe { subscriber, track } => self.unsubscribe(subscriber, track),
            Effect::Configure {
                subscriber,
                track,
                settings,
            } => self.configure(subscriber, track, settings),
            Effect::OpenTap { track, speaker, .. } => {
                self.open_tap(track, speaker);
            }
            Effect::UpdateTap { track, speaker } => {
                taps::update(&self.tracks, &mut self.out, track, speaker);
            }
            Effect::CloseTap { track } => taps::close(&mut self.tracks, &mut self.out, track),
            Effect::Announce(event) => self.announce(event),
        }
    }

    fn open_tap(&mut self, track: TrackId, speaker: SpeakerInfo) {
        let Some(meeting) = self.meeting_id.clone() else {
            debug_assert!(false, "only a meeting with a row is transcribed");
            return;
        };
        let tap = self.tracks.next_tap(self.id);
        let opened = TapEvent::Opened {
            tap,
            room: self.meeting.room_name().clone(),
            meeting,
            speaker,
        };
        taps::open(&mut self.tracks, &mut self.out, track, tap, opened);
    }

    fn announce(&mut self, event: Event) {
        self.is_over |= event.is_last();
        let room = self.meeting.room_name().clone();
        self.out.outputs.push_back(Output::Event {
            room,
            meeting: self.meeting_id.clone(),
            event,
        });
    }

    fn attach(&mut self, id: ParticipantId, connection: ConnectionId, mode: ConnectionMode) {
        let mut peer = Peer::new(self.now, &self.config, mode, connection);
        for side in peer.sides() {
            let ufrag = peer.transport(side).local_ufrag();
            self.out.learn_route(id, side, ufrag);
        }
        self.peers.insert(id, peer);
    }

    fn reattach(&mut self, id: ParticipantId, connection: ConnectionId) {
        self.peers.with(id, |peer| peer.connection = connection);
        dynacast::repeat_requested_quality(&self.peers, &mut self.tracks, &mut self.out, id);
        self.negotiator().restart(id);
    }

    fn detach(&mut self, id: ParticipantId) {
        let Some(peer) = self.peers.remove(id) else {
            debug_assert!(false, "a participant is detached once");
            return;
        };
        for side in peer.sides() {
            self.out.forget_route(id, side);
        }
        self.tracks.forget_subscriber(id);
        self.streams.forget(id);
    }

    fn expect_backup(&mut self, track: TrackId, codecs: Vec<Codec>) {
        if let Some(publication) = self.tracks.get_mut(track) {
            publication.expect(codecs);
        }
    }

    fn forget(&mut self, track: TrackId) {
        let Some(publication) = self.tracks.remove(track) else {
            debug_assert!(false, "a track is forgotten once");
            return;
        };
        // The publisher may have left, its tracks with it.
        self.peers.with(publication.publisher, |peer| {
            peer.streams.retain(|_, stream| stream.track != track);
        });
    }

    fn subscribe(&mut self, subscriber: ParticipantId, track: TrackId) {
        let (peers, tracks) = (&mut self.peers, &mut self.tracks);
        subscriptions::subscribe(self.now.instant, peers, tracks, subscriber, track);
        dynacast::update_requested_quality(peers, tracks, &mut self.out, track);
    }

    fn unsubscribe(&mut self, subscriber: ParticipantId, track: TrackId) {
        let (peers, tracks) = (&mut self.peers, &mut self.tracks);
        subscriptions::unsubscribe(peers, tracks, subscriber, track);
        dynacast::update_requested_quality(peers, tracks, &mut self.out, track);
    }

    /// How a subscriber wants a track changed.
    fn configure(&mut self, subscriber: ParticipantId, track: TrackId, settings: TrackSettings) {
        let now = self.now.instant;
        let (peers, tracks) = (&mut self.peers, &mut self.tracks);
        let Some(downtrack) = peers.downtrack_mut(subscriber, track) else {
            // Settings may arrive before the track does: the meeting keeps them.
            return;
        };
        downtrack.settings = settings;
        bandwidth::allocate(now, peers, tracks, &mut self.out, subscriber);
        dynacast::update_requested_quality(peers, tracks, &mut self.out, track);
        keyframe_requests::request_awaited(now, peers, tracks, subscriber);
    }
}
