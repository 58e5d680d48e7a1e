//! What is sealed and opened on one connection, on its way out of and into str0m, which has it in clear.

use crate::transport::dtls::{Exported, Keys, TOLD_TAG_BYTES};
use visio_rtc::packet::class::{Class, classify};
use visio_rtc::srtp::{OpenError, Order, Receiver, Sender};

/// What str0m puts behind an RTCP packet and its tag (RFC 3711 section 3.4).
const RTCP_INDEX_BYTES: usize = 4;
const ENCRYPTED: u32 = 1 << 31;

/// SRTP of a connection; nothing passes before its keys are there.
pub(super) struct Srtp {
    exported: Exported,
    keyed: Option<Keyed>,
    /// What arrives, as str0m takes it.
    clear: Vec<u8>,
}

struct Keyed {
    sender: Sender,
    receiver: Receiver,
}

/// A packet that is authentic.
pub(super) struct Authentic<'a> {
    /// In clear, and as long as str0m expects it.
    pub(super) packet: &'a [u8],
    /// The stream of an RTP packet, or of an RTCP packet's sender.
    pub(super) ssrc: u32,
    pub(super) order: Order,
}

fn is_rtcp(packet: &[u8]) -> bool {
    classify(packet) == Class::Srtcp
}

impl Srtp {
    pub(super) fn new(exported: Exported) -> Self {
        Self {
            exported,
            keyed: None,
            clear: Vec::new(),
        }
    }

    /// Opens what arrived; `None` if it is not authentic, or came before.
    pub(super) fn open(&mut self, datagram: &[u8]) -> Option<Authentic<'_>> {
        let Self {
            exported,
            keyed,
            clear,
        } = self;
        let receiver = &mut keyed_by(exported, keyed)?.receiver;
        clear.clear();
        clear.extend_from_slice(datagram);
        let (ssrc, order) = if is_rtcp(datagram) {
            let opened = receiver.open_rtcp(clear).map_err(note).ok()?;
            clear.resize(opened.end, 0);
            clear.extend([0; TOLD_TAG_BYTES]);
            clear.extend((ENCRYPTED | opened.index).to_be_bytes());
            (opened.ssrc, opened.order)
        } else {
            let opened = receiver.open_rtp(clear).map_err(note).ok()?;
            clear.resize(opened.end, 0);
            clear.extend([0; TOLD_TAG_BYTES]);
            (opened.header.ssrc, opened.order)
        };
        Some(Authentic {
            packet: clear,
            ssrc,
            order,
        })
    }

    /// Seals what str0m sends; `None` if that cannot be sent.
    pub(super) fn seal(&mut self, mut packet: Vec<u8>) -> Option<Vec<u8>> {
        let sender = &mut keyed_by(&self.exported, &mut self.keyed)?.sender;
        let room = if is_rtcp(&packet) {
            TOLD_TAG_BYTES + RTCP_INDEX_BYTES
        } else {
            TOLD_TAG_BYTES
        };
        packet.truncate(packet.len().checked_sub(room)?);
        let sealed = if is_rtcp(&packet) {
            sender.seal_rtcp(&mut packet)
        } else {
            packet.resize(packet.len() + sender.rtp_overhead_bytes(), 0);
            sender.seal_rtp(&mut packet)
        };
        if let Err(error) = sealed {
            tracing::debug!(%error, "a packet is not sent");
            return None;
        }
        Some(packet)
    }
}

/// Forged and repeated packets come from strangers; who holds the keys and has too many streams misses
/// the newest, which their operator should be able to find.
fn note(error: OpenError) {
    if error == OpenError::TooManyStreams {
        tracing::info!(%error, "a client's packets are passed over");
    }
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
