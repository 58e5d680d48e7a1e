//! SRTP of one connection, with the keys that its handshake exports.

use crate::transport::dtls::{Exported, Keys};
use visio_rtc::srtp::{OpenError, OpenedRtcp, OpenedRtp, Receiver, SealError, Sender};

/// SRTP of a connection; nothing passes before its keys are there.
pub(super) struct Srtp {
    exported: Exported,
    keyed: Option<Keyed>,
    /// What arrived, in clear.
    clear: Vec<u8>,
}

struct Keyed {
    sender: Sender,
    receiver: Receiver,
}

impl Srtp {
    pub(super) fn new(exported: Exported) -> Self {
        Self {
            exported,
            keyed: None,
            clear: Vec::new(),
        }
    }

    /// Opens an RTP packet that arrived; `None` if it is not authentic, or came before.
    pub(super) fn open_rtp(&mut self, datagram: &[u8]) -> Option<OpenedRtp> {
        let receiver = &mut keyed_by(&self.exported, &mut self.keyed)?.receiver;
        self.clear.clear();
        self.clear.extend_from_slice(datagram);
        let opened = receiver.open_rtp(&mut self.clear).map_err(note).ok()?;
        self.clear.truncate(opened.end);
        Some(opened)
    }

    /// Opens a compound RTCP packet that arrived; `None` if it is not authentic, or came before.
    pub(super) fn open_rtcp(&mut self, datagram: &[u8]) -> Option<OpenedRtcp> {
        let receiver = &mut keyed_by(&self.exported, &mut self.keyed)?.receiver;
        self.clear.clear();
        self.clear.extend_from_slice(datagram);
        let opened = receiver.open_rtcp(&mut self.clear).map_err(note).ok()?;
        self.clear.truncate(opened.end);
        Some(opened)
    }

    /// What was opened last.
    pub(super) fn clear(&self) -> &[u8] {
        &self.clear
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
