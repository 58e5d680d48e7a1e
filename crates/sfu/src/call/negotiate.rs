//! Offers and answers: which section carries which track, in both of LiveKit's ways.

use crate::call::Call;
use crate::channels::Lane;
use crate::output::{ClientMessage, Output};
use crate::peer::{Negotiation, Outstanding, Peer, Side};
use crate::publication::Publication;
use crate::sdp::{self, Adjustment, Direction, Section, SectionKind};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::media::Mid;
use visio_meeting::{
    Generation, LeaveAction, LeaveReason, MediaKind, Observation, ParticipantId, Source, TrackId,
    TrackInfo,
};
use visio_protocol::limits::SDP_BYTES_MAX;

/// An offer or a request for one that got no answer for so long is made again.
const NEGOTIATION_PATIENCE: Duration = Duration::from_secs(8);

/// Why a description cannot be used; the client is sent away with it in the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NegotiationError {
    #[error("a session description is longer than {SDP_BYTES_MAX} bytes")]
    TooLong,
    #[error("a session description cannot be read")]
    Malformed,
    #[error("a session description does not fit what was negotiated before")]
    Refused,
}

impl Call {
    /// The client describes what it sends, and with a single connection where it receives.
    pub(crate) fn offered(&mut self, now: Instant, from: ParticipantId, id: u32, text: &str) {
        match self.answer(from, text) {
            Ok(sdp) => {
                let tracks_by_mid = self.tracks_by_mid(from);
                self.tell(
                    from,
                    ClientMessage::Answer {
                        id,
                        sdp,
                        tracks_by_mid,
                    },
                );
                self.learn_ufrag(from, Side::Publisher);
                self.after_answer(now, from);
            }
            Err(error) => self.give_up(from, &error),
        }
    }

    /// The client accepts the server's offer.
    pub(crate) fn answered(&mut self, now: Instant, from: ParticipantId, id: u32, text: &str) {
        let Some(peer) = self.peers.get_mut(&from) else {
            return;
        };
        // An answer to an offer that was replaced meanwhile; Python's client numbers nothing.
        if id != 0 && id != peer.offers_made {
            return;
        }
        let Negotiation::Underway { pending, again, .. } = &mut peer.negotiation else {
            return;
        };
        let (Some(Outstanding { pending, .. }), again) = (pending.take(), *again) else {
            return;
        };
        peer.negotiation = if again {
            Negotiation::Needed
        } else {
            Negotiation::Settled
        };
        let outcome = accept_answer(peer, pending, text);
        match outcome {
            Ok(()) => self.sections_settled(now, from),
            Err(error) => self.give_up(from, &error),
        }
    }

    /// Starts the rounds that are due, and repeats those without an answer.
    pub(crate) fn negotiate(&mut self, now: Instant) {
        let due: Vec<ParticipantId> = self
            .peers
            .iter_mut()
            .filter_map(|(&id, peer)| peer.negotiation_due(now).then_some(id))
            .collect();
        for id in due {
            let generation = self.peers.get(&id).map(|peer| peer.generation);
            match generation {
                Some(Generation::SingleConnection) => self.ask_for_offer(now, id, (0, 0)),
                Some(Generation::DualConnection) => self.offer(now, id),
                None => {}
            }
        }
    }

