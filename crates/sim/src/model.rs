//! The reference model: who is in, and who should receive what, from what people did alone.

use crate::media::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use visio_meeting::Permissions;

/// A track, by the number of its client and its own within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stream {
    pub client: u32,
    pub track: u32,
}

/// Somebody, as their own deeds describe them.
#[derive(Clone, Debug)]
pub struct Person {
    pub identity: String,
    pub permissions: Permissions,
    pub auto_subscribe: bool,
    /// In the meeting, whether or not the link works.
    pub present: bool,
    /// Gone without a word: others see them until the server's patience ends.
    pub vanished: Option<Instant>,
    /// Whether their link carries anything.
    pub reachable: bool,
    pub tracks: BTreeMap<u32, Track>,
    pub wishes: BTreeMap<Stream, bool>,
    /// What they do not look at just now.
    pub disabled: BTreeSet<Stream>,
    /// Who may receive their tracks; `None` for everybody.
    pub audience: Option<BTreeSet<String>>,
}

/// A published track.
#[derive(Clone, Copy, Debug)]
pub struct Track {
    pub kind: Kind,
    pub live: bool,
    pub muted: bool,
}

/// All that was done, and since when each reception is forbidden.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub people: BTreeMap<u32, Person>,
    forbidden: BTreeMap<(u32, Stream), Instant>,
}

impl Model {
    /// Works out what is forbidden, after something was done.
    pub fn refresh(&mut self, now: Instant) {
        for (receiver, stream) in self.pairs() {
            if self.may(receiver, stream) {
                self.forbidden.remove(&(receiver, stream));
            } else {
                self.forbidden.entry((receiver, stream)).or_insert(now);
            }
        }
    }

    /// Since when `receiver` may not receive `stream`; `None` while they may.
    #[must_use]
    pub fn forbidden_since(&self, receiver: u32, stream: Stream) -> Option<Instant> {
        self.forbidden.get(&(receiver, stream)).copied()
    }

    /// Every stream that `receiver` should be receiving now.
    pub fn demanded(&self, receiver: u32) -> impl Iterator<Item = Stream> + '_ {
        self.streams()
            .filter(move |&stream| self.must(receiver, stream))
    }

    /// The identities that `viewer` should see besides their own.
    #[must_use]
    pub fn visible_to(&self, viewer: u32) -> BTreeSet<String> {
        let shown = |(&number, person): (&u32, &Person)| {
            let shown = number != viewer && person.present && !person.permissions.hidden;
            shown.then(|| person.identity.clone())
        };
        self.people.iter().filter_map(shown).collect()
    }

    fn may(&self, receiver: u32, stream: Stream) -> bool {
        let (Some(to), Some(from)) = (self.people.get(&receiver), self.people.get(&stream.client))
        else {
            return false;
        };
        let Some(track) = from.tracks.get(&stream.track) else {
            return false;
        };
        receiver != stream.client
            && to.present
            && from.present
            && track.live
            && !track.muted
            && to.permissions.can_subscribe
            && from.permissions.may_publish(track.kind.source())
            && !from.permissions.hidden
            && from
                .audience
                .as_ref()
                .is_none_or(|audience| audience.contains(&to.identity))
            && to.wishes.get(&stream).copied().unwrap_or(to.auto_subscribe)
            && !to.disabled.contains(&stream)
    }

    fn must(&self, receiver: u32, stream: Stream) -> bool {
        let reachable = |number: u32| self.people.get(&number).is_some_and(|one| one.reachable);
        reachable(receiver) && reachable(stream.client) && self.may(receiver, stream)
    }

    fn streams(&self) -> impl Iterator<Item = Stream> + '_ {
        self.people.iter().flat_map(|(&client, person)| {
            person
                .tracks
                .keys()
                .map(move |&track| Stream { client, track })
        })
    }

    fn pairs(&self) -> Vec<(u32, Stream)> {
        let streams: Vec<Stream> = self.streams().collect();
        self.people
            .keys()
            .flat_map(|&receiver| streams.iter().map(move |&stream| (receiver, stream)))
            .collect()
    }
}
