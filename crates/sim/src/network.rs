//! The network between clients and server: each link has its own weather.

use crate::dice::Dice;
use crate::weather::Weather;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// A router's queue holds that much; a datagram that would wait longer is lost.
const QUEUE_MS_MAX: u64 = 300;

/// Which way a datagram goes, seen from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Up,
    Down,
}

/// A datagram on its way.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) way: Way,
    /// The client's end.
    pub(crate) client: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

/// Every link of a world.
#[derive(Debug)]
pub(crate) struct Network {
    seed: u64,
    weather: BTreeMap<IpAddr, Weather>,
    flying: BTreeMap<(Instant, u64), Flight>,
    busy_until: BTreeMap<(IpAddr, Way), Instant>,
    /// Datagrams sent at one moment by one link: their number tells them apart.
    moment: BTreeMap<(IpAddr, Way), (Instant, u64)>,
    lost: BTreeMap<(IpAddr, Way), u64>,
    sent_bytes: BTreeMap<(IpAddr, Way), usize>,
    /// What a NAT made of a client's socket: the address that the server sees.
    translated: BTreeMap<SocketAddr, SocketAddr>,
    /// What a client writes as its source, whoever's that is.
    forged: BTreeMap<SocketAddr, SocketAddr>,
    /// Lines that were not clean at some time.
    rough: BTreeSet<IpAddr>,
    last: u64,
    started: Instant,
}

impl Network {
    pub(crate) fn new(seed: u64, started: Instant) -> Self {
        Self {
            seed,
            weather: BTreeMap::new(),
            flying: BTreeMap::new(),
            busy_until: BTreeMap::new(),
            moment: BTreeMap::new(),
            lost: BTreeMap::new(),
            sent_bytes: BTreeMap::new(),
            translated: BTreeMap::new(),
            forged: BTreeMap::new(),
            rough: BTreeSet::new(),
            last: 0,
            started,
        }
    }

    pub(crate) fn set_weather(&mut self, client: IpAddr, weather: Weather) {
        // What is sent on a link that has become faster overtakes what is underway.
        let overtakes = weather.latency_ms < self.weather(client).latency_ms;
        if !weather.is_clean() || overtakes {
            self.rough.insert(client);
        }
        self.weather.insert(client, weather);
    }

    /// A NAT forgets what it made of a client's socket, and makes something else of it.
    pub(crate) fn rebind(&mut self, client: SocketAddr) {
        let seen = self.translated.entry(client).or_insert(client);
        seen.set_port(seen.port() + 1000);
        self.rough.insert(client.ip());
    }

    /// What a client sends seems to come from `victim` from now on, or from itself again.
    pub(crate) fn forge(&mut self, client: SocketAddr, victim: Option<SocketAddr>) {
        match victim {
            Some(victim) => self.forged.insert(client, victim),
            None => self.forged.remove(&client),
        };
    }

    /// The address that the server sees of a client's socket.
    pub(crate) fn seen_from_outside(&self, client: SocketAddr) -> SocketAddr {
        let seen = self.forged.get(&client).or(self.translated.get(&client));
        seen.copied().unwrap_or(client)
    }

    /// The socket behind an address; `None` for what a NAT has forgotten.
    pub(crate) fn behind(&self, address: SocketAddr) -> Option<SocketAddr> {
        let translated = self.translated.iter();
        let mut behind = translated.filter(|&(_, seen)| *seen == address);
        if let Some((&client, _)) = behind.next() {
            return Some(client);
        }
        (!self.translated.contains_key(&address)).then_some(address)
    }

    /// A client that misses an answer misses the packets of the sections in it.
    pub(crate) fn roughen(&mut self, client: IpAddr) {
        self.rough.insert(client);
    }

    /// Whether a link has lost, doubled and reordered nothing so far.
    pub(crate) fn was_clean(&self, client: IpAddr) -> bool {
        !self.rough.contains(&client)
    }

    pub(crate) fn weather(&self, client: IpAddr) -> Weather {
        self.weather.get(&client).copied().unwrap_or_default()
    }

    /// How many datagrams a link has lost one way.
    pub(crate) fn lost(&self, client: IpAddr, way: Way) -> u64 {
        self.lost.get(&(client, way)).copied().unwrap_or(0)
    }

    /// A datagram from or to a socket that its client has closed.
    pub(crate) fn lose(&mut self, client: IpAddr, way: Way) {
        *self.lost.entry((client, way)).or_default() += 1;
    }

    /// How many bytes were given to a link one way, lost ones too.
    pub(crate) fn sent_bytes(&self, client: IpAddr, way: Way) -> usize {
        self.sent_bytes.get(&(client, way)).copied().unwrap_or(0)
    }

    pub(crate) fn send(&mut self, now: Instant, flight: Flight) {
        let key = (flight.client.ip(), flight.way);
        *self.sent_bytes.entry(key).or_default() += flight.bytes.len();
        let weather = self.weather(key.0);
        let mut dice = self.dice(now, key);
        if dice.permille(weather.loss_permille) {
            return self.lose(key.0, key.1);
        }
        let Some(queued) = self.queued(now, key, weather, &flight.bytes) else {
            return self.lose(key.0, key.1);
        };
        if dice.permille(weather.duplicate_permille) {
            let late = Duration::from_millis(weather.latency_ms + 1 + dice.below(30));
            self.fly(now + late, flight.clone());
        }
        let jitter = dice.below(weather.jitter_ms + 1);
        self.fly(
            queued + Duration::from_millis(weather.latency_ms + jitter),
            flight,
        );
    }

    /// The next datagram that has arrived by `now`.
    pub(crate) fn arrived(&mut self, now: Instant) -> Option<Flight> {
        let (&(at, number), _) = self.flying.first_key_value()?;
        (at <= now).then(|| self.flying.remove(&(at, number)))?
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.flying.first_key_value().map(|(&(at, _), _)| at)
    }

    fn fly(&mut self, at: Instant, flight: Flight) {
        self.last += 1;
        self.flying.insert((at, self.last), flight);
    }

    /// The dice of one datagram: drawn from when and where it is sent, not from what it is.
    fn dice(&mut self, now: Instant, key: (IpAddr, Way)) -> Dice {
        let moment = self.moment.entry(key).or_insert((now, 0));
        *moment = if moment.0 == now {
            (now, moment.1 + 1)
        } else {
            (now, 0)
        };
        let (home, way) = (number_of(key.0), key.1 as u64);
        let micros = u64::try_from((now - self.started).as_micros()).unwrap_or(u64::MAX);
        Dice::new(self.seed, &[home, way, micros, moment.1])
    }

    /// When the link has sent what is before this datagram; `None` if its queue is full.
    /// Only media counts: the length of a handshake is drawn by the DTLS library.
    fn queued(
        &mut self,
        now: Instant,
        key: (IpAddr, Way),
        weather: Weather,
        bytes: &[u8],
    ) -> Option<Instant> {
        let is_media = bytes
            .first()
            .is_some_and(|first| (128..192).contains(first));
        if weather.rate_kbps == 0 || !is_media {
            return Some(now);
        }
        let busy = self.busy_until.entry(key).or_insert(now);
        let start = (*busy).max(now);
        if start - now > Duration::from_millis(QUEUE_MS_MAX) {
            return None;
        }
        let micros = bytes.len() as u64 * 8 * 1000 / weather.rate_kbps;
        *busy = start + Duration::from_micros(micros);
        Some(*busy)
    }
}

fn number_of(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => u64::from(u32::from(address)),
        IpAddr::V6(_) => 0,
    }
}
