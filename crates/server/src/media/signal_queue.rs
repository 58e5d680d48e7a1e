//! The bounded queue through which a worker reaches one client, without ever waiting for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use visio_meeting::{Notice, ParticipantView};
use visio_protocol::ids::ParticipantSid;
use visio_sfu::ClientMessage;

/// What may wait for one client, in bytes. The welcome to a meeting of a thousand and what a crowd
/// does while it is read are less; a client that is this far behind is closed and comes back by a
/// resume, which says everything again. A single message may be longer.
const WAITING_BYTES_MAX: usize = 2 << 20;

/// The client is too far behind or gone: drop its sender, its connection ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slow;

/// The worker's end. Dropping it closes the connection once everything before has been sent.
#[derive(Debug)]
pub struct SignalSender(Arc<Queue>);

/// The connection's end.
#[derive(Debug)]
pub struct SignalReceiver(Arc<Queue>);

/// What comes next for a client.
#[derive(Debug)]
pub enum Next {
    Message(ClientMessage),
    /// The worker has said its last word.
    End,
    /// The client is too slow.
    Overflow,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<ClientMessage>,
    bytes: usize,
    /// How many messages were taken off the front so far.
    taken: usize,
    /// Where updates of one participant wait, counted from the first message ever.
    updates: BTreeMap<ParticipantSid, usize>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    /// The worker has said its last word.
    Ending,
    Overflowed,
    /// The connection has ended.
    Closed,
}

pub fn signal_queue() -> (SignalSender, SignalReceiver) {
    let queue = Arc::new(Queue::default());
    (SignalSender(Arc::clone(&queue)), SignalReceiver(queue))
}

impl Queue {
    /// Nothing that can panic runs while it is locked.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, message: ClientMessage) -> Result<(), Slow> {
        if self.stage != Stage::Open {
            return Err(Slow);
        }
        let update = update(&message).map(|view| view.sid.clone());
        if must_stay_in_order(&message) {
            self.updates.clear();
        }
        let known = update.as_ref().and_then(|sid| self.updates.get(sid));
        let waiting = known.and_then(|index| self.messages.get_mut(index - self.taken));
        if let Some(older) = waiting {
            // Only the newest state of a participant is worth reading.
            self.bytes = self.bytes + message.weight_bytes() - older.weight_bytes();
            *older = message;
        } else {
            let index = self.taken + self.messages.len();
            self.updates.extend(update.map(|sid| (sid, index)));
            self.bytes += message.weight_bytes();
            self.messages.push_back(message);
        }
        if self.bytes > WAITING_BYTES_MAX && self.messages.len() > 1 {
            self.end(Stage::Overflowed);
            return Err(Slow);
        }
        Ok(())
    }

    fn pop(&mut self) -> Option<ClientMessage> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.weight_bytes();
        if let Some(view) = update(&message)
            && self.updates.get(&view.sid) == Some(&self.taken)
        {
            self.updates.remove(&view.sid);
        }
        self.taken += 1;
        Some(message)
    }

    /// Nothing that waits will be read.
    fn end(&mut self, stage: Stage) {
        *self = Self {
            stage,
            ..Self::default()
        };
    }
}

/// Whether a participant's later state must not be read before this: a client that sees its track
/// muted before it is told to mute contradicts.
fn must_stay_in_order(message: &ClientMessage) -> bool {
    matches!(message.notice(), Some(Notice::Muted { .. }))
}

/// The participant whose newest state a message is, if it is nothing else.
fn update(message: &ClientMessage) -> Option<&ParticipantView> {
    match message.notice()? {
        Notice::Participants(views) => match views.as_slice() {
            [view] => Some(view),
            _ => None,
        },
        _ => None,
    }
}

impl SignalSender {
    /// Puts a message into the queue.
    ///
    /// # Errors
    /// [`Slow`] if it is full or the connection has ended.
    pub fn send(&self, message: ClientMessage) -> Result<(), Slow> {
        let sent = self.0.waiting().push(message);
        self.0.changed.notify_one();
        sent
    }
}

impl Drop for SignalSender {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        if waiting.stage == Stage::Open {
            waiting.stage = Stage::Ending;
        }
        drop(waiting);
        self.0.changed.notify_one();
    }
}

impl SignalReceiver {
    /// Waits until the worker has given this client up.
    pub async fn overflow(&self) {
        while self.0.waiting().stage != Stage::Overflowed {
            self.0.changed.notified().await;
        }
    }

    /// Can be dropped while waiting without losing a message.
    pub async fn next(&mut self) -> Next {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.0.changed.notified().await;
        }
    }

    fn take(&self) -> Option<Next> {
        let mut waiting = self.0.waiting();
        if let Some(message) = waiting.pop() {
            return Some(Next::Message(message));
        }
        match waiting.stage {
            Stage::Open | Stage::Closed => None,
            Stage::Ending => Some(Next::End),
            Stage::Overflowed => Some(Next::Overflow),
        }
    }
}

