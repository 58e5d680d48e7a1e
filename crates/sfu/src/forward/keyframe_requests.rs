//! Keyframes that subscribers wait for, asked of the publisher, not too often.

use crate::forward::layer::EncodedLayer;
use crate::forward::publication::Publication;
use crate::parts::peer::Side;
use crate::parts::{Peers, Tracks};
use crate::transport::ids::Mid;
use std::time::Instant;
use visio_meeting::ParticipantId;

/// A subscriber's decoder cannot go on with what it has (RFC 4585 section 6.3.1).
pub(crate) fn requested(
    now: Instant,
    peers: &mut Peers,
    tracks: &mut Tracks,
    from: ParticipantId,
    mid: Mid,
) {
    let Some(peer) = peers.get_mut(from) else {
        debug_assert!(false, "a peer that is gone has no events");
        return;
    };
    // A request may still come for a section that carries nothing any more.
    let Some((track, downtrack)) = peer.downtrack_on(mid) else {
        return;
    };
    let layer = downtrack.current().or(downtrack.awaited());
    if let (Some(layer), Some(publication)) = (layer, tracks.get_mut(track)) {
        request(now, peers, publication, layer);
    }
}

/// Asks for the keyframes that a participant's downtracks wait for.
pub(crate) fn request_awaited(
    now: Instant,
    peers: &mut Peers,
    tracks: &mut Tracks,
    id: ParticipantId,
) {
    let Some(peer) = peers.get_mut(id) else {
        return;
    };
    let mut awaited = Vec::new();
    for (&track, downtrack) in &mut peer.downtracks {
        if let Some(publication) = tracks.get(track) {
            publication.select_layer(now, downtrack);
            awaited.extend(downtrack.awaited().map(|layer| (track, layer)));
        }
    }
    for (track, layer) in awaited {
        if let Some(publication) = tracks.get_mut(track) {
            request(now, peers, publication, layer);
        }
    }
}

/// Asks the publisher for a keyframe of one layer, unless it was asked just now.
pub(crate) fn request(
    now: Instant,
    peers: &mut Peers,
    publication: &mut Publication,
    EncodedLayer { encoding, layer }: EncodedLayer,
) {
    let encoding = publication.encodings.get_mut(encoding);
    let Some(ssrc) = encoding.and_then(|one| one.keyframe_due(now, layer)) else {
        return;
    };
    let publisher = publication.publisher;
    if let Some(peer) = peers.get_mut(publisher) {
        peer.publisher.request_keyframe(ssrc);
        peers.mark_dirty(publisher, Side::Publisher);
    }
}
