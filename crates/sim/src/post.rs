//! The WebSockets: messages between client and server, in order, delayed like the line.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;
use visio_meeting::ConnectionId;
use visio_sfu::{ClientMessage, Request};

/// What is carried.
pub(crate) enum Letter {
    ToServer(ConnectionId, Request),
    ToClient(ConnectionId, ClientMessage),
    /// The server closes the connection.
    Hangup(ConnectionId),
}

/// All letters on their way.
#[derive(Default)]
pub(crate) struct Post {
    underway: BTreeMap<(Instant, u64), Letter>,
    /// The arrival of the newest letter of each connection and direction: none overtakes it.
    newest: BTreeMap<(ConnectionId, bool), Instant>,
    last: u64,
}

impl Post {
    pub(crate) fn send(&mut self, at: Instant, letter: Letter) {
        let key = match &letter {
            Letter::ToServer(connection, _) => (*connection, true),
            Letter::ToClient(connection, _) | Letter::Hangup(connection) => (*connection, false),
        };
        let newest = self.newest.entry(key).or_insert(at);
        *newest = at.max(*newest);
        self.last += 1;
        self.underway.insert((*newest, self.last), letter);
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.underway.first_key_value().map(|(&(at, _), _)| at)
    }

    /// The letters that have arrived by `now`.
    pub(crate) fn arrived(&mut self, now: Instant) -> VecDeque<Letter> {
        let mut letters = VecDeque::new();
        while self.deadline().is_some_and(|at| at <= now) {
            letters.extend(self.underway.pop_first().map(|(_, letter)| letter));
        }
        letters
    }

    /// A connection broke: what was on it to the client is gone, the rest is handed out.
    pub(crate) fn cut(&mut self, connection: ConnectionId) -> Vec<Request> {
        let (cut, kept) = std::mem::take(&mut self.underway)
            .into_iter()
            .partition(|(_, letter)| letter.connection() == connection);
        self.underway = kept;
        let cut: BTreeMap<(Instant, u64), Letter> = cut;
        let requests = cut.into_values().filter_map(|letter| match letter {
            Letter::ToServer(_, request) => Some(request),
            Letter::ToClient(..) | Letter::Hangup(_) => None,
        });
        requests.collect()
    }
}

impl Letter {
    fn connection(&self) -> ConnectionId {
        match self {
            Self::ToServer(on, _) | Self::ToClient(on, _) | Self::Hangup(on) => *on,
        }
    }
}
