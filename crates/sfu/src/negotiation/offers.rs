//! Offers to clients of two connections, and the names of what they are offered.

use crate::call::Call;
use crate::call::peer::{Negotiation, Outstanding, Side};
use crate::data::channels::Lane;
use crate::output::ClientMessage;
use std::time::Instant;
use visio_meeting::{MediaKind, ParticipantId, Source, TrackId, TrackInfo};

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

fn media(kind: MediaKind) -> str0m::media::MediaKind {
    match kind {
        MediaKind::Audio => str0m::media::MediaKind::Audio,
        MediaKind::Video => str0m::media::MediaKind::Video,
    }
}
