//! Data channels of one peer: one for each reliability, and what waits for a slow link.

use crate::transport::Transport;
use crate::transport::description::NewChannel;
use crate::transport::ids::ChannelId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use visio_meeting::ParticipantId;

/// Reliable data that waits for one subscriber, who will not catch up when they are 4 MiB behind.
/// Reaching it drops the newest packet of the sender of whom most waits: a participant that floods loses
/// its own packets, not those of others.
const WAITING_BYTES_MAX: usize = 4 << 20;

/// What a waiting packet costs beside its bytes, so that a flood of empty ones is bounded too.
const WAITING_PACKET_BYTES: usize = 64;

/// How hard a packet is tried to be delivered; LiveKit tells it by the label of the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reliability {
    Reliable,
    Lossy,
}

/// How what comes on a channel is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inbound {
    /// LiveKit's data packets.
    Packets(Reliability),
    /// Bare bytes, on a channel with a label of the client's own. They go to the others as LiveKit's server
    /// sends them: in a reliable data packet. Nobody is sent bare bytes.
    Unlabelled,
}

impl Inbound {
    pub(crate) fn of_label(label: &str) -> Option<Self> {
        match label {
            "_reliable" => Some(Self::Packets(Reliability::Reliable)),
            "_lossy" => Some(Self::Packets(Reliability::Lossy)),
            "_data_track" => None,
            _ => Some(Self::Unlabelled),
        }
    }
}

impl Reliability {
    fn label(self) -> &'static str {
        match self {
            Self::Reliable => "_reliable",
            Self::Lossy => "_lossy",
        }
    }

    /// The channel the server opens for it towards a client with two connections.
    pub(crate) fn channel(self) -> NewChannel {
        NewChannel {
            label: self.label(),
            is_reliable: self == Self::Reliable,
        }
    }
}

/// Who sent a packet; `None` is the server itself.
pub(crate) type Sender = Option<ParticipantId>;

/// The channels towards one subscriber.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    open: BTreeMap<Reliability, ChannelId>,
    waiting: VecDeque<(Sender, Arc<[u8]>)>,
    /// What of `waiting` is whose.
    waiting_bytes: BTreeMap<Sender, usize>,
}

impl Channels {
    pub(crate) fn opened(&mut self, reliability: Reliability, channel: ChannelId) {
        self.open.insert(reliability, channel);
    }

    /// Sends `packet`, or keeps it until the link has capacity; returns how many were dropped for it.
    pub(crate) fn send(
        &mut self,
        transport: &mut Transport,
        reliability: Reliability,
        sender: Sender,
        packet: &Arc<[u8]>,
    ) -> u64 {
        match reliability {
            Reliability::Lossy => u64::from(!self.write(transport, reliability, packet)),
            Reliability::Reliable => {
                *self.waiting_bytes.entry(sender).or_default() += cost(packet);
                self.waiting.push_back((sender, Arc::clone(packet)));
                self.flush(transport);
                self.drop_excess()
            }
        }
    }

    /// Sends what waited, as far as the link takes it.
    pub(crate) fn flush(&mut self, transport: &mut Transport) {
        while let Some((_, packet)) = self.waiting.front().cloned() {
            if !self.write(transport, Reliability::Reliable, &packet) {
                return;
            }
            self.remove(0);
        }
    }

    fn drop_excess(&mut self) -> u64 {
        let mut dropped = 0;
        while self.waiting_bytes.values().sum::<usize>() > WAITING_BYTES_MAX {
            let most = self.waiting_bytes.iter().max_by_key(|&(_, bytes)| bytes);
            let Some((&flooder, _)) = most else { break };
            let newest = self.waiting.iter().rposition(|&(from, _)| from == flooder);
            let Some(newest) = newest else { break };
            self.remove(newest);
            dropped += 1;
        }
        dropped
    }

    fn remove(&mut self, index: usize) {
        let Some((sender, packet)) = self.waiting.remove(index) else {
            return;
        };
        if let Some(bytes) = self.waiting_bytes.get_mut(&sender) {
            *bytes -= cost(&packet);
            if *bytes == 0 {
                self.waiting_bytes.remove(&sender);
            }
        }
    }

