//! How a client answers what the server says, in both of LiveKit's ways of negotiating.

use crate::actions::announcement;
use crate::client::{Client, Presence};
use crate::media::{Kind, RIDS};
use crate::peer_connection::PeerConnection;
use std::time::Instant;
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::channel::{ChannelConfig, Reliability};
use str0m::media::{Direction, MediaKind, Simulcast, SimulcastLayer};
use visio_meeting::{Command, LayerQuality, Notice, ParticipantState, ParticipantView, SyncState};
use visio_sfu::{ClientMessage, Request};

impl Client {
    /// Takes in a message; whatever the client has to say to it waits in `requests`.
    pub(crate) fn handle_message(&mut self, now: Instant, message: ClientMessage) {
        match message {
            ClientMessage::Notice(notice) => {
                if matches!(notice, Notice::Resumed { .. }) {
                    self.doubt_names(now);
                }
                self.note(notice);
            }
            ClientMessage::Shared(shared) => self.note(shared.notice().clone()),
            ClientMessage::Offer {
                id,
                sdp,
                tracks_by_mid,
            } => {
                self.learn_names(now, tracks_by_mid);
                self.accept_offer(now, id, &sdp);
            }
            ClientMessage::Answer {
                id,
                sdp,
                tracks_by_mid,
            } => {
                if self.subscriber.is_none() {
                    self.learn_names(now, tracks_by_mid);
                }
                self.accept_answer(id, &sdp);
            }
            ClientMessage::MoreSections { audio, video } => {
                self.sections_wanted.0 += audio;
                self.sections_wanted.1 += video;
                self.offer_wanted = true;
            }
        }
        self.negotiate();
        for connection in [Some(&mut self.publisher), self.subscriber.as_mut()]
            .into_iter()
            .flatten()
        {
            connection.drain(now);
        }
    }

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

    /// The client is on a new signal connection: its addresses may have changed too.
    pub(crate) fn resumed(&mut self) {
        self.presence = Presence::In;
        self.offer_wanted = true;
        self.restart_wanted = true;
        let own = self.published.iter().filter(|one| !one.stopped);
        let state = SyncState {
            published: own.filter_map(|one| one.sid.clone()).collect(),
            ..SyncState::default()
        };
        self.requests
            .push_back(Request::Command(Command::SyncState(state)));
        // Announcements whose answer was lost are made again.
        let unheard = self.published.iter().filter(|one| one.sid.is_none());
        let unheard = unheard.map(|one| announcement(one.kind, &one.cid));
        self.requests
            .extend(unheard.map(|add| Request::Command(Command::AddTrack(add))));
        if let Some((id, sdp, _)) = &self.publisher.pending {
            let (id, sdp) = (*id, sdp.clone());
            self.requests.push_back(Request::Offer { id, sdp });
        }
        self.negotiate();
    }

    fn note(&mut self, notice: Notice) {
        match notice {
            Notice::Joined(welcome) => {
                self.sid = Some(welcome.me.sid.clone());
                self.learn_roster(welcome.others);
            }
            Notice::Resumed { .. } => self.resumed(),
            Notice::Participants(views) => self.learn_roster(views),
            Notice::TrackPublished { cid, track } => {
                if let Some(published) = self.published.iter_mut().find(|one| one.cid == cid) {
                    published.sid = Some(track.sid);
                    self.offer_wanted = true;
                }
            }
            Notice::TrackUnpublished { track } => {
                let own = |one: &&mut crate::client::Published| one.sid.as_ref() == Some(&track);
                if let Some(published) = self.published.iter_mut().find(own) {
                    published.stopped = true;
                }
            }
            Notice::Muted { track, muted } => {
                let own = |one: &&mut crate::client::Published| one.sid.as_ref() == Some(&track);
                if let Some(published) = self.published.iter_mut().find(own) {
                    published.muted |= muted && !self.guest.deaf;
                }
            }
            Notice::SubscribedQuality { track, codecs } => {
                let own = |one: &&mut crate::client::Published| one.sid.as_ref() == Some(&track);
                if let Some(published) = self.published.iter_mut().find(own) {
                    published.wanted = codecs[0].1.map(index_of);
                }
            }
            _ => {}
        }
    }

    /// As LiveKit's clients do: people are known by their identity, whichever sid they come with,
    /// and of one stay what is older than what is known is dropped (LiveKit's `version`).
    fn learn_roster(&mut self, views: Vec<ParticipantView>) {
        for view in views {
            if *view.identity == *self.guest.identity {
                self.sid = Some(view.sid);
            } else if matches!(view.state, ParticipantState::Disconnected(_)) {
                self.roster.remove(view.identity.as_str());
            } else if self
                .roster
                .get(view.identity.as_str())
                .is_none_or(|known| known.sid != view.sid || known.version <= view.version)
            {
                self.roster.insert(view.identity.to_string(), view);
            }
        }
    }

    /// An answer may have been lost with the former connection: the next one tells.
    fn doubt_names(&mut self, now: Instant) {
        for (_, since) in self.names.values_mut() {
            *since = now;
        }
    }

    fn learn_names(&mut self, now: Instant, tracks_by_mid: Vec<(String, String)>) {
        for (mid, track) in tracks_by_mid {
            let known = self.names.get(&mid).is_some_and(|(name, _)| *name == track);
            if !known {
                self.names.insert(mid, (track, now));
            }
        }
    }

    fn accept_offer(&mut self, now: Instant, id: u32, sdp: &str) {
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

    fn accept_answer(&mut self, id: u32, sdp: &str) {
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

fn index_of(quality: LayerQuality) -> usize {
    LayerQuality::ALL
        .iter()
        .position(|&one| one == quality)
        .unwrap_or(0)
}
