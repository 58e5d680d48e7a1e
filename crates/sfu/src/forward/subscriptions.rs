//! Who receives which track, and whether it is muted.

use crate::forward::downtrack::Downtrack;
use crate::parts::{Peers, Tracks};
use std::time::Instant;
use visio_meeting::{ParticipantId, TrackId};

pub(crate) fn subscribe(
    now: Instant,
    peers: &mut Peers,
    tracks: &mut Tracks,
    subscriber: ParticipantId,
    track: TrackId,
) {
    let (Some(publication), Some(peer)) = (tracks.get_mut(track), peers.get_mut(subscriber)) else {
        debug_assert!(
            false,
            "a track that is there is subscribed to by one who is"
        );
        return;
    };
    publication.subscribers.insert(subscriber);
    let mut downtrack = Downtrack::new(publication.publisher, publication.info.kind);
    publication.select_layer(now, &mut downtrack);
    peer.downtracks.insert(track, downtrack);
    peer.needs_negotiation();
    peers.mark_unsettled(subscriber);
}

/// The track or the subscriber may be gone already.
pub(crate) fn unsubscribe(
    peers: &mut Peers,
    tracks: &mut Tracks,
    subscriber: ParticipantId,
    track: TrackId,
) {
    if let Some(publication) = tracks.get_mut(track) {
        publication.subscribers.remove(&subscriber);
    }
    if let Some(peer) = peers.get_mut(subscriber)
        && let Some(downtrack) = peer.downtracks.remove(&track)
    {
        if let Some(mid) = downtrack.mid {
            peer.free_section(mid);
        }
        peer.needs_negotiation();
        peers.mark_unsettled(subscriber);
    }
}

/// A muted track is not forwarded, whatever its client still sends.
pub(crate) fn set_muted(peers: &mut Peers, tracks: &mut Tracks, track: TrackId, muted: bool) {
    let Some(publication) = tracks.get_mut(track) else {
        debug_assert!(false, "a track that is there is muted");
        return;
    };
    publication.info.muted = muted;
    // What comes after a pause fills in nothing of what was said in it.
    publication.redundancy = None;
    for &subscriber in &publication.subscribers {
        if let Some(downtrack) = peers.downtrack_mut(subscriber, track) {
            downtrack.pause();
        }
        if let Some(peer) = peers.get_mut(subscriber) {
            peer.drop_waiting(track);
        }
    }
}
