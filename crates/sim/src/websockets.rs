//! The WebSockets: messages between client and server, in order, delayed like the link.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;
use visio_meeting::ConnectionId;
use visio_sfu::{ClientMessage, Request};

/// What is carried.
pub(crate) enum SignalMessage {
    ToServer(ConnectionId, Request),
    ToClient(ConnectionId, ClientMessage),
    /// The server closes the connection.
    Hangup(ConnectionId),
}

/// All messages on their way.
#[derive(Default)]
pub(crate) struct WebSockets {
    underway: BTreeMap<(Instant, u64), SignalMessage>,
    /// The arrival of the newest message of each connection and direction: none overtakes it.
    newest: BTreeMap<(ConnectionId, bool), Instant>,
    last: u64,
}

impl WebSockets {
    pub(crate) fn send(&mut self, at: Instant, message: SignalMessage) {
        let key = match &message {
            SignalMessage::ToServer(connection, _) => (*connection, true),
            SignalMessage::ToClient(connection, _) | SignalMessage::Hangup(connection) => {
                (*connection, false)
            }
        };
        let newest = self.newest.entry(key).or_insert(at);
        *newest = at.max(*newest);
        self.last += 1;
        self.underway.insert((*newest, self.last), message);
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.underway.first_key_value().map(|(&(at, _), _)| at)
    }

    /// The messages that have arrived by `now`.
    pub(crate) fn arrived(&mut self, now: Instant) -> VecDeque<SignalMessage> {
        let mut messages = VecDeque::new();
        while self.deadline().is_some_and(|at| at <= now) {
            messages.extend(self.underway.pop_first().map(|(_, message)| message));
        }
        messages
    }

    /// A connection broke: what was on it to the client is gone, the rest is handed out.
    pub(crate) fn cut(&mut self, connection: ConnectionId) -> Vec<Request> {
        let (cut, kept) = std::mem::take(&mut self.underway)
            .into_iter()
            .partition(|(_, message)| message.connection() == connection);
        self.underway = kept;
        let cut: BTreeMap<(Instant, u64), SignalMessage> = cut;
        let requests = cut.into_values().filter_map(|message| match message {
            SignalMessage::ToServer(_, request) => Some(request),
            SignalMessage::ToClient(..) | SignalMessage::Hangup(_) => None,
        });
        requests.collect()
    }
}

impl SignalMessage {
    fn connection(&self) -> ConnectionId {
        match self {
            Self::ToServer(on, _) | Self::ToClient(on, _) | Self::Hangup(on) => *on,
        }
    }
}
