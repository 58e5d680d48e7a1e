//! A peer: a participant's one or two WebRTC connections and what goes over them.

use crate::bandwidth::allocator::Allocator;
use crate::bandwidth::link::LinkQuality;
use crate::data::channels::{Channels, Inbound, Reliability, Sender};
use crate::forward::downtrack::Downtrack;
use crate::forward::layer::EncodedLayer;
use crate::transport::description::PendingOffer;
use crate::transport::ids::{ChannelId, Mid, Ssrc};
use crate::transport::{Transport, TransportConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;
use visio_meeting::{ConnectionId, ConnectionMode, Now, TrackId};

/// Two channels on two connections, four with labels of the client's own, and as many again that were
/// reopened. Reaching it forgets the oldest, on which nothing is accepted any more.
const CHANNELS_MAX: usize = 16;

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
    pub(crate) negotiation: NegotiationState,
    pub(crate) offers_made: u32,
    /// The next offer moves the connection to other addresses.
    pub(crate) restart_due: bool,
    pub(crate) downtracks: BTreeMap<TrackId, Downtrack>,
    /// Sections that the next offer stops.
    pub(crate) retired: Vec<Mid>,
    pub(crate) streams: BTreeMap<Ssrc, Stream>,
    /// Sections a client must add before all its tracks have one.
    pub(crate) missing_sections: MissingSections,
    /// The sections that carry a track by the last answer to a client of one connection.
    pub(crate) answered_sections: BTreeSet<Mid>,
    pub(crate) channels: Channels,
    /// The newest channels the client opened and those opened towards it.
    known_channels: Vec<(Side, ChannelId, Inbound)>,
    pub(crate) allocator: Allocator,
    pub(crate) link: LinkQuality,
    /// The newest number among the reliable packets the client sent.
    pub(crate) last_data_sequence: u32,
}

/// How far the description of what the client receives is negotiated.
pub(crate) enum NegotiationState {
    Settled,
    /// Something changed: the next round is due.
    Needed,
    /// The client was asked to offer (single connection), or was sent an offer (two).
    Underway {
        since: Instant,
        pending: Option<Outstanding>,
        again: bool,
    },
}

/// An offer without an answer so far. It is never replaced, only repeated: a client that has
/// applied it and whose answer was lost would refuse another with other names for its sections.
pub(crate) struct Outstanding {
    pub(crate) pending: PendingOffer,
    pub(crate) sdp: String,
}

/// Tracks for which a client of one connection has no section to receive on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MissingSections {
    pub(crate) audio: u32,
    pub(crate) video: u32,
}

/// An incoming stream of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) track: TrackId,
    pub(crate) layer: EncodedLayer,
}

impl Peer {
    pub(crate) fn new(
        now: Now,
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
                NegotiationState::Needed
            } else {
                NegotiationState::Settled
            },
            offers_made: 0,
            restart_due: false,
            downtracks: BTreeMap::new(),
            retired: Vec::new(),
            streams: BTreeMap::new(),
            missing_sections: MissingSections::default(),
            answered_sections: BTreeSet::new(),
            channels: Channels::default(),
            known_channels: Vec::new(),
            allocator: Allocator::new(config.settings.initial_bitrate_bps),
            link: LinkQuality::default(),
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

    /// What waits of a track that stops, or goes on with another layer, takes no more of the link.
    pub(crate) fn drop_waiting(&mut self, track: TrackId) {
        if let Some((downtrack, transport)) = self.downtrack_and_transport(track)
            && let Some((_, taken)) = downtrack.payload_types
        {
            transport.drop_waiting(taken.ssrc);
        }
    }

    /// How it receives a track, and the transport over which it does.
    pub(crate) fn downtrack_and_transport(
        &mut self,
        track: TrackId,
    ) -> Option<(&mut Downtrack, &mut Transport)> {
        let transport = self.subscriber.as_mut().unwrap_or(&mut self.publisher);
        Some((self.downtracks.get_mut(&track)?, transport))
    }

    /// Whether media can reach the client.
    pub(crate) fn can_receive(&self) -> bool {
        self.subscriber
            .as_ref()
            .unwrap_or(&self.publisher)
            .is_connected()
    }

    /// Whether any of its connections was ever established.
    pub(crate) fn was_connected(&self) -> bool {
        self.publisher.is_connected() || self.can_receive()
    }

    /// What the client is sent changed: another round of negotiation is due. The caller marks the
    /// peer as unsettled.
    pub(crate) fn needs_negotiation(&mut self) {
        match &mut self.negotiation {
            NegotiationState::Underway { again, .. } => *again = true,
            other => *other = NegotiationState::Needed,
        }
    }

    /// The sections are agreed: what can be sent on each is read again.
    pub(crate) fn sections_agreed(&mut self) {
        let transport = self.subscriber.as_mut().unwrap_or(&mut self.publisher);
        for downtrack in self.downtracks.values_mut() {
            downtrack.payload_types = None;
            downtrack.codecs = downtrack.mid.map(|mid| transport.codecs(mid));
        }
        transport.renegotiated();
    }

    /// A track is not sent any more: its section is free for another.
    pub(crate) fn free_section(&mut self, mid: Mid) {
        match self.mode {
            ConnectionMode::Single => self.publisher.renew_stream(mid),
            ConnectionMode::Dual => self.retired.push(mid),
        }
    }

    pub(crate) fn downtrack_on(&mut self, mid: Mid) -> Option<(TrackId, &mut Downtrack)> {
        let found = self
            .downtracks
            .iter_mut()
            .find(|(_, downtrack)| downtrack.mid == Some(mid));
        found.map(|(&track, downtrack)| (track, downtrack))
    }

    pub(crate) fn learn_channel(&mut self, side: Side, channel: ChannelId, inbound: Inbound) {
        if self.inbound(side, channel).is_none() {
            if self.known_channels.len() >= CHANNELS_MAX {
                self.known_channels.remove(0);
            }
            self.known_channels.push((side, channel, inbound));
        }
    }

    /// How what comes on a channel is read.
    pub(crate) fn inbound(&self, side: Side, channel: ChannelId) -> Option<Inbound> {
        let known = self
            .known_channels
            .iter()
            .find(|&&(at, known, _)| (at, known) == (side, channel));
        known.map(|&(_, _, inbound)| inbound)
    }

    /// Returns how many packets were dropped for it.
    pub(crate) fn send_data(
        &mut self,
        reliability: Reliability,
        sender: Sender,
        packet: &Arc<[u8]>,
    ) -> u64 {
        let transport = self.subscriber.as_mut().unwrap_or(&mut self.publisher);
        self.channels.send(transport, reliability, sender, packet)
    }

    pub(crate) fn flush_data(&mut self) {
        let transport = self.subscriber.as_mut().unwrap_or(&mut self.publisher);
        self.channels.flush(transport);
    }
}
