//! The peers of a call, and which of them need attention.

use crate::forward::downtrack::Downtrack;
use crate::parts::peer::{Peer, Side};
use crate::timers::Timers;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use visio_meeting::{ParticipantId, TrackId};

#[derive(Default)]
pub(crate) struct Peers {
    all: BTreeMap<ParticipantId, Peer>,
    /// Transports that were written to: they are drained before the input is done with.
    dirty: BTreeSet<(ParticipantId, Side)>,
    timers: Timers<(ParticipantId, Side)>,
    /// Peers whose next round of negotiation may be due.
    unsettled: BTreeSet<ParticipantId>,
}

impl Peers {
    pub(crate) fn get(&self, id: ParticipantId) -> Option<&Peer> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ParticipantId) -> Option<&mut Peer> {
        self.all.get_mut(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ParticipantId, &Peer)> {
        self.all.iter().map(|(&id, peer)| (id, peer))
    }

    pub(crate) fn ids(&self) -> Vec<ParticipantId> {
        self.all.keys().copied().collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn insert(&mut self, id: ParticipantId, peer: Peer) {
        for side in peer.sides() {
            self.mark_dirty(id, side);
        }
        self.mark_unsettled(id);
        let former = self.all.insert(id, peer);
        debug_assert!(former.is_none(), "a participant is attached once");
    }

    pub(crate) fn remove(&mut self, id: ParticipantId) -> Option<Peer> {
        let peer = self.all.remove(&id)?;
        for side in peer.sides() {
            self.dirty.remove(&(id, side));
            self.timers.cancel((id, side));
        }
        self.unsettled.remove(&id);
        Some(peer)
    }

    /// How `subscriber` receives `track`.
    pub(crate) fn downtrack_mut(
        &mut self,
        subscriber: ParticipantId,
        track: TrackId,
    ) -> Option<&mut Downtrack> {
        self.get_mut(subscriber)?.downtracks.get_mut(&track)
    }

    pub(crate) fn mark_dirty(&mut self, id: ParticipantId, side: Side) {
        self.dirty.insert((id, side));
    }

    pub(crate) fn pop_dirty(&mut self) -> Option<(ParticipantId, Side)> {
        self.dirty.pop_first()
    }

    pub(crate) fn is_drained(&self) -> bool {
        self.dirty.is_empty()
    }

    /// The peer's next round of negotiation is checked for before the input is done with.
    pub(crate) fn mark_unsettled(&mut self, id: ParticipantId) {
        self.unsettled.insert(id);
    }

    pub(crate) fn mark_all_unsettled(&mut self) {
        self.unsettled.extend(self.all.keys());
    }

    pub(crate) fn pop_unsettled(&mut self) -> Option<ParticipantId> {
        self.unsettled.pop_first()
    }

    /// A transport is drained: it wants to be woken at `deadline`.
    pub(crate) fn set_timer(&mut self, id: ParticipantId, side: Side, deadline: Instant) {
        self.timers.set((id, side), deadline);
    }

    /// Changes a peer that may be gone.
    pub(crate) fn with(&mut self, id: ParticipantId, change: impl FnOnce(&mut Peer)) {
        if let Some(peer) = self.all.get_mut(&id) {
            change(peer);
        }
    }

    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<(ParticipantId, Side)> {
        self.timers.pop_due(now)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }
}
