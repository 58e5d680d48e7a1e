//! Data channels of one peer: LiveKit's lanes, and what waits for a slow line.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use str0m::Rtc;
use str0m::channel::{ChannelConfig, ChannelId, Reliability};

/// Reliable data that waits for one subscriber. Reaching it drops what comes next for them:
/// whoever is 4 MiB behind will not catch up.
const WAITING_BYTES_MAX: usize = 4 << 20;

/// Below that much unsent data the waiting packets go on.
const LOW_WATER_BYTES: usize = 256 << 10;

/// The reliability class, which is the channel's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Reliable,
    Lossy,
}

impl Lane {
    pub(crate) fn of_label(label: &str) -> Option<Self> {
        match label {
            "_reliable" => Some(Self::Reliable),
            "_lossy" => Some(Self::Lossy),
            _ => None,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Reliable => "_reliable",
            Self::Lossy => "_lossy",
        }
    }

    /// The channel the server opens for this lane towards a client with two connections.
    pub(crate) fn config(self) -> ChannelConfig {
        ChannelConfig {
            label: self.label().to_owned(),
            ordered: self == Self::Reliable,
            reliability: match self {
                Self::Reliable => Reliability::Reliable,
                Self::Lossy => Reliability::MaxRetransmits { retransmits: 0 },
            },
            ..ChannelConfig::default()
        }
    }
}

/// The lanes towards one subscriber.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    open: BTreeMap<Lane, ChannelId>,
    waiting: VecDeque<Arc<[u8]>>,
    waiting_bytes: usize,
    pub(crate) dropped: u64,
}

impl Channels {
    pub(crate) fn opened(&mut self, lane: Lane, channel: ChannelId) {
        self.open.insert(lane, channel);
    }

    /// Sends `packet`, or keeps it until the line has room.
    pub(crate) fn send(&mut self, rtc: &mut Rtc, lane: Lane, packet: &Arc<[u8]>) {
        match lane {
            Lane::Lossy => {
                if !self.write(rtc, lane, packet) {
                    self.dropped += 1;
                }
            }
            Lane::Reliable => {
                if self.waiting_bytes + packet.len() > WAITING_BYTES_MAX {
                    self.dropped += 1;
                    return;
                }
                self.waiting_bytes += packet.len();
                self.waiting.push_back(Arc::clone(packet));
                self.flush(rtc);
            }
        }
    }

    /// Sends what waited, as far as the line takes it.
    pub(crate) fn flush(&mut self, rtc: &mut Rtc) {
        while let Some(packet) = self.waiting.front().cloned() {
            if !self.write(rtc, Lane::Reliable, &packet) {
                return;
            }
            self.waiting_bytes -= packet.len();
            self.waiting.pop_front();
        }
    }

    fn write(&self, rtc: &mut Rtc, lane: Lane, packet: &[u8]) -> bool {
        let Some(mut channel) = self.open.get(&lane).and_then(|&id| rtc.channel(id)) else {
            return false;
        };
        channel.set_buffered_amount_low_threshold(LOW_WATER_BYTES);
        channel.write(true, packet).unwrap_or(false)
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn packet() -> Arc<[u8]> {
        vec![0; 64 << 10].into()
    }

    #[test]
    fn a_lossy_packet_without_a_channel_is_dropped() {
        let (mut channels, mut rtc) = (Channels::default(), Rtc::new(Instant::now()));
        channels.send(&mut rtc, Lane::Lossy, &packet());
        assert_eq!((channels.dropped, channels.waiting_bytes), (1, 0));
    }

    #[test]
    fn reliable_packets_wait_up_to_the_limit() {
        let (mut channels, mut rtc) = (Channels::default(), Rtc::new(Instant::now()));
        let fit = WAITING_BYTES_MAX / packet().len();
        for _ in 0..fit {
            channels.send(&mut rtc, Lane::Reliable, &packet());
        }
        assert_eq!((channels.dropped, channels.waiting.len()), (0, fit));
        channels.send(&mut rtc, Lane::Reliable, &packet());
        assert_eq!((channels.dropped, channels.waiting.len()), (1, fit));
    }

    #[test]
    fn lanes_are_known_by_livekits_labels() {
        for lane in [Lane::Reliable, Lane::Lossy] {
            assert_eq!(Lane::of_label(lane.label()), Some(lane));
        }
        assert_eq!(Lane::of_label("chat"), None);
    }
}
