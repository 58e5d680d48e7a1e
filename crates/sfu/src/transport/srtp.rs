//! SRTP of one connection, and what str0m is told of it: it has everything in clear, and believes in a
//! profile that changes nothing.

use crate::transport::dtls::{Exported, Keys, TOLD_TAG_BYTES};
use visio_rtc::packet::class::{Class, classify};
use visio_rtc::rtcp::{self, Packet, Role, Writer};
use visio_rtc::srtp::{OpenError, Order, Receiver, SealError, Sender};

/// What str0m puts behind an RTCP packet and its tag (RFC 3711 section 3.4).
const RTCP_INDEX_BYTES: usize = 4;
const ENCRYPTED: u32 = 1 << 31;

/// SRTP of a connection; nothing passes before its keys are there.
pub(super) struct Srtp {
    exported: Exported,
    keyed: Option<Keyed>,
    /// What arrived, in clear.
    clear: Vec<u8>,
    /// The same as str0m takes it.
    told: Vec<u8>,
}

struct Keyed {
    sender: Sender,
    receiver: Receiver,
}

/// What is known of a packet that is authentic.
#[derive(Clone, Copy)]
pub(super) struct Authentic {
    /// The stream of an RTP packet, or of an RTCP packet's sender.
    pub(super) ssrc: u32,
    pub(super) order: Order,
    /// Of RTCP: its number.
    index: u32,
}

impl Srtp {
    pub(super) fn new(exported: Exported) -> Self {
        Self {
            exported,
            keyed: None,
            clear: Vec::new(),
            told: Vec::new(),
        }
    }

    /// Opens what arrived; `None` if it is not authentic, or came before.
    pub(super) fn open(&mut self, datagram: &[u8]) -> Option<Authentic> {
        let receiver = &mut keyed_by(&self.exported, &mut self.keyed)?.receiver;
        self.clear.clear();
        self.clear.extend_from_slice(datagram);
        if classify(datagram) == Class::Srtcp {
            let opened = receiver.open_rtcp(&mut self.clear).map_err(note).ok()?;
            self.clear.truncate(opened.end);
            return Some(Authentic {
                ssrc: opened.ssrc,
                order: opened.order,
                index: opened.index,
            });
        }
        let opened = receiver.open_rtp(&mut self.clear).map_err(note).ok()?;
        self.clear.truncate(opened.end);
        Some(Authentic {
            ssrc: opened.header.ssrc,
            order: opened.order,
            index: 0,
        })
    }

    /// What was opened last.
    pub(super) fn clear(&self) -> &[u8] {
        &self.clear
    }

    /// An RTP packet that was opened, as str0m takes it.
    pub(super) fn told_rtp(&mut self) -> &[u8] {
        self.told.clear();
        self.told.extend_from_slice(&self.clear);
        self.told.extend([0; TOLD_TAG_BYTES]);
        &self.told
    }

    /// Of an RTCP packet that was opened what its sender says of what it sends, as str0m takes it; `None`
    /// if that is nothing.
    pub(super) fn told_rtcp(&mut self, authentic: Authentic) -> Option<&[u8]> {
        self.told.clear();
        for (role, packet) in rtcp::split(&self.clear) {
            if role != Role::Receiver {
                self.told.extend_from_slice(packet);
            }
        }
        if self.told.is_empty() {
            return None;
        }
        self.told.extend([0; TOLD_TAG_BYTES]);
        let flagged = ENCRYPTED | authentic.index;
        self.told.extend(flagged.to_be_bytes());
        Some(&self.told)
    }

    /// Seals an RTP packet; `None` if that cannot be sent.
    pub(super) fn seal_rtp(&mut self, mut packet: Vec<u8>) -> Option<Vec<u8>> {
        let sender = &mut keyed_by(&self.exported, &mut self.keyed)?.sender;
        packet.resize(packet.len() + sender.rtp_overhead_bytes(), 0);
        sender.seal_rtp(&mut packet).map_err(refused).ok()?;
        Some(packet)
    }