impl Drop for SignalReceiver {
    fn drop(&mut self) {
        self.0.waiting().end(Stage::Closed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use visio_meeting::{ParticipantKind, ParticipantState};
    use visio_protocol::ids::{TrackLetters, TrackSid};
    use visio_protocol::names::Identity;
    use visio_sfu::SharedNotice;

    fn word(audio: u32) -> ClientMessage {
        ClientMessage::MoreSections { audio, video: 0 }
    }

    fn view(number: u128, version: u32, metadata: usize) -> ParticipantView {
        ParticipantView {
            sid: ParticipantSid::new(number),
            identity: Identity::new("eve"),
            name: String::new(),
            metadata: "x".repeat(metadata),
            attributes: BTreeMap::new(),
            state: ParticipantState::Active,
            version,
            joined_at_ms: 0,
            permissions: visio_fixtures::guest(),
            kind: ParticipantKind::Standard,
            tracks: Vec::new(),
            client_protocol: 0,
            capabilities: Vec::new(),
        }
    }

    fn changed(view: ParticipantView) -> ClientMessage {
        let notice = Notice::Participants(vec![view]);
        ClientMessage::Shared(Arc::new(SharedNotice::new(notice)))
    }

    #[tokio::test]
    async fn what_was_said_before_the_hangup_arrives() {
        let (sender, mut receiver) = signal_queue();
        sender.send(word(1)).unwrap();
        drop(sender);
        assert!(matches!(receiver.next().await, Next::Message(_)));
        assert!(matches!(receiver.next().await, Next::End));
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_closed_and_nothing_is_kept_for_it() {
        let (sender, mut receiver) = signal_queue();
        let fit = WAITING_BYTES_MAX / word(0).weight_bytes();
        for audio in 0..fit {
            sender.send(word(u32::try_from(audio).unwrap())).unwrap();
        }
        assert_eq!(sender.send(word(0)), Err(Slow));
        assert!(sender.0.waiting().messages.is_empty());
        receiver.overflow().await;
        assert!(matches!(receiver.next().await, Next::Overflow));
    }

    #[tokio::test]
    async fn one_long_message_is_no_reason_to_close() {
        let (sender, mut receiver) = signal_queue();
        sender
            .send(changed(view(1, 1, 2 * WAITING_BYTES_MAX)))
            .unwrap();
        assert!(matches!(receiver.next().await, Next::Message(_)));
    }

    #[tokio::test]
    async fn who_is_muted_learns_it_before_its_track_shows_it() {
        let (sender, mut receiver) = signal_queue();
        let muted = Notice::Muted {
            track: TrackSid::new(TrackLetters::Microphone, 1),
            muted: true,
        };
        sender.send(changed(view(1, 1, 0))).unwrap();
        sender.send(ClientMessage::Notice(muted)).unwrap();
        sender.send(changed(view(1, 2, 0))).unwrap();
        sender.send(changed(view(1, 3, 0))).unwrap();
        let mut read = Vec::new();
        drop(sender);
        while let Next::Message(message) = receiver.next().await {
            read.push(update(&message).map(|view| view.version));
        }
        assert_eq!(read, [Some(1), None, Some(3)]);
    }

    #[tokio::test]
    async fn of_each_participant_only_the_newest_state_waits() {
        let (sender, mut receiver) = signal_queue();
        for version in 1..=1_000 {
            sender.send(changed(view(1, version, 60_000))).unwrap();
            sender.send(changed(view(2, version, 60_000))).unwrap();
        }
        sender.send(word(1)).unwrap();
        for number in [1, 2] {
            let Next::Message(message) = receiver.next().await else {
                panic!("a state waits");
            };
            let view = update(&message).unwrap();
            assert_eq!(
                (&view.sid, view.version),
                (&ParticipantSid::new(number), 1_000)
            );
        }
        sender.send(changed(view(1, 1_001, 10))).unwrap();
        assert!(matches!(
            receiver.next().await,
            Next::Message(ClientMessage::MoreSections { .. })
        ));
        assert!(matches!(
            receiver.next().await,
            Next::Message(ClientMessage::Shared(_))
        ));
        assert_eq!(sender.0.waiting().bytes, 0);
        assert!(sender.0.waiting().updates.is_empty());
    }

    #[tokio::test]
    async fn the_worker_learns_that_a_connection_has_ended() {
        let (sender, receiver) = signal_queue();
        sender.send(word(1)).unwrap();
        drop(receiver);
        assert_eq!(sender.send(word(2)), Err(Slow));
    }
}
