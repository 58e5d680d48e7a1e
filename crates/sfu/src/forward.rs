//! The way of a packet: from the publisher's transport to those of its subscribers.

pub(crate) mod backup;
pub(crate) mod downtrack;
pub(crate) mod encoding;
pub(crate) mod introduce;
pub(crate) mod keyframe_requests;
pub(crate) mod layer;
pub(crate) mod publication;
pub(crate) mod rewrite;
pub(crate) mod subscriptions;
pub(crate) mod svc;
pub(crate) mod unsupported;

use crate::audio::redundancy::{self, Forms};
use crate::audio::taps;
use crate::parts::peer::{Peer, Stream};
use crate::parts::{Out, Peers, Tracks};
use crate::transport::format::{Codec, Format, Taken};
use crate::transport::ids::Rid;
use crate::transport::packet::{Forwarded as Extensions, ReceivedPacket, SentPacket};
use crate::transport::{Sent, Transport};
use downtrack::{Candidate, Downtrack, Verdict};
use encoding::SectionState;
use layer::EncodedLayer;
use publication::Publication;
use std::time::Instant;
use svc::LayeredFrame;
use visio_meeting::{Observation, ParticipantId, TrackId};
use visio_rtc::packet::{dependency, vp8};

/// A packet that came, or was filled in.
#[derive(Clone, Copy)]
struct Arrived<'a> {
    now: Instant,
    track: TrackId,
    format: Format,
    packet: &'a ReceivedPacket,
    layer: EncodedLayer,
    frame: Option<&'a LayeredFrame>,
}

/// A packet on its way to the subscribers of its track.
struct Forwarded<'a> {
    arrived: &'a Arrived<'a>,
    candidate: Candidate<'a>,
    forms: Forms<'a>,
    extensions: Extensions,
}

/// What a subscriber's downtrack makes of a packet; `None` if it has no use for it.
enum Offered {
    /// It is sent, and the transport drained for it where that is due.
    Sent { is_due: bool },
    /// It waits for a keyframe of that layer.
    Awaits(EncodedLayer),
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
    let arrived = Arrived {
        now,
        track: stream.track,
        format,
        packet,
        layer: EncodedLayer {
            encoding,
            layer: noted.layer,
        },
        frame: noted.frame.as_ref(),
    };
    if format.codec == Codec::Opus {
        fill_in(peers, publication, out, from, &arrived);
    } else {
        let forms = Forms::new(packet, format);
        pass_on(peers, publication, out, &arrived, forms);
    }
}

/// Sends a frame of sound, before it those that were lost and come again with it.
fn fill_in(
    peers: &mut Peers,
    publication: &mut Publication,
    out: &mut Out,
    from: ParticipantId,
    arrived: &Arrived<'_>,
) {
    let (packet, format) = (arrived.packet, arrived.format);
    let is_opus = |payload_type| {
        let plain = peers.get(from)?.publisher.format(payload_type)?;
        Some(plain).filter(|plain| plain.codec == Codec::Opus && !plain.is_redundant)
    };
    let is_readable = format.is_redundant && publication.info.encryption == 0;
    let (recovered, is_new) =
        redundancy::arrive(&mut publication.redundancy, packet, is_readable, is_opus);
    for (packet, format) in &recovered {
        let earlier = Arrived {
            packet,
            format: *format,
            ..*arrived
        };
        pass_on_sound(peers, publication, out, &earlier);
    }
    if is_new {
        pass_on_sound(peers, publication, out, arrived);
    }
}

/// Sends a frame of sound to subscribers and tap.
fn pass_on_sound(
    peers: &mut Peers,
    publication: &mut Publication,
    out: &mut Out,
    arrived: &Arrived<'_>,
) {
    // What is encrypted from end to end is decrypted with the redundancy that its sender chose.
    let may_wrap = !publication.info.disable_red && publication.info.encryption == 0;
    let Some(redundancy) = &mut publication.redundancy else {
        debug_assert!(false, "it is there since the packet arrived");
        return;
    };
    let forms = redundancy.forms(arrived.packet, arrived.format, may_wrap);
    if let (Some(tap), Some(frame)) = (publication.tap, forms.plain()) {
        taps::packet(arrived.now, out, tap, arrived.packet, frame);
    }
    pass_on(peers, publication, out, arrived, forms);
}

