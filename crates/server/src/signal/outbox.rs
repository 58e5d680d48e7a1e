//! The bounded queue through which a worker reaches one client, without ever waiting for it.

use super::limits::OUTBOX_MESSAGES_MAX;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};
use visio_sfu::ClientMessage;

/// The client is too far behind or gone: drop its outbox, its connection ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slow;

/// The worker's end. Dropping it closes the connection once everything before has been sent.
#[derive(Debug)]
pub struct Outbox {
    messages: mpsc::Sender<ClientMessage>,
    overflow: Arc<Notify>,
}

/// The connection's end.
#[derive(Debug)]
pub(super) struct Letters {
    messages: mpsc::Receiver<ClientMessage>,
    overflow: Arc<Notify>,
}

/// What comes next for a client.
#[derive(Debug)]
pub(super) enum Letter {
    Message(ClientMessage),
    /// The worker has said its last word.
    End,
    /// The client is too slow.
    Overflow,
}

pub(super) fn outbox() -> (Outbox, Letters) {
    let (sender, receiver) = mpsc::channel(OUTBOX_MESSAGES_MAX);
    let overflow = Arc::new(Notify::new());
    (
        Outbox {
            messages: sender,
            overflow: Arc::clone(&overflow),
        },
        Letters {
            messages: receiver,
            overflow,
        },
    )
}

impl Outbox {
    /// Puts a message into the queue.
    ///
    /// # Errors
    /// [`Slow`] if it is full or the connection has ended.
    pub fn send(&self, message: ClientMessage) -> Result<(), Slow> {
        self.messages.try_send(message).map_err(|_| {
            self.overflow.notify_one();
            Slow
        })
    }

    /// Whether the connection has ended: nothing that is sent arrives any more.
    pub fn is_closed(&self) -> bool {
        self.messages.is_closed()
    }
}

impl Letters {
    /// Waits until the worker has given this client up.
    pub(super) async fn overflow(&self) {
        self.overflow.notified().await;
    }

    /// Can be dropped while waiting without losing a message.
    pub(super) async fn next(&mut self) -> Letter {
        tokio::select! {
            biased;
            () = self.overflow.notified() => Letter::Overflow,
            message = self.messages.recv() => message.map_or(Letter::End, Letter::Message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(audio: u32) -> ClientMessage {
        ClientMessage::MoreSections { audio, video: 0 }
    }

    #[tokio::test]
    async fn what_was_said_before_the_hangup_arrives() {
        let (outbox, mut letters) = outbox();
        outbox.send(word(1)).unwrap();
        drop(outbox);
        assert!(matches!(letters.next().await, Letter::Message(_)));
        assert!(matches!(letters.next().await, Letter::End));
    }

    #[tokio::test]
    async fn the_worker_sees_that_a_connection_has_ended() {
        let (outbox, letters) = outbox();
        assert!(!outbox.is_closed());
        drop(letters);
        assert!(outbox.is_closed());
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_given_up() {
        let (outbox, mut letters) = outbox();
        for audio in 0..OUTBOX_MESSAGES_MAX {
            outbox.send(word(u32::try_from(audio).unwrap())).unwrap();
        }
        assert_eq!(outbox.send(word(0)), Err(Slow));
        assert!(
            matches!(letters.next().await, Letter::Overflow),
            "before the whole backlog"
        );
    }
}
