//! The way of a packet: from the publisher's transport to those of its subscribers.

pub(crate) mod downtrack;
pub(crate) mod keyframe;
pub(crate) mod layer;
pub(crate) mod publication;
pub(crate) mod rewrite;

use crate::audio::tap::TapEvent;
use crate::call::Call;
use crate::call::peer::{Peer, Stream};
use crate::forward::downtrack::{Candidate, Downtrack, Verdict};
use crate::forward::publication::Publication;
use crate::output::Output;
use crate::transport::format::{Codec, Format};
use crate::transport::ids::{Mid, PayloadType};
use crate::transport::packet::{ReceivedPacket, SentPacket};
use crate::transport::vp8::Vp8Numbers;
use std::sync::Arc;
use std::time::Instant;
use visio_meeting::{MediaKind, Observation, ParticipantId, TrackId};

/// 20 ms of nothing (RFC 6716 section 3.1: one frame of CELT that is silence).
const OPUS_SILENCE: &[u8] = &[0xf8, 0xff, 0xfe];

impl Call {
    /// Hands a packet on to everybody who receives its track.
    pub(crate) fn forward(&mut self, from: ParticipantId, packet: &ReceivedPacket) {
        let Some((stream, format)) = self.identify(from, packet) else {
            return;
        };
        self.first_look(from, stream, format);
        let Some(publication) = self.publications.get_mut(&stream.track) else {
            return;
        };
        let now = self.now.instant;
        let begins = publication.note(now, stream.layer, packet.ssrc, packet.payload.len());
        let muted = publication.info.muted;
        if begins {
            self.aim_all(stream.track);
        }
        if muted {
            return;
        }
        if let Some(level) = packet.level_dbov() {
            self.speakers.hear(from, level);
        }
        let vp8 = (format.codec == Codec::Vp8).then(|| Vp8Numbers::parse(&packet.payload));
        let vp8 = vp8.flatten();
        let is_video = self
            .publications
            .get(&stream.track)
            .is_some_and(Publication::is_video);
        let candidate = Candidate {
            layer: stream.layer,
            begins: is_video && keyframe::starts_keyframe(format.codec, &packet.payload),
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            vp8: vp8.as_ref(),
        };
        let awaited = self.fan_out(stream.track, format, packet, &candidate);
        for layer in awaited {
            self.ask_keyframe(stream.track, layer);
        }
        self.tap_packet(stream.track, format, packet);
    }

    /// The track and layer a packet belongs to, and what is in it.
    fn identify(
        &mut self,
        from: ParticipantId,
        packet: &ReceivedPacket,
    ) -> Option<(Stream, Format)> {
        let peer = self.peers.get_mut(&from)?;
        let format = peer.publisher.format(packet.payload_type)?;
        let ssrc = packet.ssrc;
        if let Some(&stream) = peer.streams.get(&ssrc) {
            return Some((stream, format));
        }
        let (mid, rid) = peer.publisher.stream(ssrc)?;
        let (&track, _) = self
            .publications
            .iter()
            .find(|(_, one)| one.publisher == from && one.mid == Some(mid))?;
        let stream = Stream {
            track,
            layer: layer::index_of(rid.as_deref()),
        };
        // A layer has one stream: what a browser sent it on before it restarted is not kept.
        peer.streams.retain(|_, known| *known != stream);
        peer.streams.insert(ssrc, stream);
        Some((stream, format))
    }

    /// The first packet says which codec it really is.
    fn first_look(&mut self, from: ParticipantId, stream: Stream, format: Format) {
        let Some(publication) = self.publications.get_mut(&stream.track) else {
            return;
        };
        let first = publication.format.is_none();
        publication.format = Some(format);
        if first {
            self.meeting.observe(Observation::TrackLive {
                participant: from,
                track: stream.track,
                mid: publication
                    .mid
                    .map(|mid| mid.to_string())
                    .unwrap_or_default(),
                mime: format.codec.mime().to_owned(),
            });
        }
    }

    /// A layer flows that was silent: its first frame is often a keyframe, and a slow slide show
    /// has no second one soon.
    fn aim_all(&mut self, track: TrackId) {
        let Some(publication) = self.publications.get(&track) else {
            return;
        };
        for subscriber in &publication.subscribers {
            let peer = self.peers.get_mut(subscriber);
            if let Some(downtrack) = peer.and_then(|peer| peer.downtracks.get_mut(&track)) {
                publication.aim(self.now.instant, downtrack);
            }
        }
    }

    /// Offers the packet to each downtrack; returns the layers somebody waits for.
    fn fan_out(
        &mut self,
        track: TrackId,
        format: Format,
        packet: &ReceivedPacket,
        candidate: &Candidate<'_>,
    ) -> Vec<usize> {
        let now = self.now.instant;
        let mut awaited = Vec::new();
        let Some(publication) = self.publications.get_mut(&track) else {
            return awaited;
        };
        let mut delivered = false;
        for &subscriber in &publication.subscribers {
            let Some(peer) = self.peers.get_mut(&subscriber) else {
                continue;
            };
            match offer(now, peer, track, format, packet, candidate) {
                Some(Verdict::Send(_)) => {
                    self.touched.insert((subscriber, peer.receiving_side()));
                    delivered = true;
                }
                Some(Verdict::Await(layer)) if !awaited.contains(&layer) => awaited.push(layer),
                _ => {}
            }
        }
        if delivered && !publication.told_delivered {
            publication.told_delivered = true;
            let publisher = publication.publisher;
            self.meeting
                .observe(Observation::FirstDelivered { publisher, track });
        }
        awaited
    }

