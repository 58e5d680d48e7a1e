//! A worker thread: what arrives goes into the sfu, what the sfu says is carried out.

use super::Exits;
use super::cpu_load::{CpuLoad, CpuLoadMeter};
use super::inbox::{Incoming, Message, Question};
use super::port::{Port, Ready};
use super::signal_queue::SignalSender;
use crate::clock;
use crate::entropy::random_bytes;
use mio::Events;
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::time::Duration;
use tokio::sync::oneshot;
use visio_meeting::{ConnectionId, Event, LeaveReason, Notice, Now, Refusal};
use visio_protocol::names::{MeetingId, RoomName};
use visio_sfu::{ClientMessage, MeetingSetup, Output, Settings, Sfu};

/// Sockets that may become ready at once; more are told at the next look.
const EVENTS_AT_ONCE: usize = 256;

/// How long the thread sleeps when nothing is due.
const IDLE: Duration = Duration::from_secs(10);

/// Messages dealt with before the worker looks at its sockets: who floods the inbox must not
/// hold up the media of others.
const MESSAGES_PER_TURN_MAX: usize = 64;

/// How long it waits to start over when the system does not let it wait for its sockets: what is wrong
/// may stay so, and must not take a whole core.
const POLL_RETRY: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    settings: Settings,
    sfu: Sfu,
    port: Port,
    messages: Receiver<Message>,
    load: CpuLoadMeter,
    senders: BTreeMap<ConnectionId, SignalSender>,
    exits: Exits,
    /// Rooms with a meeting: what is interrupted should the worker start over.
    live: BTreeMap<RoomName, Option<MeetingId>>,
    stopping: Option<oneshot::Sender<()>>,
}

