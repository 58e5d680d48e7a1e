//! A worker thread: what arrives goes into the sfu, what the sfu says is carried out.

use super::inbox::{Message, Question};
use super::port::{Port, Ready};
use crate::clock;
use crate::signal::{Incoming, Outbox};
use crate::transcription::TapSender;
use mio::Events;
use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use visio_meeting::{ConnectionId, Event, LeaveAction, LeaveReason, Notice, Now, Refusal};
use visio_sfu::{ClientMessage, Opening, Output, Sfu};

/// Sockets that may become ready at once; more are told at the next look.
const EVENTS_AT_ONCE: usize = 256;

/// How long the thread sleeps when nothing is due.
const IDLE: Duration = Duration::from_secs(10);

pub(super) struct Worker {
    sfu: Sfu,
    port: Port,
    messages: Receiver<Message>,
    outboxes: BTreeMap<ConnectionId, Outbox>,
    taps: Option<TapSender>,
    news: mpsc::Sender<(String, Event)>,
    stopping: Option<oneshot::Sender<()>>,
}

impl Worker {
    pub(super) fn new(
        sfu: Sfu,
        port: Port,
        messages: Receiver<Message>,
        taps: Option<TapSender>,
        news: mpsc::Sender<(String, Event)>,
    ) -> Self {
        Self {
            sfu,
            port,
            messages,
            outboxes: BTreeMap::new(),
            taps,
            news,
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
            self.read_messages();
            more = self.serve(&events, more);
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

    /// Reads the sockets that are ready; returns whether datagrams may be left.
    fn serve(&mut self, events: &Events, more: bool) -> bool {
        let mut udp = more;
        for event in events {
            match Port::ready(event.token()) {
                Ready::Udp => udp = true,
                Ready::Listener => self.port.accept(),
                Ready::Stream(number) => {
                    let Self { sfu, port, .. } = self;
                    port.serve_stream(number, |datagram| sfu.receive(now(), datagram));
                }
                Ready::Woken => {}
            }
        }
        let Self { sfu, port, .. } = self;
        udp && port.receive_udp(|datagram| sfu.receive(now(), datagram))
    }

    fn read_messages(&mut self) {
        while let Ok(message) = self.messages.try_recv() {
            match message {
                Message::Signal {
                    room,
                    incoming,
                    opening,
                } => {
                    self.signal(&room, incoming, opening);
                }
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
    }

    fn signal(&mut self, room: &str, incoming: Incoming, opening: Option<Box<Opening>>) {
        match incoming {
            Incoming::Enter { entrance, outbox } => {
                let connection = entrance.join.connection;
                self.outboxes.insert(connection, outbox);
                let Some(opening) = opening else { return };
                let outcome = self.sfu.enter(now(), *opening, *entrance);
                self.turn_away(connection, outcome);
            }
            Incoming::Resume { resumption, outbox } => {
                self.outboxes.insert(resumption.connection, outbox);
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
                self.outboxes.remove(&connection);
                self.sfu.disconnected(now(), connection);
            }
        }
    }

    /// Whoever was refused is told why, and their connection is closed.
    fn turn_away(&mut self, connection: ConnectionId, outcome: Result<(), Refusal>) {
        let Err(refusal) = outcome else { return };
        let (reason, action) = match refusal {
            Refusal::StateMismatch => (LeaveReason::StateMismatch, LeaveAction::Reconnect),
            _ => (LeaveReason::JoinFailure, LeaveAction::Disconnect),
        };
        if let Some(outbox) = self.outboxes.remove(&connection) {
            // A client that is gone already needs no reason.
            let _ = outbox.send(ClientMessage::Notice(Notice::Leave { reason, action }));
        }
    }

    fn answer(&mut self, question: Question) {
        // Whoever asked may have given up waiting: no answer is needed then.
        match question {
            Question::Summaries(reply) => {
                let _ = reply.send(self.sfu.summaries());
            }
            Question::Prepare { opening, reply } => {
                let _ = reply.send(self.sfu.prepare(now(), *opening));
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
                Output::Hangup { connection } => drop(self.outboxes.remove(&connection)),
                Output::Tap(event) => {
                    if let Some(taps) = &mut self.taps {
                        taps.offer(event);
                    }
                }
                Output::Event { room, event } => {
                    if self.news.try_send((room, event)).is_err() {
                        metrics::counter!("visio_media_events_lost_total").increment(1);
                    }
                }
            }
        }
    }

    /// A client that does not read is dropped here; its connection ends by itself.
    fn tell(&mut self, connection: ConnectionId, message: ClientMessage) {
        let Some(outbox) = self.outboxes.get(&connection) else {
            return;
        };
        if outbox.send(message).is_err() {
            self.outboxes.remove(&connection);
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
