//! The header extensions of a packet that came (RFC 8285), as far as they are used.

use crate::transport::dependency::{self, Descriptor};
use crate::transport::packet::Forwarded;
use std::sync::Arc;
use str0m::media::Media;
use str0m::rtp::Extension;
use visio_rtc::packet::rtp::Header;

/// The ids under which they were negotiated; 0, which marks padding, for one that was not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ExtensionIds {
    pub(super) mid: u8,
    pub(super) rid: u8,
    pub(super) repaired_rid: u8,
    pub(super) transport_sequence: u8,
    pub(super) audio_level: u8,
    pub(super) video_orientation: u8,
    pub(super) dependency: u8,
}

/// What a packet says of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said<'a> {
    /// Its section (RFC 9143).
    pub(super) mid: Option<&'a [u8]>,
    /// Its layer, and the layer that it repairs (RFC 8852).
    pub(super) rid: Option<&'a [u8]>,
    pub(super) repaired_rid: Option<&'a [u8]>,
    /// Its number among all packets of the connection.
    pub(super) transport_sequence: Option<u16>,
    audio_level: Option<u8>,
    video_orientation: Option<u8>,
    dependency: Option<&'a [u8]>,
}

impl ExtensionIds {
    /// Bundled sections have the same meaning for one id (RFC 8843 section 9.1): those of another section
    /// come on top.
    pub(super) fn learn(&mut self, media: &Media) {
        let extensions = media.remote_extmap();
        let known = [
            (&mut self.mid, Extension::RtpMid),
            (&mut self.rid, Extension::RtpStreamId),
            (&mut self.repaired_rid, Extension::RepairedRtpStreamId),
            (
                &mut self.transport_sequence,
                Extension::TransportSequenceNumber,
            ),
            (&mut self.audio_level, Extension::AudioLevel),
            (&mut self.video_orientation, Extension::VideoOrientation),
            (&mut self.dependency, dependency::extension()),
        ];
        for (id, extension) in known {
            *id = extensions.id_of(extension).unwrap_or(*id);
        }
    }
}

impl<'a> Said<'a> {
    pub(super) fn read(ids: ExtensionIds, header: &Header, packet: &'a [u8]) -> Self {
        let mut said = Self::default();
        for one in header.extensions(packet).filter(|one| one.id != 0) {
            let first = one.data.first().copied();
            match one.id {
                id if id == ids.mid => said.mid = Some(one.data),
                id if id == ids.rid => said.rid = Some(one.data),
                id if id == ids.repaired_rid => said.repaired_rid = Some(one.data),
                id if id == ids.transport_sequence => {
                    let number = one.data.first_chunk().copied();
                    said.transport_sequence = number.map(u16::from_be_bytes);
                }
                id if id == ids.audio_level => said.audio_level = first,
                id if id == ids.video_orientation => said.video_orientation = first,
                id if id == ids.dependency => said.dependency = Some(one.data),
                _ => {}
            }
        }
        said
    }

    /// What goes on to subscribers.
    pub(super) fn forwarded(&self) -> Forwarded {
        let dependency = self.dependency.map(|bytes| Descriptor(bytes.to_vec()));
        Forwarded {
            audio_level: self.audio_level,
            video_orientation: self.video_orientation,
            dependency: dependency.map(Arc::new),
        }
    }
}
