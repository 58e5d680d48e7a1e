//! A worker thread: what arrives goes into the sfu, what the sfu says is carried out.

use super::Exits;
use super::inbox::{Incoming, Message, Question};
use super::port::{Port, Ready};
use super::signal_queue::SignalSender;
use crate::clock;
use mio::Events;
use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use tokio::sync::oneshot;
use visio_meeting::{ConnectionId, Notice, Now, Refusal};
use visio_sfu::{ClientMessage, Output, Sfu};

/// Sockets that may become ready at once; more are told at the next look.
const EVENTS_AT_ONCE: usize = 256;

/// How long the thread sleeps when nothing is due.
const IDLE: Duration = Duration::from_secs(10);

/// Messages dealt with before the worker looks at its sockets: whoever floods the inbox must not
/// hold up the media of others.
const MESSAGES_PER_TURN_MAX: usize = 64;

pub(super) struct Worker {
    sfu: Sfu,
    port: Port,
    messages: Receiver<Message>,
    senders: BTreeMap<ConnectionId, SignalSender>,
    exits: Exits,
    stopping: Option<oneshot::Sender<()>>,
}

impl Worker {
    pub(super) fn new(sfu: Sfu, port: Port, messages: Receiver<Message>, exits: Exits) -> Self {
        Self {
            sfu,
            port,
            messages,
            senders: BTreeMap::new(),
            exits,
            stopping: None,
        }
    }

    /// Works until it is told to stop.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS_AT_ONCE);
        let mut more = false;
        while self.stopping.is_none() {
            let patience = if more {
                Duration::ZERO
            } else {
                self.patience()
            };
            if let Err(error) = self.port.poll.poll(&mut events, Some(patience))
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "a media worker cannot wait for its sockets");
                return;
            }
            let unread = self.read_messages();
            more = self.serve(&events, more) || unread;
            self.sfu.handle_timeout(now());
            self.carry_out();
            self.port.flush();
        }
        if let Some(done) = self.stopping.take() {
            // Nobody may be waiting any more for the word that all is told.
            let _ = done.send(());
        }
    }

    fn patience(&self) -> Duration {
        let deadline = self.sfu.deadline();
        deadline.map_or(IDLE, |at| {
            at.saturating_duration_since(clock::now()).min(IDLE)
        })
    }

    /// Reads the sockets that are ready or were not read to their end; returns whether something
    /// may be left.
    fn serve(&mut self, events: &Events, more: bool) -> bool {
        let mut udp = more;
        for number in self.port.take_unread() {
            self.serve_stream(number);
        }
        for event in events {
            match Port::ready(event.token()) {
                Ready::Udp => udp = true,
                Ready::Listener => self.port.accept(clock::now()),
                Ready::Stream(number) => self.serve_stream(number),
                Ready::Woken => {}
            }
        }
        let Self { sfu, port, .. } = self;
        let unread = udp && port.receive_udp(|datagram| sfu.receive(now(), datagram));
        unread || self.port.has_unread()
    }

    fn serve_stream(&mut self, number: usize) {
        let Self { sfu, port, .. } = self;
        port.serve_stream(number, |datagram| sfu.receive(now(), datagram));
    }

    /// Deals with a turn's messages; returns whether some may be left.
    fn read_messages(&mut self) -> bool {
        for _ in 0..MESSAGES_PER_TURN_MAX {
            let Ok(message) = self.messages.try_recv() else {
                return false;
            };
            match message {
                Message::Signal { room, incoming } => self.signal(&room, incoming),
                Message::Broadcast {
                    room,
                    packets,
                    scope,
                } => {
                    for packet in &packets {
                        self.sfu.broadcast(now(), &room, packet, &scope);
                    }
                }
                Message::Question(question) => self.answer(question),
            }
            self.carry_out();
        }
        true
    }

    fn signal(&mut self, room: &str, incoming: Incoming) {
        match incoming {
            Incoming::Enter {
                entrance,
                opening,
                sender,
                underway,
            } => {
                let connection = entrance.join.connection;
                self.senders.insert(connection, sender);
                let outcome = self.sfu.enter(now(), *opening, *entrance);
                self.turn_away(connection, outcome);
                // It is said that the meeting has started before nobody is underway to it.
                self.carry_out();
                drop(underway);
            }
            Incoming::Resume { resumption, sender } => {
                self.senders.insert(resumption.connection, sender);
                let outcome = self.sfu.resume(now(), room, &resumption);
                self.turn_away(resumption.connection, outcome);
            }
            Incoming::Request {
                connection,
                request,
            } => {
                self.sfu.request(now(), connection, *request);
            }
            Incoming::Lost { connection } => {
                self.senders.remove(&connection);
                self.sfu.disconnected(now(), connection);
            }
        }
    }

    /// Whoever was refused is told why, and their connection is closed.
    fn turn_away(&mut self, connection: ConnectionId, outcome: Result<(), Refusal>) {
        let Err(refusal) = outcome else { return };
        let reason = refusal.leave_reason();
        if let Some(sender) = self.senders.remove(&connection) {
            // A client that is gone already needs no reason.
            let _ = sender.send(ClientMessage::Notice(Notice::Leave { reason }));
        }
    }

    fn answer(&mut self, question: Question) {
        // Whoever asked may have given up waiting: no answer is needed then.
        match question {
            Question::Summaries(reply) => {
                let _ = reply.send(self.sfu.summaries());
            }
            Question::Prepare {
                opening,
                underway,
                reply,
            } => {
                let summary = self.sfu.prepare(now(), *opening);
                self.carry_out();
                drop(underway);
                let _ = reply.send(summary);
            }
            Question::Command {
                room,
                command,
                reply,
            } => {
                let _ = reply.send(self.sfu.command(now(), &room, *command));
            }
            Question::Alive(reply) => {
                let _ = reply.send(());
            }
            Question::Stop(reply) => {
                self.sfu.shut_down(now());
                self.stopping = Some(reply);
            }
        }
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.sfu.poll() {
            match output {
                Output::Transmit(packet) => self.port.send(&packet),
                Output::Client {
                    connection,
                    message,
                } => self.tell(connection, message),
                Output::Hangup { connection } => drop(self.senders.remove(&connection)),
                Output::Tap(event) => self.exits.taps.offer(event),
                Output::DataDropped {
                    is_reliable,
                    packets,
                } => {
                    let lane = if is_reliable { "reliable" } else { "lossy" };
                    metrics::counter!("visio_data_dropped_total", "lane" => lane)
                        .increment(packets);
                }
                Output::Event { room, event } => self.exits.events.event(room, event),
            }
        }
    }

    /// A client that does not read is dropped here; its connection ends by itself.
    fn tell(&mut self, connection: ConnectionId, message: ClientMessage) {
        let Some(sender) = self.senders.get(&connection) else {
            return;
        };
        if sender.send(message).is_err() {
            self.senders.remove(&connection);
            self.sfu.disconnected(now(), connection);
        }
    }
}

