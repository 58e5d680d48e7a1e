//! Where meetings are going on, and the one way to them for the rest of the server.
//!
//! A walk: `placement` knows which worker holds which room, `setup` asks the database what the
//! meeting of a room is like, `events` says what happened in the meetings, `lifecycle` notes it in
//! the database, `captions` brings what was said to the clients.

mod captions;
mod events;
pub(crate) mod lifecycle;
mod meeting_log;
mod placement;
mod setup;

use crate::config::MediaPlan;
use crate::media::{
    Exits, Incoming, MediaError, Message, Question, SignalSender, Taps, Undelivered, Workers,
};
use crate::storage::Database;
use crate::storage::rooms::TranscriptDefault;
use events::{MeetingEvents, WorkerEvents};
use placement::Placement;
use std::sync::Arc;
use visio_meeting::{
    Command, ConnectionId, DataScope, LeaveReason, Notice, ParticipantView, Refusal, RoomOptions,
    RoomView,
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
            database,
            events: MeetingEvents::default(),
            transcript,
            streams: captions::StreamCount::default(),
        }
    }

    fn worker_events(&self, worker: usize) -> WorkerEvents {
        WorkerEvents {
            registration: self.placement.registration(worker),
            events: self.events.clone(),
        }
    }

    /// Without a worker, where nobody ever is: for tests of what surrounds it.
    #[cfg(test)]
    pub(crate) fn detached(database: Database) -> Self {
        let transcript = TranscriptDefault::default();
        Self::new(Workers::default(), Placement::new(0), database, transcript)
    }

    /// With one worker whose part the test plays.
    #[cfg(test)]
    pub(crate) fn with_one_worker(workers: Workers, database: Database) -> Self {
        Self::new(
            workers,
            Placement::new(1),
            database,
            TranscriptDefault::default(),
        )
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
        let setup = self.setup(room, options).await;
        let guard = self.placement.enter(room);
        let worker = guard.worker;
        let incoming = Incoming::Enter {
            pipelined: Box::new(pipelined),
            setup: Box::new(setup),
            sender,
            underway: Box::new(guard),
        };
        self.signal(worker, room, incoming)
    }

    async fn setup(&self, room: &RoomName, options: RoomOptions) -> MeetingSetup {
        setup::meeting_setup(&self.database, self.transcript, &self.events, room, options).await
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
        // The worker of the last meeting may know why somebody must not come back.
        let Some(worker) = self.placement.last_of_room(room) else {
            let reason = LeaveReason::StateMismatch;
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
    ) -> Result<(), Undelivered> {
        let Some(worker) = self.placement.last_of_room(room) else {
            return Ok(());
        };
        let request = Box::new(request);
        let incoming = Incoming::Request {
            connection,
            request,
        };
        self.signal(worker, room, incoming)
    }

    /// Says that a signal connection is gone.
    ///
    /// # Errors
    /// [`Undelivered`] if the worker is too busy or gone.
    pub fn lost(&self, room: &RoomName, connection: ConnectionId) -> Result<(), Undelivered> {
        let Some(worker) = self.placement.last_of_room(room) else {
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
        let setup = self.setup(room, options).await;
        let guard = self.placement.enter(room);
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
        for worker in 0..self.workers.count() {
            // A worker that is gone has nobody left to tell.
            let _ = self.workers.ask(worker, Question::Stop).await;
        }
    }
}