    fn tap_packet(&mut self, track: TrackId, format: Format, packet: &ReceivedPacket) {
        let Some(tap) = self.publications.get(&track).and_then(|one| one.tap) else {
            return;
        };
        self.outputs.push_back(Output::Tap(TapEvent::Packet {
            tap,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            received: self.now.instant,
            payload: Arc::clone(&packet.payload),
            redundant: format.is_redundant,
        }));
    }

    /// Some clients (pion's) learn of a track by its first packet alone: a muted one is shown to
    /// them by silence and by empty pictures.
    pub(crate) fn introduce_muted(&mut self, now: Instant, id: ParticipantId) {
        let Some(peer) = self.peers.get_mut(&id).filter(|peer| peer.can_receive()) else {
            return;
        };
        let muted = |track: &TrackId| {
            let publication = self.publications.get(track)?;
            let format = publication.format.filter(|_| publication.info.muted)?;
            Some((*track, format.plain()))
        };
        let muted: Vec<(TrackId, Format)> = peer.downtracks.keys().filter_map(muted).collect();
        for (track, format) in muted {
            let mid = peer.downtracks.get(&track).and_then(|one| one.mid);
            let sent_as = mid.and_then(|mid| peer.receiving().payload_type(mid, format));
            let downtrack = peer.downtracks.get_mut(&track);
            let outgoing = downtrack.and_then(|downtrack| downtrack.introduce(now));
            if let (Some(mid), Some((payload_type, _)), Some(outgoing)) = (mid, sent_as, outgoing) {
                let payload = if format.codec == Codec::Opus {
                    OPUS_SILENCE
                } else {
                    &[]
                };
                let sent = SentPacket {
                    payload_type,
                    sequence: outgoing.sequence,
                    timestamp: outgoing.timestamp,
                    vp8: None,
                    payload: payload.into(),
                    is_resent: false,
                };
                peer.receiving().send_own(now, mid, sent);
                self.touched.insert((id, peer.receiving_side()));
            }
        }
    }

    /// A subscriber's decoder lost its way.
    pub(crate) fn keyframe_wanted(&mut self, from: ParticipantId, mid: Mid) {
        let Some(peer) = self.peers.get_mut(&from) else {
            return;
        };
        let Some((track, downtrack)) = peer.downtrack_on(mid) else {
            return;
        };
        if let Some(layer) = downtrack.current().or(downtrack.awaited()) {
            self.ask_keyframe(track, layer);
        }
    }

    /// Asks the publisher to begin anew on one layer, unless it was asked just now.
    pub(crate) fn ask_keyframe(&mut self, track: TrackId, layer: usize) {
        let now = self.now.instant;
        let Some(publication) = self.publications.get_mut(&track) else {
            return;
        };
        let Some(ssrc) = publication.keyframe_due(now, layer) else {
            return;
        };
        let publisher = publication.publisher;
        if let Some(peer) = self.peers.get_mut(&publisher) {
            peer.publisher.request_keyframe(ssrc);
            self.touch(publisher, crate::call::peer::Side::Publisher);
        }
    }
}

/// Lets one subscriber's downtrack take or drop the packet, and sends it if taken.
fn offer(
    now: Instant,
    peer: &mut Peer,
    track: TrackId,
    format: Format,
    packet: &ReceivedPacket,
    candidate: &Candidate<'_>,
) -> Option<Verdict> {
    if !peer.can_receive() {
        return None;
    }
    let (mid, payload_type, redundant) = outgoing_format(peer, track, format, packet)?;
    let downtrack = peer.downtracks.get_mut(&track)?;
    let verdict = downtrack.take(now, candidate);
    if let Verdict::Send(outgoing) = verdict {
        let payload = payload(format, redundant, packet)?;
        let sent = SentPacket {
            payload_type,
            sequence: outgoing.sequence,
            timestamp: outgoing.timestamp,
            vp8: outgoing.vp8,
            payload,
            is_resent: downtrack.kind == MediaKind::Video,
        };
        peer.receiving().send(now, mid, packet, sent);
    }
    Some(verdict)
}

/// Where and as what the packet goes to this peer; remembered until the next negotiation.
fn outgoing_format(
    peer: &mut Peer,
    track: TrackId,
    format: Format,
    packet: &ReceivedPacket,
) -> Option<(Mid, PayloadType, bool)> {
    let incoming = packet.payload_type;
    let downtrack = peer.downtracks.get(&track)?;
    let mid = downtrack.mid?;
    if let Some((known, payload_type, redundant)) = downtrack.payload_types
        && known == incoming
    {
        return Some((mid, payload_type, redundant));
    }
    let (payload_type, redundant) = peer.receiving().payload_type(mid, format)?;
    peer.downtracks.get_mut(&track)?.payload_types = Some((incoming, payload_type, redundant));
    Some((mid, payload_type, redundant))
}

/// The payload as this subscriber takes it: without redundancy if they did not agree to it.
fn payload(format: Format, redundant: bool, packet: &ReceivedPacket) -> Option<Arc<[u8]>> {
    if !format.is_redundant || redundant {
        return Some(Arc::clone(&packet.payload));
    }
    packet.primary_block()
}

impl Publication {
    /// Aims a downtrack at the layers that flow now.
    pub(crate) fn aim(&self, now: Instant, downtrack: &mut Downtrack) {
        downtrack.retarget(&self.info, self.flowing(now));
    }
}
