//! Muted tracks shown to clients that learn of a track by its first packet alone (pion's).

use crate::forward::downtrack::Downtrack;
use crate::parts::peer::Peer;
use crate::parts::{Out, Peers, Tracks};
use crate::transport::format::{Codec, Format};
use crate::transport::packet::SentPacket;
use std::time::Instant;
use visio_meeting::{ParticipantId, TrackId};

/// 20 ms of nothing (RFC 6716 section 3.1: one frame of CELT that is silence).
const OPUS_SILENCE: &[u8] = &[0xf8, 0xff, 0xfe];

/// Sends silence and empty pictures on the muted tracks that a participant receives.
pub(crate) fn introduce_muted(
    now: Instant,
    peers: &mut Peers,
    tracks: &Tracks,
    out: &mut Out,
    id: ParticipantId,
) {
    let Some(peer) = peers.get_mut(id).filter(|peer| peer.can_receive()) else {
        return;
    };
    let muted = |(track, downtrack): (&TrackId, &Downtrack)| {
        let publication = tracks.get(*track).filter(|one| one.info.muted)?;
        let encoding = publication.encodings.get(downtrack.serving()?)?;
        Some((*track, encoding.codec?, encoding.format))
    };
    let muted: Vec<(TrackId, Codec, Option<Format>)> =
        peer.downtracks.iter().filter_map(muted).collect();
    let introduced = muted
        .into_iter()
        .filter(|&(track, codec, format)| {
            introduce(now, peer, out, track, (codec, format)).is_some()
        })
        .count();
    let side = peer.receiving_side();
    if introduced > 0 {
        peers.mark_dirty(id, side);
    }
}

fn introduce(
    now: Instant,
    peer: &mut Peer,
    out: &mut Out,
    track: TrackId,
    (codec, format): (Codec, Option<Format>),
) -> Option<()> {
    let mid = peer.downtracks.get(&track)?.mid?;
    let taken = peer.receiving().taken(now, mid, codec, format)?;
    let clock_rate_hz = codec.clock_rate_hz();
    let outgoing = peer
        .downtracks
        .get_mut(&track)?
        .introduce(now, clock_rate_hz)?;
    let payload = if codec == Codec::Opus {
        OPUS_SILENCE
    } else {
        &[]
    };
    let (sequence, timestamp) = (outgoing.sequence, outgoing.timestamp);
    let sent = SentPacket::own(taken.plain, sequence, timestamp, payload);
    let transport = peer.receiving();
    transport.send(now, &mut out.outputs, taken.ssrc, sent);
    Some(())
}
