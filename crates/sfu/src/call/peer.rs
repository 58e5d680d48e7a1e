//! A peer: a participant's one or two WebRTC connections and what goes over them.

use crate::bandwidth::link::Line;
use crate::data::channels::{Channels, Lane, Sender};
use crate::forward::downtrack::Downtrack;
use crate::transport::description::PendingOffer;
use crate::transport::ids::{ChannelId, Mid, Ssrc};
use crate::transport::{Transport, TransportConfig};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use visio_meeting::{ConnectionId, ConnectionMode, TrackId};

/// Two lanes on two connections, and as many again that were opened anew. Reaching it forgets the
/// oldest, on which nothing is taken any more.
const LANES_MAX: usize = 8;

/// Which of a client's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// The client offers on it; with a single connection it is the only one.
    Publisher,
    /// The server offers on it.
    Subscriber,
}

pub(crate) struct Peer {
    pub(crate) mode: ConnectionMode,
    /// Where messages to the client go; it changes when the client resumes.
    pub(crate) connection: ConnectionId,
    pub(crate) publisher: Transport,
    subscriber: Option<Transport>,
    pub(crate) negotiation: Negotiation,
    pub(crate) offers_made: u32,
    /// The next offer moves the connection to other addresses.
    pub(crate) restart_due: bool,
    pub(crate) downtracks: BTreeMap<TrackId, Downtrack>,
    /// Sections the next offer gives up.
    pub(crate) retired: Vec<Mid>,
    pub(crate) streams: BTreeMap<Ssrc, Stream>,
    pub(crate) channels: Channels,
    /// The newest channels the client opened and those opened towards it.
    lanes: Vec<(Side, ChannelId, Lane)>,
    pub(crate) estimate_bps: u64,
    pub(crate) line: Line,
    /// The newest number among the reliable packets the client sent.
    pub(crate) last_data_sequence: u32,
}

/// Where the description of what the client receives stands.
pub(crate) enum Negotiation {
    Settled,
    /// Something changed: the next round is due.
    Needed,
    /// The client was asked to offer (single connection), or an offer is out (two).
    Underway {
        since: Instant,
        pending: Option<Outstanding>,
        again: bool,
    },
}

/// An offer without an answer so far. It is never replaced, only said again: a client that has
/// applied it and whose answer was lost would refuse another with other names for its sections.
pub(crate) struct Outstanding {
    pub(crate) pending: PendingOffer,
    pub(crate) sdp: String,
}

/// An incoming stream of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) track: TrackId,
    pub(crate) layer: usize,
}

impl Peer {
    pub(crate) fn new(
        now: Instant,
        config: &TransportConfig,
        mode: ConnectionMode,
        connection: ConnectionId,
    ) -> Self {
        let dual = mode == ConnectionMode::Dual;
        Self {
            mode,
            connection,
            publisher: Transport::new(now, config),
            subscriber: dual.then(|| Transport::new(now, config)),
            negotiation: if dual {
                Negotiation::Needed
            } else {
                Negotiation::Settled
            },
            offers_made: 0,
            restart_due: false,
            downtracks: BTreeMap::new(),
            retired: Vec::new(),
            streams: BTreeMap::new(),
            channels: Channels::default(),
            lanes: Vec::new(),
            estimate_bps: config.settings.initial_bitrate_bps,
            line: Line::default(),
            last_data_sequence: 0,
        }
    }

    pub(crate) fn sides(&self) -> impl Iterator<Item = Side> + use<> {
        let dual = self.subscriber.is_some();
        [Side::Publisher, Side::Subscriber]
            .into_iter()
            .take(if dual { 2 } else { 1 })
    }

    pub(crate) fn transport(&mut self, side: Side) -> &mut Transport {
        match (side, &mut self.subscriber) {
            (Side::Subscriber, Some(subscriber)) => subscriber,
            _ => &mut self.publisher,
        }
    }

    /// The side on which the client receives.
    pub(crate) fn receiving_side(&self) -> Side {
        if self.subscriber.is_some() {
            Side::Subscriber
        } else {
            Side::Publisher
        }
    }

    pub(crate) fn receiving(&mut self) -> &mut Transport {
        self.transport(self.receiving_side())
    }

    /// Whether media can reach the client.
    pub(crate) fn can_receive(&self) -> bool {
        self.subscriber
            .as_ref()
            .unwrap_or(&self.publisher)
            .is_connected()
    }

    /// Whether any of its connections ever came about.
    pub(crate) fn was_connected(&self) -> bool {
        self.publisher.is_connected() || self.can_receive()
    }

    /// What the client is sent changed: another round of negotiation is due.
    pub(crate) fn needs_negotiation(&mut self) {
        match &mut self.negotiation {
            Negotiation::Underway { again, .. } => *again = true,
            other => *other = Negotiation::Needed,
        }
    }

    pub(crate) fn downtrack_on(&mut self, mid: Mid) -> Option<(TrackId, &mut Downtrack)> {
        let found = self
            .downtracks
            .iter_mut()
            .find(|(_, downtrack)| downtrack.mid == Some(mid));
        found.map(|(&track, downtrack)| (track, downtrack))
    }

    pub(crate) fn learn_lane(&mut self, side: Side, channel: ChannelId, lane: Lane) {
        if self.lane(side, channel).is_none() {
            if self.lanes.len() >= LANES_MAX {
                self.lanes.remove(0);
            }
            self.lanes.push((side, channel, lane));
        }
    }

    pub(crate) fn lane(&self, side: Side, channel: ChannelId) -> Option<Lane> {
        let known = self
            .lanes
            .iter()
            .find(|one| (one.0, one.1) == (side, channel));
        known.map(|&(_, _, lane)| lane)
    }

    /// Returns how many packets were dropped for it.
    pub(crate) fn send_data(&mut self, lane: Lane, sender: Sender, packet: &Arc<[u8]>) -> u64 {
        let Self {
            publisher,
            subscriber,
            channels,
            ..
        } = self;
        let transport = subscriber.as_mut().unwrap_or(publisher);
        channels.send(transport, lane, sender, packet)
    }

    pub(crate) fn flush_data(&mut self) {
        let Self {
            publisher,
            subscriber,
            channels,
            ..
        } = self;
        let transport = subscriber.as_mut().unwrap_or(publisher);
        channels.flush(transport);
    }
}
