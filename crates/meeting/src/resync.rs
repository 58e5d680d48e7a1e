//! What a client must believe of the meeting: told whole to a client that joins, and told again to one that
//! resumes, because nothing that was said on the former signal connection need have arrived.

use crate::identity::ParticipantId;
use crate::meeting::Meeting;
use crate::notice::{Notice, Welcome};
use crate::participant::{Participant, ParticipantView};
use crate::subscription::{Subscription, SubscriptionError};
use visio_protocol::ids::{ParticipantSid, TrackSid};

impl Meeting {
    /// Tells somebody who joined.
    pub(crate) fn welcome(&mut self, id: ParticipantId) {
        if let Some(snapshot) = self.snapshot(id) {
            self.notify(id, Notice::Joined(Box::new(snapshot)));
        }
    }

    /// Tells somebody who resumed, which is the same in the words there are for it.
    pub(crate) fn resync(&mut self, id: ParticipantId, last_data_sequence: u32) {
        let Some(snapshot) = self.snapshot(id) else {
            return;
        };
        let me = Box::new(snapshot.me.clone());
        let mut people = vec![snapshot.me];
        people.extend(snapshot.others);
        let gone = self.departed_unlike(&people);
        people.extend(gone);
        let resumed = Notice::Resumed {
            last_data_sequence,
            me,
        };
        self.notify(id, resumed);
        // Before the client's own view: a client that sees its track muted and was not told to
        // mute contradicts.
        for order in self.unheard_orders(id) {
            self.notify(id, order);
        }
        self.notify(id, Notice::Room(snapshot.room));
        self.notify(id, Notice::Participants(people));
        // Also who does not speak any more: the client goes on to show them as speaking.
        let loudness = self.visible().filter_map(|one| one.loudness.clone());
        let speakers: Vec<_> = loudness.collect();
        if !speakers.is_empty() {
            self.notify(id, Notice::Speakers(speakers));
        }
        for notice in self.subscription_notices(id) {
            self.notify(id, notice);
        }
    }

    /// The meeting as `id` may see it.
    fn snapshot(&self, id: ParticipantId) -> Option<Welcome> {
        let participant = self.present(id)?;
        Some(Welcome {
            room: self.room_view(),
            me: participant.view(),
            others: self.participants_shown_to(id),
            mode: participant.mode,
        })
    }

    /// Who left lately and is not among `people` under another sid: clients know each other by their
    /// identity and would take the farewell to a former stay for one to the present stay.
    fn departed_unlike(&self, people: &[ParticipantView]) -> Vec<ParticipantView> {
        let here = |view: &ParticipantView| people.iter().any(|one| one.identity == view.identity);
        let views = self.departed.iter().map(|departed| &departed.view);
        views.filter(|view| !here(view)).cloned().collect()
    }

    /// Hosts' orders to mute that the client has not been seen to follow.
    fn unheard_orders(&self, id: ParticipantId) -> Vec<Notice> {
        let tracks = self.participants.get(&id).map(|one| one.tracks.values());
        let unheard = tracks.into_iter().flatten().filter(|track| track.silenced);
        unheard
            .map(|track| Notice::Muted {
                track: track.info.sid.clone(),
                muted: true,
            })
            .collect()
    }

    /// Which streams flow and which tracks are allowed, wherever anything was ever said of it.
    fn subscription_notices(&self, id: ParticipantId) -> Vec<Notice> {
        let Some(receiver) = self.present(id) else {
            return Vec::new();
        };
        let mut states = Vec::new();
        let mut notices = Vec::new();
        for (participant, published, said) in self.visible().flat_map(|one| said_of(receiver, one))
        {
            if let Some(state) = said.stream {
                states.push((participant.clone(), published.clone(), state));
            }
            if let Some(allowed) = said.allowed {
                let (participant, track) = (participant.clone(), published.clone());
                notices.push(Notice::SubscriptionAllowed {
                    participant,
                    track,
                    allowed,
                });
            }
            if said.is_codec_unsupported {
                let (track, error) = (published.clone(), SubscriptionError::CodecUnsupported);
                notices.push(Notice::SubscriptionRefused { track, error });
            }
        }
        if !states.is_empty() {
            notices.insert(0, Notice::StreamState(states));
        }
        notices
    }
}

/// The subscriptions of `receiver` to tracks of `sender`, with the names both go by.
fn said_of<'a>(
    receiver: &'a Participant,
    sender: &'a Participant,
) -> impl Iterator<Item = (&'a ParticipantSid, &'a TrackSid, &'a Subscription)> {
    sender.live_tracks().filter_map(|(track, published)| {
        let said = receiver.subscriptions.get(&track)?;
        Some((&sender.sid, &published.info.sid, said))
    })
}
