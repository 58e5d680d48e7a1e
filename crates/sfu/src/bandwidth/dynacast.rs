//! Dynacast, as LiveKit calls it: a publisher sends no better layer than somebody receives.

use crate::forward::layer;
use crate::parts::{Out, Peers, Tracks};
use visio_meeting::{Observation, ParticipantId, TrackId};

/// A publisher who resumed may have missed what was sent on the former signal connection.
pub(crate) fn repeat_requested_quality(
    peers: &Peers,
    tracks: &mut Tracks,
    out: &mut Out,
    publisher: ParticipantId,
) {
    let own: Vec<TrackId> = tracks.of(publisher).map(|(track, _)| track).collect();
    for track in own {
        if let Some(publication) = tracks.get_mut(track) {
            publication.requested_quality = None;
        }
        update_requested_quality(peers, tracks, out, track);
    }
}

/// Lets a publisher know the best layer that anybody has use for, when that changed.
pub(crate) fn update_requested_quality(
    peers: &Peers,
    tracks: &mut Tracks,
    out: &mut Out,
    track: TrackId,
) {
    let Some(publication) = tracks.get_mut(track) else {
        return;
    };
    // Nobody can have use for what is not shown to them yet: a publisher that hears so before its
    // first packet would never send one.
    if !publication.is_video() || publication.format.is_none() {
        return;
    }
    let wanted = publication.subscribers.iter().filter_map(|&subscriber| {
        let downtrack = peers.get(subscriber)?.downtracks.get(&track)?;
        downtrack.wanted(&publication.info)
    });
    let highest = wanted.max();
    if publication.requested_quality == Some(highest) {
        return;
    }
    publication.requested_quality = Some(highest);
    out.observe(Observation::SubscribedQuality {
        publisher: publication.publisher,
        track,
        highest: highest.map(layer::quality_of),
    });
}
