//! Dynacast, as LiveKit calls it: a publisher sends no better layer than somebody receives.

use crate::forward::downtrack::Downtrack;
use crate::forward::publication::Publication;
use crate::forward::{backup, layer};
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
            publication.requested_qualities = None;
        }
        update_requested_quality(peers, tracks, out, track);
    }
}

/// Lets a publisher know the best layer of each encoding that anybody has use for, when that
/// changed. A backup that nobody has use for is not sent at all.
pub(crate) fn update_requested_quality(
    peers: &Peers,
    tracks: &mut Tracks,
    out: &mut Out,
    track: TrackId,
) {
    let Some(publication) = tracks.get_mut(track) else {
        return;
    };
    publication.is_regressed = publication.encodings.len() > 1
        && publication.info.backup_codec_policy.regresses()
        && downtracks(peers, publication, track)
            .any(|one| backup::needs_backup(&publication.encodings, one.codecs.as_deref()));
    // Nobody can have use for what is not shown to them yet: a publisher that hears so before its
    // first packet would never send one. Sound has no layers, only codecs to choose from.
    let is_choice = publication.is_video() || publication.encodings.len() > 1;
    if !is_choice || !publication.has_begun() {
        return;
    }
    let highest: Vec<Option<usize>> = (0..publication.encodings.len())
        .map(|encoding| {
            let users = downtracks(peers, publication, track)
                .filter(|one| one.uses(encoding) || publication.preferred(one) == Some(encoding));
            let layers = publication.layers(encoding);
            users.filter_map(|one| one.wanted(layers)).max()
        })
        .collect();
    if publication.requested_qualities.as_ref() == Some(&highest) {
        return;
    }
    out.observe(Observation::SubscribedQuality {
        publisher: publication.publisher,
        track,
        highest: highest
            .iter()
            .map(|highest| highest.map(layer::quality_of))
            .collect(),
    });
    publication.requested_qualities = Some(highest);
}

/// What its subscribers are sent it on.
fn downtracks<'a>(
    peers: &'a Peers,
    publication: &'a Publication,
    track: TrackId,
) -> impl Iterator<Item = &'a Downtrack> {
    let subscribers = publication.subscribers.iter();
    subscribers.filter_map(move |&one| peers.get(one)?.downtracks.get(&track))
}
