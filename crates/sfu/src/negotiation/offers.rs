//! Offers to clients of two connections, and the names of what they are offered.

use crate::call::Call;
use crate::call::peer::{Negotiation, Outstanding, Side};
use crate::data::channels::Lane;
use crate::output::ClientMessage;
use crate::transport::description::{NewSection, OfferChanges};
use std::time::Instant;
use visio_meeting::{ParticipantId, Source, TrackId, TrackInfo};

impl Call {
    /// Offers what the client of two connections is to receive.
    pub(super) fn offer(&mut self, now: Instant, id: ParticipantId) {
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
        let (tracks, sections) = self.unassigned_downtracks(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let lanes: &[Lane] = if peer.offers_made == 0 {
            &[Lane::Reliable, Lane::Lossy]
        } else {
            &[]
        };
        let changes = OfferChanges {
            channels: lanes.iter().map(|lane| lane.channel()).collect(),
            stopped: std::mem::take(&mut peer.retired),
            added: sections,
            restarts_ice: std::mem::take(&mut peer.restart_due),
        };
        let Some(offer) = peer.transport(Side::Subscriber).offer(changes) else {
            peer.negotiation = Negotiation::Settled;
            return;
        };
        for (&lane, channel) in lanes.iter().zip(offer.channels) {
            peer.learn_lane(Side::Subscriber, channel, lane);
        }
        for (track, mid) in tracks.into_iter().zip(offer.added) {
            if let Some(downtrack) = peer.downtracks.get_mut(&track) {
                downtrack.mid = Some(mid);
            }
        }
        let sdp = offer.sdp;
        peer.offers_made += 1;
        peer.negotiation = Negotiation::Underway {
            since: now,
            pending: Some(Outstanding {
                pending: offer.pending,
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

    /// The tracks that have no section yet, and the sections they get.
    fn unassigned_downtracks(&self, id: ParticipantId) -> (Vec<TrackId>, Vec<NewSection>) {
        let Some(peer) = self.peers.get(&id) else {
            return <_>::default();
        };
        peer.downtracks
            .iter()
            .filter(|(_, downtrack)| downtrack.mid.is_none())
            .filter_map(|(&track, downtrack)| {
                let info = &self.publications.get(&track)?.info;
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

/// Camera and microphone of one person share a stream, so that their lips and voice agree.
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
