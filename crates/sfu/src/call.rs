//! A call: the media side of one meeting, which it owns. It applies what the meeting decides and
//! reports what it observes.

mod effects;
mod periodic;
#[cfg(test)]
mod tests;

use crate::audio::taps;
use crate::bandwidth;
use crate::call::periodic::Periodic;
use crate::data::{self, streams::Streams};
use crate::demux::{CallId, Demux, Route};
#[cfg(test)]
use crate::forward::publication::Publication;
use crate::forward::{self, keyframe_requests};
use crate::negotiation::Negotiator;
use crate::output::{Datagram, MeetingSetup, Output, PipelinedJoin, Presence, Request, Summary};
use crate::parts::peer::{Peer, Side};
use crate::parts::{Out, Peers, Tracks};
use crate::transport::description::DescriptionError;
use crate::transport::reception::Reception;
use crate::transport::{TransportConfig, TransportEvent};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use visio_meeting::{
    Actor, Command, ConnectionId, DataScope, LeaveReason, Meeting, Now, Observation, ParticipantId,
    Refusal,
};
use visio_protocol::ids::ParticipantSid;
use visio_protocol::names::{Identity, MeetingId};

/// How long a call sleeps that waits for nothing.
const IDLE: Duration = Duration::from_secs(60);

pub(crate) struct Call {
    id: CallId,
    /// The moment of the input being handled.
    now: Now,
    meeting: Meeting,
    /// The meeting's deadline as it was when [`Call::meeting_mut`] was last used: finding it
    /// takes a look at each participant, which is too much for each datagram.
    meeting_deadline: Option<Instant>,
    is_meeting_changed: bool,
    meeting_id: Option<MeetingId>,
    config: Rc<TransportConfig>,
    peers: Peers,
    tracks: Tracks,
    out: Out,
    periodic: Periodic,
    /// The streams that participants send each other.
    streams: Streams,
    is_over: bool,
}

impl Call {
    pub(crate) fn new(
        now: Now,
        id: CallId,
        setup: MeetingSetup,
        config: Rc<TransportConfig>,
        seed: [u8; 32],
    ) -> Self {
        Self {
            id,
            now,
            meeting: Meeting::new(now, setup.config, seed),
            meeting_deadline: None,
            is_meeting_changed: true,
            meeting_id: setup.meeting_id,
            config,
            peers: Peers::default(),
            tracks: Tracks::default(),
            out: Out::new(id),
            periodic: Periodic::new(now.instant),
            streams: Streams::default(),
            is_over: false,
        }
    }

    /// The moment of the input that comes next.
    pub(crate) fn set_now(&mut self, now: Now) {
        self.now = now;
    }

    pub(crate) fn meeting_id(&self) -> Option<MeetingId> {
        self.meeting_id.clone()
    }

    pub(crate) fn meeting(&self) -> &Meeting {
        &self.meeting
    }

    pub(crate) fn enter(&mut self, pipelined: PipelinedJoin) -> Result<(), Refusal> {
        let (now, connection) = (self.now, pipelined.join.connection);
        self.meeting_mut().join(now, pipelined.join)?;
        self.apply_effects();
        for request in pipelined.requests {
            self.request(connection, request);
        }
        self.settle();
        Ok(())
    }

    pub(crate) fn resume(
        &mut self,
        sid: &ParticipantSid,
        identity: &Identity,
        connection: ConnectionId,
    ) -> Result<(), Refusal> {
        let peer = self.meeting.by_sid(sid).and_then(|id| self.peers.get(id));
        let last_data_sequence = peer.map_or(0, |peer| peer.last_data_sequence);
        self.meeting_mut()
            .resume(sid, identity, connection, last_data_sequence)?;
        self.settle();
        Ok(())
    }

    /// What the client on `connection` asks; one that was replaced is ignored.
    pub(crate) fn request(&mut self, connection: ConnectionId, request: Request) {
        let Some(id) = self.meeting.on_connection(connection) else {
            return;
        };
        match request {
            Request::Command(command) => self.command_of(id, command),
            Request::Offer { id: number, sdp } => {
                let outcome = self.negotiator().offered(id, number, &sdp);
                self.remove_after(id, outcome);
            }
            Request::Answer { id: number, sdp } => {
                let outcome = self.negotiator().answered(id, number, &sdp);
                self.remove_after(id, outcome);
            }
            // ICE-lite: the server learns the client's addresses from its checks.
            Request::Candidate { .. } => {}
        }
        self.settle();
    }

