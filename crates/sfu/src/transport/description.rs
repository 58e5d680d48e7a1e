//! Offers and answers (RFC 9429) of one transport.

use crate::transport::Transport;
use crate::transport::ids::{ChannelId, Mid};
use std::panic::{AssertUnwindSafe, catch_unwind};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, Reliability};
use str0m::media::Direction;
use visio_meeting::MediaKind;
use visio_protocol::limits::SDP_BYTES_MAX;

/// Why a description cannot be used; its client is removed with it in the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DescriptionError {
    #[error("a session description is longer than {SDP_BYTES_MAX} bytes")]
    TooLong,
    #[error("a session description cannot be read")]
    Malformed,
    #[error("a session description does not fit what was negotiated before")]
    Refused,
}

/// What an offer of the server changes.
#[derive(Debug, Default)]
pub(crate) struct OfferChanges {
    /// Data channels to open.
    pub(crate) channels: Vec<NewChannel>,
    /// Sections that carry nothing any more.
    pub(crate) stopped: Vec<Mid>,
    /// Sections to send on.
    pub(crate) added: Vec<NewSection>,
    /// Whether the connection moves to other addresses.
    pub(crate) restarts_ice: bool,
}

#[derive(Debug)]
pub(crate) struct NewChannel {
    pub(crate) label: &'static str,
    /// Ordered and resent until it arrives; otherwise neither.
    pub(crate) is_reliable: bool,
}

/// A section to send one track on, with its names in `a=msid` (RFC 8830).
#[derive(Debug)]
pub(crate) struct NewSection {
    pub(crate) kind: MediaKind,
    pub(crate) stream: String,
    pub(crate) track: String,
}

/// An offer of the server, and what its parts are called.
pub(crate) struct Offer {
    pub(crate) sdp: String,
    pub(crate) pending: PendingOffer,
    /// In the order of [`OfferChanges::channels`].
    pub(crate) channels: Vec<ChannelId>,
    /// In the order of [`OfferChanges::added`].
    pub(crate) added: Vec<Mid>,
}

/// An offer that waits for its answer.
pub(crate) struct PendingOffer(SdpPendingOffer);

impl Transport {
    /// Answers the client's offer.
    pub(crate) fn answer(&mut self, offer: &str) -> Result<String, DescriptionError> {
        bounded(offer)?;
        let answer = guarded(|| {
            let offer =
                SdpOffer::from_sdp_string(offer).map_err(|_| DescriptionError::Malformed)?;
            let answer = self.rtc().sdp_api().accept_offer(offer);
            answer.map_err(|_| DescriptionError::Refused)
        })?;
        let local = self.local_ufrag();
        self.path.describe(local, offer);
        self.renegotiated();
        Ok(answer.to_sdp_string())
    }

    /// Offers `changes` to the client; `None` when they change nothing.
    pub(crate) fn offer(&mut self, changes: OfferChanges) -> Option<Offer> {
        if let Some(sending) = &mut self.sending {
            changes.stopped.iter().for_each(|&mid| sending.forget(mid));
        }
        let mut api = self.rtc().sdp_api();
        let channels = changes.channels.iter();
        let channels = channels.map(|channel| api.add_channel_with_config(config(channel)));
        let channels = channels.map(ChannelId).collect();
        for Mid(mid) in changes.stopped {
            api.stop_media(mid);
        }
        let added = changes.added.into_iter().map(|section| {
            let (kind, stream, track) = (media(section.kind), section.stream, section.track);
            let mid = api.add_media(kind, Direction::SendOnly, Some(stream), Some(track), None);
            Mid(mid)
        });
        let added = added.collect();
        if changes.restarts_ice {
            api.ice_restart(true);
        }
        let (offer, pending) = api.apply()?;
        Some(Offer {
            sdp: offer.to_sdp_string(),
            pending: PendingOffer(pending),
            channels,
            added,
        })
    }

    /// The client accepts the server's offer.
    pub(crate) fn accept_answer(
        &mut self,
        PendingOffer(pending): PendingOffer,
        answer: &str,
    ) -> Result<(), DescriptionError> {
        bounded(answer)?;
        guarded(|| {
            let answer =
                SdpAnswer::from_sdp_string(answer).map_err(|_| DescriptionError::Malformed)?;
            let accepted = self.rtc().sdp_api().accept_answer(pending, answer);
            accepted.map_err(|_| DescriptionError::Refused)
        })?;
        let local = self.local_ufrag();
        self.path.describe(local, answer);
        Ok(())
    }
}

fn bounded(sdp: &str) -> Result<(), DescriptionError> {
    if sdp.len() > SDP_BYTES_MAX {
        return Err(DescriptionError::TooLong);
    }
    Ok(())
}

/// str0m panics on some descriptions, such as two formats under one number. Their author is
/// removed, and the transport with them: nobody else in the meeting notices.
fn guarded<T>(work: impl FnOnce() -> Result<T, DescriptionError>) -> Result<T, DescriptionError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(DescriptionError::Malformed))
}

fn config(channel: &NewChannel) -> ChannelConfig {
    ChannelConfig {
        label: channel.label.to_owned(),
        ordered: channel.is_reliable,
        reliability: if channel.is_reliable {
            Reliability::Reliable
        } else {
            Reliability::MaxRetransmits { retransmits: 0 }
        },
        ..ChannelConfig::default()
    }
}

fn media(kind: MediaKind) -> str0m::media::MediaKind {
    match kind {
        MediaKind::Audio => str0m::media::MediaKind::Audio,
        MediaKind::Video => str0m::media::MediaKind::Video,
    }
}
