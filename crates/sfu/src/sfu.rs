//! A worker's whole state: its meetings, and the way from a datagram to the right one.

use crate::call::Call;
use crate::demux::{CallId, Demux, Route};
use crate::output::{
    Datagram, MeetingSetup, Output, PipelinedJoin, Presence, Request, ResourceCounts, Resumption,
    Summary,
};
use crate::settings::Settings;
use crate::timers::Timers;
use crate::transport::TransportConfig;
use crate::transport::reception::Reception;
use crate::unknown_sources::UnknownSources;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use visio_meeting::{Command, ConnectionId, DataScope, Event, LeaveReason, Notice, Now, Refusal};
use visio_protocol::names::{Identity, RoomName};
use visio_rtc::packet::class::{Class, classify};

/// Nobody is searched for who would have sent longer RTCP: it fits no frame of Ethernet.
const REPORT_BYTES_MAX: usize = 1_500;

/// Everything of the meetings of one worker.
pub struct Sfu {
    config: Rc<TransportConfig>,
    random: StdRng,
    calls: BTreeMap<CallId, Call>,
    rooms: BTreeMap<RoomName, CallId>,
    connections: BTreeMap<ConnectionId, CallId>,
    demux: Demux,
    unknown_sources: UnknownSources,
    timers: Timers<CallId>,
    outputs: VecDeque<Output>,
    last_call: u64,
}

