//! Which section of a client's description carries which track.

use crate::forward::publication::Publication;
use crate::negotiation::Negotiator;
use crate::negotiation::sdp::{Adjustment, Direction, Section, SectionKind};
use crate::parts::peer::MissingSections;
use crate::transport::ids::Mid;
use std::collections::BTreeMap;
use visio_meeting::{MediaKind, Observation, ParticipantId, TrackId, TrackInfo};

impl Negotiator<'_> {
    /// Finds the announced tracks in the sections the client sends on, and reports those gone.
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
        self.report_stopped(from, sections);
    }

    fn has_publication(&self, from: ParticipantId, fits: impl Fn(&Publication) -> bool) -> bool {
        self.tracks.of(from).any(|(_, one)| fits(one))
    }

    /// The first announced track without a section that `section` can carry.
    fn announced(
        &self,
        from: ParticipantId,
        section: &Section,
        fits: impl Fn(&Publication) -> bool,
    ) -> Option<TrackId> {
        let waits = |one: &Publication| one.mid.is_none() && same_kind(section, one.info.kind);
        let mut own = self.tracks.of(from);
        own.find(|(_, one)| waits(one) && fits(one))
            .map(|(track, _)| track)
    }

    fn bind(&mut self, from: ParticipantId, track: TrackId, section: &Section) {
        let mid = Mid::new(&section.mid);
        self.release_section(from, mid);
        let Some(publication) = self.tracks.get_mut(track) else {
            debug_assert!(false, "an announced track is there");
            return;
        };
        publication.mid = Some(mid);
        // A muted participant sends nothing, and is offered to the others all the same: what comes
        // first after the unmute is heard only by those who have the section by then.
        if publication.format.is_none() {
            self.out.observe(Observation::TrackLive {
                participant: from,
                track,
                mid: section.mid.clone(),
                mime: mime(&publication.info, section),
            });
        }
    }

    /// What was published on `mid` before has ended.
    fn release_section(&mut self, from: ParticipantId, mid: Mid) {
        self.report_gone(from, |one| one.mid == Some(mid));
        self.peers.with(from, |peer| peer.streams.clear());
    }

    /// LiveKit has no message to unpublish: a section that stops sending says it.
    fn report_stopped(&mut self, from: ParticipantId, sections: &[Section]) {
        let stopped = |mid: Mid| {
            sections
                .iter()
                .any(|section| Mid::new(&section.mid) == mid && !section.sends())
        };
        self.report_gone(from, |one| one.mid.is_some_and(stopped));
    }

    fn report_gone(&mut self, publisher: ParticipantId, is_gone: impl Fn(&Publication) -> bool) {
        let gone = self.tracks.of(publisher).filter(|(_, one)| is_gone(one));
        for (track, _) in gone {
            self.out.observe(Observation::TrackGone {
                participant: publisher,
                track,
            });
        }
    }

    /// Gives the client's free receiving sections to the tracks that wait for one.
    pub(super) fn assign_sections(&mut self, from: ParticipantId, sections: &[Section]) {
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        let mut missing = MissingSections::default();
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
                (None, MediaKind::Audio) => missing.audio += 1,
                (None, MediaKind::Video) => missing.video += 1,
            }
        }
        peer.missing_sections = missing;
    }

    pub(super) fn adjustments(
        &self,
        from: ParticipantId,
        is_single: bool,
        sections: &[Section],
    ) -> BTreeMap<String, Adjustment> {
        let names = self.stream_names(from);
        let adjustment = |section: &Section| match section.direction {
            Direction::RecvOnly | Direction::Inactive if is_single => Some(
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
        let mut own = self.tracks.of(from);
        let published = own.find(|(_, one)| one.mid == Some(mid));
        let info = published.map(|(_, one)| &one.info);
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
