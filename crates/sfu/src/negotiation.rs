//! Offers and answers in both of LiveKit's ways: whose turn it is, and what follows an answer.

mod offers;
pub(crate) mod sdp;
mod sections;

use crate::call::Call;
use crate::call::peer::{Negotiation, Outstanding, Peer, Side};
use crate::output::{ClientMessage, Output};
use crate::transport::description::DescriptionError;
use crate::transport::ids::Mid;
use offers::stream_name;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use visio_meeting::{ConnectionMode, LeaveReason, MediaKind, ParticipantId};

/// An offer or a request for one that got no answer for so long is made again.
const NEGOTIATION_PATIENCE: Duration = Duration::from_secs(8);

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
        let outcome = peer
            .transport(Side::Subscriber)
            .accept_answer(pending, text);
        match outcome {
            Ok(()) => {
                // An ICE restart takes effect with the answer: from here on checks bear a new name.
                self.learn_ufrag(from, Side::Subscriber);
                self.sections_settled(now, from);
            }
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
            let mode = self.peers.get(&id).map(|peer| peer.mode);
            match mode {
                Some(ConnectionMode::Single) => self.ask_for_offer(now, id, (0, 0)),
                Some(ConnectionMode::Dual) => self.offer(now, id),
                None => {}
            }
        }
    }

    /// The client resumed: what it receives on moves to its new address.
    pub(crate) fn restart(&mut self, now: Instant, id: ParticipantId) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if peer.mode == ConnectionMode::Dual {
            peer.restart_due = true;
            self.offer(now, id);
        }
    }

    fn answer(&mut self, from: ParticipantId, text: &str) -> Result<String, DescriptionError> {
        let peer = self.peers.get_mut(&from).ok_or(DescriptionError::Refused)?;
        let answer = peer.publisher.answer(text)?;
        let sections = sdp::sections(text);
        self.touch(from, Side::Publisher);
        self.bind_publications(from, &sections);
        if self.is_single(from) {
            self.assign_sections(from, &sections);
        }
        let adjustments = self.adjustments(from, &sections);
        Ok(sdp::adjust(&answer, &adjustments))
    }

    /// By mid: the stream and the track that LiveKit's clients look for in `a=msid`.
    pub(super) fn stream_names(&self, to: ParticipantId) -> BTreeMap<String, (String, String)> {
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

    pub(super) fn tracks_by_mid(&self, to: ParticipantId) -> Vec<(String, String)> {
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
        if peer.mode == ConnectionMode::Dual {
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
    pub(super) fn sections_settled(&mut self, now: Instant, id: ParticipantId) {
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

    /// A client whose descriptions make no sense is sent away; nobody else notices. With whom it
    /// worked before, both sides' views went apart: they come in anew. Whoever never got in would
    /// only fail again.
    pub(super) fn give_up(&mut self, id: ParticipantId, error: &DescriptionError) {
        tracing::info!(%error, "a client is sent away");
        let was_connected = self.peers.get(&id).is_some_and(Peer::was_connected);
        let reason = if was_connected {
            LeaveReason::StateMismatch
        } else {
            LeaveReason::JoinFailure
        };
        self.meeting.remove(self.now, id, reason);
    }

    pub(super) fn is_single(&self, id: ParticipantId) -> bool {
        self.peers
            .get(&id)
            .is_some_and(|peer| peer.mode == ConnectionMode::Single)
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
                self.mode == ConnectionMode::Dual || self.publisher.is_connected()
            }
            Negotiation::Underway { since, .. } => {
                now.duration_since(*since) > NEGOTIATION_PATIENCE
            }
        }
    }

    /// A track is not sent any more: its section is free for another.
    pub(crate) fn free_section(&mut self, mid: Mid) {
        match self.mode {
            ConnectionMode::Single => self.publisher.renew_stream(mid),
            ConnectionMode::Dual => self.retired.push(mid),
        }
    }
}
