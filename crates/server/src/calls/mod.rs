//! Where meetings are going on, and the one way to them for the rest of the server.
//!
//! A walk: `placement` knows which worker holds which room, `setup` asks the database what the
//! meeting of a room is like, `revocations` keeps who must not come back, `events` says what happened in
//! the meetings, `lifecycle` notes it in the database, `captions` brings what was said to the clients.

mod captions;
mod events;
pub(crate) mod lifecycle;
mod meeting_log;
mod placement;
mod revocations;
mod setup;

use crate::config::MediaPlan;
use crate::media::{
    Exits, Incoming, MediaError, Message, Question, SignalSender, Taps, Undelivered, Underway,
    Workers,
};
use crate::storage::Database;
use crate::storage::rooms::TranscriptDefault;
use events::{MeetingEvents, WorkerEvents};
use placement::{Placement, PlacementGuard};
use revocations::Revocations;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinSet;
use visio_meeting::{
    Command, ConnectionId, DataScope, Notice, ParticipantView, Refusal, RoomOptions, RoomView,
};
use visio_protocol::names::{Identity, RoomName};
use visio_sfu::{
    ClientMessage, MeetingSetup, PipelinedJoin, Presence, Request, Resumption, Summary,
};

/// The way to all meetings. Cheap to clone.
#[derive(Clone)]
pub struct Calls {
    workers: Workers,
    placement: Placement,
    revocations: Revocations,
    database: Database,
    events: MeetingEvents,
    /// How meetings start in rooms that do not say it.
    transcript: TranscriptDefault,
    streams: captions::StreamCount,
}

/// Starts the media workers and what surrounds them.
///
/// # Errors
/// Says which port or address is missing and what to do.
pub fn start(
    plan: &MediaPlan,
    database: Database,
    transcript: TranscriptDefault,
    taps: &Taps,
) -> Result<Calls, MediaError> {
    let placement = Placement::new(plan.workers.into());
    let mut calls = Calls::new(Workers::default(), placement, database, transcript);
    calls.workers = Workers::start(plan, |worker| Exits {
        events: Box::new(calls.worker_events(worker.into())),
        taps: taps.sender(worker),
    })?;
    Ok(calls)
}

impl Calls {
    fn new(
        workers: Workers,
        placement: Placement,
        database: Database,
        transcript: TranscriptDefault,
    ) -> Self {
        Self {
            workers,
            placement,
            revocations: Revocations::default(),
            database,
            events: MeetingEvents::default(),
            transcript,
            streams: captions::StreamCount::default(),
        }
    }

    fn worker_events(&self, worker: usize) -> WorkerEvents {
        WorkerEvents {
            registration: self.placement.registration(worker),
            revocations: self.revocations.clone(),
            events: self.events.clone(),
        }
    }

    /// The addresses of the workers' UDP sockets, as clients are told.
    pub fn media_addresses(&self) -> &[SocketAddr] {
        self.workers.told()
    }

    /// Without a worker, where nobody ever is: for tests of what surrounds it.
    #[cfg(test)]
    pub(crate) fn detached(database: Database) -> Self {
        let transcript = TranscriptDefault::default();
        Self::new(Workers::default(), Placement::new(0), database, transcript)
    }

    /// With workers whose part the test plays.
    #[cfg(test)]
    pub(crate) fn with_workers(workers: Workers, database: Database) -> Self {
        let placement = Placement::new(workers.count());
        Self::new(workers, placement, database, TranscriptDefault::default())
    }

    /// Brings somebody into the meeting of a room, once the database has said what that is like.
    /// Dropped before that, it brings nobody in.
    ///
    /// # Errors
    /// [`Undelivered`] if the worker is too busy or gone.
    pub async fn enter(
        &self,
        room: &RoomName,
        options: RoomOptions,
        pipelined: PipelinedJoin,
        sender: SignalSender,
    ) -> Result<(), Undelivered> {
        let (setup, guard) = self.setup(room, options).await;
        let worker = guard.worker;
        let incoming = Incoming::Enter {
            pipelined: Box::new(pipelined),
            setup: Box::new(setup),
            sender,
            underway: Box::new(guard),
        };
        self.signal(worker, room, incoming)
    }

