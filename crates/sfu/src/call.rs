//! A call: the media side of one meeting. It carries out what the meeting decides and tells it
//! what it sees.

pub(crate) mod peer;

use crate::audio::active_speakers::{SPEAKERS_INTERVAL, Schedule, Speakers};
use crate::audio::tap::{TapEvent, TapId};
use crate::bandwidth::link::QUALITY_INTERVAL;
use crate::call::peer::{Peer, Side};
use crate::data::streams::Streams;
use crate::demux::{CallId, Demux, Route};
use crate::forward::downtrack::Downtrack;
use crate::forward::publication::Publication;
use crate::output::{ClientMessage, Datagram, Entrance, Opening, Output, Request, Summary};
use crate::transport::{TransportConfig, TransportEvent};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};
use visio_meeting::{
    Actor, Command, ConnectionId, ConnectionMode, Effect, Event, LeaveReason, Meeting, Notice, Now,
    Observation, ParticipantId, Refusal, SpeakerInfo, TrackId,
};
use visio_protocol::ids::ParticipantSid;

/// How often layers, allowances and pending negotiations are looked at.
const LAYERS_INTERVAL: Duration = Duration::from_millis(250);

pub(crate) struct Call {
    id: CallId,
    /// The moment of the input being handled.
    pub(crate) now: Now,
    pub(crate) meeting: Meeting,
    record: String,
    config: Rc<TransportConfig>,
    pub(crate) peers: BTreeMap<ParticipantId, Peer>,
    pub(crate) publications: BTreeMap<TrackId, Publication>,
    /// Sections a client must add before all its tracks have one: audio, video.
    pub(crate) missing_sections: BTreeMap<ParticipantId, (u32, u32)>,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) speakers: Speakers,
    /// Transports that were written to and must be drained.
    pub(crate) touched: BTreeSet<(ParticipantId, Side)>,
    timers: BTreeSet<(Instant, ParticipantId, Side)>,
    timer_of: BTreeMap<(ParticipantId, Side), Instant>,
    routes: Vec<RouteChange>,
    pub(crate) speakers_due: Schedule,
    pub(crate) layers_due: Schedule,
    pub(crate) quality_due: Schedule,
    /// The streams that participants send each other.
    pub(crate) streams: Streams,
    last_tap: u64,
    over: bool,
}

/// What the worker's demultiplexer must learn.
enum RouteChange {
    Learn { ufrag: String, route: Route },
    Forget(Route),
}

impl Call {
    pub(crate) fn new(
        now: Now,
        id: CallId,
        opening: Opening,
        config: Rc<TransportConfig>,
        seed: [u8; 32],
    ) -> Self {
        Self {
            id,
            now,
            meeting: Meeting::new(now, opening.config, seed),
            record: opening.record,
            config,
            peers: BTreeMap::new(),
            publications: BTreeMap::new(),
            missing_sections: BTreeMap::new(),
            outputs: VecDeque::new(),
            speakers: Speakers::default(),
            touched: BTreeSet::new(),
            timers: BTreeSet::new(),
            timer_of: BTreeMap::new(),
            routes: Vec::new(),
            speakers_due: Schedule::new(now.instant, SPEAKERS_INTERVAL),
            layers_due: Schedule::new(now.instant, LAYERS_INTERVAL),
            quality_due: Schedule::new(now.instant, QUALITY_INTERVAL),
            streams: Streams::default(),
            last_tap: 0,
            over: false,
        }
    }

    pub(crate) fn enter(&mut self, entrance: Entrance) -> Result<(), Refusal> {
        let connection = entrance.join.connection;
        self.meeting.join(self.now, entrance.join)?;
        self.carry_out();
        for request in entrance.requests {
            self.request(connection, request);
        }
        self.settle();
        Ok(())
    }

    pub(crate) fn resume(
        &mut self,
        sid: &ParticipantSid,
        identity: &str,
        connection: ConnectionId,
    ) -> Result<(), Refusal> {
        let peer = self.meeting.by_sid(sid).and_then(|id| self.peers.get(&id));
        let last_data_sequence = peer.map_or(0, |peer| peer.last_data_sequence);
        self.meeting
            .resume(sid, identity, connection, last_data_sequence)?;
        self.settle();
        Ok(())
    }

