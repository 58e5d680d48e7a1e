//! Data packets between participants, and those the server sends itself.

pub(crate) mod channels;
pub(crate) mod streams;

use crate::output::Output;
use crate::parts::peer::Side;
use crate::parts::{Out, Peers};
use crate::transport::ids::ChannelId;
use channels::{Inbound, Reliability, Sender};
use std::sync::Arc;
use streams::Streams;
use visio_meeting::{DataScope, Meeting, ParticipantId};
use visio_protocol::data::InboundData;
use visio_protocol::ids::ParticipantSid;
use visio_protocol::names::Identity;

/// A channel is open: what waited for it is sent.
pub(crate) fn channel_open(
    peers: &mut Peers,
    id: ParticipantId,
    side: Side,
    channel: ChannelId,
    label: &str,
) {
    let Some(inbound) = Inbound::of_label(label) else {
        return;
    };
    let Some(peer) = peers.get_mut(id) else {
        debug_assert!(false, "a peer that is gone has no events");
        return;
    };
    peer.learn_channel(side, channel, inbound);
    if let Inbound::Packets(reliability) = inbound
        && side == peer.receiving_side()
    {
        peer.channels.opened(reliability, channel);
        peer.flush_data();
        peers.mark_dirty(id, side);
    }
}

/// A participant sends: the packet is relayed under their true name.
pub(crate) fn relay(
    meeting: &Meeting,
    peers: &mut Peers,
    streams: &mut Streams,
    out: &mut Out,
    (from, side, channel): (ParticipantId, Side, ChannelId),
    packet: &[u8],
) {
    let Some(peer) = peers.get_mut(from) else {
        debug_assert!(false, "a peer that is gone has no events");
        return;
    };
    let (reliability, inbound) = match peer.inbound(side, channel) {
        Some(Inbound::Packets(reliability)) => (reliability, InboundData::read(packet)),
        Some(Inbound::Unlabelled) => (Reliability::Reliable, InboundData::unlabelled(packet)),
        None => return,
    };
    let inbound = match inbound {
        Ok(inbound) => inbound,
        Err(error) => {
            tracing::debug!(%error, "a data packet is dropped");
            return;
        }
    };
    if reliability == Reliability::Reliable {
        peer.last_data_sequence = peer.last_data_sequence.max(inbound.sequence);
    }
    if !may_send(meeting, streams, from, &inbound) {
        tracing::debug!(authority = ?inbound.authority, "a data packet is refused");
        return;
    }
    // A participant who was removed with this input has no name any more.
    let Some((sid, identity)) = meeting.name_tag(from) else {
        return;
    };
    let stamped: Arc<[u8]> = inbound.stamped(identity, sid).into();
    let sids = inbound
        .destination_sids
        .iter()
        .filter_map(|sid| ParticipantSid::parse(sid));
    let identities = inbound.destination_identities.into_iter();
    let scope = DataScope {
        sids: sids.collect(),
        identities: identities.map(Identity::new).collect(),
    };
    // Named was somebody who cannot be here: an empty scope would mean everybody.
    if !inbound.destination_sids.is_empty() && scope.sids.is_empty() && scope.identities.is_empty()
    {
        return;
    }
    for to in meeting.data_recipients(from, &scope) {
        send(peers, out, to, reliability, Some(from), &stamped);
    }
}

/// Nobody speaks in the name of the server or of somebody else, nor within their stream.
fn may_send(
    meeting: &Meeting,
    streams: &mut Streams,
    from: ParticipantId,
    inbound: &InboundData,
) -> bool {
    let authority = meeting.data_authority(from);
    authority.is_some_and(|authority| authority >= inbound.authority)
        && inbound
            .stream
            .as_ref()
            .is_none_or(|part| streams.admit(from, part))
}

/// The link to a slow subscriber has capacity again.
pub(crate) fn channel_drained(peers: &mut Peers, id: ParticipantId) {
    let Some(peer) = peers.get_mut(id) else {
        debug_assert!(false, "a peer that is gone has no events");
        return;
    };
    peer.flush_data();
    let side = peer.receiving_side();
    peers.mark_dirty(id, side);
}

/// The server itself sends, for example a caption.
pub(crate) fn broadcast(
    peers: &mut Peers,
    out: &mut Out,
    to: impl Iterator<Item = ParticipantId>,
    packet: &Arc<[u8]>,
) {
    for id in to {
        send(peers, out, id, Reliability::Reliable, None, packet);
    }
}

fn send(
    peers: &mut Peers,
    out: &mut Out,
    to: ParticipantId,
    reliability: Reliability,
    sender: Sender,
    packet: &Arc<[u8]>,
) {
    let Some(peer) = peers.get_mut(to) else {
        debug_assert!(false, "a recipient is a participant, who has a peer");
        return;
    };
    let dropped = peer.send_data(reliability, sender, packet);
    let side = peer.receiving_side();
    peers.mark_dirty(to, side);
    if dropped > 0 {
        out.outputs.push_back(Output::DataDropped {
            is_reliable: reliability == Reliability::Reliable,
            packets: dropped,
        });
    }
}