    /// What the meeting of a room is like, and the worker that it is or will be on.
    async fn setup(&self, room: &RoomName, options: RoomOptions) -> (MeetingSetup, PlacementGuard) {
        let mut setup =
            setup::meeting_setup(&self.database, self.transcript, &self.events, room, options)
                .await;
        setup.config.token_overrides = self.revocations.of_room(room);
        let load = |worker| self.workers.load_permille(worker);
        (setup, self.placement.enter(room, load))
    }

    /// Brings somebody back into the meeting where they were.
    ///
    /// # Errors
    /// [`Undelivered`] if the worker is too busy or gone.
    pub fn resume(
        &self,
        room: &RoomName,
        resumption: Resumption,
        sender: SignalSender,
    ) -> Result<(), Undelivered> {
        let refusal = self.revocations.answer(&resumption.sid);
        let worker = match refusal {
            Refusal::Revoked(_) => None,
            _ => self.placement.of_room(room),
        };
        let Some(worker) = worker else {
            let reason = refusal.leave_reason();
            // A client that is gone already needs no reason.
            let _ = sender.send(ClientMessage::Notice(Notice::Leave { reason }));
            return Ok(());
        };
        self.signal(worker, room, Incoming::Resume { resumption, sender })
    }

    /// Hands on what a client asks for.
    ///
    /// # Errors
    /// [`Undelivered`] if the worker is too busy or gone.
    pub fn request(
        &self,
        room: &RoomName,
        connection: ConnectionId,
        request: Request,
        underway: Underway,
    ) -> Result<(), Undelivered> {
        let Some(worker) = self.placement.of_room(room) else {
            return Ok(());
        };
        let request = Box::new(request);
        let incoming = Incoming::Request {
            connection,
            request,
            underway,
        };
        self.signal(worker, room, incoming)
    }

    /// Says that a signal connection is gone.
    ///
    /// # Errors
    /// [`Undelivered`] if the worker is too busy or gone.
    pub fn lost(&self, room: &RoomName, connection: ConnectionId) -> Result<(), Undelivered> {
        let Some(worker) = self.placement.of_room(room) else {
            return Ok(());
        };
        self.signal(worker, room, Incoming::Lost { connection })
    }

    fn signal(
        &self,
        worker: usize,
        room: &RoomName,
        incoming: Incoming,
    ) -> Result<(), Undelivered> {
        let room = room.clone();
        self.workers
            .send(worker, Message::Signal { room, incoming })
    }

    /// The meetings that are going on, on all workers.
    pub async fn rooms(&self) -> Vec<RoomView> {
        let mut rooms = Vec::new();
        for worker in 0..self.workers.count() {
            let summaries = self.workers.ask(worker, Question::Summaries).await;
            rooms.extend(
                summaries
                    .unwrap_or_default()
                    .into_iter()
                    .map(|summary| summary.room),
            );
        }
        rooms
    }

    /// Opens the meeting of a room before anybody enters, or finds the one there is.
    pub async fn prepare(&self, room: &RoomName, options: RoomOptions) -> Option<RoomView> {
        let (setup, guard) = self.setup(room, options).await;
        let worker = guard.worker;
        let question = |reply| Question::Prepare {
            setup: Box::new(setup),
            underway: Box::new(guard),
            reply,
        };
        self.workers
            .ask(worker, question)
            .await
            .flatten()
            .map(|summary| summary.room)
    }

    /// The meeting that is going on in `room`.
    pub async fn room(&self, room: &RoomName) -> Option<RoomView> {
        Some(self.summary(room).await?.room)
    }

    pub async fn participants(&self, room: &RoomName) -> Vec<ParticipantView> {
        let found = self.summary(room).await;
        found.map_or_else(Vec::new, |summary| summary.participants)
    }

    async fn summary(&self, room: &RoomName) -> Option<Summary> {
        let worker = self.placement.of_room(room)?;
        let summaries = self.workers.ask(worker, Question::Summaries).await;
        let mut summaries = summaries.unwrap_or_default().into_iter();
        summaries.find(|summary| summary.room.name == *room)
    }

