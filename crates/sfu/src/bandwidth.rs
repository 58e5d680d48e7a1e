//! What the link to a peer carries, and which layers of its tracks fit into that.

pub(crate) mod allocate;
pub(crate) mod allocator;
mod credit;
pub(crate) mod dynacast;
mod given;
pub(crate) mod link;
pub(crate) mod meter;
mod shortage;
pub(crate) mod told;

use crate::parts::peer::Peer;
use crate::parts::{Out, Peers, Tracks};
use allocate::{Claim, Importance};
use allocator::Sound;
use std::collections::BTreeMap;
use std::time::Instant;
use visio_meeting::{MediaKind, Observation, ParticipantId, Source, StreamState, TrackId};

/// What is kept for a track with sound before pictures get better: Opus at 24 kbit/s with headers.
const SOUND_BPS: u64 = 40_000;
/// It is kept for so many of them: more people seldom talk at once.
const SPEAKERS_MAX: u64 = 3;

/// What the link to a participant carries was estimated again. What it may carry more is shared out
/// when it is due.
pub(crate) fn estimated(
    now: Instant,
    peers: &mut Peers,
    tracks: &mut Tracks,
    out: &mut Out,
    id: ParticipantId,
    bits_per_second: u64,
) {
    let peer = peers.get_mut(id);
    if peer.is_some_and(|peer| peer.allocator.estimated(bits_per_second)) {
        allocate(now, peers, tracks, out, id);
    }
}

/// Shares out one participant's link among what they receive.
pub(crate) fn allocate(
    now: Instant,
    peers: &mut Peers,
    tracks: &mut Tracks,
    out: &mut Out,
    id: ParticipantId,
) {
    let sound = sound(now, peers, tracks, id);
    let claims = claims(now, peers, tracks, id);
    let Some(peer) = peers.get_mut(id) else {
        return;
    };
    let drowns = peer.allocator.update(now, sound, &claims);
    for (&track, claim) in &claims {
        if let Some(state) = give(now, peer, track, claim, drowns) {
            out.observe(Observation::StreamState {
                subscriber: id,
                track,
                state,
            });
        }
    }
    for (&track, downtrack) in &mut peer.downtracks {
        if let Some(publication) = tracks.get(track) {
            publication.select_layer(now, downtrack);
        }
    }
    let desired = peer.allocator.desired_bps(sound, &claims);
    let side = peer.receiving_side();
    let desired = if sees_anything(peer, tracks) {
        desired
    } else {
        0
    };
    peer.receiving().desire(now, desired);
    peers.mark_dirty(id, side);
}

/// Gives a downtrack what its peer's link carries of it, and at once where the link `drowns` in it;
/// returns what its subscriber is to be told.
fn give(
    now: Instant,
    peer: &mut Peer,
    track: TrackId,
    claim: &Claim,
    drowns: bool,
) -> Option<StreamState> {
    let downtrack = peer.downtracks.get_mut(&track)?;
    let had = std::mem::replace(&mut downtrack.allowance, peer.allocator.layer(track));
    if drowns {
        downtrack.stop_better();
    }
    let is_paused = had.is_some() && downtrack.allowance.is_none();
    let is_stopped = is_paused || (drowns && downtrack.current().is_none());
    let (told, state) = told::tell(now, downtrack.told, downtrack.allowance.is_some());
    // Who looks elsewhere is told nothing of it.
    let state = if claim.wanted.is_some() {
        downtrack.told = told;
        state
    } else {
        None
    };
    if is_stopped {
        peer.drop_waiting(track);
    }
    state
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

/// What the sound that a participant receives takes of their link: it goes before any picture.
fn sound(now: Instant, peers: &Peers, tracks: &mut Tracks, id: ParticipantId) -> Sound {
    let downtracks = peers.get(id).into_iter().flat_map(|peer| &peer.downtracks);
    let (mut measured, mut flowing) = (0_u64, 0_u64);
    for (&track, downtrack) in downtracks {
        if downtrack.kind != MediaKind::Audio || downtrack.settings.disabled {
            continue;
        }
        let Some(publication) = tracks.get_mut(track).filter(|one| !one.info.muted) else {
            continue;
        };
        let serving = downtrack.serving();
        let encoding = serving.and_then(|serving| publication.encodings.get_mut(serving));
        if let Some(encoding) = encoding.filter(|one| one.flows(now)) {
            measured += encoding.bitrates_bps(now).iter().sum::<u64>();
            flowing += 1;
        }
    }
    Sound {
        sent_bps: measured,
        reserved_bps: measured.max(flowing.min(SPEAKERS_MAX) * SOUND_BPS),
    }
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
        let Some((publication, speakers)) = tracks.publication_and_speakers(track) else {
            continue;
        };
        if downtrack.kind != MediaKind::Video {
            continue;
        }
        let Some(serving) = downtrack.serving() else {
            continue;
        };
        let importance = if publication.info.source == Source::ScreenShare {
            Importance::Screen
        } else if speakers.spoke_lately(publication.publisher) {
            Importance::Speaker
        } else {
            Importance::Other
        };
        let wanted = downtrack.wanted(publication.layers(serving));
        let encoding = publication.encodings.get_mut(serving);
        let claim = Claim {
            importance,
            wanted,
            is_muted: publication.info.muted,
            bitrates_bps: (encoding.filter(|_| wanted.is_some()))
                .map(|one| one.bitrates_bps(now))
                .unwrap_or_default(),
        };
        claims.insert(track, claim);
    }
    claims
}