    /// The client resumed: what it receives on moves to its new address.
    pub(crate) fn restart(&mut self, now: Instant, id: ParticipantId) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if peer.generation == Generation::DualConnection {
            peer.restart_due = true;
            self.offer(now, id);
        }
    }

    fn answer(&mut self, from: ParticipantId, text: &str) -> Result<String, NegotiationError> {
        if text.len() > SDP_BYTES_MAX {
            return Err(NegotiationError::TooLong);
        }
        let offer = SdpOffer::from_sdp_string(text).map_err(|_| NegotiationError::Malformed)?;
        let sections = sdp::sections(text);
        let peer = self.peers.get_mut(&from).ok_or(NegotiationError::Refused)?;
        let answer = peer.publisher.rtc.sdp_api().accept_offer(offer);
        let answer = answer.map_err(|_| NegotiationError::Refused)?;
        peer.publisher.renegotiated();
        self.touch(from, Side::Publisher);
        self.bind_publications(from, &sections);
        if self.is_single(from) {
            self.assign_sections(from, &sections);
        }
        let adjustments = self.adjustments(from, &sections);
        Ok(sdp::adjust(&answer.to_sdp_string(), &adjustments))
    }

    /// Finds the announced tracks in the sections the client sends on, and misses those gone.
    fn bind_publications(&mut self, from: ParticipantId, sections: &[Section]) {
        let sending = || sections.iter().filter(|section| section.sends());
        for section in sending() {
            let named = |one: &Publication| has_name(one, section);
            if !self.has_publication(from, |one| named(one) && is_on(one, section))
                && let Some(track) = self.announced(from, section, named)
            {
                self.bind(from, track, section);
            }
        }
        // Firefox names its tracks otherwise than it announces them, but in the order it
        // announced. A section that has a track keeps it, and the second encoding of a track that
        // has another section is no track of its own.
        for section in sending() {
            let taken = |one: &Publication| is_on(one, section) || has_name(one, section);
            if !self.has_publication(from, taken)
                && let Some(track) = self.announced(from, section, |_| true)
            {
                self.bind(from, track, section);
            }
        }
        self.miss_publications(from, sections);
    }

    fn has_publication(&self, from: ParticipantId, fits: impl Fn(&Publication) -> bool) -> bool {
        let mut all = self.publications.values();
        all.any(|one| one.publisher == from && fits(one))
    }

    /// The first announced track without a section that `section` can carry.
    fn announced(
        &self,
        from: ParticipantId,
        section: &Section,
        fits: impl Fn(&Publication) -> bool,
    ) -> Option<TrackId> {
        let waits = |one: &Publication| one.publisher == from && one.mid.is_none();
        let mut all = self.publications.iter();
        all.find(|(_, one)| waits(one) && same_kind(section, one.info.kind) && fits(one))
            .map(|(&track, _)| track)
    }

    fn bind(&mut self, from: ParticipantId, track: TrackId, section: &Section) {
        let mid = Mid::from(section.mid.as_str());
        self.release_section(from, mid);
        if let Some(publication) = self.publications.get_mut(&track) {
            publication.mid = Some(mid);
        }
    }

    /// Whatever was published on `mid` before is not there any more.
    fn release_section(&mut self, from: ParticipantId, mid: Mid) {
        let former: Vec<TrackId> = self
            .publications
            .iter()
            .filter(|(_, one)| one.publisher == from && one.mid == Some(mid))
            .map(|(&track, _)| track)
            .collect();
        for track in former {
            self.meeting.observe(Observation::TrackGone {
                participant: from,
                track,
            });
        }
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.streams.clear();
        }
    }

    /// LiveKit has no message to unpublish: a section that stops sending says it.
    fn miss_publications(&mut self, from: ParticipantId, sections: &[Section]) {
        let stopped = |mid: Mid| {
            sections
                .iter()
                .any(|section| Mid::from(section.mid.as_str()) == mid && !section.sends())
        };
        let gone: Vec<TrackId> = self
            .publications
            .iter()
            .filter(|(_, one)| one.publisher == from && one.mid.is_some_and(stopped))
            .map(|(&track, _)| track)
            .collect();
        for track in gone {
            self.meeting.observe(Observation::TrackGone {
                participant: from,
                track,
            });
        }
    }

    /// Gives the client's free receiving sections to the tracks that wait for one.
    fn assign_sections(&mut self, from: ParticipantId, sections: &[Section]) {
        let Some(peer) = self.peers.get_mut(&from) else {
            return;
        };
        let mut missing = (0, 0);
        let waiting: Vec<(TrackId, MediaKind)> = peer
            .downtracks
            .iter()
            .filter(|(_, downtrack)| downtrack.mid.is_none())
            .map(|(&track, downtrack)| (track, downtrack.kind))
            .collect();
        for (track, kind) in waiting {
            let free = sections.iter().find(|section| {
                section.direction == Direction::RecvOnly
                    && same_kind(section, kind)
                    && peer.downtrack_on(Mid::from(section.mid.as_str())).is_none()
            });
            match (free, kind) {
                (Some(section), _) => {
                    if let Some(downtrack) = peer.downtracks.get_mut(&track) {
                        downtrack.mid = Some(Mid::from(section.mid.as_str()));
                    }
                }
                (None, MediaKind::Audio) => missing.0 += 1,
                (None, MediaKind::Video) => missing.1 += 1,
            }
        }
        self.missing_sections.insert(from, missing);
    }

    fn adjustments(
        &self,
        from: ParticipantId,
        sections: &[Section],
    ) -> BTreeMap<String, Adjustment> {
        let single = self.is_single(from);
        let names = self.stream_names(from);
        let adjustment = |section: &Section| match section.direction {
            Direction::RecvOnly | Direction::Inactive if single => Some(
                names
                    .get(&section.mid)
                    .map_or(Adjustment::Idle, |(stream, track)| Adjustment::Carries {
                        stream: stream.clone(),
                        track: track.clone(),
                    }),
            ),
            _ if section.sends() && section.kind != SectionKind::Application => {
                Some(self.received(from, section))
            }
            _ => None,
        };
        sections
            .iter()
            .filter(|section| section.kind != SectionKind::Application)
            .filter_map(|section| Some((section.mid.clone(), adjustment(section)?)))
            .collect()
    }

    fn received(&self, from: ParticipantId, section: &Section) -> Adjustment {
        let mid = Mid::from(section.mid.as_str());
        let published = self
            .publications
            .values()
            .find(|one| one.publisher == from && one.mid == Some(mid));
        let info = published.map(|one| &one.info);
        let codec = info
            .and_then(|info| info.mime().strip_prefix("video/"))
            .map(str::to_owned);
        Adjustment::Receives {
            codec,
            redundant: info.is_some_and(|info| !info.disable_red),
            discontinuous: info.is_none_or(|info| !info.disable_dtx),
            stereo: info.is_some_and(|info| info.stereo),
        }
    }

    /// By mid: the stream and the track that LiveKit's clients look for in `a=msid`.
    fn stream_names(&self, to: ParticipantId) -> BTreeMap<String, (String, String)> {
        let Some(peer) = self.peers.get(&to) else {
            return BTreeMap::new();
        };
        peer.downtracks
            .iter()
            .filter_map(|(track, downtrack)| {
                let info = &self.publications.get(track)?.info;
                let (sid, _) = self.meeting.name_tag(downtrack.publisher)?;
                let stream = stream_name(sid.as_str(), info);
                Some((downtrack.mid?.to_string(), (stream, info.sid.to_string())))
            })
            .collect()
    }

    fn tracks_by_mid(&self, to: ParticipantId) -> Vec<(String, String)> {
        let names = self.stream_names(to);
        names
            .into_iter()
            .map(|(mid, (_, track))| (mid, track))
            .collect()
    }

    fn after_answer(&mut self, now: Instant, from: ParticipantId) {
        let Some(peer) = self.peers.get_mut(&from) else {
            return;
        };
        if peer.generation == Generation::DualConnection {
            return;
        }
        let again = matches!(peer.negotiation, Negotiation::Underway { again: true, .. });
        let unassigned = peer
            .downtracks
            .values()
            .any(|downtrack| downtrack.mid.is_none());
        peer.negotiation = if again && !unassigned {
            Negotiation::Needed
        } else {
            Negotiation::Settled
        };
        self.sections_settled(now, from);
        match self.missing_sections.remove(&from) {
            None | Some((0, 0)) => {}
            Some(missing) => self.ask_for_offer(now, from, missing),
        }
    }

    /// The sections are agreed: what is sent on them is looked at anew.
    fn sections_settled(&mut self, now: Instant, id: ParticipantId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            let side = peer.receiving_side();
            let unpaced: Vec<Mid> = peer
                .downtracks
                .values_mut()
                .filter_map(|downtrack| {
                    downtrack.payload_types = None;
                    (downtrack.kind == MediaKind::Audio)
                        .then_some(downtrack.mid)
                        .flatten()
                })
                .collect();
            let transport = peer.receiving();
            for mid in unpaced {
                transport.send_unpaced(mid);
            }
            transport.renegotiated();
            self.touch(id, side);
        }
        self.look_for_keyframes(now, id);
    }

    fn ask_for_offer(&mut self, now: Instant, id: ParticipantId, missing: (u32, u32)) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.negotiation = Negotiation::Underway {
            since: now,
            pending: None,
            again: false,
        };
        let (audio, video) = missing;
        self.tell(id, ClientMessage::MoreSections { audio, video });
    }

    /// Offers what the client of two connections is to receive.
    fn offer(&mut self, now: Instant, id: ParticipantId) {
        if !self.repeat_offer(now, id) {
            self.make_offer(now, id);
        }
    }

    /// Says an offer again that nobody has answered; another one follows its answer.
    fn repeat_offer(&mut self, now: Instant, id: ParticipantId) -> bool {
        let Some(peer) = self.peers.get_mut(&id) else {
            return false;
        };
        let Negotiation::Underway {
            since,
            pending: Some(outstanding),
            again,
        } = &mut peer.negotiation
        else {
            return false;
        };
        *since = now;
        *again |= peer.restart_due;
        let (number, sdp) = (peer.offers_made, outstanding.sdp.clone());
        let tracks_by_mid = self.tracks_by_mid(id);
        let offer = ClientMessage::Offer {
            id: number,
            sdp,
            tracks_by_mid,
        };
        self.tell(id, offer);
        true
    }

    fn make_offer(&mut self, now: Instant, id: ParticipantId) {
        let names = self.downtrack_names(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let first = peer.offers_made == 0;
        let mut added = Vec::new();
        let retired = std::mem::take(&mut peer.retired);
        let restart = std::mem::take(&mut peer.restart_due);
        let transport = peer.transport(Side::Subscriber);
        let mut api = transport.rtc.sdp_api();
        let lanes: Vec<_> = [Lane::Reliable, Lane::Lossy]
            .into_iter()
            .filter(|_| first)
            .map(|lane| (lane, api.add_channel_with_config(lane.config())))
            .collect();
        for mid in retired {
            api.stop_media(mid);
        }
        for (track, kind, stream, name) in names {
            let direction = str0m::media::Direction::SendOnly;
            let mid = api.add_media(media(kind), direction, Some(stream), Some(name), None);
            added.push((track, mid));
        }
        if restart {
            api.ice_restart(true);
        }
        let Some((offer, pending)) = api.apply() else {
            peer.negotiation = Negotiation::Settled;
            return;
        };
        for (lane, channel) in lanes {
            peer.learn_lane(Side::Subscriber, channel, lane);
        }
        for (track, mid) in added {
            if let Some(downtrack) = peer.downtracks.get_mut(&track) {
                downtrack.mid = Some(mid);
            }
        }
        let sdp = offer.to_sdp_string();
        peer.offers_made += 1;
        peer.negotiation = Negotiation::Underway {
            since: now,
            pending: Some(Outstanding {
                pending,
                sdp: sdp.clone(),
            }),
            again: false,
        };
        let id_of_offer = peer.offers_made;
        self.touch(id, Side::Subscriber);
        self.learn_ufrag(id, Side::Subscriber);
        let tracks_by_mid = self.tracks_by_mid(id);
        self.tell(
            id,
            ClientMessage::Offer {
                id: id_of_offer,
                sdp,
                tracks_by_mid,
            },
        );
    }

    /// The tracks that have no section yet, with the names they get.
    fn downtrack_names(&self, id: ParticipantId) -> Vec<(TrackId, MediaKind, String, String)> {
        let Some(peer) = self.peers.get(&id) else {
            return Vec::new();
        };
        peer.downtracks
            .iter()
            .filter(|(_, downtrack)| downtrack.mid.is_none())
            .filter_map(|(&track, downtrack)| {
                let info = &self.publications.get(&track)?.info;
                let (sid, _) = self.meeting.name_tag(downtrack.publisher)?;
                let stream = stream_name(sid.as_str(), info);
                Some((track, downtrack.kind, stream, info.sid.to_string()))
            })
            .collect()
    }

    /// A client whose descriptions make no sense is sent away; nobody else notices. With whom it
    /// worked before, both sides' views went apart: they come in anew. Whoever never got in would
    /// only fail again.
    fn give_up(&mut self, id: ParticipantId, error: &NegotiationError) {
        tracing::info!(%error, "a client is sent away");
        let was_connected = self.peers.get(&id).is_some_and(Peer::was_connected);
        let (reason, action) = if was_connected {
            (LeaveReason::StateMismatch, LeaveAction::Reconnect)
        } else {
            (LeaveReason::JoinFailure, LeaveAction::Disconnect)
        };
        self.meeting.expel(self.now, id, reason, action);
    }

    fn is_single(&self, id: ParticipantId) -> bool {
        self.peers
            .get(&id)
            .is_some_and(|peer| peer.generation == Generation::SingleConnection)
    }

    pub(crate) fn tell(&mut self, to: ParticipantId, message: ClientMessage) {
        if let Some(peer) = self.peers.get(&to) {
            self.outputs.push_back(Output::Client {
                connection: peer.connection,
                message,
            });
        }
    }
}