    pub fn participant_count(&self, room: &RoomName) -> usize {
        self.events.room(room).participants
    }

    /// Whether the meeting now in a room keeps a transcript.
    pub fn is_transcript_kept(&self, room: &RoomName) -> bool {
        self.events.room(room).is_transcript_kept
    }

    /// What a participant who is in the meeting of a room at the moment is in.
    pub async fn presence(&self, room: &RoomName, identity: &Identity) -> Option<Presence> {
        let worker = self.placement.of_room(room)?;
        let question = |reply| Question::Presence {
            room: room.clone(),
            identity: identity.clone(),
            reply,
        };
        self.workers.ask(worker, question).await.flatten()
    }

    /// How many workers answer; all of them do on a server in good health.
    pub async fn workers_answering(&self) -> (usize, usize) {
        let mut answering = 0;
        for worker in 0..self.workers.count() {
            let answer = self.workers.ask(worker, Question::Alive).await;
            answering += usize::from(answer.is_some());
        }
        (answering, self.workers.count())
    }

    /// Carries out what an administrator asks; `visio-meeting` decides.
    ///
    /// # Errors
    /// The meeting's refusal, or [`Refusal::NoSuchMeeting`].
    pub async fn command(&self, room: &RoomName, command: Command) -> Result<(), Refusal> {
        self.ask_meeting(room, None, command).await
    }

    /// Carries out what a participant asks over another door than their signal connection.
    ///
    /// # Errors
    /// The meeting's refusal, [`Refusal::NoSuchMeeting`] or [`Refusal::NoSuchParticipant`].
    pub async fn command_of(
        &self,
        room: &RoomName,
        identity: &Identity,
        command: Command,
    ) -> Result<(), Refusal> {
        self.ask_meeting(room, Some(identity.clone()), command)
            .await
    }

    async fn ask_meeting(
        &self,
        room: &RoomName,
        identity: Option<Identity>,
        command: Command,
    ) -> Result<(), Refusal> {
        let worker = self.placement.of_room(room).ok_or(Refusal::NoSuchMeeting)?;
        let question = |reply| Question::Command {
            room: room.clone(),
            identity,
            command: Box::new(command),
            reply,
        };
        let answer = self.workers.ask(worker, question).await;
        answer.unwrap_or(Err(Refusal::NoSuchMeeting))
    }

    /// Sends an encoded data packet to the participants of the scope, or to all.
    ///
    /// # Errors
    /// [`Refusal::NoSuchMeeting`] when nobody is there.
    pub fn send_data(
        &self,
        room: &RoomName,
        packet: Arc<[u8]>,
        scope: DataScope,
    ) -> Result<(), Refusal> {
        let worker = self.placement.of_room(room).ok_or(Refusal::NoSuchMeeting)?;
        self.broadcast(worker, room.clone(), vec![packet], scope);
        Ok(())
    }

    /// Data is sent as far as the worker has time: one whose inbox is full counts what it misses.
    fn broadcast(&self, worker: usize, room: RoomName, packets: Vec<Arc<[u8]>>, scope: DataScope) {
        let message = Message::Broadcast {
            room,
            packets,
            scope,
        };
        let _ = self.workers.send(worker, message);
    }