    pub(crate) fn disconnected(&mut self, connection: ConnectionId) {
        let now = self.now;
        self.meeting_mut().disconnected(now, connection);
        self.settle();
    }

    pub(crate) fn command(
        &mut self,
        identity: Option<&Identity>,
        command: Command,
    ) -> Result<(), Refusal> {
        let actor = match identity {
            Some(identity) => {
                let id = self.meeting().id_of(identity);
                Actor::Participant(id.ok_or(Refusal::NoSuchParticipant)?)
            }
            None => Actor::Administrator,
        };
        let now = self.now;
        let outcome = self.meeting_mut().handle(now, actor, command);
        self.settle();
        outcome
    }

    /// The server itself sends, for example a caption.
    pub(crate) fn broadcast(&mut self, packet: &Arc<[u8]>, scope: &DataScope) {
        let to = self.meeting.recipients(scope);
        data::broadcast(&mut self.peers, &mut self.out, to, packet);
        self.settle();
    }

    pub(crate) fn close(&mut self, reason: LeaveReason) {
        let now = self.now;
        self.meeting_mut().close(now, reason);
        self.settle();
    }

    /// Whether `datagram` is for that transport.
    pub(crate) fn accepts(&mut self, route: Route, datagram: &Datagram<'_>) -> bool {
        let now = self.now.instant;
        let peer = self.peers.get_mut(route.participant);
        peer.is_some_and(|peer| peer.transport(route.side).accepts(now, datagram))
    }

    /// Takes a datagram that may be for that transport.
    pub(crate) fn receive(&mut self, route: Route, datagram: &Datagram<'_>) -> Reception {
        let now = self.now.instant;
        let Some(peer) = self.peers.get_mut(route.participant) else {
            debug_assert!(false, "a peer's routes go with it");
            return Reception::Refused;
        };
        let reception = peer.transport(route.side).receive(now, datagram);
        if reception == Reception::Refused {
            return reception;
        }
        if let Reception::FirstOf(ssrc) = reception {
            self.out.learn_stream(ssrc, route);
        }
        self.peers.mark_dirty(route.participant, route.side);
        self.settle();
        reception
    }

    pub(crate) fn handle_timeout(&mut self) {
        let now = self.now;
        while let Some((id, side)) = self.peers.pop_due(now.instant) {
            if let Some(peer) = self.peers.get_mut(id) {
                peer.transport(side).handle_timeout(now.instant);
                self.peers.mark_dirty(id, side);
            }
        }
        if self.meeting_deadline.is_some_and(|at| at <= now.instant) {
            self.meeting_mut().handle_timeout(now);
        }
        self.do_periodic_work();
        self.settle();
    }

