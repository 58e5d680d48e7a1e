//! The world: a clock that jumps, the server's state machine, the clients and what lies between.

use crate::client::{Client, Presence};
use crate::continuity::Continuity;
use crate::delivery::Delivery;
use crate::model::{Model, Stream};
use crate::network::Network;
use crate::websockets::WebSockets;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use visio_meeting::{Config, Now};
use visio_protocol::names::{MeetingId, RoomName};
use visio_sfu::tap::TapId;
use visio_sfu::{MeetingSetup, Protocol, Settings, Sfu};

/// The world moves in steps of at least this much.
const TICK: Duration = Duration::from_millis(1);

pub(crate) const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 7882);
/// The one room of this world.
pub(crate) fn room() -> RoomName {
    RoomName::new("room")
}

/// A server, its clients, the network and everything that judges them.
pub struct World {
    pub(crate) seed: u64,
    pub(crate) started: Instant,
    pub(crate) now: Instant,
    pub(crate) sfu: Sfu,
    pub(crate) network: Network,
    pub(crate) websockets: WebSockets,
    pub(crate) clients: Vec<Client>,
    pub(crate) model: Model,
    pub continuity: Continuity,
    pub delivery: Delivery,
    pub(crate) log: Vec<String>,
    pub(crate) complaints: Vec<String>,
    /// Packets heard since the window was opened.
    pub(crate) window: BTreeMap<(u32, Stream), u64>,
    /// Datagrams of the past, from every sender.
    pub(crate) traffic: VecDeque<Vec<u8>>,
    /// Bytes that strangers have sent and have not got back.
    pub(crate) strangers: BTreeMap<IpAddr, usize>,
    pub(crate) taps: BTreeMap<TapId, String>,
    pub(crate) tapped: u64,
    pub(crate) ended: u32,
    pub(crate) connections: u64,
}

impl World {
    /// A server without a meeting.
    ///
    /// # Panics
    /// When the cryptography library cannot make a certificate.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let settings = Settings {
            addresses: vec![(Protocol::Udp, SERVER)],
            initial_bitrate_bps: 1_000_000,
        };
        let mut key = [7; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        #[expect(
            clippy::expect_used,
            reason = "without a certificate there is nothing to simulate"
        )]
        let sfu = Sfu::new(settings, key).expect("a certificate");
        #[expect(
            clippy::disallowed_methods,
            reason = "a moment cannot be made up; only differences to it matter"
        )]
        let started = Instant::now();
        Self {
            seed,
            started,
            now: started,
            sfu,
            network: Network::new(seed, started),
            websockets: WebSockets::default(),
            clients: Vec::new(),
            model: Model::default(),
            continuity: Continuity::default(),
            delivery: Delivery::default(),
            log: Vec::new(),
            complaints: Vec::new(),
            window: BTreeMap::new(),
            traffic: VecDeque::new(),
            strangers: BTreeMap::new(),
            taps: BTreeMap::new(),
            tapped: 0,
            ended: 0,
            connections: 0,
        }
    }

    /// Lets `seconds` pass.
    pub fn run(&mut self, seconds: f64) {
        let until = self.now + Duration::from_secs_f64(seconds);
        while self.now < until {
            self.step(until);
        }
    }

    /// What people did and what came of it, without anything that a run draws for itself.
    #[must_use]
    pub fn story(&self) -> &[String] {
        &self.log
    }

    /// What the oracles found wrong.
    #[must_use]
    pub fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// How many packets of microphones were handed on to the transcription.
    #[must_use]
    pub fn tapped(&self) -> u64 {
        self.tapped
    }

    /// How long the world has lasted.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.started
    }

    /// Jumps to the next wake-up of anybody, at most to `until`, and does what is due.
    fn step(&mut self, until: Instant) {
        self.now = self.next_wake_up().min(until).max(self.now + TICK);
        self.deliver_messages();
        self.deliver_datagrams();
        if self.sfu.deadline().is_some_and(|at| at <= self.now) {
            self.sfu.handle_timeout(self.moment());
            self.flush_server();
        }
        for index in 0..self.clients.len() {
            if self.clients[index].presence != Presence::Gone
                && self.clients[index].deadline() <= self.now
            {
                self.clients[index].handle_timeout(self.now);
                self.flush_client(index);
            }
        }
    }

    /// Moments are rounded up to whole ticks, so that many wake-ups share one step.
    fn next_wake_up(&self) -> Instant {
        let present = self
            .clients
            .iter()
            .filter(|client| client.presence != Presence::Gone);
        let clients = present.map(Client::deadline).min();
        let others = [
            self.network.deadline(),
            self.websockets.deadline(),
            self.sfu.deadline(),
            clients,
        ];
        let next = others
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.now + Duration::from_secs(1));
        let micros = next.saturating_duration_since(self.started).as_micros();
        let ticks = micros.div_ceil(TICK.as_micros());
        self.started + TICK * u32::try_from(ticks).unwrap_or(u32::MAX)
    }

    pub(crate) fn moment(&self) -> Now {
        let passed = i64::try_from(self.elapsed().as_millis()).unwrap_or(i64::MAX);
        Now {
            instant: self.now,
            unix_ms: 1_800_000_000_000 + passed,
        }
    }

    pub(crate) fn setup() -> MeetingSetup {
        let config = Config {
            participants_max: 20,
            empty_timeout_seconds: 5,
            departure_timeout_seconds: 2,
            ..visio_fixtures::config(&room())
        };
        MeetingSetup {
            config,
            meeting_id: Some(MeetingId::new("meeting")),
        }
    }

    pub(crate) fn tell(&mut self, number: u32, what: &str) {
        let (at, name) = (self.elapsed().as_secs_f64(), self.name(number));
        self.log.push(format!("{at:8.3} {name} {what}"));
    }

    /// Notes what is wrong, once.
    pub(crate) fn complain(&mut self, what: &str) {
        if !self.complaints.iter().any(|known| known.ends_with(what)) {
            let at = self.elapsed().as_secs_f64();
            self.complaints.push(format!("{at:8.3} {what}"));
        }
    }

    pub(crate) fn name(&self, number: u32) -> &str {
        let client = self.clients.get(number as usize);
        client.map_or("the server", |client| client.guest.identity.as_str())
    }
}
