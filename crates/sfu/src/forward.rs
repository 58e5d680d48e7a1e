//! The way of a packet: from the publisher's transport to those of its subscribers.

pub(crate) mod backup;
pub(crate) mod downtrack;
pub(crate) mod encoding;
pub(crate) mod introduce;
pub(crate) mod keyframe;
pub(crate) mod keyframe_requests;
pub(crate) mod layer;
pub(crate) mod publication;
pub(crate) mod rewrite;
pub(crate) mod subscriptions;
pub(crate) mod svc;
pub(crate) mod unsupported;

use crate::audio::taps;
use crate::parts::peer::{Peer, Stream};
use crate::parts::{Out, Peers, Tracks};
use crate::transport::format::{Codec, Format};
use crate::transport::ids::{Mid, PayloadType};
use crate::transport::packet::{ReceivedPacket, SentPacket};
use crate::transport::vp8::Vp8Numbers;
use downtrack::{Candidate, Verdict};
use encoding::SectionState;
use layer::EncodedLayer;
use publication::Publication;
use std::sync::Arc;
use std::time::Instant;
use visio_meeting::{MediaKind, Observation, ParticipantId, TrackId};
use visio_rtc::packet::dependency;

/// A packet on its way to the subscribers of its track.
struct Forwarded<'a> {
    now: Instant,
    track: TrackId,
    format: Format,
    packet: &'a ReceivedPacket,
    candidate: Candidate<'a>,
}

/// Sends a packet to everybody who receives its track.
pub(crate) fn forward(
    now: Instant,
    peers: &mut Peers,
    tracks: &mut Tracks,
    out: &mut Out,
    from: ParticipantId,
    packet: &ReceivedPacket,
) {
    let Some((stream, format)) = identify(peers, tracks, from, packet) else {
        return;
    };
    let Some((publication, speakers)) = tracks.publication_and_speakers(stream.track) else {
        debug_assert!(false, "a track's streams are forgotten with it");
        return;
    };
    note_format(peers, out, publication, stream, format);
    let EncodedLayer { encoding, layer } = stream.layer;
    let Some(flow) = publication.encodings.get_mut(encoding) else {
        debug_assert!(false, "a stream is found by its encoding");
        return;
    };
    let noted = flow.receive(now, layer, format.codec, packet);
    if noted.is_flow_changed {
        select_layers(now, peers, publication, stream.track);
    }
    if publication.info.muted {
        return;
    }
    if let Some(level) = packet.level_dbov() {
        speakers.note(from, level);
    }
    let vp8 = (format.codec == Codec::Vp8).then(|| Vp8Numbers::parse(&packet.payload));
    let vp8 = vp8.flatten();
    let candidate = Candidate {
        layer: EncodedLayer {
            encoding,
            layer: noted.layer,
        },
        frame: noted.frame.as_ref(),
        begins: publication.is_video() && keyframe::starts_keyframe(format.codec, &packet.payload),
        clock_rate_hz: format.codec.clock_rate_hz(),
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        marker: packet.marker,
        frame_number: packet
            .dependency_descriptor()
            .and_then(dependency::frame_number),
        vp8: vp8.as_ref(),
    };
    let forwarded = Forwarded {
        now,
        track: stream.track,
        format,
        packet,
        candidate,
    };
    fan_out(peers, publication, out, &forwarded);
    // Taps decode Opus and nothing else.
    if let Some(tap) = publication.tap.filter(|_| format.codec == Codec::Opus) {
        taps::packet(now, out, tap, format, packet);
    }
}

/// The track and layer a packet belongs to, and what is in it.
fn identify(
    peers: &mut Peers,
    tracks: &Tracks,
    from: ParticipantId,
    packet: &ReceivedPacket,
) -> Option<(Stream, Format)> {
    let peer = peers.get_mut(from)?;
    let format = peer.publisher.format(packet.payload_type)?;
    if let Some(&stream) = peer.streams.get(&packet.ssrc) {
        return Some((stream, format));
    }
    let (mid, rid) = peer.publisher.stream(packet.ssrc)?;
    let (track, encoding) = tracks
        .of(from)
        .find_map(|(track, publication)| Some((track, publication.encoding_on(mid)?)))?;
    let layer = layer::index_of(rid.as_deref());
    let stream = Stream {
        track,
        layer: EncodedLayer { encoding, layer },
    };
    // A layer has one stream: what a browser sent it on before it restarted is not kept.
    peer.streams.retain(|_, known| *known != stream);
    peer.streams.insert(packet.ssrc, stream);
    Some((stream, format))
}