    /// What the client on `connection` asks; a connection that was replaced is not heard.
    pub(crate) fn request(&mut self, connection: ConnectionId, request: Request) {
        let Some(id) = self.meeting.on_connection(connection) else {
            return;
        };
        match request {
            Request::Command(command) => self.command_of(id, command),
            Request::Offer { id: number, sdp } => {
                self.offered(self.now.instant, id, number, &sdp);
            }
            Request::Answer { id: number, sdp } => {
                self.answered(self.now.instant, id, number, &sdp);
            }
            // ICE-lite: the server learns the client's addresses from its checks.
            Request::Candidate { .. } => {}
        }
        self.settle();
    }

    pub(crate) fn disconnected(&mut self, connection: ConnectionId) {
        self.meeting.disconnected(self.now, connection);
        self.settle();
    }

    pub(crate) fn command(&mut self, command: Command) -> Result<(), Refusal> {
        let outcome = self.meeting.handle(self.now, Actor::Administrator, command);
        self.settle();
        outcome
    }

    pub(crate) fn close(&mut self, reason: LeaveReason) {
        self.meeting.close(self.now, reason);
        self.settle();
    }

    /// Whether `datagram` is for that transport.
    pub(crate) fn accepts(&mut self, route: Route, datagram: &Datagram<'_>) -> bool {
        let now = self.now.instant;
        let peer = self.peers.get_mut(&route.participant);
        peer.is_some_and(|peer| peer.transport(route.side).accepts(now, datagram))
    }

    pub(crate) fn receive(&mut self, route: Route, datagram: &Datagram<'_>) {
        let now = self.now.instant;
        let Some(peer) = self.peers.get_mut(&route.participant) else {
            return;
        };
        peer.transport(route.side).receive(now, datagram);
        self.touch(route.participant, route.side);
        self.settle();
    }

