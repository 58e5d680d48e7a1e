//! The bounded queue through which a worker reaches one client, without ever waiting for it.

use std::sync::Arc;
use tokio::sync::{Notify, mpsc};
use visio_sfu::ClientMessage;

/// Messages waiting for one client. A hundred people joining at once are a few hundred; a client
/// that is this far behind is closed and comes back by a resume.
const MESSAGES_MAX: usize = 512;

/// The client is too far behind or gone: drop its sender, its connection ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slow;

/// The worker's end. Dropping it closes the connection once everything before has been sent.
#[derive(Debug)]
pub struct SignalSender {
    messages: mpsc::Sender<ClientMessage>,
    overflow: Arc<Notify>,
}

/// The connection's end.
#[derive(Debug)]
pub struct SignalReceiver {
    messages: mpsc::Receiver<ClientMessage>,
    overflow: Arc<Notify>,
}

/// What comes next for a client.
#[derive(Debug)]
pub enum Next {
    Message(ClientMessage),
    /// The worker has said its last word.
    End,
    /// The client is too slow.
    Overflow,
}

pub fn signal_queue() -> (SignalSender, SignalReceiver) {
    let (sender, receiver) = mpsc::channel(MESSAGES_MAX);
    let overflow = Arc::new(Notify::new());
    (
        SignalSender {
            messages: sender,
            overflow: Arc::clone(&overflow),
        },
        SignalReceiver {
            messages: receiver,
            overflow,
        },
    )
}

impl SignalSender {
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
}

impl SignalReceiver {
    /// Waits until the worker has given this client up.
    pub async fn overflow(&self) {
        self.overflow.notified().await;
    }

    /// Can be dropped while waiting without losing a message.
    pub async fn next(&mut self) -> Next {
        tokio::select! {
            biased;
            () = self.overflow.notified() => Next::Overflow,
            message = self.messages.recv() => message.map_or(Next::End, Next::Message),
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
        let (sender, mut receiver) = signal_queue();
        sender.send(word(1)).unwrap();
        drop(sender);
        assert!(matches!(receiver.next().await, Next::Message(_)));
        assert!(matches!(receiver.next().await, Next::End));
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_given_up() {
        let (sender, mut receiver) = signal_queue();
        for audio in 0..MESSAGES_MAX {
            sender.send(word(u32::try_from(audio).unwrap())).unwrap();
        }
        assert_eq!(sender.send(word(0)), Err(Slow));
        assert!(
            matches!(receiver.next().await, Next::Overflow),
            "before the whole backlog"
        );
    }
}