    pub(crate) fn deadline(&self) -> Instant {
        let periodic = (!self.peers.is_empty()).then(|| self.periodic.next());
        [self.peers.deadline(), self.meeting_deadline, periodic]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.now.instant + IDLE)
    }

    /// Nobody is left and nobody is waited for.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// What a participant is in who is here.
    pub(crate) fn presence(&self, identity: &Identity) -> Option<Presence> {
        self.meeting.id_of(identity)?;
        Some(Presence {
            meeting: self.meeting_id.clone(),
            is_transcript_kept: self.meeting.room_view().transcript_kept,
        })
    }

    pub(crate) fn summary(&self) -> Summary {
        Summary {
            room: self.meeting.room_view(),
            participants: self.meeting.views(),
        }
    }

    pub(crate) fn take_outputs(&mut self, into: &mut VecDeque<Output>) {
        into.append(&mut self.out.outputs);
    }

    #[cfg(test)]
    pub(crate) fn insert_track(&mut self, id: visio_meeting::TrackId, publication: Publication) {
        self.tracks.insert(id, publication);
    }

    /// What must still be said of the taps of a call that cannot go on.
    pub(crate) fn last_taps(&mut self) -> Vec<Output> {
        taps::close_all(&self.tracks, &mut self.out)
    }

    pub(crate) fn apply_route_changes(&mut self, demux: &mut Demux) {
        self.out.apply_route_changes(demux);
    }

    /// Works until nothing is left to do for this input.
    pub(crate) fn settle(&mut self) {
        loop {
            while let Some((id, side)) = self.peers.pop_dirty() {
                self.drain(id, side);
            }
            self.report();
            self.apply_effects();
            self.negotiator().start_due();
            if self.peers.is_drained() {
                break;
            }
        }
        if self.is_meeting_changed {
            self.meeting_deadline = self.meeting.deadline();
            self.is_meeting_changed = false;
        }
    }

    /// The meeting, for a change.
    fn meeting_mut(&mut self) -> &mut Meeting {
        self.is_meeting_changed = true;
        &mut self.meeting
    }

    fn negotiator(&mut self) -> Negotiator<'_> {
        Negotiator {
            now: self.now.instant,
            meeting: &self.meeting,
            peers: &mut self.peers,
            tracks: &mut self.tracks,
            out: &mut self.out,
        }
    }

    fn command_of(&mut self, id: ParticipantId, command: Command) {
        let now = self.now;
        let outcome = self
            .meeting_mut()
            .handle(now, Actor::Participant(id), command);
        if let Err(refusal) = outcome {
            tracing::debug!(%refusal, "a client was refused");
        }
    }

    /// A client whose descriptions make no sense is removed; nobody else notices. If its media
    /// worked before, the two sides have lost track of each other and it joins again. A client
    /// that never connected would only fail again.
    fn remove_after(&mut self, id: ParticipantId, outcome: Result<(), DescriptionError>) {
        let Err(error) = outcome else {
            return;
        };
        tracing::info!(%error, "a client is removed");
        let was_connected = self.peers.get(id).is_some_and(Peer::was_connected);
        let reason = if was_connected {
            LeaveReason::StateMismatch
        } else {
            LeaveReason::JoinFailure
        };
        let now = self.now;
        self.meeting_mut().remove(now, id, reason);
    }

    fn drain(&mut self, id: ParticipantId, side: Side) {
        let Some(peer) = self.peers.get_mut(id) else {
            debug_assert!(false, "a peer that is gone is not dirty");
            return;
        };
        let mut events = Vec::new();
        let transport = peer.transport(side);
        transport.drain(self.now.instant, &mut self.out.outputs, &mut events);
        let deadline = transport.deadline;
        self.peers.set_timer(id, side, deadline);
        for event in events {
            self.handle_event(id, side, event);
            self.report();
        }
    }

    /// The meeting learns what was observed.
    fn report(&mut self) {
        while let Some(observation) = self.out.next_observation() {
            self.meeting_mut().observe(observation);
        }
    }

    fn handle_event(&mut self, id: ParticipantId, side: Side, event: TransportEvent) {
        let now = self.now.instant;
        let Self {
            meeting,
            peers,
            tracks,
            out,
            streams,
            ..
        } = self;
        match event {
            TransportEvent::Connected => self.connected(id, side),
            TransportEvent::Packet(packet) => {
                forward::forward(now, peers, tracks, out, id, &packet);
            }
            TransportEvent::KeyframeRequested { mid } => {
                keyframe_requests::requested(now, peers, tracks, id, mid);
            }
            TransportEvent::ChannelOpen { channel, label } => {
                data::channel_open(peers, id, side, channel, &label);
            }
            TransportEvent::ChannelData { channel, bytes } => {
                data::relay(meeting, peers, streams, out, (id, side, channel), &bytes);
            }
            TransportEvent::ChannelDrained => data::channel_drained(peers, id),
            TransportEvent::Estimate { bits_per_second } => {
                bandwidth::estimated(now, peers, tracks, out, id, bits_per_second);
            }
            TransportEvent::Statistics { loss, round_trip } => {
                peers.with(id, |peer| peer.link.measured(loss, round_trip));
            }
            TransportEvent::Lost => peers.with(id, |peer| peer.link.lost()),
            TransportEvent::Found => peers.with(id, |peer| peer.link.found()),
        }
    }

    fn connected(&mut self, id: ParticipantId, side: Side) {
        self.peers.mark_unsettled(id);
        let Some(peer) = self.peers.get(id) else {
            return;
        };
        if side == peer.receiving_side() {
            let now = self.now.instant;
            self.out.observe(Observation::Connected { participant: id });
            bandwidth::allocate(now, &mut self.peers, &mut self.tracks, &mut self.out, id);
            keyframe_requests::request_awaited(now, &mut self.peers, &mut self.tracks, id);
        }
    }
}