fn now() -> Now {
    Now {
        instant: clock::now(),
        unix_ms: clock::now_unix_ms(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::inbox::inbox;
    use super::super::port::WAKER;
    use super::super::taps::tap_queue;
    use super::*;
    use crate::media::EventSink;
    use visio_meeting::Event;
    use visio_sfu::Settings;

    struct NobodyListens;

    impl EventSink for NobodyListens {
        fn event(&mut self, _: String, _: Event) {}
    }

    #[test]
    fn eve_floods_the_inbox_and_the_sockets_have_their_turn() {
        let port = Port::open(0, None, &[]).unwrap();
        let waker = mio::Waker::new(port.poll.registry(), WAKER).unwrap();
        let (inbox, messages) = inbox(waker);
        let settings = Settings {
            addresses: Vec::new(),
            initial_bitrate_bps: 1_000_000,
        };
        let sfu = Sfu::new(settings, [0; 32]).unwrap();
        let exits = Exits {
            events: Box::new(NobodyListens),
            taps: tap_queue().0.sender(0),
        };
        let mut worker = Worker::new(sfu, port, messages, exits);
        for number in 0..3 * MESSAGES_PER_TURN_MAX {
            let connection = ConnectionId(number as u64);
            let incoming = Incoming::Lost { connection };
            let room = "room".to_owned();
            inbox.put(Message::Signal { room, incoming }).unwrap();
        }
        let turns = std::iter::from_fn(|| worker.read_messages().then_some(())).count();
        assert_eq!(turns, 3);
    }
}
