//! How a client answers what the server says: it learns who is there and what it publishes and receives.

use crate::actions::announcement;
use crate::client::{Client, Presence};
use std::time::Instant;
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
}

fn index_of(quality: LayerQuality) -> usize {
    LayerQuality::ALL
        .iter()
        .position(|&one| one == quality)
        .unwrap_or(0)
}
