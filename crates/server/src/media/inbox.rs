//! What reaches a worker from the rest of the server: a bounded queue and a waker.

use super::cpu_load::CpuLoad;
use super::signal_queue::SignalSender;
use mio::Waker;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::sync::oneshot;
use visio_meeting::{Command, ConnectionId, DataScope, Refusal};
use visio_protocol::names::{Identity, RoomName};
use visio_sfu::{MeetingSetup, PipelinedJoin, Presence, Request, Resumption, Summary};

/// Messages that may wait for one worker. Full means that it is badly overloaded: the connection that
/// brings the next one ends, and its client tries again.
const MESSAGES_MAX: usize = 8192;

/// A message to a worker.
pub enum Message {
    Signal {
        room: RoomName,
        incoming: Incoming,
    },
    Broadcast {
        room: RoomName,
        packets: Vec<Arc<[u8]>>,
        scope: DataScope,
    },
    Question(Question),
}

/// What a signal connection has for the worker that holds its room.
pub enum Incoming {
    Enter {
        pipelined: Box<PipelinedJoin>,
        /// The meeting to open, if there is none.
        setup: Box<MeetingSetup>,
        sender: SignalSender,
        underway: Underway,
    },
    Resume {
        resumption: Resumption,
        sender: SignalSender,
    },
    Request {
        connection: ConnectionId,
        request: Box<Request>,
        underway: Underway,
    },
    /// The connection is gone; said once, whatever ended it.
    Lost { connection: ConnectionId },
}

/// Dropped when the worker has dealt with what it came with, or when that is lost.
pub type Underway = Box<dyn Send>;

/// A message that is answered.
pub enum Question {
    Summaries(oneshot::Sender<Vec<Summary>>),
    Prepare {
        setup: Box<MeetingSetup>,
        underway: Underway,
        reply: oneshot::Sender<Option<Summary>>,
    },
    Command {
        room: RoomName,
        /// The participant who asks; `None` for an administrator.
        identity: Option<Identity>,
        command: Box<Command>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    Presence {
        room: RoomName,
        identity: Identity,
        reply: oneshot::Sender<Option<Presence>>,
    },
    Alive(oneshot::Sender<()>),
    /// Tell everybody, send what is to be sent, and end.
    Stop(oneshot::Sender<()>),
}

/// The worker's inbox is full or its thread is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undelivered;

/// The senders' end.
#[derive(Clone, Debug)]
pub(super) struct Inbox {
    sender: SyncSender<Message>,
    waker: Arc<Waker>,
    /// What the worker behind it says of itself.
    pub(super) load: CpuLoad,
}

pub(super) fn inbox(waker: Waker) -> (Inbox, Receiver<Message>) {
    let (sender, receiver) = sync_channel(MESSAGES_MAX);
    (
        Inbox {
            sender,
            waker: Arc::new(waker),
            load: CpuLoad::default(),
        },
        receiver,
    )
}

impl Inbox {
    /// Puts a message in, without waiting.
    pub(super) fn put(&self, message: Message) -> Result<(), Undelivered> {
        let taken = self.sender.try_send(message);
        // A worker that cannot be woken looks into its inbox at its next deadline.
        let _ = self.waker.wake();
        taken.map_err(|_| {
            metrics::counter!("visio_worker_inbox_full_total").increment(1);
            Undelivered
        })
    }
}