/// Sends a packet to the subscribers of its track.
fn pass_on(
    peers: &mut Peers,
    publication: &mut Publication,
    out: &mut Out,
    arrived: &Arrived<'_>,
    forms: Forms<'_>,
) {
    let &Arrived { format, packet, .. } = arrived;
    let counters = (format.codec == Codec::Vp8).then(|| vp8::Counters::parse(&packet.payload));
    let counters = counters.flatten();
    let candidate = Candidate {
        layer: arrived.layer,
        frame: arrived.frame,
        begins: publication.is_video() && format.codec.starts_keyframe(&packet.payload),
        captured: packet.captured,
        clock_rate_hz: format.codec.clock_rate_hz(),
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        marker: packet.marker,
        frame_number: packet
            .dependency_descriptor()
            .and_then(dependency::frame_number),
        vp8: counters.as_ref(),
    };
    let forwarded = Forwarded {
        arrived,
        candidate,
        forms,
        extensions: packet.forwarded.clone(),
    };
    fan_out(peers, publication, out, &forwarded);
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
    let layer = layer::index_of(rid.as_ref().map(Rid::name));
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
        match offer(peer, out, forwarded) {
            Some(Offered::Sent { is_due }) => {
                is_delivered = true;
                if is_due {
                    let side = peer.receiving_side();
                    peers.mark_dirty(subscriber, side);
                }
            }
            Some(Offered::Awaits(layer)) if !awaited.contains(&layer) => awaited.push(layer),
            Some(Offered::Awaits(_)) | None => {}
        }
    }
    if is_delivered && !publication.is_delivery_reported {
        publication.is_delivery_reported = true;
        out.observe(Observation::FirstDelivered {
            publisher: publication.publisher,
            track: forwarded.arrived.track,
        });
    }
    for layer in awaited {
        keyframe_requests::request(forwarded.arrived.now, peers, publication, layer);
    }
}

/// Lets one subscriber's downtrack take or drop the packet, and sends it if taken.
fn offer(peer: &mut Peer, out: &mut Out, forwarded: &Forwarded<'_>) -> Option<Offered> {
    let Forwarded {
        arrived,
        candidate,
        forms,
        extensions,
    } = forwarded;
    let now = arrived.now;
    let (downtrack, transport) = peer.downtrack_and_transport(arrived.track)?;
    if !downtrack.uses(candidate.layer.encoding) || !transport.is_connected() {
        return None;
    }
    let taken = outgoing_format(downtrack, transport, arrived)?;
    let is_lossy = transport.is_lossy();
    let sent = match downtrack.take(now, candidate) {
        Verdict::Send(outgoing) => {
            let (payload_type, payload) = forms.choose(taken, is_lossy)?;
            SentPacket {
                payload_type,
                resend: taken.resend,
                sequence: outgoing.sequence,
                timestamp: outgoing.timestamp,
                captured: arrived.packet.captured,
                marker: outgoing.marker,
                vp8: outgoing.vp8,
                frame_number: outgoing.frame_number,
                payload,
                forwarded: extensions.clone(),
            }
        }
        Verdict::Fill(outgoing) => SentPacket {
            resend: taken.resend,
            ..SentPacket::own(taken.plain, outgoing.sequence, outgoing.timestamp, &[])
        },
        Verdict::Drop => return None,
        Verdict::Await(layer) => return Some(Offered::Awaits(layer)),
    };
    let sent = transport.send(now, &mut out.outputs, taken.ssrc, sent);
    if sent == Sent::Refused {
        downtrack.pause();
        return None;
    }
    let is_due = sent == Sent::Due;
    Some(Offered::Sent { is_due })
}

/// As what the packet goes over this transport; remembered until the next negotiation.
fn outgoing_format(
    downtrack: &mut Downtrack,
    transport: &mut Transport,
    arrived: &Arrived<'_>,
) -> Option<Taken> {
    let Arrived {
        now,
        format,
        packet,
        ..
    } = *arrived;
    let incoming = packet.payload_type;
    let mid = downtrack.mid?;
    if let Some((known, taken)) = downtrack.payload_types
        && known == incoming
    {
        return Some(taken);
    }
    let taken = transport.taken(now, mid, format.codec, Some(format))?;
    downtrack.payload_types = Some((incoming, taken));
    Some(taken)
}
