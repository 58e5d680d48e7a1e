//! What the link to a peer carries, and which layers of its tracks fit into that.

pub(crate) mod allocate;
pub(crate) mod dynacast;
pub(crate) mod link;
pub(crate) mod meter;

use crate::parts::peer::Peer;
use crate::parts::{Out, Peers, Tracks};
use allocate::Claim;
use std::collections::BTreeMap;
use std::time::Instant;
use visio_meeting::{MediaKind, Observation, ParticipantId, Source, StreamState, TrackId};

/// What audio and data take beside the video on one link.
const NON_VIDEO_BPS: u64 = 100_000;

/// What the link to a participant carries was estimated again.
pub(crate) fn estimated(
    now: Instant,
    peers: &mut Peers,
    tracks: &mut Tracks,
    out: &mut Out,
    id: ParticipantId,
    bits_per_second: u64,
) {
    peers.with(id, |peer| peer.estimate_bps = bits_per_second);
    allocate(now, peers, tracks, out, id);
}

/// Shares out one participant's link among what they receive.
pub(crate) fn allocate(
    now: Instant,
    peers: &mut Peers,
    tracks: &mut Tracks,
    out: &mut Out,
    id: ParticipantId,
) {
    let claims = claims(now, peers, tracks, id);
    let Some(peer) = peers.get_mut(id) else {
        return;
    };
    let only_claims: Vec<Claim> = claims.values().copied().collect();
    let given = allocate::share(peer.estimate_bps, &only_claims);
    for (&track, allowance) in claims.keys().zip(given) {
        let Some(downtrack) = peer.downtracks.get_mut(&track) else {
            debug_assert!(false, "claims are those of downtracks");
            continue;
        };
        if downtrack.allowance.is_some() != allowance.is_some() {
            out.observe(Observation::StreamState {
                subscriber: id,
                track,
                state: match allowance {
                    Some(_) => StreamState::Active,
                    None => StreamState::Paused,
                },
            });
        }
        downtrack.allowance = allowance;
    }
    for (&track, downtrack) in &mut peer.downtracks {
        if let Some(publication) = tracks.get(track) {
            publication.select_layer(now, downtrack);
        }
    }
    let desired = only_claims.iter().map(Claim::desired_bps).sum::<u64>() + NON_VIDEO_BPS;
    let side = peer.receiving_side();
    let desired = if sees_anything(peer, tracks) {
        desired
    } else {
        0
    };
    peer.receiving().desire(now, desired);
    peers.mark_dirty(id, side);
}

/// Whether a peer has use for a picture that is not muted.
fn sees_anything(peer: &Peer, tracks: &Tracks) -> bool {
    let mut downtracks = peer.downtracks.iter();
    downtracks.any(|(&track, downtrack)| {
        let shown = tracks.get(track).filter(|one| !one.info.muted);
        let layers = shown.zip(downtrack.serving());
        downtrack.kind == MediaKind::Video
            && layers
                .is_some_and(|(one, encoding)| downtrack.wanted(one.layers(encoding)).is_some())
    })
}

/// What a participant's video tracks ask of their link.
fn claims(
    now: Instant,
    peers: &Peers,
    tracks: &mut Tracks,
    id: ParticipantId,
) -> BTreeMap<TrackId, Claim> {
    let mut claims = BTreeMap::new();
    let downtracks = peers.get(id).into_iter().flat_map(|peer| &peer.downtracks);
    for (&track, downtrack) in downtracks {
        let Some(publication) = tracks.get_mut(track) else {
            continue;
        };
        if downtrack.kind != MediaKind::Video {
            continue;
        }
        let Some(serving) = downtrack.serving() else {
            continue;
        };
        let Some(wanted) = downtrack.wanted(publication.layers(serving)) else {
            continue;
        };
        let encoding = publication.encodings.get_mut(serving);
        let claim = Claim {
            first: publication.info.source == Source::ScreenShare,
            wanted,
            bitrates_bps: encoding
                .map(|one| one.bitrates_bps(now))
                .unwrap_or_default(),
        };
        claims.insert(track, claim);
    }
    claims
}