impl Worker {
    /// An Sfu never leaves its thread: a worker is made where it runs.
    pub(super) fn new(
        settings: Settings,
        port: Port,
        messages: Receiver<Message>,
        load: CpuLoad,
        exits: Exits,
    ) -> Result<Self, &'static str> {
        Ok(Self {
            sfu: Sfu::new(settings.clone(), random_bytes())?,
            settings,
            port,
            messages,
            load: CpuLoadMeter::new(load),
            senders: BTreeMap::new(),
            exits,
            live: BTreeMap::new(),
            stopping: None,
        })
    }

    /// Works until it is told to stop.
    pub(super) fn run(self) {
        self.run_with(Events::with_capacity(EVENTS_AT_ONCE));
    }

    fn run_with(mut self, mut events: Events) {
        let mut more = false;
        while self.stopping.is_none() {
            // Safe to go on: after a panic all that a turn works with is made again or emptied.
            let turn = catch_unwind(AssertUnwindSafe(|| self.turn(&mut events, more)));
            let started_over = match turn {
                Ok(Ok(unread)) => {
                    more = unread;
                    continue;
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "a media worker cannot wait for its sockets");
                    std::thread::sleep(POLL_RETRY);
                    self.start_over()
                }
                Err(_) => {
                    tracing::error!("a media worker panicked");
                    metrics::counter!("visio_media_worker_panics_total").increment(1);
                    self.start_over()
                }
            };
            if let Err(error) = started_over {
                tracing::error!(error, "a media worker cannot start again");
                return;
            }
            (events, more) = (Events::with_capacity(EVENTS_AT_ONCE), true);
        }
        if let Some(done) = self.stopping.take() {
            // Its sockets are closed when it says so.
            drop(self);
            // Nobody may be waiting any more for the word that all is told.
            let _ = done.send(());
        }
    }

    /// Does what is due; returns whether something may be left to read.
    fn turn(&mut self, events: &mut Events, more: bool) -> io::Result<bool> {
        let wait = if more {
            Duration::ZERO
        } else {
            self.until_due()
        };
        if let Err(error) = self.port.poll.poll(events, Some(wait))
            && error.kind() != io::ErrorKind::Interrupted
        {
            return Err(error);
        }
        let unread = self.read_messages();
        let more = self.serve(events, more) || unread;
        self.sfu.handle_timeout(now());
        self.apply_outputs();
        self.port.flush();
        self.load.measure();
        Ok(more)
    }

    /// A turn failed outside every meeting. The meetings are interrupted, their clients are told to join
    /// again, and the worker goes on with its sockets and its inbox.
    fn start_over(&mut self) -> Result<(), &'static str> {
        tracing::error!("a media worker starts over; the clients of its meetings join again");
        self.sfu = Sfu::new(self.settings.clone(), random_bytes())?;
        self.port.reset();
        for sender in std::mem::take(&mut self.senders).into_values() {
            let reason = LeaveReason::StateMismatch;
            // A client that is gone already needs no reason.
            let _ = sender.send(ClientMessage::Notice(Notice::Leave { reason }));
        }
        self.exits.taps.close_all();
        for (room, meeting) in std::mem::take(&mut self.live) {
            self.exits.events.event(room, meeting, Event::Interrupted);
        }
        Ok(())
    }

    fn until_due(&self) -> Duration {
        let sleep_max = self.load.sleep_max(IDLE);
        let deadline = self.sfu.deadline();
        deadline.map_or(sleep_max, |at| {
            at.saturating_duration_since(clock::now()).min(sleep_max)
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
            self.apply_outputs();
        }
        true
    }

    fn signal(&mut self, room: &RoomName, incoming: Incoming) {
        match incoming {
            Incoming::Enter {
                pipelined,
                setup,
                sender,
                underway,
            } => {
                let connection = pipelined.join.connection;
                self.senders.insert(connection, sender);
                let outcome = if self.is_too_late(room, &setup) {
                    Err(Refusal::StateMismatch)
                } else {
                    self.sfu.enter(now(), *setup, *pipelined)
                };
                self.reject(connection, outcome);
                // It is said that the meeting has started before nobody is underway to it.
                self.apply_outputs();
                drop(underway);
            }
            Incoming::Resume { resumption, sender } => {
                self.senders.insert(resumption.connection, sender);
                let outcome = self.sfu.resume(now(), room, &resumption);
                self.reject(resumption.connection, outcome);
            }
            Incoming::Request {
                connection,
                request,
                underway,
            } => {
                self.sfu.request(now(), connection, *request);
                drop(underway);
            }
            Incoming::Lost { connection } => {
                self.senders.remove(&connection);
                self.sfu.disconnected(now(), connection);
            }
        }
    }

    /// Whether the meeting that somebody asked for has ended meanwhile, so that its row must not be
    /// written on: who joins again finds the next one.
    fn is_too_late(&self, room: &RoomName, setup: &MeetingSetup) -> bool {
        let asked_for = setup.meeting_id.as_ref();
        !self.live.contains_key(room) && asked_for.is_some_and(|id| self.exits.events.is_over(id))
    }

    /// Who was refused is told why, and their connection is closed.
    fn reject(&mut self, connection: ConnectionId, outcome: Result<(), Refusal>) {
        let Err(refusal) = outcome else { return };
        let reason = refusal.leave_reason();
        if let Some(sender) = self.senders.remove(&connection) {
            // A client that is gone already needs no reason.
            let _ = sender.send(ClientMessage::Notice(Notice::Leave { reason }));
        }
    }

    fn answer(&mut self, question: Question) {
        // Who asked may have given up waiting: no answer is needed then.
        match question {
            Question::Summaries(reply) => {
                let _ = reply.send(self.sfu.summaries());
            }
            Question::Prepare {
                setup,
                underway,
                reply,
            } => {
                // A meeting that ended meanwhile is not opened again.
                let is_too_late = self.is_too_late(&setup.config.room, &setup);
                let summary = (!is_too_late).then(|| self.sfu.prepare(now(), *setup));
                let summary = summary.flatten();
                self.apply_outputs();
                drop(underway);
                let _ = reply.send(summary);
            }
            Question::Command {
                room,
                identity,
                command,
                reply,
            } => {
                let asked = self.sfu.command(now(), &room, identity.as_ref(), *command);
                let _ = reply.send(asked);
            }
            Question::Presence {
                room,
                identity,
                reply,
            } => {
                let _ = reply.send(self.sfu.presence(&room, &identity));
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

    fn apply_outputs(&mut self) {
        while let Some(output) = self.sfu.poll() {
            match output {
                Output::Transmit(packet) => self.port.send(packet),
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
                    let reliability = if is_reliable { "reliable" } else { "lossy" };
                    metrics::counter!("visio_data_dropped_total", "reliability" => reliability)
                        .increment(packets);
                }
                Output::Event {
                    room,
                    meeting,
                    event,
                } => {
                    match event {
                        Event::Started => {
                            self.live.insert(room.clone(), meeting.clone());
                        }
                        Event::Ended | Event::Interrupted => drop(self.live.remove(&room)),
                        _ => {}
                    }
                    self.exits.events.event(room, meeting, event);
                }
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
        // Compared with the times of tokens.
        unix_ms: clock::system_unix_ms(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::inbox::inbox;
    use super::super::port::WAKER;
    use super::super::taps::tap_queue;
    use super::*;
    use crate::media::EventSink;
    use crate::media::inbox::Inbox;
    use crate::media::signal_queue::{Next, SignalReceiver, signal_queue};
    use crate::media::testing::{pipelined, setup};
    use crate::media::workers::spawn;

    struct NobodyListens;

    impl EventSink for NobodyListens {
        fn event(&mut self, _: RoomName, _: Option<MeetingId>, _: Event) {}
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
        let exits = Exits {
            events: Box::new(NobodyListens),
            taps: tap_queue().0.sender(0),
        };
        let mut worker = Worker::new(settings, port, messages, CpuLoad::default(), exits).unwrap();
        for number in 0..3 * MESSAGES_PER_TURN_MAX {
            let connection = ConnectionId(number as u64);
            let incoming = Incoming::Lost { connection };
            let room = RoomName::new("room");
            inbox.put(Message::Signal { room, incoming }).unwrap();
        }
        let turns = std::iter::from_fn(|| worker.read_messages().then_some(())).count();
        assert_eq!(turns, 3);
    }

    /// Panics at the first event, on the worker's thread and outside every meeting.
    struct PanicsOnce {
        panicked: bool,
        ended: std::sync::mpsc::Sender<RoomName>,
    }

    impl EventSink for PanicsOnce {
        fn event(&mut self, room: RoomName, _: Option<MeetingId>, event: Event) {
            assert!(
                std::mem::replace(&mut self.panicked, true),
                "a scripted panic"
            );
            if event == Event::Interrupted {
                self.ended.send(room).unwrap();
            }
        }
    }

    /// What the worker has to say to who enters, until it has nothing more to say.
    fn enter(inbox: &Inbox, connection: u64) -> SignalReceiver {
        let (sender, receiver) = signal_queue();
        let mut pipelined = pipelined(Vec::new());
        pipelined.join.connection = ConnectionId(connection);
        let incoming = Incoming::Enter {
            pipelined: Box::new(pipelined),
            setup: Box::new(setup()),
            sender,
            underway: Box::new(()),
        };
        let room = RoomName::new("room");
        inbox.put(Message::Signal { room, incoming }).unwrap();
        receiver
    }

    /// Alice is told to join again, her meeting is interrupted, and Bob is let in.
    async fn starts_over(
        inbox: &Inbox,
        mut alice: SignalReceiver,
        interrupted: &Receiver<RoomName>,
    ) {
        let mut last = None;
        while let Next::Message(ClientMessage::Notice(notice)) = alice.next().await {
            last = Some(notice);
        }
        let reason = LeaveReason::StateMismatch;
        assert!(matches!(last, Some(Notice::Leave { reason: why }) if why == reason));
        assert_eq!(interrupted.recv().unwrap(), "room");
        let first = enter(inbox, 2).next().await;
        assert!(
            matches!(
                first,
                Next::Message(ClientMessage::Notice(Notice::Joined(_)))
            ),
            "the worker goes on: {first:?}"
        );
    }

    #[tokio::test]
    async fn a_panic_beside_the_meetings_interrupts_them_and_does_not_end_the_worker() {
        let port = Port::open(0, None, &[]).unwrap();
        let settings = Settings {
            addresses: Vec::new(),
            initial_bitrate_bps: 1_000_000,
        };
        let (ended, ends) = std::sync::mpsc::channel();
        let exits = Exits {
            events: Box::new(PanicsOnce {
                panicked: false,
                ended,
            }),
            taps: tap_queue().0.sender(0),
        };
        let inbox = spawn(0, settings, port, exits).unwrap();
        let alice = enter(&inbox, 1);
        starts_over(&inbox, alice, &ends).await;
    }

    /// Learns which meetings are interrupted.
    struct Interruptions(std::sync::mpsc::Sender<RoomName>);

    impl EventSink for Interruptions {
        fn event(&mut self, room: RoomName, _: Option<MeetingId>, event: Event) {
            if event == Event::Interrupted {
                self.0.send(room).unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_worker_that_cannot_wait_for_its_sockets_starts_over() {
        let port = Port::open(0, None, &[]).unwrap();
        let waker = mio::Waker::new(port.poll.registry(), WAKER).unwrap();
        let (inbox, messages) = inbox(waker);
        let settings = Settings {
            addresses: Vec::new(),
            initial_bitrate_bps: 1_000_000,
        };
        let (interrupted, interruptions) = std::sync::mpsc::channel();
        let alice = enter(&inbox, 1);
        std::thread::spawn(move || {
            let exits = Exits {
                events: Box::new(Interruptions(interrupted)),
                taps: tap_queue().0.sender(0),
            };
            let load = CpuLoad::default();
            let mut worker = Worker::new(settings, port, messages, load, exits).unwrap();
            worker.read_messages();
            // EINVAL of epoll_wait(2): there must be room for one event at least.
            worker.run_with(Events::with_capacity(0));
        });
        starts_over(&inbox, alice, &interruptions).await;
    }
}