    /// Tells all clients that the server stops, and stops.
    pub async fn shutdown(&self) {
        let mut stopping = JoinSet::new();
        for worker in 0..self.workers.count() {
            let workers = self.workers.clone();
            // A worker that is gone has nobody left to tell. One that hangs delays no other.
            stopping.spawn(async move { workers.ask(worker, Question::Stop).await });
        }
        while stopping.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::pipelined;
    use crate::media::{EventSink, Next, SignalReceiver, signal_queue, tap_queue};
    use crate::storage::testing::sqlite_in;
    use visio_meeting::{Event, LeaveReason};
    use visio_protocol::ids::ParticipantSid;
    use visio_protocol::names::MeetingId;

    const PANICS_HERE: &str = "the worker panics when a meeting starts here";

    /// What the server learns, from a worker that panics outside every meeting.
    struct Panics(WorkerEvents);

    impl EventSink for Panics {
        fn event(&mut self, room: RoomName, meeting: Option<MeetingId>, event: Event) {
            let starts = event == Event::Started;
            assert!(!(starts && room == PANICS_HERE), "a scripted panic");
            self.0.event(room, meeting, event);
        }
    }

    async fn calls_with(workers: Workers, folder: &std::path::Path) -> Calls {
        Calls::with_workers(workers, sqlite_in(folder).await)
    }

    /// Somebody at the door, with a token of that second.
    async fn enter(
        calls: &Calls,
        room: &str,
        identity: &str,
        connection: u64,
        issued_at_unix_s: i64,
    ) -> SignalReceiver {
        let mut pipelined = pipelined(Vec::new());
        pipelined.join.identity = Identity::new(identity);
        pipelined.join.connection = ConnectionId(connection);
        pipelined.join.token_issued_at_unix_s = issued_at_unix_s;
        let (sender, receiver) = signal_queue();
        let options = RoomOptions::default();
        let entered = calls
            .enter(&RoomName::new(room), options, pipelined, sender)
            .await;
        entered.unwrap();
        receiver
    }

    /// The next message that is to this client alone.
    async fn first(receiver: &mut SignalReceiver) -> Notice {
        loop {
            match receiver.next().await {
                Next::Message(ClientMessage::Notice(notice)) => return notice,
                Next::Message(_) => {}
                end => panic!("{end:?}"),
            }
        }
    }

    async fn joined(receiver: &mut SignalReceiver) -> ParticipantSid {
        match first(receiver).await {
            Notice::Joined(welcome) => welcome.me.sid,
            other => panic!("{other:?}"),
        }
    }

    fn is_removal(notice: &Notice) -> bool {
        let removed = LeaveReason::Removed;
        matches!(notice, Notice::Leave { reason } if *reason == removed)
    }

    #[tokio::test]
    async fn dave_who_was_removed_does_not_come_back_by_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let mut calls = calls_with(Workers::default(), folder.path()).await;
        calls.placement = Placement::new(1);
        let plan = MediaPlan {
            udp_port: 0,
            tcp_port: None,
            addresses: vec![std::net::Ipv4Addr::LOCALHOST.into()],
            workers: 1,
        };
        let exits = |_| Exits {
            events: Box::new(Panics(calls.worker_events(0))),
            taps: tap_queue().0.sender(0),
        };
        calls.workers = Workers::start(&plan, exits).unwrap();
        let now_s = crate::clock::now_unix_s();
        let mut alice = enter(&calls, "room", "alice", 1, 0).await;
        joined(&mut alice).await;
        let mut dave = enter(&calls, "room", "dave", 2, now_s - 60).await;
        let session = joined(&mut dave).await;
        let remove = Command::Remove {
            identity: Identity::new("dave"),
            tokens_before_unix_s: None,
        };
        calls.command(&RoomName::new("room"), remove).await.unwrap();
        enter(&calls, PANICS_HERE, "carol", 3, 0).await;
        while !matches!(first(&mut alice).await, Notice::Leave { .. }) {}

        let mut back = enter(&calls, "room", "alice", 4, 0).await;
        joined(&mut back).await;
        let mut again = enter(&calls, "room", "dave", 5, now_s - 60).await;
        assert!(is_removal(&first(&mut again).await), "by his older token");
        let (sender, mut resumed) = signal_queue();
        let resumption = Resumption {
            connection: ConnectionId(6),
            identity: Identity::new("dave"),
            sid: session,
        };
        calls
            .resume(&RoomName::new("room"), resumption, sender)
            .unwrap();
        assert!(is_removal(&first(&mut resumed).await), "by his session");
        let mut invited = enter(&calls, "room", "dave", 7, now_s + 60).await;
        joined(&mut invited).await;
    }

    #[tokio::test]
    async fn a_busy_worker_does_not_get_the_next_room() {
        let folder = tempfile::tempdir().unwrap();
        let (workers, [busy, idle]) = Workers::without_threads([700, 0]);
        let calls = calls_with(workers, folder.path()).await;
        for room in ["one", "two"] {
            enter(&calls, room, "alice", 1, 0).await;
        }
        assert!(busy.try_recv().is_err());
        assert_eq!(idle.try_iter().count(), 2);
    }
}