/// The first packet says which codec it really is.
fn note_format(
    peers: &Peers,
    out: &mut Out,
    publication: &mut Publication,
    Stream { track, layer }: Stream,
    format: Format,
) {
    let Some(encoding) = publication.encodings.get_mut(layer.encoding) else {
        return;
    };
    if encoding.note_format(format)
        && let SectionState::On(mid) = encoding.section
    {
        out.observe(Observation::TrackLive {
            participant: publication.publisher,
            track,
            encoding: layer.encoding,
            mid: mid.to_string(),
            mime: format.codec.mime().to_owned(),
        });
        unsupported::report_of(peers, publication, out, track);
    }
}

/// Other layers flow than before: the first frame of one that was silent is often a keyframe, and a
/// slow slide show has no second one soon.
fn select_layers(now: Instant, peers: &mut Peers, publication: &Publication, track: TrackId) {
    for &subscriber in &publication.subscribers {
        if let Some(downtrack) = peers.downtrack_mut(subscriber, track) {
            publication.select_layer(now, downtrack);
        }
    }
}

/// Offers the packet to each downtrack, and asks for the keyframes that they wait for.
fn fan_out(
    peers: &mut Peers,
    publication: &mut Publication,
    out: &mut Out,
    forwarded: &Forwarded<'_>,
) {
    let mut awaited: Vec<EncodedLayer> = Vec::new();
    let mut is_delivered = false;
    for &subscriber in &publication.subscribers {
        let Some(peer) = peers.get_mut(subscriber) else {
            debug_assert!(false, "who left receives nothing");
            continue;
        };
        match offer(peer, forwarded) {
            Some(Verdict::Send(_) | Verdict::Fill(_)) => {
                let side = peer.receiving_side();
                peers.mark_dirty(subscriber, side);
                is_delivered = true;
            }
            Some(Verdict::Await(layer)) if !awaited.contains(&layer) => awaited.push(layer),
            Some(Verdict::Await(_) | Verdict::Drop) | None => {}
        }
    }
    if is_delivered && !publication.is_delivery_reported {
        publication.is_delivery_reported = true;
        out.observe(Observation::FirstDelivered {
            publisher: publication.publisher,
            track: forwarded.track,
        });
    }
    for layer in awaited {
        keyframe_requests::request(forwarded.now, peers, publication, layer);
    }
}

/// Lets one subscriber's downtrack take or drop the packet, and sends it if taken.
fn offer(peer: &mut Peer, forwarded: &Forwarded<'_>) -> Option<Verdict> {
    let Forwarded {
        now,
        track,
        format,
        packet,
        ref candidate,
    } = *forwarded;
    let downtrack = peer.downtracks.get(&track)?;
    if !downtrack.uses(candidate.layer.encoding) || !peer.can_receive() {
        return None;
    }
    let (mid, payload_type, is_redundant) = outgoing_format(peer, forwarded)?;
    let downtrack = peer.downtracks.get_mut(&track)?;
    let verdict = downtrack.take(now, candidate);
    if let Verdict::Send(outgoing) = verdict {
        let sent = SentPacket {
            payload_type,
            sequence: outgoing.sequence,
            timestamp: outgoing.timestamp,
            marker: outgoing.marker,
            vp8: outgoing.vp8,
            frame_number: outgoing.frame_number,
            payload: payload(format, is_redundant, packet)?,
            is_resent: downtrack.kind == MediaKind::Video,
        };
        peer.receiving().send(now, mid, packet, sent);
    }
    if let Verdict::Fill(outgoing) = verdict {
        let (sequence, timestamp) = (outgoing.sequence, outgoing.timestamp);
        let sent = SentPacket {
            is_resent: true,
            ..SentPacket::own(payload_type, sequence, timestamp, &[])
        };
        peer.receiving().send_own(now, mid, sent);
    }
    Some(verdict)
}

/// Where and as what the packet goes to this peer; remembered until the next negotiation.
fn outgoing_format(peer: &mut Peer, forwarded: &Forwarded<'_>) -> Option<(Mid, PayloadType, bool)> {
    let incoming = forwarded.packet.payload_type;
    let downtrack = peer.downtracks.get(&forwarded.track)?;
    let mid = downtrack.mid?;
    if let Some((known, payload_type, is_redundant)) = downtrack.payload_types
        && known == incoming
    {
        return Some((mid, payload_type, is_redundant));
    }
    let (payload_type, is_redundant) = peer.receiving().payload_type(mid, forwarded.format)?;
    let downtrack = peer.downtracks.get_mut(&forwarded.track)?;
    downtrack.payload_types = Some((incoming, payload_type, is_redundant));
    Some((mid, payload_type, is_redundant))
}

/// The payload as this subscriber takes it: without redundancy if they did not agree to it.
fn payload(format: Format, is_redundant: bool, packet: &ReceivedPacket) -> Option<Arc<[u8]>> {
    if format.is_redundant && !is_redundant {
        packet.primary_block()
    } else {
        Some(Arc::clone(&packet.payload))
    }
}
