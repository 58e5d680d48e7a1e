//! How a client negotiates, in both of LiveKit's ways: its own offers, and its answers to the server's.

use crate::client::{Client, Presence};
use crate::media::{Kind, RIDS};
use crate::peer_connection::PeerConnection;
use std::time::Instant;
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::channel::{ChannelConfig, Reliability};
use str0m::media::{Direction, MediaKind, Simulcast, SimulcastLayer};
use visio_sfu::Request;

impl Client {
    /// The client's own offer, if one is due and none is out.
    pub(crate) fn negotiate(&mut self) {
        if !self.offer_wanted || self.publisher.pending.is_some() || self.presence != Presence::In {
            return;
        }
        self.offer_wanted = false;
        self.offers += 1;
        let poke = self.receiving.first().copied();
        let restart = std::mem::take(&mut self.restart_wanted);
        let sections = std::mem::take(&mut self.sections_wanted);
        let mut api = self.publisher.rtc.sdp_api();
        if self.reliable.is_none() {
            self.reliable = Some(api.add_channel_with_config(channel("_reliable", true)));
            api.add_channel_with_config(channel("_lossy", false));
        }
        for kind in kinds(sections) {
            self.receiving
                .push(api.add_media(kind, Direction::RecvOnly, None, None, None));
        }
        for published in self.published.iter_mut().filter(|one| one.sid.is_some()) {
            match published.mid {
                Some(mid) if published.stopped => api.set_direction(mid, Direction::Inactive),
                None if !published.stopped => {
                    let cid = if self.guest.renames {
                        format!("{{{}}}", published.cid)
                    } else {
                        published.cid.clone()
                    };
                    let media = media_kind(published.kind);
                    let layers = simulcast(published.kind);
                    let stream = Some("own".to_owned());
                    published.mid =
                        Some(api.add_media(media, Direction::SendOnly, stream, Some(cid), layers));
                }
                _ => {}
            }
        }
        if restart {
            api.ice_restart(true);
        }
        // An offer that changes nothing is a change to and fro.
        if let (false, Some(mid)) = (api.has_changes(), poke) {
            api.set_direction(mid, Direction::Inactive);
            api.set_direction(mid, Direction::RecvOnly);
        }
        let Some((offer, pending)) = api.apply() else {
            return;
        };
        let (id, sdp) = (self.offers, offer.to_sdp_string());
        self.publisher.pending = Some((id, sdp.clone(), pending));
        self.requests.push_back(Request::Offer { id, sdp });
    }

    pub(crate) fn accept_offer(&mut self, now: Instant, id: u32, sdp: &str) {
        let Some(connection) = self.subscriber.as_mut() else {
            return;
        };
        let Ok(offer) = SdpOffer::from_sdp_string(sdp) else {
            return;
        };
        let Ok(answer) = connection.rtc.sdp_api().accept_offer(offer) else {
            return;
        };
        connection.negotiated();
        connection.drain(now);
        self.requests.push_back(Request::Answer {
            id,
            sdp: answer.to_sdp_string(),
        });
    }

    pub(crate) fn accept_answer(&mut self, id: u32, sdp: &str) {
        let connection: &mut PeerConnection = &mut self.publisher;
        let Some((_, _, pending)) = connection.pending.take_if(|(number, ..)| *number == id) else {
            return;
        };
        let Ok(answer) = SdpAnswer::from_sdp_string(sdp) else {
            return;
        };
        drop(connection.rtc.sdp_api().accept_answer(pending, answer));
        connection.negotiated();
    }
}

fn channel(label: &str, reliable: bool) -> ChannelConfig {
    let reliability = if reliable {
        Reliability::Reliable
    } else {
        Reliability::MaxRetransmits { retransmits: 0 }
    };
    ChannelConfig {
        label: label.to_owned(),
        ordered: reliable,
        reliability,
        ..ChannelConfig::default()
    }
}

fn kinds((audios, videos): (u32, u32)) -> impl Iterator<Item = MediaKind> {
    (0..audios)
        .map(|_| MediaKind::Audio)
        .chain((0..videos).map(|_| MediaKind::Video))
}

fn media_kind(kind: Kind) -> MediaKind {
    match kind {
        Kind::Microphone => MediaKind::Audio,
        Kind::Camera | Kind::Screen => MediaKind::Video,
    }
}

fn simulcast(kind: Kind) -> Option<Simulcast> {
    (kind.layers() > 1).then(|| {
        let mut layers = Simulcast::new();
        for rid in RIDS {
            layers.add_send_layer(SimulcastLayer::new(rid));
        }
        layers
    })
}