    fn write(&self, transport: &mut Transport, reliability: Reliability, packet: &[u8]) -> bool {
        let channel = self.open.get(&reliability);
        channel.is_some_and(|&channel| transport.send_data(channel, packet))
    }
}

fn cost(packet: &[u8]) -> usize {
    packet.len() + WAITING_PACKET_BYTES
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::transport::TransportConfig;
    use std::time::Instant;
    use visio_meeting::Now;

    const BOB: Sender = Some(ParticipantId(1));
    const EVE: Sender = Some(ParticipantId(2));

    fn transport() -> Transport {
        let settings = Settings {
            addresses: Vec::new(),
            initial_bitrate_bps: 1_000_000,
        };
        let now = Now {
            instant: Instant::now(),
            unix_ms: 0,
        };
        let config = TransportConfig::new(settings, [0; 32]).unwrap();
        Transport::new(now, &config)
    }

    fn packet() -> Arc<[u8]> {
        vec![0; 64 << 10].into()
    }

    fn of(channels: &Channels, sender: Sender) -> usize {
        let waiting = channels.waiting.iter();
        waiting.filter(|&&(from, _)| from == sender).count()
    }

    #[test]
    fn a_lossy_packet_without_a_channel_is_dropped() {
        let (mut channels, mut transport) = (Channels::default(), transport());
        assert_eq!(
            channels.send(&mut transport, Reliability::Lossy, BOB, &packet()),
            1
        );
        assert!(channels.waiting.is_empty());
    }

    #[test]
    fn reliable_packets_wait_up_to_the_limit() {
        let (mut channels, mut transport) = (Channels::default(), transport());
        let mut send = |channels: &mut Channels| {
            channels.send(&mut transport, Reliability::Reliable, BOB, &packet())
        };
        let fit = WAITING_BYTES_MAX / cost(&packet());
        let dropped: u64 = (0..fit).map(|_| send(&mut channels)).sum();
        assert_eq!((dropped, channels.waiting.len()), (0, fit));
        assert_eq!((send(&mut channels), channels.waiting.len()), (1, fit));
    }

    #[test]
    fn eve_floods_and_drops_neither_bobs_words_nor_the_captions() {
        let (mut channels, mut transport) = (Channels::default(), transport());
        let mut send = |channels: &mut Channels, sender, packet: &Arc<[u8]>| {
            channels.send(&mut transport, Reliability::Reliable, sender, packet)
        };
        let fit = WAITING_BYTES_MAX / cost(&packet());
        let dropped: u64 = (0..2 * fit)
            .map(|_| send(&mut channels, EVE, &packet()))
            .sum();
        assert_eq!(dropped, fit as u64);
        for sender in [BOB, None] {
            for _ in 0..10 {
                send(&mut channels, sender, &packet());
            }
        }
        assert_eq!((of(&channels, BOB), of(&channels, None)), (10, 10));
        assert_eq!(of(&channels, EVE), fit - 20);
        let empty: Arc<[u8]> = Vec::new().into();
        for _ in 0..WAITING_BYTES_MAX / WAITING_PACKET_BYTES {
            send(&mut channels, EVE, &empty);
        }
        assert_eq!((of(&channels, BOB), of(&channels, None)), (10, 10));
        let held: usize = channels.waiting.iter().map(|(_, one)| cost(one)).sum();
        assert_eq!(held, channels.waiting_bytes.values().sum::<usize>());
        assert!(held <= WAITING_BYTES_MAX);
    }

    #[test]
    fn channels_are_known_by_livekits_labels() {
        for reliability in [Reliability::Reliable, Reliability::Lossy] {
            assert_eq!(
                Inbound::of_label(reliability.label()),
                Some(Inbound::Packets(reliability))
            );
        }
        assert_eq!(Inbound::of_label("chat"), Some(Inbound::Unlabelled));
        assert_eq!(Inbound::of_label("_data_track"), None);
    }
}