impl Peer {
    /// Whether the next round may start now.
    fn negotiation_due(&mut self, now: Instant) -> bool {
        match &self.negotiation {
            Negotiation::Settled => false,
            // Before its own first offer a client of one connection has nothing to answer on.
            Negotiation::Needed => {
                self.generation == Generation::DualConnection || self.publisher.connected()
            }
            Negotiation::Underway { since, .. } => {
                now.duration_since(*since) > NEGOTIATION_PATIENCE
            }
        }
    }

    /// A track is not sent any more: its section is free for another.
    pub(crate) fn free_section(&mut self, mid: Mid) {
        match self.generation {
            Generation::SingleConnection => self.publisher.renew_stream(mid),
            Generation::DualConnection => self.retired.push(mid),
        }
    }
}

fn accept_answer(
    peer: &mut Peer,
    pending: str0m::change::SdpPendingOffer,
    text: &str,
) -> Result<(), NegotiationError> {
    if text.len() > SDP_BYTES_MAX {
        return Err(NegotiationError::TooLong);
    }
    let answer = SdpAnswer::from_sdp_string(text).map_err(|_| NegotiationError::Malformed)?;
    let transport = peer.transport(Side::Subscriber);
    let accepted = transport.rtc.sdp_api().accept_answer(pending, answer);
    accepted.map_err(|_| NegotiationError::Refused)
}

/// Camera and microphone of one person share a stream, so that their lips and voice agree.
fn stream_name(participant: &str, info: &TrackInfo) -> String {
    let group = match info.source {
        Source::ScreenShare | Source::ScreenShareAudio => "screen",
        _ => "camera",
    };
    if info.stream.is_empty() {
        format!("{participant}|{group}")
    } else {
        format!("{participant}|{}", info.stream)
    }
}

fn is_on(publication: &Publication, section: &Section) -> bool {
    publication.mid == Some(Mid::from(section.mid.as_str()))
}

fn has_name(publication: &Publication, section: &Section) -> bool {
    let name = section.track.as_deref();
    name.is_some_and(|name| publication.info.has_cid(name))
}

fn same_kind(section: &Section, kind: MediaKind) -> bool {
    match section.kind {
        SectionKind::Audio => kind == MediaKind::Audio,
        SectionKind::Video => kind == MediaKind::Video,
        SectionKind::Application => false,
    }
}

fn media(kind: MediaKind) -> str0m::media::MediaKind {
    match kind {
        MediaKind::Audio => str0m::media::MediaKind::Audio,
        MediaKind::Video => str0m::media::MediaKind::Video,
    }
}
