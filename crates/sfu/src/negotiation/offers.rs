//! Offers to clients of two connections, and the names of what they are offered.

use crate::data::channels::{Inbound, Reliability};
use crate::negotiation::Negotiator;
use crate::output::ClientMessage;
use crate::parts::peer::{NegotiationState, Outstanding, Side};
use crate::transport::description::{NewSection, OfferChanges};
use visio_meeting::{ParticipantId, Source, TrackId, TrackInfo};

impl Negotiator<'_> {
    /// Offers what the client of two connections is to receive.
    pub(super) fn offer(&mut self, id: ParticipantId) {
        if !self.repeat_offer(id) {
            self.make_offer(id);
        }
    }

    /// Repeats an offer that has no answer so far; another one follows its answer.
    fn repeat_offer(&mut self, id: ParticipantId) -> bool {
        let Some(peer) = self.peers.get_mut(id) else {
            return false;
        };
        let NegotiationState::Underway {
            since,
            pending: Some(outstanding),
            again,
        } = &mut peer.negotiation
        else {
            return false;
        };
        *since = self.now;
        *again |= peer.restart_due;
        let (number, sdp) = (peer.offers_made, outstanding.sdp.clone());
        let tracks_by_mid = self.tracks_by_mid(id);
        let offer = ClientMessage::Offer {
            id: number,
            sdp,
            tracks_by_mid,
        };
        self.send(id, offer);
        true
    }

    fn make_offer(&mut self, id: ParticipantId) {
        let (tracks, sections) = self.unassigned_downtracks(id);
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        let labelled: &[Reliability] = if peer.offers_made == 0 {
            &[Reliability::Reliable, Reliability::Lossy]
        } else {
            &[]
        };
        let changes = OfferChanges {
            channels: labelled.iter().map(|one| one.channel()).collect(),
            stopped: std::mem::take(&mut peer.retired),
            added: sections,
            restarts_ice: std::mem::take(&mut peer.restart_due),
        };
        let Some(offer) = peer.transport(Side::Subscriber).offer(changes) else {
            peer.negotiation = NegotiationState::Settled;
            return;
        };
        for (&reliability, channel) in labelled.iter().zip(offer.channels) {
            peer.learn_channel(Side::Subscriber, channel, Inbound::Packets(reliability));
        }
        for (track, mid) in tracks.into_iter().zip(offer.added) {
            if let Some(downtrack) = peer.downtracks.get_mut(&track) {
                downtrack.mid = Some(mid);
            }
        }
        let sdp = offer.sdp;
        peer.offers_made += 1;
        peer.negotiation = NegotiationState::Underway {
            since: self.now,
            pending: Some(Outstanding {
                pending: offer.pending,
                sdp: sdp.clone(),
            }),
            again: false,
        };
        let id_of_offer = peer.offers_made;
        self.peers.mark_dirty(id, Side::Subscriber);
        self.learn_route(id, Side::Subscriber);
        let tracks_by_mid = self.tracks_by_mid(id);
        self.send(
            id,
            ClientMessage::Offer {
                id: id_of_offer,
                sdp,
                tracks_by_mid,
            },
        );
    }

    /// The tracks that have no section yet, and the sections they get.
    fn unassigned_downtracks(&self, id: ParticipantId) -> (Vec<TrackId>, Vec<NewSection>) {
        let Some(peer) = self.peers.get(id) else {
            return <_>::default();
        };
        peer.downtracks
            .iter()
            .filter(|(_, downtrack)| downtrack.mid.is_none())
            .filter_map(|(&track, downtrack)| {
                let info = &self.tracks.get(track)?.info;
                let (sid, _) = self.meeting.name_tag(downtrack.publisher)?;
                let stream = stream_name(sid.as_str(), info);
                let section = NewSection {
                    kind: downtrack.kind,
                    stream,
                    track: info.sid.to_string(),
                };
                Some((track, section))
            })
            .unzip()
    }
}

/// Camera and microphone of one person share a stream, so that they are played in step.
pub(super) fn stream_name(participant: &str, info: &TrackInfo) -> String {
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
