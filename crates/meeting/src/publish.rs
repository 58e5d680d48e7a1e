//! Publishing: a track is announced, goes live with its first packet, is muted, and goes.

use crate::announcement::{described, letters};
use crate::command::{AddBackup, AddTrack};
use crate::effect::{Effect, Event};
use crate::identity::{ParticipantId, TrackId};
use crate::leave::Refusal;
use crate::meeting::Meeting;
use crate::notice::Notice;
use crate::tap::is_speech;
use crate::track::{Progress, Track, TrackInfo};
use rand::Rng;
use visio_protocol::ids::TrackSid;

/// Tracks one participant may publish at once. Reaching it drops one that never sent, or refuses.
const TRACKS_PER_PARTICIPANT_MAX: usize = 16;

impl Meeting {
    pub(crate) fn add_track(&mut self, id: ParticipantId, add: AddTrack) -> Result<(), Refusal> {
        if let Some(info) = self.announced_before(id, &add.cid)? {
            let track = Box::new(info);
            let cid = add.cid;
            self.notify(id, Notice::TrackPublished { cid, track });
            return Ok(());
        }
        let sid = TrackSid::new(letters(&add), self.random.random());
        let track = self.next_track_id();
        if self.participant(id)?.tracks.len() >= TRACKS_PER_PARTICIPANT_MAX {
            self.make_way(id)?;
        }
        let participant = self.participant_mut(id)?;
        let cid = add.cid.clone();
        let info = described(sid, add);
        participant.tracks.insert(
            track,
            Track {
                info: info.clone(),
                progress: Progress::Pending,
                silenced: false,
            },
        );
        self.notify(
            id,
            Notice::TrackPublished {
                cid,
                track: Box::new(info.clone()),
            },
        );
        self.effects.push_back(Effect::Expect {
            participant: id,
            track,
            info: Box::new(info),
        });
        Ok(())
    }

    /// The track's publisher is about to send it in a backup codec too, which was announced with
    /// it: it stays one track.
    pub(crate) fn add_backup(&mut self, id: ParticipantId, add: AddBackup) -> Result<(), Refusal> {
        let (track, published) = self.own_track(id, &add.track)?;
        // Those who receive it know one encryption of the track.
        if add.encryption != published.info.encryption {
            return Err(Refusal::NoSuchCodec);
        }
        let mut backups = published.info.codecs.iter_mut().skip(1);
        let backup = backups.find(|one| one.is_named(&add.codec));
        let backup = backup.ok_or(Refusal::NoSuchCodec)?;
        backup.cid.clone_from(&add.cid);
        if !add.layers.is_empty() {
            backup.layers = add.layers;
        }
        let info = Box::new(published.info.clone());
        let codecs = info.codecs.clone();
        let published = Notice::TrackPublished {
            cid: add.cid,
            track: info,
        };
        self.notify(id, published);
        self.effects
            .push_back(Effect::ExpectBackup { track, codecs });
        self.codec_changed(id, track);
        Ok(())
    }

    /// The oldest track that was announced and never sent goes: its client has given it up, and
    /// should not be kept from publishing for ever.
    fn make_way(&mut self, id: ParticipantId) -> Result<(), Refusal> {
        let mut tracks = self.participant(id)?.tracks.iter();
        let silent = tracks.find(|(_, track)| track.progress == Progress::Pending);
        let (&oldest, _) = silent.ok_or(Refusal::TooManyTracks)?;
        if let Some(info) = self.drop_track(id, oldest) {
            self.notify(id, Notice::TrackUnpublished { track: info.sid });
        }
        Ok(())
    }

    /// A client that did not hear the answer asks again: it gets the same one.
    fn announced_before(&self, id: ParticipantId, cid: &str) -> Result<Option<TrackInfo>, Refusal> {
        let mut tracks = self.participant(id)?.tracks.values();
        let known =
            tracks.find(|track| track.progress == Progress::Pending && track.info.cid() == cid);
        Ok(known.map(|track| track.info.clone()))
    }

    /// An encoding of the track has a section or a first packet: the track is shown to others and
    /// they may receive it.
    pub(crate) fn track_live(
        &mut self,
        id: ParticipantId,
        (track, encoding): (TrackId, usize),
        (mid, mime): (&str, &str),
    ) {
        let Ok(participant) = self.participant_mut(id) else {
            return;
        };
        let Some(published) = participant.tracks.get_mut(&track) else {
            return;
        };
        let was_live = std::mem::replace(&mut published.progress, Progress::Live) == Progress::Live;
        let mut is_other_codec = false;
        if let Some(codec) = published.info.codecs.get_mut(encoding) {
            is_other_codec = !codec.mime.eq_ignore_ascii_case(mime);
            let is_known = codec.mid == mid && !is_other_codec;
            mid.clone_into(&mut codec.mid);
            mime.clone_into(&mut codec.mime);
            if was_live && is_known {
                return;
            }
        }
        if was_live {
            if is_other_codec {
                self.codec_changed(id, track);
            }
            return self.tell_changed(id);
        }
        let event = Event::TrackPublished {
            identity: participant.identity.clone(),
            track: published.info.sid.clone(),
            kind: published.info.kind,
            source: published.info.source,
        };
        self.effects.push_back(Effect::Announce(event));
        self.tell_changed(id);
        self.open_tap(id, track);
        self.reconcile_track(id, track);
    }

    /// The publisher took the track back, or left.
    pub(crate) fn unpublish(&mut self, id: ParticipantId, track: TrackId) {
        let info = self.drop_track(id, track);
        if let Some(info) = info {
            self.notify(id, Notice::TrackUnpublished { track: info.sid });
            self.tell_changed(id);
        }
    }

    /// Forgets a track everywhere; the caller tells people.
    pub(crate) fn drop_track(&mut self, id: ParticipantId, track: TrackId) -> Option<TrackInfo> {
        let participant = self.participants.get_mut(&id)?;
        let gone = participant.tracks.remove(&track)?;
        let identity = participant.identity.clone();
        let receivers: Vec<_> = self.participants.keys().copied().collect();
        for receiver in receivers {
            self.forget_subscription(receiver, track);
        }
        if self.config.transcribe && is_speech(&gone.info) {
            self.effects.push_back(Effect::CloseTap { track });
        }
        self.effects.push_back(Effect::Forget {
            participant: id,
            track,
        });
        if gone.progress == Progress::Live {
            let event = Event::TrackUnpublished {
                identity,
                track: gone.info.sid.clone(),
            };
            self.effects.push_back(Effect::Announce(event));
        }
        Some(gone.info)
    }

    pub(crate) fn set_muted(
        &mut self,
        id: ParticipantId,
        sid: &TrackSid,
        muted: bool,
    ) -> Result<(), Refusal> {
        let (track, published) = self.own_track(id, sid)?;
        if published.info.muted == muted {
            return Ok(());
        }
        published.info.muted = muted;
        self.effects.push_back(Effect::SetMuted {
            participant: id,
            track,
            muted,
        });
        self.tell_changed(id);
        Ok(())
    }

    pub(crate) fn own_track(
        &mut self,
        id: ParticipantId,
        sid: &TrackSid,
    ) -> Result<(TrackId, &mut Track), Refusal> {
        self.participant_mut(id)?
            .tracks
            .iter_mut()
            .find(|(_, track)| &track.info.sid == sid)
            .map(|(&id, track)| (id, track))
            .ok_or(Refusal::NoSuchTrack)
    }
}
