//! Which section of a client's description carries which track.

use crate::call::Call;
use crate::forward::publication::Publication;
use crate::negotiation::sdp::{Adjustment, Direction, Section, SectionKind};
use crate::transport::ids::Mid;
use std::collections::BTreeMap;
use visio_meeting::{MediaKind, Observation, ParticipantId, TrackId, TrackInfo};

impl Call {
    /// Finds the announced tracks in the sections the client sends on, and misses those gone.
    pub(super) fn bind_publications(&mut self, from: ParticipantId, sections: &[Section]) {
        let sending = || sections.iter().filter(|section| section.sends());
        for section in sending() {
            let named = |one: &Publication| has_name(one, section);
            if !self.has_publication(from, |one| named(one) && is_on(one, section))
                && let Some(track) = self.announced(from, section, named)
            {
                self.bind(from, track, section);
            }
        }
        // Firefox names its tracks otherwise than it announces them, but in the order it
        // announced. A section that has a track keeps it, and the second encoding of a track that
        // has another section is no track of its own.
        for section in sending() {
            let taken = |one: &Publication| is_on(one, section) || has_name(one, section);
            if !self.has_publication(from, taken)
                && let Some(track) = self.announced(from, section, |_| true)
            {
                self.bind(from, track, section);
            }
        }
        self.miss_publications(from, sections);
    }

    fn has_publication(&self, from: ParticipantId, fits: impl Fn(&Publication) -> bool) -> bool {
        let mut all = self.publications.values();
        all.any(|one| one.publisher == from && fits(one))
    }

    /// The first announced track without a section that `section` can carry.
    fn announced(
        &self,
        from: ParticipantId,
        section: &Section,
        fits: impl Fn(&Publication) -> bool,
    ) -> Option<TrackId> {
        let waits = |one: &Publication| one.publisher == from && one.mid.is_none();
        let mut all = self.publications.iter();
        all.find(|(_, one)| waits(one) && same_kind(section, one.info.kind) && fits(one))
            .map(|(&track, _)| track)
    }

    fn bind(&mut self, from: ParticipantId, track: TrackId, section: &Section) {
        let mid = Mid::new(&section.mid);
        self.release_section(from, mid);
        let Some(publication) = self.publications.get_mut(&track) else {
            return;
        };
        publication.mid = Some(mid);
        // Whoever is muted sends nothing, and is offered to the others all the same: what comes
        // first after the unmute is heard only by those who have the section by then.
        if publication.format.is_none() {
            let mime = mime(&publication.info, section);
            self.meeting.observe(Observation::TrackLive {
                participant: from,
                track,
                mid: section.mid.clone(),
                mime,
            });
        }
    }

    /// Whatever was published on `mid` before is not there any more.
    fn release_section(&mut self, from: ParticipantId, mid: Mid) {
        let former: Vec<TrackId> = self
            .publications
            .iter()
            .filter(|(_, one)| one.publisher == from && one.mid == Some(mid))
            .map(|(&track, _)| track)
            .collect();
        for track in former {
            self.meeting.observe(Observation::TrackGone {
                participant: from,
                track,
            });
        }
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.streams.clear();
        }
    }

    /// LiveKit has no message to unpublish: a section that stops sending says it.
    fn miss_publications(&mut self, from: ParticipantId, sections: &[Section]) {
        let stopped = |mid: Mid| {
            sections
                .iter()
                .any(|section| Mid::new(&section.mid) == mid && !section.sends())
        };
        let gone: Vec<TrackId> = self
            .publications
            .iter()
            .filter(|(_, one)| one.publisher == from && one.mid.is_some_and(stopped))
            .map(|(&track, _)| track)
            .collect();
        for track in gone {
            self.meeting.observe(Observation::TrackGone {
                participant: from,
                track,
            });
        }
    }

    /// Gives the client's free receiving sections to the tracks that wait for one.
    pub(super) fn assign_sections(&mut self, from: ParticipantId, sections: &[Section]) {
        let Some(peer) = self.peers.get_mut(&from) else {
            return;
        };
        let mut missing = (0, 0);
        let waiting: Vec<(TrackId, MediaKind)> = peer
            .downtracks
            .iter()
            .filter(|(_, downtrack)| downtrack.mid.is_none())
            .map(|(&track, downtrack)| (track, downtrack.kind))
            .collect();
        for (track, kind) in waiting {
            let free = sections.iter().find(|section| {
                section.direction == Direction::RecvOnly
                    && same_kind(section, kind)
                    && peer.downtrack_on(Mid::new(&section.mid)).is_none()
            });
            match (free, kind) {
                (Some(section), _) => {
                    if let Some(downtrack) = peer.downtracks.get_mut(&track) {
                        downtrack.mid = Some(Mid::new(&section.mid));
                    }
                }
                (None, MediaKind::Audio) => missing.0 += 1,
                (None, MediaKind::Video) => missing.1 += 1,
            }
        }
        self.missing_sections.insert(from, missing);
    }

    pub(super) fn adjustments(
        &self,
        from: ParticipantId,
        sections: &[Section],
    ) -> BTreeMap<String, Adjustment> {
        let single = self.is_single(from);
        let names = self.stream_names(from);
        let adjustment = |section: &Section| match section.direction {
            Direction::RecvOnly | Direction::Inactive if single => Some(
                names
                    .get(&section.mid)
                    .map_or(Adjustment::Idle, |(stream, track)| Adjustment::Carries {
                        stream: stream.clone(),
                        track: track.clone(),
                    }),
            ),
            _ if section.sends() && section.kind != SectionKind::Application => {
                Some(self.received(from, section))
            }
            _ => None,
        };
        sections
            .iter()
            .filter(|section| section.kind != SectionKind::Application)
            .filter_map(|section| Some((section.mid.clone(), adjustment(section)?)))
            .collect()
    }

    fn received(&self, from: ParticipantId, section: &Section) -> Adjustment {
        let mid = Mid::new(&section.mid);
        let published = self
            .publications
            .values()
            .find(|one| one.publisher == from && one.mid == Some(mid));
        let info = published.map(|one| &one.info);
        let codec = info
            .and_then(|info| info.mime().strip_prefix("video/"))
            .map(str::to_owned);
        Adjustment::Receives {
            codec,
            redundant: info.is_some_and(|info| !info.disable_red),
            discontinuous: info.is_none_or(|info| !info.disable_dtx),
            stereo: info.is_some_and(|info| info.stereo),
        }
    }
}

fn is_on(publication: &Publication, section: &Section) -> bool {
    publication.mid == Some(Mid::new(&section.mid))
}

fn has_name(publication: &Publication, section: &Section) -> bool {
    let name = section.track.as_deref();
    name.is_some_and(|name| publication.info.has_cid(name))
}

/// The codec that was announced, or else the first of the section; the first packet tells.
fn mime(info: &TrackInfo, section: &Section) -> String {
    match (info.mime(), info.kind, &section.codec) {
        ("", MediaKind::Audio, Some(codec)) => format!("audio/{codec}"),
        ("", MediaKind::Video, Some(codec)) => format!("video/{codec}"),
        (announced, ..) => announced.to_owned(),
    }
}

fn same_kind(section: &Section, kind: MediaKind) -> bool {
    match section.kind {
        SectionKind::Audio => kind == MediaKind::Audio,
        SectionKind::Video => kind == MediaKind::Video,
        SectionKind::Application => false,
    }
}