    pub(crate) fn handle_timeout(&mut self) {
        let now = self.now.instant;
        while let Some(&(at, id, side)) = self.timers.first() {
            if at > now {
                break;
            }
            self.timers.pop_first();
            self.timer_of.remove(&(id, side));
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.transport(side).handle_timeout(now);
                self.touch(id, side);
            }
        }
        self.meeting.handle_timeout(self.now);
        self.watch();
        self.settle();
    }

    pub(crate) fn deadline(&self) -> Instant {
        let transports = self.timers.first().map(|&(at, _, _)| at);
        let meeting = self.meeting.deadline();
        let watch = (!self.peers.is_empty()).then(|| {
            self.speakers_due
                .next()
                .min(self.layers_due.next())
                .min(self.quality_due.next())
        });
        let idle = self.now.instant + Duration::from_secs(60);
        [transports, meeting, watch]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(idle)
    }

    /// Nobody is left and nobody is waited for.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn summary(&self) -> Summary {
        Summary {
            room: self.meeting.room_view(),
            participants: self.meeting.views(),
        }
    }

    /// Tells the demultiplexer what changed since it was last told.
    pub(crate) fn teach(&mut self, demux: &mut Demux) {
        for change in self.routes.drain(..) {
            match change {
                RouteChange::Learn { ufrag, route } => demux.learn_ufrag(ufrag, route),
                RouteChange::Forget(route) => demux.forget(route),
            }
        }
    }

    /// The transport was written to: it will be drained before the input is done with.
    pub(crate) fn touch(&mut self, id: ParticipantId, side: Side) {
        self.touched.insert((id, side));
    }

    pub(crate) fn learn_ufrag(&mut self, id: ParticipantId, side: Side) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let ufrag = peer.transport(side).local_ufrag();
        let route = Route {
            call: self.id,
            participant: id,
            side,
        };
        self.routes.push(RouteChange::Learn { ufrag, route });
    }

    fn command_of(&mut self, id: ParticipantId, command: Command) {
        let outcome = self
            .meeting
            .handle(self.now, Actor::Participant(id), command);
        if let Err(refusal) = outcome {
            tracing::debug!(%refusal, "a client was refused");
        }
    }

    /// Works until nothing is left to do for this input.
    pub(crate) fn settle(&mut self) {
        loop {
            while let Some((id, side)) = self.touched.pop_first() {
                self.drain(id, side);
            }
            self.carry_out();
            self.negotiate(self.now.instant);
            if self.touched.is_empty() {
                return;
            }
        }
    }

    fn drain(&mut self, id: ParticipantId, side: Side) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let mut events = Vec::new();
        let transport = peer.transport(side);
        transport.drain(self.now.instant, &mut self.outputs, &mut events);
        let deadline = transport.deadline;
        self.schedule(id, side, deadline);
        for event in events {
            self.happened(id, side, event);
        }
    }

    fn schedule(&mut self, id: ParticipantId, side: Side, deadline: Instant) {
        if let Some(before) = self.timer_of.insert((id, side), deadline) {
            self.timers.remove(&(before, id, side));
        }
        self.timers.insert((deadline, id, side));
    }

    fn happened(&mut self, id: ParticipantId, side: Side, event: TransportEvent) {
        match event {
            TransportEvent::Connected => self.connected(id, side),
            TransportEvent::Packet(packet) => self.forward(id, &packet),
            TransportEvent::KeyframeRequested { mid } => self.keyframe_wanted(id, mid),
            TransportEvent::ChannelOpen { channel, label } => {
                self.channel_open(id, side, channel, &label);
            }
            TransportEvent::ChannelData { channel, bytes } => {
                self.channel_data(id, side, channel, &bytes);
            }
            TransportEvent::ChannelDrained => self.channel_drained(id),
            TransportEvent::Estimate { bits_per_second } => self.estimated(id, bits_per_second),
            TransportEvent::Statistics { loss, round_trip } => {
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.line.measured(loss, round_trip);
                }
            }
            TransportEvent::Lost => {
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.line.lost();
                }
            }
            TransportEvent::Found => {
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.line.found();
                }
            }
        }
    }

    fn connected(&mut self, id: ParticipantId, side: Side) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if side == peer.receiving_side() {
            self.meeting
                .observe(Observation::Connected { participant: id });
            self.allocate(id);
            self.look_for_keyframes(self.now.instant, id);
        }
    }

    /// Does what the meeting decided.
    fn carry_out(&mut self) {
        while let Some(effect) = self.meeting.poll() {
            self.apply(effect);
        }
    }

    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Notify { connection, notice } => self.notify(connection, notice),
            Effect::Hangup { connection } => self.outputs.push_back(Output::Hangup { connection }),
            Effect::Attach {
                participant,
                connection,
                mode,
            } => {
                self.attach(participant, connection, mode);
            }
            Effect::Reattach {
                participant,
                connection,
            } => self.reattach(participant, connection),
            Effect::Detach { participant } => self.detach(participant),
            Effect::Expect {
                participant,
                track,
                info,
            } => {
                let publication = Publication::new(self.now.instant, participant, *info);
                self.publications.insert(track, publication);
            }
            Effect::Forget { track, .. } => self.forget(track),
            Effect::SetMuted { track, muted, .. } => self.set_muted(track, muted),
            Effect::Subscribe {
                subscriber,
                publisher,
                track,
            } => {
                self.subscribe(subscriber, publisher, track);
            }
            Effect::Unsubscribe { subscriber, track } => self.unsubscribe(subscriber, track),
            Effect::Configure {
                subscriber,
                track,
                settings,
            } => {
                self.configure(subscriber, track, settings);
            }
            Effect::OpenTap { track, speaker, .. } => self.open_tap(track, speaker),
            Effect::UpdateTap { track, speaker } => self.update_tap(track, speaker),
            Effect::CloseTap { track } => self.close_tap(track),
            Effect::Announce(event) => self.announce(event),
        }
    }

    fn notify(&mut self, connection: ConnectionId, notice: Notice) {
        let message = ClientMessage::Notice(notice);
        self.outputs.push_back(Output::Client {
            connection,
            message,
        });
    }

    fn announce(&mut self, event: Event) {
        self.over |= event == Event::Ended;
        let room = self.meeting.room_name().to_owned();
        self.outputs.push_back(Output::Event { room, event });
    }

    fn attach(&mut self, id: ParticipantId, connection: ConnectionId, mode: ConnectionMode) {
        let peer = Peer::new(self.now.instant, &self.config, mode, connection);
        let sides = peer.sides();
        self.peers.insert(id, peer);
        for side in sides {
            self.learn_ufrag(id, side);
            self.touch(id, side);
        }
    }

    fn reattach(&mut self, id: ParticipantId, connection: ConnectionId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.connection = connection;
        }
        self.tell_wanted_anew(id);
        self.restart(self.now.instant, id);
    }

    fn detach(&mut self, id: ParticipantId) {
        let Some(peer) = self.peers.remove(&id) else {
            return;
        };
        for side in peer.sides() {
            let route = Route {
                call: self.id,
                participant: id,
                side,
            };
            self.routes.push(RouteChange::Forget(route));
            self.touched.remove(&(id, side));
            if let Some(at) = self.timer_of.remove(&(id, side)) {
                self.timers.remove(&(at, id, side));
            }
        }
        for publication in self.publications.values_mut() {
            publication.subscribers.remove(&id);
        }
        self.missing_sections.remove(&id);
        self.speakers.forget(id);
        self.streams.forget(id);
    }

    fn forget(&mut self, track: TrackId) {
        let Some(publication) = self.publications.remove(&track) else {
            return;
        };
        if let Some(peer) = self.peers.get_mut(&publication.publisher) {
            peer.streams.retain(|_, stream| stream.track != track);
        }
    }

    /// A muted track is not sent on, whatever its client still sends.
    fn set_muted(&mut self, track: TrackId, muted: bool) {
        let Some(publication) = self.publications.get_mut(&track) else {
            return;
        };
        publication.info.muted = muted;
        for subscriber in &publication.subscribers {
            let peer = self.peers.get_mut(subscriber);
            if let Some(downtrack) = peer.and_then(|peer| peer.downtracks.get_mut(&track)) {
                downtrack.pause();
            }
        }
    }

    fn subscribe(&mut self, subscriber: ParticipantId, publisher: ParticipantId, track: TrackId) {
        let Some(publication) = self.publications.get_mut(&track) else {
            return;
        };
        let Some(peer) = self.peers.get_mut(&subscriber) else {
            return;
        };
        publication.subscribers.insert(subscriber);
        let mut downtrack = Downtrack::new(publisher, publication.info.kind);
        downtrack.retarget(&publication.info, publication.flowing(self.now.instant));
        peer.downtracks.insert(track, downtrack);
        peer.needs_negotiation();
        self.tell_wanted(track);
    }

    fn unsubscribe(&mut self, subscriber: ParticipantId, track: TrackId) {
        if let Some(publication) = self.publications.get_mut(&track) {
            publication.subscribers.remove(&subscriber);
        }
        if let Some(peer) = self.peers.get_mut(&subscriber)
            && let Some(downtrack) = peer.downtracks.remove(&track)
        {
            if let Some(mid) = downtrack.mid {
                peer.free_section(mid);
            }
            peer.needs_negotiation();
        }
        self.tell_wanted(track);
    }

    fn open_tap(&mut self, track: TrackId, speaker: SpeakerInfo) {
        let Some(publication) = self.publications.get_mut(&track) else {
            return;
        };
        self.last_tap += 1;
        // Unique within the worker: calls are numbered there and count their taps themselves.
        let tap = TapId((self.id.0 << 32) | self.last_tap);
        publication.tap = Some(tap);
        self.outputs.push_back(Output::Tap(TapEvent::Opened {
            tap,
            room: self.meeting.room_name().to_owned(),
            meeting: self.record.clone(),
            speaker,
        }));
    }

    /// All that is to be told of the taps of a call that cannot go on: what waited, and their end.
    pub(crate) fn last_taps(&mut self) -> Vec<Output> {
        let waiting = std::mem::take(&mut self.outputs);
        let mut told: Vec<Output> = waiting
            .into_iter()
            .filter(|output| matches!(output, Output::Tap(_)))
            .collect();
        let open = self.publications.values().filter_map(|one| one.tap);
        told.extend(open.map(|tap| Output::Tap(TapEvent::Closed { tap })));
        told
    }

    fn update_tap(&mut self, track: TrackId, speaker: SpeakerInfo) {
        let tap = self
            .publications
            .get(&track)
            .and_then(|publication| publication.tap);
        if let Some(tap) = tap {
            self.outputs
                .push_back(Output::Tap(TapEvent::Updated { tap, speaker }));
        }
    }

    fn close_tap(&mut self, track: TrackId) {
        let tap = self
            .publications
            .get_mut(&track)
            .and_then(|publication| publication.tap.take());
        if let Some(tap) = tap {
            self.outputs
                .push_back(Output::Tap(TapEvent::Closed { tap }));
        }
    }
}