    /// Seals a compound RTCP packet; `None` if that cannot be sent.
    pub(super) fn seal_rtcp(&mut self, mut compound: Vec<u8>) -> Option<Vec<u8>> {
        let sender = &mut keyed_by(&self.exported, &mut self.keyed)?.sender;
        sender.seal_rtcp(&mut compound).map_err(refused).ok()?;
        Some(compound)
    }

    /// Seals what str0m says of what it receives; `None` if that is nothing. It sends nothing, and what
    /// it says of that is left out.
    pub(super) fn seal_told(&mut self, compound: &[u8]) -> Option<Vec<u8>> {
        let length = compound
            .len()
            .checked_sub(TOLD_TAG_BYTES + RTCP_INDEX_BYTES)?;
        let mut said = Vec::with_capacity(compound.len());
        for (role, packet) in rtcp::split(compound.get(..length)?) {
            if role == Role::Sender {
                report_of_receiver(packet, &mut said);
            } else {
                said.extend_from_slice(packet);
            }
        }
        if said.is_empty() {
            return None;
        }
        self.seal_rtcp(said)
    }
}

/// The blocks of a sender report, as a receiver report.
fn report_of_receiver(packet: &[u8], said: &mut Vec<u8>) {
    for one in rtcp::packets(packet) {
        let Packet::SenderReport { info, blocks } = one else {
            continue;
        };
        let blocks: Vec<_> = blocks.collect();
        if blocks.is_empty() {
            continue;
        }
        let begin = said.len();
        // It is shorter than the sender report by what that says of its sender.
        said.resize(begin + packet.len(), 0);
        let mut writer = Writer::new(said.get_mut(begin..).unwrap_or_default());
        let rest = writer.receiver_report(info.ssrc, &blocks);
        debug_assert!(rest.is_ok_and(<[_]>::is_empty), "there is room for it");
        let length = writer.len();
        said.truncate(begin + length);
    }
}

/// Forged and repeated packets come from strangers; who holds the keys and has too many streams misses
/// the newest, which their operator should be able to find.
fn note(error: OpenError) {
    if error == OpenError::TooManyStreams {
        tracing::info!(%error, "a client's packets are passed over");
    }
}

fn refused(error: SealError) {
    tracing::debug!(%error, "a packet is not sent");
}

/// The keys in use, from the moment that the handshake has exported them.
fn keyed_by<'a>(exported: &Exported, keyed: &'a mut Option<Keyed>) -> Option<&'a mut Keyed> {
    if keyed.is_none() {
        let Keys { sending, receiving } = exported.get()?;
        *keyed = Some(Keyed {
            sender: Sender::new(sending).ok()?,
            receiver: Receiver::new(receiving).ok()?,
        });
    }
    keyed.as_mut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use visio_rtc::rtcp::{ReportBlock, SenderInfo};

    const BLOCK: ReportBlock = ReportBlock {
        ssrc: 7,
        fraction_lost: 1,
        cumulative_lost: 2,
        highest_sequence: 3,
        jitter: 4,
        last_sr: 5,
        delay_since_last_sr: 6,
    };

    fn sender_report(blocks: &[ReportBlock]) -> Vec<u8> {
        let info = SenderInfo {
            ssrc: 9,
            ntp: 0,
            rtp_time: 0,
            packets: 0,
            octets: 0,
        };
        let mut buffer = vec![0; 200];
        let mut writer = Writer::new(&mut buffer);
        writer.sender_report(&info, blocks).unwrap();
        let length = writer.len();
        buffer.truncate(length);
        buffer
    }

    #[test]
    fn of_a_report_on_nothing_sent_only_what_was_received_remains() {
        let mut said = Vec::new();
        report_of_receiver(&sender_report(&[]), &mut said);
        assert!(said.is_empty());
        report_of_receiver(&sender_report(&[BLOCK]), &mut said);
        let mut packets = rtcp::packets(&said);
        let Some(Packet::ReceiverReport {
            sender_ssrc,
            blocks,
        }) = packets.next()
        else {
            panic!("{said:?}");
        };
        assert_eq!((sender_ssrc, blocks.collect::<Vec<_>>()), (9, vec![BLOCK]));
        assert!(packets.next().is_none());
    }
}
