//! The published tracks of a call.

use crate::audio::active_speakers::ActiveSpeakers;
use crate::audio::tap::TapId;
use crate::demux::CallId;
use crate::forward::publication::Publication;
use std::collections::BTreeMap;
use visio_meeting::{ParticipantId, TrackId};

#[derive(Default)]
pub(crate) struct Tracks {
    all: BTreeMap<TrackId, Publication>,
    pub(crate) speakers: ActiveSpeakers,
    last_tap: u32,
}

impl Tracks {
    pub(crate) fn get(&self, id: TrackId) -> Option<&Publication> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: TrackId) -> Option<&mut Publication> {
        self.all.get_mut(&id)
    }

    pub(crate) fn insert(&mut self, id: TrackId, publication: Publication) {
        let former = self.all.insert(id, publication);
        debug_assert!(former.is_none(), "a track is announced once");
    }

    pub(crate) fn remove(&mut self, id: TrackId) -> Option<Publication> {
        self.all.remove(&id)
    }

    /// Where a packet is counted: at its track, and at who speaks.
    pub(crate) fn publication_and_speakers(
        &mut self,
        id: TrackId,
    ) -> Option<(&mut Publication, &mut ActiveSpeakers)> {
        let publication = self.all.get_mut(&id)?;
        Some((publication, &mut self.speakers))
    }

    pub(crate) fn ids(&self) -> Vec<TrackId> {
        self.all.keys().copied().collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TrackId, &Publication)> {
        self.all.iter().map(|(&id, publication)| (id, publication))
    }

    /// What one participant publishes.
    pub(crate) fn of(
        &self,
        publisher: ParticipantId,
    ) -> impl Iterator<Item = (TrackId, &Publication)> {
        self.iter()
            .filter(move |(_, publication)| publication.publisher == publisher)
    }

    /// What one participant publishes, to be changed.
    pub(crate) fn of_mut(
        &mut self,
        publisher: ParticipantId,
    ) -> impl Iterator<Item = (TrackId, &mut Publication)> {
        let all = self
            .all
            .iter_mut()
            .map(|(&id, publication)| (id, publication));
        all.filter(move |(_, publication)| publication.publisher == publisher)
    }

    /// Unique within the worker: calls are numbered there and count their taps themselves.
    pub(crate) fn next_tap(&mut self, call: CallId) -> TapId {
        self.last_tap += 1;
        TapId((call.0 << 32) | u64::from(self.last_tap))
    }

    /// Somebody left: they receive nothing any more.
    pub(crate) fn forget_subscriber(&mut self, id: ParticipantId) {
        for publication in self.all.values_mut() {
            publication.subscribers.remove(&id);
        }
        self.speakers.forget(id);
    }
}
