//! A published track as the data plane sees it: its encodings and who receives them.

use crate::audio::redundancy::Redundancy;
use crate::audio::tap::TapId;
use crate::forward::backup;
use crate::forward::downtrack::Downtrack;
use crate::forward::encoding::{Encoding, SectionState};
use crate::transport::format::Codec;
use crate::transport::ids::Mid;
use std::collections::BTreeSet;
use std::time::Instant;
use visio_meeting::{Layer, MediaKind, ParticipantId, TrackInfo};

pub(crate) struct Publication {
    pub(crate) publisher: ParticipantId,
    pub(crate) info: TrackInfo,
    /// One for each codec of the track's description, in its order: the first and its backups.
    pub(crate) encodings: Vec<Encoding>,
    pub(crate) subscribers: BTreeSet<ParticipantId>,
    pub(crate) tap: Option<TapId>,
    /// Of a microphone that is not muted: what has come of it.
    pub(crate) redundancy: Option<Redundancy>,
    /// The best layers of each encoding that the publisher knows anybody to have use for.
    pub(crate) requested_qualities: Option<Vec<Option<usize>>>,
    /// Whether the meeting knows that somebody receives the track.
    pub(crate) is_delivery_reported: bool,
    /// Whether all who can receive a backup get it, because somebody can receive nothing else.
    pub(crate) is_regressed: bool,
}

impl Publication {
    pub(crate) fn new(now: Instant, publisher: ParticipantId, info: TrackInfo) -> Self {
        let codecs = info.codecs.iter();
        let encodings = codecs.map(|codec| Encoding::new(now, Codec::named(&codec.mime)));
        Self {
            publisher,
            encodings: encodings.collect(),
            info,
            subscribers: BTreeSet::new(),
            tap: None,
            redundancy: None,
            requested_qualities: None,
            is_delivery_reported: false,
            is_regressed: false,
        }
    }

    /// Its publisher says anew what each encoding is made of: one that ended comes again.
    pub(crate) fn expect(&mut self, codecs: Vec<visio_meeting::Codec>) {
        let pairs = self
            .info
            .codecs
            .iter()
            .zip(&codecs)
            .zip(&mut self.encodings);
        for ((former, codec), encoding) in pairs {
            if former.cid != codec.cid && encoding.section == SectionState::Ended {
                encoding.section = SectionState::Awaited;
            }
        }
        self.info.codecs = codecs;
    }

    /// The encodings in these sections have ended; returns whether the track has, with its last.
    pub(crate) fn end(&mut self, is_over: impl Fn(Mid) -> bool) -> bool {
        let mut has_ended = false;
        for encoding in &mut self.encodings {
            if let SectionState::On(mid) = encoding.section
                && is_over(mid)
            {
                encoding.section = SectionState::Ended;
                has_ended = true;
            }
        }
        let is_on = |one: &Encoding| matches!(one.section, SectionState::On(_));
        has_ended && !self.encodings.iter().any(is_on)
    }

    pub(crate) fn is_video(&self) -> bool {
        self.info.kind == MediaKind::Video
    }

    /// Whether any packet of it has come.
    pub(crate) fn has_begun(&self) -> bool {
        self.encodings.iter().any(|one| one.format.is_some())
    }

    /// The encoding that comes in a section of its publisher.
    pub(crate) fn encoding_on(&self, mid: Mid) -> Option<usize> {
        let on = |one: &Encoding| one.section == SectionState::On(mid);
        self.encodings.iter().position(on)
    }

    /// The browser's id of what an encoding is made of; empty for one that is not to be sent yet.
    pub(crate) fn cid(&self, encoding: usize) -> &str {
        let codec = self.info.codecs.get(encoding);
        codec.map_or("", |codec| &codec.cid)
    }

    /// The layers of an encoding, as they were announced.
    pub(crate) fn layers(&self, encoding: usize) -> &[Layer] {
        let codec = self.info.codecs.get(encoding);
        codec.map_or(&[], |codec| &codec.layers)
    }

    /// The encoding that a downtrack should get.
    pub(crate) fn preferred(&self, downtrack: &Downtrack) -> Option<usize> {
        let taken = downtrack.codecs.as_deref();
        backup::preferred(&self.encodings, taken, self.is_regressed)
    }

    /// Selects what a downtrack is sent among what flows now.
    pub(crate) fn select_layer(&self, now: Instant, downtrack: &mut Downtrack) {
        let preferred = self.preferred(downtrack);
        let current = downtrack.current().map(|current| current.encoding);
        let taken = downtrack.codecs.as_deref();
        let serving = backup::serving(&self.encodings, taken, preferred, current, |one| {
            one.flows(now)
        });
        let flowing = serving.and_then(|index| self.encodings.get(index));
        let flowing = flowing.map(|one| one.flowing(now)).unwrap_or_default();
        downtrack.serve(serving);
        downtrack.select_layer(serving.map_or(&[], |index| self.layers(index)), flowing);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use visio_meeting::{BackupCodecPolicy, Source};
    use visio_protocol::ids::{TrackLetters, TrackSid};

    pub(crate) fn camera(now: Instant) -> Publication {
        let info = TrackInfo {
            sid: TrackSid::new(TrackLetters::Camera, 1),
            kind: MediaKind::Video,
            source: Source::Camera,
            name: String::new(),
            muted: false,
            width: 0,
            height: 0,
            stereo: false,
            disable_dtx: false,
            disable_red: false,
            encryption: 0,
            stream: String::new(),
            audio_features: Vec::new(),
            packet_trailer_features: Vec::new(),
            backup_codec_policy: BackupCodecPolicy::default(),
            codecs: Vec::new(),
        };
        Publication::new(now, ParticipantId(1), info)
    }
}
