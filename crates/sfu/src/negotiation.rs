//! Offers and answers in both of LiveKit's ways: whose turn it is, and what follows an answer.

mod offers;
pub(crate) mod sdp;
mod sections;

use crate::forward::{keyframe_requests, unsupported};
use crate::output::ClientMessage;
use crate::parts::peer::{MissingSections, NegotiationState, Outstanding, Peer, Side};
use crate::parts::{Out, Peers, Tracks};
use crate::transport::Described;
use crate::transport::description::DescriptionError;
use crate::transport::ids::{Mid, PayloadType, Ssrc};
use offers::stream_name;
use sdp::Section;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use visio_meeting::{ConnectionMode, Meeting, ParticipantId};

/// An offer or a request for one that got no answer for so long is made again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);

/// The parts of a call that a negotiation may touch.
pub(crate) struct Negotiator<'a> {
    pub(crate) now: Instant,
    pub(crate) meeting: &'a Meeting,
    pub(crate) peers: &'a mut Peers,
    pub(crate) tracks: &'a mut Tracks,
    pub(crate) out: &'a mut Out,
}

impl Negotiator<'_> {
    /// The client describes what it sends, and with a single connection where it receives.
    pub(crate) fn offered(
        &mut self,
        from: ParticipantId,
        id: u32,
        text: &str,
    ) -> Result<(), DescriptionError> {
        let sdp = self.answer(from, text)?;
        let tracks_by_mid = self.tracks_by_mid(from);
        let answer = ClientMessage::Answer {
            id,
            sdp,
            tracks_by_mid,
        };
        self.send(from, answer);
        self.learn_route(from, Side::Publisher);
        self.after_answer(from);
        Ok(())
    }

    /// The client accepts the server's offer.
    pub(crate) fn answered(
        &mut self,
        from: ParticipantId,
        id: u32,
        text: &str,
    ) -> Result<(), DescriptionError> {
        let Some(peer) = self.peers.get_mut(from) else {
            return Ok(());
        };
        // An answer to an offer that was replaced meanwhile; Python's client numbers nothing.
        if id != 0 && id != peer.offers_made {
            return Ok(());
        }
        let NegotiationState::Underway { pending, again, .. } = &mut peer.negotiation else {
            return Ok(());
        };
        let (Some(Outstanding { pending, .. }), again) = (pending.take(), *again) else {
            return Ok(());
        };
        peer.negotiation = if again {
            NegotiationState::Needed
        } else {
            NegotiationState::Settled
        };
        self.peers.mark_unsettled(from);
        let transport = self.peers.get_mut(from).map(Peer::receiving);
        if let Some(transport) = transport {
            transport.accept_answer(pending, text)?;
            transport.learn_redundancy(redundancy(&sdp::sections(text)));
        }
        // An ICE restart takes effect with the answer: from here on checks bear a new name.
        self.learn_route(from, Side::Subscriber);
        self.sections_agreed(from);
        Ok(())
    }

    /// Starts the rounds that are due, and repeats those without an answer.
    pub(crate) fn start_due(&mut self) {
        while let Some(id) = self.peers.pop_unsettled() {
            let Some(peer) = self.peers.get(id) else {
                debug_assert!(false, "a peer that is gone is not unsettled");
                continue;
            };
            if !peer.is_negotiation_due(self.now) {
                continue;
            }
            match peer.mode {
                ConnectionMode::Single => self.ask_for_offer(id, MissingSections::default()),
                ConnectionMode::Dual => self.offer(id),
            }
        }
    }

    /// The client resumed: what it receives on moves to its new address.
    pub(crate) fn restart(&mut self, id: ParticipantId) {
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        if peer.mode == ConnectionMode::Dual {
            peer.restart_due = true;
            self.offer(id);
        }
    }

    fn answer(&mut self, from: ParticipantId, text: &str) -> Result<String, DescriptionError> {
        let peer = self.peers.get_mut(from).ok_or(DescriptionError::Refused)?;
        let answer = peer.publisher.answer(text)?;
        let is_single = peer.mode == ConnectionMode::Single;
        let sections = sdp::sections(text);
        peer.publisher.learn_redundancy(redundancy(&sections));
        peer.publisher
            .learn_sections(self.now, described(&sections));
        self.peers.mark_dirty(from, Side::Publisher);
        self.bind_publications(from, &sections);
        if is_single {
            self.assign_sections(from, &sections);
        }
        let adjustments = self.adjustments(from, is_single, &sections);
        Ok(sdp::adjust(&answer, &adjustments))
    }

    /// By mid: the stream and the track that LiveKit's clients look for in `a=msid`.
    fn stream_names(&self, to: ParticipantId) -> BTreeMap<String, (String, String)> {
        let Some(peer) = self.peers.get(to) else {
            return BTreeMap::new();
        };
        peer.downtracks
            .iter()
            .filter_map(|(&track, downtrack)| {
                let info = &self.tracks.get(track)?.info;
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

    fn after_answer(&mut self, from: ParticipantId) {
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        if peer.mode == ConnectionMode::Dual {
            return;
        }
        let again = matches!(
            peer.negotiation,
            NegotiationState::Underway { again: true, .. }
        );
        let is_assigned = peer
            .downtracks
            .values()
            .all(|downtrack| downtrack.mid.is_some());
        peer.negotiation = if again && is_assigned {
            NegotiationState::Needed
        } else {
            NegotiationState::Settled
        };
        let missing = std::mem::take(&mut peer.missing_sections);
        self.peers.mark_unsettled(from);
        self.sections_agreed(from);
        if !is_assigned {
            self.ask_for_offer(from, missing);
        }
    }

    /// The sections are agreed: what is sent on them is worked out again.
    fn sections_agreed(&mut self, id: ParticipantId) {
        if let Some(peer) = self.peers.get_mut(id) {
            let side = peer.receiving_side();
            peer.sections_agreed();
            self.peers.mark_dirty(id, side);
        }
        unsupported::report_to(self.peers, self.tracks, self.out, id);
        keyframe_requests::request_awaited(self.now, self.peers, self.tracks, id);
    }

    fn ask_for_offer(&mut self, id: ParticipantId, missing: MissingSections) {
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        peer.negotiation = NegotiationState::Underway {
            since: self.now,
            pending: None,
            again: false,
        };
        let MissingSections { audio, video } = missing;
        self.send(id, ClientMessage::MoreSections { audio, video });
    }

    fn send(&mut self, to: ParticipantId, message: ClientMessage) {
        if let Some(peer) = self.peers.get(to) {
            self.out.client(peer.connection, message);
        }
    }

    /// The names in a description are in force: checks will bear them.
    fn learn_route(&mut self, id: ParticipantId, side: Side) {
        if let Some(peer) = self.peers.get_mut(id) {
            let ufrag = peer.transport(side).local_ufrag();
            self.out.learn_route(id, side, ufrag);
        }
    }
}

/// The sections of a description that have redundant audio, and its payload type there.
fn redundancy(sections: &[Section]) -> impl Iterator<Item = (Mid, PayloadType)> {
    let redundant = |section: &Section| {
        let payload_type = PayloadType(section.redundant?);
        Some((Mid::new(&section.mid), payload_type))
    };
    sections.iter().filter_map(redundant)
}

/// What the client sends on.
fn described(sections: &[Section]) -> impl Iterator<Item = Described> {
    sections.iter().map(|section| Described {
        mid: Mid::new(&section.mid),
        sends: section.sends(),
        payload_types: section
            .payload_types
            .iter()
            .copied()
            .map(PayloadType)
            .collect(),
        streams: (section.streams.iter())
            .map(|&(main, resends)| (Ssrc(main), resends.map(Ssrc)))
            .collect(),
    })
}

impl Peer {
    /// Whether the next round may start now.
    fn is_negotiation_due(&self, now: Instant) -> bool {
        match &self.negotiation {
            NegotiationState::Settled => false,
            // Before its own first offer a client of one connection has nothing to answer on.
            NegotiationState::Needed => {
                self.mode == ConnectionMode::Dual || self.publisher.is_connected()
            }
            NegotiationState::Underway { since, .. } => now.duration_since(*since) > ANSWER_TIMEOUT,
        }
    }
}
