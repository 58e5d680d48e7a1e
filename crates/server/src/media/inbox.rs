//! What reaches a worker from the rest of the server: a bounded queue and a waker.

use super::placement::Ticket;
use crate::signal::Incoming;
use mio::Waker;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::sync::oneshot;
use visio_meeting::{Command, DataScope, Refusal};
use visio_sfu::{Opening, Summary};

/// Messages that may wait for one worker. Full means that it is badly overloaded: whoever brings
/// the next one is sent away and tries again.
const MESSAGES_MAX: usize = 8192;

/// A message to a worker.
pub(super) enum Message {
    Signal {
        room: String,
        incoming: Incoming,
        /// For whoever enters.
        entry: Option<(Box<Opening>, Ticket)>,
    },
    Broadcast {
        room: String,
        packets: Vec<Arc<[u8]>>,
        scope: DataScope,
    },
    Question(Question),
}

/// A message that is answered.
pub(super) enum Question {
    Summaries(oneshot::Sender<Vec<Summary>>),
    Prepare {
        opening: Box<Opening>,
        ticket: Ticket,
        reply: oneshot::Sender<Option<Summary>>,
    },
    Command {
        room: String,
        command: Box<Command>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    Alive(oneshot::Sender<()>),
    /// Tell everybody, send what is to be sent, and end.
    Stop(oneshot::Sender<()>),
}

/// The senders' end.
#[derive(Clone, Debug)]
pub(super) struct Inbox {
    sender: SyncSender<Message>,
    waker: Arc<Waker>,
}

pub(super) fn inbox(waker: Waker) -> (Inbox, Receiver<Message>) {
    let (sender, receiver) = sync_channel(MESSAGES_MAX);
    (
        Inbox {
            sender,
            waker: Arc::new(waker),
        },
        receiver,
    )
}

impl Inbox {
    /// Whether there was room.
    pub(super) fn put(&self, message: Message) -> bool {
        let taken = self.sender.try_send(message).is_ok();
        // A worker that cannot be woken looks into its inbox at its next deadline.
        let _ = self.waker.wake();
        taken
    }
}
