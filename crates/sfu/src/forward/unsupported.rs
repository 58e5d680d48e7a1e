//! Subscribers who cannot receive a track, because they agreed to no codec that it comes in. Nobody is
//! reported while a negotiation is under way, or before the codec is known.

use crate::forward::publication::Publication;
use crate::parts::peer::Peer;
use crate::parts::{Out, Peers, Tracks};
use visio_meeting::{Observation, ParticipantId, TrackId};

/// What a participant takes was negotiated: the tracks that they cannot receive are reported.
pub(crate) fn report_to(peers: &Peers, tracks: &Tracks, out: &mut Out, subscriber: ParticipantId) {
    let Some(peer) = peers.get(subscriber) else {
        return;
    };
    for &track in peer.downtracks.keys() {
        if let Some(publication) = tracks.get(track) {
            report(peer, publication, out, subscriber, track);
        }
    }
}

/// The codec of a track became known: those who cannot receive it are reported.
pub(crate) fn report_of(peers: &Peers, publication: &Publication, out: &mut Out, track: TrackId) {
    for &subscriber in &publication.subscribers {
        if let Some(peer) = peers.get(subscriber) {
            report(peer, publication, out, subscriber, track);
        }
    }
}

fn report(
    peer: &Peer,
    publication: &Publication,
    out: &mut Out,
    subscriber: ParticipantId,
    track: TrackId,
) {
    let Some(downtrack) = peer.downtracks.get(&track) else {
        return;
    };
    if publication.preferred(downtrack).is_none() {
        out.observe(Observation::CodecUnsupported { subscriber, track });
    }
}
