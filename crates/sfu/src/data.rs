//! Data packets between participants, and those the server sends itself.

pub(crate) mod channels;
pub(crate) mod streams;

use crate::call::Call;
use crate::call::peer::Side;
use crate::data::channels::{Lane, Sender};
use crate::output::Output;
use crate::transport::ids::ChannelId;
use std::sync::Arc;
use visio_meeting::{DataScope, ParticipantId};
use visio_protocol::data::InboundData;
use visio_protocol::ids::ParticipantSid;

impl Call {
    pub(crate) fn channel_open(
        &mut self,
        id: ParticipantId,
        side: Side,
        channel: ChannelId,
        label: &str,
    ) {
        let Some(lane) = Lane::of_label(label) else {
            return;
        };
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.learn_lane(side, channel, lane);
        if side == peer.receiving_side() {
            peer.channels.opened(lane, channel);
            peer.flush_data();
            self.touch(id, side);
        }
    }

    /// A participant sends: the packet goes on under their true name.
    pub(crate) fn channel_data(
        &mut self,
        from: ParticipantId,
        side: Side,
        channel: ChannelId,
        packet: &[u8],
    ) {
        let Some(peer) = self.peers.get_mut(&from) else {
            return;
        };
        let Some(lane) = peer.lane(side, channel) else {
            return;
        };
        let inbound = match InboundData::read(packet) {
            Ok(inbound) => inbound,
            Err(error) => {
                tracing::debug!(%error, "a data packet is dropped");
                return;
            }
        };
        if lane == Lane::Reliable {
            peer.last_data_sequence = peer.last_data_sequence.max(inbound.sequence);
        }
        if !self.may_send(from, &inbound) {
            tracing::debug!(authority = ?inbound.authority, "a data packet is refused");
            return;
        }
        let Some((sid, identity)) = self.meeting.name_tag(from) else {
            return;
        };
        let stamped: Arc<[u8]> = inbound.stamped(identity, sid.as_str()).into();
        let sids = inbound
            .destination_sids
            .iter()
            .filter_map(|sid| ParticipantSid::parse(sid));
        let scope = DataScope {
            sids: sids.collect(),
            identities: inbound.destination_identities,
        };
        for to in self.meeting.data_recipients(from, &scope) {
            self.send_data(to, lane, Some(from), &stamped);
        }
    }

    /// Nobody speaks in the name of the server or of somebody else, nor within their stream.
    fn may_send(&mut self, from: ParticipantId, inbound: &InboundData) -> bool {
        let authority = self.meeting.data_authority(from);
        authority.is_some_and(|authority| authority >= inbound.authority)
            && inbound
                .stream
                .as_ref()
                .is_none_or(|part| self.streams.admit(from, part))
    }

    /// The line of a slow subscriber has room again.
    pub(crate) fn channel_drained(&mut self, id: ParticipantId) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.flush_data();
        let side = peer.receiving_side();
        self.touch(id, side);
    }

    /// The server itself sends, for example a caption.
    pub(crate) fn broadcast(&mut self, packet: &Arc<[u8]>, scope: &DataScope) {
        let to: Vec<ParticipantId> = self.meeting.recipients(scope).collect();
        for id in to {
            self.send_data(id, Lane::Reliable, None, packet);
        }
        self.settle();
    }

    fn send_data(&mut self, to: ParticipantId, lane: Lane, sender: Sender, packet: &Arc<[u8]>) {
        let Some(peer) = self.peers.get_mut(&to) else {
            return;
        };
        let dropped = peer.send_data(lane, sender, packet);
        let side = peer.receiving_side();
        self.touch(to, side);
        if dropped > 0 {
            self.outputs.push_back(Output::DataDropped {
                is_reliable: lane == Lane::Reliable,
                packets: dropped,
            });
        }
    }
}