impl Sfu {
    /// A worker without meetings. `seed` feeds every identifier of its meetings.
    ///
    /// # Errors
    /// When the cryptography library cannot make a certificate for DTLS.
    pub fn new(settings: Settings, seed: [u8; 32]) -> Result<Self, &'static str> {
        let mut random = StdRng::from_seed(seed);
        Ok(Self {
            config: Rc::new(TransportConfig::new(settings, random.random())?),
            random,
            calls: BTreeMap::new(),
            rooms: BTreeMap::new(),
            connections: BTreeMap::new(),
            demux: Demux::default(),
            unknown_sources: UnknownSources::default(),
            timers: Timers::default(),
            outputs: VecDeque::new(),
            last_call: 0,
        })
    }

    /// Lets somebody into a room, whose meeting is opened if there is none.
    ///
    /// # Errors
    /// The [`Refusal`] of the meeting.
    pub fn enter(
        &mut self,
        now: Now,
        setup: MeetingSetup,
        pipelined: PipelinedJoin,
    ) -> Result<(), Refusal> {
        let connection = pipelined.join.connection;
        let id = self.open(now, setup);
        self.connections.insert(connection, id);
        self.with_call(now, id, |call| call.enter(pipelined))
            .unwrap_or(Err(Refusal::NoSuchMeeting))
    }

    /// Opens the meeting of a room before anybody enters, or finds the one there is.
    pub fn prepare(&mut self, now: Now, setup: MeetingSetup) -> Option<Summary> {
        let id = self.open(now, setup);
        self.with_call(now, id, |call| {
            call.settle();
            call.summary()
        })
    }

    /// Gives a client its session back on a new signal connection.
    ///
    /// # Errors
    /// [`Refusal::StateMismatch`] when the session is not here any more, or
    /// [`Refusal::Revoked`] when its client was sent away.
    pub fn resume(
        &mut self,
        now: Now,
        room: &RoomName,
        resumption: &Resumption,
    ) -> Result<(), Refusal> {
        let Resumption {
            connection,
            identity,
            sid,
        } = resumption;
        let &id = self.rooms.get(room).ok_or(Refusal::StateMismatch)?;
        self.with_call(now, id, |call| call.resume(sid, identity, *connection))
            .unwrap_or(Err(Refusal::StateMismatch))?;
        self.connections.insert(*connection, id);
        Ok(())
    }

    /// A client asks something over its signal connection.
    pub fn request(&mut self, now: Now, connection: ConnectionId, request: Request) {
        if let Some(&id) = self.connections.get(&connection) {
            self.with_call(now, id, |call| call.request(connection, request));
        }
    }

    /// A signal connection is closed.
    pub fn disconnected(&mut self, now: Now, connection: ConnectionId) {
        if let Some(id) = self.connections.remove(&connection) {
            self.with_call(now, id, |call| call.disconnected(connection));
        }
    }

    /// A command that comes over another door than a signal connection: of a participant, or of an
    /// administrator where `identity` is `None`.
    ///
    /// # Errors
    /// The [`Refusal`] of the meeting, [`Refusal::NoSuchMeeting`] or [`Refusal::NoSuchParticipant`].
    pub fn command(
        &mut self,
        now: Now,
        room: &RoomName,
        identity: Option<&Identity>,
        command: Command,
    ) -> Result<(), Refusal> {
        let &id = self.rooms.get(room).ok_or(Refusal::NoSuchMeeting)?;
        self.with_call(now, id, |call| call.command(identity, command))
            .unwrap_or(Err(Refusal::NoSuchMeeting))
    }

    /// What somebody is in who is in the meeting of a room.
    pub fn presence(&self, room: &RoomName, identity: &Identity) -> Option<Presence> {
        let id = self.rooms.get(room)?;
        self.calls.get(id)?.presence(identity)
    }

    /// Sends a data packet of the server's to participants of a room.
    pub fn broadcast(&mut self, now: Now, room: &RoomName, packet: &Arc<[u8]>, scope: &DataScope) {
        if let Some(&id) = self.rooms.get(room) {
            self.with_call(now, id, |call| call.broadcast(packet, scope));
        }
    }

    /// Bytes from the network. What belongs to no transport changes nothing.
    pub fn receive(&mut self, now: Now, datagram: &Datagram<'_>) {
        match classify(datagram.bytes) {
            Class::Noise => {}
            Class::Stun { is_answer: false } => self.receive_check(now, datagram),
            Class::Stun { is_answer: true } => self.receive_answer(now, datagram),
            Class::Dtls => {
                self.receive_at_address(now, datagram);
            }
            Class::Srtcp => self.receive_report(now, datagram),
            Class::Srtp => self.receive_media(now, datagram),
        }
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some(id) = self.timers.pop_due(now.instant) {
            self.with_call(now, id, Call::handle_timeout);
        }
    }

    /// Ends all meetings: the server stops, and clients join again elsewhere.
    pub fn shut_down(&mut self, now: Now) {
        let all: Vec<CallId> = self.calls.keys().copied().collect();
        for id in all {
            self.with_call(now, id, |call| call.close(LeaveReason::ServerShutdown));
        }
    }

    /// When [`Self::handle_timeout`] wants to be called.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The next thing to do, oldest first; `None` when all is done.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The meetings and who is in them.
    #[must_use]
    pub fn summaries(&self) -> Vec<Summary> {
        self.calls.values().map(Call::summary).collect()
    }

    /// How much is held of all meetings; a worker that everybody has left holds nothing.
    #[must_use]
    pub fn resource_counts(&self) -> ResourceCounts {
        let (names, addresses) = self.demux.known();
        ResourceCounts {
            calls: self.calls.len(),
            rooms: self.rooms.len(),
            connections: self.connections.len(),
            timers: self.timers.len(),
            names,
            addresses,
        }
    }

    fn open(&mut self, now: Now, setup: MeetingSetup) -> CallId {
        if let Some(&id) = self.rooms.get(&setup.config.room) {
            return id;
        }
        self.last_call += 1;
        let id = CallId(self.last_call);
        self.rooms.insert(setup.config.room.clone(), id);
        let config = Rc::clone(&self.config);
        self.calls
            .insert(id, Call::new(now, id, setup, config, self.random.random()));
        id
    }

    /// A connectivity check says by its ICE name which transport it is for; its address is
    /// remembered if its integrity holds.
    fn receive_check(&mut self, now: Now, datagram: &Datagram<'_>) {
        let (protocol, source) = (datagram.protocol, datagram.source);
        let Some(route) = self.demux.by_check(datagram.bytes) else {
            return;
        };
        let accepted = self.with_call(now, route.call, |call| call.accepts(route, datagram));
        if accepted == Some(true) {
            self.demux.learn_address(protocol, source, route);
            self.give(now, route, datagram);
        }
    }

    /// What bears no name is for the transport that has its address; returns whether that took it.
    fn receive_at_address(&mut self, now: Now, datagram: &Datagram<'_>) -> bool {
        let route = self.demux.by_address(datagram.protocol, datagram.source);
        route.is_some_and(|route| self.give(now, route, datagram) != Some(Reception::Refused))
    }

    /// Who is given another address in mid-call is found by a stream of theirs, whose packets nobody
    /// else can make. Where they are is not known by that: a packet can be sent from any address.
    fn receive_media(&mut self, now: Now, datagram: &Datagram<'_>) {
        if self.receive_at_address(now, datagram) {
            return;
        }
        let (protocol, source) = (datagram.protocol, datagram.source);
        let at_address = self.demux.by_address(protocol, source);
        for route in self.demux.by_stream(datagram.bytes) {
            let is_other = at_address != Some(route);
            if is_other && self.give(now, route, datagram) != Some(Reception::Refused) {
                self.demux.claim_address(protocol, source, route);
                return;
            }
        }
    }

    /// Who only listens sends reports alone, and a browser's have a number that all browsers have. After a
    /// NAT has changed its port it is found among those at the same IP address, by the tag.
    fn receive_report(&mut self, now: Now, datagram: &Datagram<'_>) {
        if self.receive_at_address(now, datagram) || datagram.bytes.len() > REPORT_BYTES_MAX {
            return;
        }
        let (protocol, source) = (datagram.protocol, datagram.source);
        let claim = self.demux.by_claim(protocol, source);
        if let Some(route) = claim
            && self.give(now, route, datagram) != Some(Reception::Refused)
        {
            return;
        }
        let Some(behind) = self.unknown_sources.search(now.instant, source.ip()) else {
            return;
        };
        let (routes, mut last) = self.demux.at_same_ip(protocol, source, behind);
        let mut tries = 0;
        for route in routes {
            tries += 1;
            if self.give(now, route, datagram) != Some(Reception::Refused) {
                self.demux.claim_address(protocol, source, route);
                last = behind;
                break;
            }
        }
        self.unknown_sources.tried(source.ip(), tries, last);
    }

    /// The answer to a check of ours has no ICE name: it is for who says to be there.
    fn receive_answer(&mut self, now: Now, datagram: &Datagram<'_>) {
        let (protocol, source) = (datagram.protocol, datagram.source);
        let claim = self.demux.by_claim(protocol, source);
        let routes = [claim, self.demux.by_address(protocol, source)];
        for route in routes.into_iter().flatten() {
            if self.give(now, route, datagram) == Some(Reception::Proven) {
                self.demux.move_address(protocol, source, route);
                return;
            }
        }
    }

    fn give(&mut self, now: Now, route: Route, datagram: &Datagram<'_>) -> Option<Reception> {
        self.with_call(now, route.call, |call| call.receive(route, datagram))
    }

    /// Runs `work` on one meeting; a panic ends that meeting and no other.
    fn with_call<T>(
        &mut self,
        now: Now,
        id: CallId,
        work: impl FnOnce(&mut Call) -> T,
    ) -> Option<T> {
        let call = self.calls.get_mut(&id)?;
        call.set_now(now);
        // Unwind safe: after a panic only the numbers of the meeting's taps are read, then its
        // whole state is dropped.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(call)));
        let Ok(value) = outcome else {
            self.outputs.extend(call.last_taps());
            self.end_after_panic(id);
            return None;
        };
        call.take_outputs(&mut self.outputs);
        call.apply_route_changes(&mut self.demux);
        self.timers.set(id, call.deadline());
        if call.is_over() {
            self.drop_call(id);
        }
        Some(value)
    }

    /// A meeting panicked: its clients join again.
    fn end_after_panic(&mut self, id: CallId) {
        tracing::error!("a meeting ended by a panic; its clients are asked to join again");
        let connections: Vec<ConnectionId> = self
            .connections
            .iter()
            .filter(|&(_, &call)| call == id)
            .map(|(&connection, _)| connection)
            .collect();
        for connection in connections {
            let reason = LeaveReason::StateMismatch;
            let message = crate::ClientMessage::Notice(Notice::Leave { reason });
            self.outputs.push_back(Output::Client {
                connection,
                message,
            });
            self.outputs.push_back(Output::Hangup { connection });
        }
        let room = self
            .rooms
            .iter()
            .find(|&(_, &call)| call == id)
            .map(|(room, _)| room.clone());
        if let Some(room) = room {
            self.outputs.push_back(Output::Event {
                room,
                meeting: self.calls.get(&id).and_then(Call::meeting_id),
                event: Event::Interrupted,
            });
        }
        self.drop_call(id);
    }

    fn drop_call(&mut self, id: CallId) {
        self.calls.remove(&id);
        self.rooms.retain(|_, call| *call != id);
        self.connections.retain(|_, call| *call != id);
        self.demux.forget_call(id);
        self.timers.cancel(id);
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;
    use crate::audio::tap::{TapEvent, TapId};
    use crate::forward::publication::tests::camera;
    use crate::output::ResourceCounts;
    use visio_meeting::TrackId;

    fn setup(room: &str) -> MeetingSetup {
        MeetingSetup {
            config: visio_fixtures::config(room),
            meeting_id: None,
        }
    }

    #[test]
    fn a_panic_ends_one_meeting_and_no_other() {
        let settings = Settings {
            addresses: Vec::new(),
            initial_bitrate_bps: 1_000_000,
        };
        let mut sfu = Sfu::new(settings, [0; 32]).unwrap();
        let now = Now {
            instant: Instant::now(),
            unix_ms: 0,
        };
        let broken = sfu.open(now, setup("broken"));
        sfu.open(now, setup("alice's"));
        sfu.connections.insert(ConnectionId(7), broken);
        let outcome: Option<()> = sfu.with_call(now, broken, |call| {
            let mut tapped = camera(now.instant);
            tapped.tap = Some(TapId(8));
            call.insert_track(TrackId(1), tapped);
            panic!("a bug")
        });
        assert_eq!(outcome, None);
        let rooms: Vec<RoomName> = sfu
            .summaries()
            .into_iter()
            .map(|one| one.room.name)
            .collect();
        assert_eq!(rooms, ["alice's"]);
        let outputs: Vec<Output> = std::iter::from_fn(|| sfu.poll()).collect();
        assert!(outputs.iter().any(|output| matches!(
            output,
            Output::Client {
                connection: ConnectionId(7),
                ..
            }
        )));
        assert!(outputs.iter().any(|output| matches!(
            output,
            Output::Event { room, event: Event::Interrupted, .. } if room == "broken"
        )));
        assert!(
            outputs
                .iter()
                .any(|output| matches!(output, Output::Tap(TapEvent::Closed { tap: TapId(8) })))
        );
        let held = sfu.resource_counts();
        assert_eq!((held.calls, held.connections), (1, 0), "{held:?}");
        assert_ne!(held, ResourceCounts::default());
    }
}
