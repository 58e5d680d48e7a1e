//! Which section of a client's description carries which track.

use crate::forward::encoding::SectionState;
use crate::forward::publication::Publication;
use crate::negotiation::Negotiator;
use crate::negotiation::sdp::{Adjustment, Direction, Section, SectionKind};
use crate::parts::peer::MissingSections;
use crate::transport::format::Codec;
use crate::transport::ids::Mid;
use std::collections::BTreeMap;
use visio_meeting::{MediaKind, Observation, ParticipantId, TrackId, TrackInfo};

/// One encoding of one track.
#[derive(Clone, Copy)]
struct Place<'a> {
    track: TrackId,
    encoding: usize,
    publication: &'a Publication,
}

impl Negotiator<'_> {
    /// Finds the announced tracks in the sections the client sends on, and reports those gone.
    pub(super) fn bind_publications(&mut self, from: ParticipantId, sections: &[Section]) {
        let sending = || sections.iter().filter(|section| section.sends());
        for section in sending() {
            let named = |place: &Place<'_>| place.has_name(section);
            let carried = |place: &Place<'_>| named(place) && place.is_on(section);
            if !self.encodings(from).any(|place| carried(&place))
                && let Some(found) = self.announced(from, section, named)
            {
                self.bind(from, found, section);
            }
        }
        // Firefox names its tracks otherwise than it announces them, but in the order it
        // announced. A section that has a track keeps it.
        for section in sending() {
            let taken = |place: Place<'_>| place.is_on(section) || place.has_name(section);
            if !self.encodings(from).any(taken)
                && let Some(found) = self.announced(from, section, |_| true)
            {
                self.bind(from, found, section);
            }
        }
        self.report_stopped(from, sections);
    }

    /// All that the client sends or is about to send.
    fn encodings(&self, from: ParticipantId) -> impl Iterator<Item = Place<'_>> {
        self.tracks.of(from).flat_map(|(track, publication)| {
            (0..publication.encodings.len()).map(move |encoding| Place {
                track,
                encoding,
                publication,
            })
        })
    }

    /// The first announced encoding without a section that `section` can carry; a track comes
    /// before the backups of others.
    fn announced(
        &self,
        from: ParticipantId,
        section: &Section,
        fits: impl Fn(&Place<'_>) -> bool,
    ) -> Option<(TrackId, usize)> {
        let waiting = self.encodings(from).filter(|place| {
            place.is_awaited() && same_kind(section, place.publication.info.kind) && fits(place)
        });
        let first = waiting.min_by_key(|place| place.encoding);
        first.map(|place| (place.track, place.encoding))
    }

    fn bind(&mut self, from: ParticipantId, (track, index): (TrackId, usize), section: &Section) {
        let mid = Mid::new(&section.mid);
        self.end(from, |over| over == mid);
        self.peers.with(from, |peer| peer.streams.clear());
        let Some(publication) = self.tracks.get_mut(track) else {
            debug_assert!(false, "an announced track is there");
            return;
        };
        let Some(encoding) = publication.encodings.get_mut(index) else {
            debug_assert!(false, "an announced encoding is there");
            return;
        };
        encoding.section = SectionState::On(mid);
        let described = mime(&publication.info, index, section);
        encoding.codec = encoding.codec.or(Codec::named(&described));
        // A muted participant sends nothing, and is offered to the others all the same: what comes
        // first after the unmute is heard only by those who have the section by then.
        if encoding.format.is_none() {
            self.out.observe(Observation::TrackLive {
                participant: from,
                track,
                encoding: index,
                mid: section.mid.clone(),
                mime: described,
            });
        }
    }

    /// LiveKit has no message to unpublish: a section that stops sending says it.
    fn report_stopped(&mut self, from: ParticipantId, sections: &[Section]) {
        let is_stopped = |mid: Mid| {
            sections
                .iter()
                .any(|section| Mid::new(&section.mid) == mid && !section.sends())
        };
        self.end(from, is_stopped);
    }

    /// What was published on these sections has ended, and with its last encoding the track.
    fn end(&mut self, publisher: ParticipantId, is_over: impl Fn(Mid) -> bool) {
        for (track, publication) in self.tracks.of_mut(publisher) {
            if publication.end(&is_over) {
                self.out.observe(Observation::TrackGone {
                    participant: publisher,
                    track,
                });
            }
        }
    }

    /// Gives the client's free receiving sections to the tracks that wait for one. A section that
    /// carried another track by the last answer is answered as idle first: a client takes a track for
    /// a new one only where the direction changes (W3C WebRTC, "set the RTCSessionDescription",
    /// `[[FiredDirection]]`).
    pub(super) fn assign_sections(&mut self, from: ParticipantId, sections: &[Section]) {
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        let is_used = |mid| peer.downtracks.values().any(|one| one.mid == Some(mid));
        let unused = sections.iter().filter(|section| {
            section.direction == Direction::RecvOnly && !is_used(Mid::new(&section.mid))
        });
        let (mut retiring, mut free): (Vec<_>, Vec<_>) =
            unused.partition(|section| peer.answered_sections.contains(&Mid::new(&section.mid)));
        let mut missing = MissingSections::default();
        for downtrack in peer.downtracks.values_mut() {
            let kind = downtrack.kind;
            if downtrack.mid.is_some() {
                continue;
            }
            if let Some(section) = take_one(&mut free, kind) {
                downtrack.mid = Some(Mid::new(&section.mid));
            } else if take_one(&mut retiring, kind).is_none() {
                match kind {
                    MediaKind::Audio => missing.audio += 1,
                    MediaKind::Video => missing.video += 1,
                }
            }
        }
        peer.missing_sections = missing;
        peer.answered_sections = peer.downtracks.values().filter_map(|one| one.mid).collect();
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
        let published = own.find_map(|(_, one)| Some((&one.info, one.encoding_on(mid)?)));
        let info = published.map(|(info, _)| info);
        let codec = published.and_then(|(info, encoding)| {
            let (_, name) = info.codecs.get(encoding)?.mime.split_once('/')?;
            // Opus comes first anyway, plain or inside redundant audio.
            (!name.eq_ignore_ascii_case("opus")).then(|| name.to_owned())
        });
        Adjustment::Receives {
            codec,
            redundant: info.is_some_and(|info| !info.disable_red),
            discontinuous: info.is_none_or(|info| !info.disable_dtx),
            stereo: info.is_some_and(|info| info.stereo),
        }
    }
}

impl Place<'_> {
    fn is_awaited(&self) -> bool {
        let encoding = self.publication.encodings.get(self.encoding);
        encoding.is_some_and(|one| one.section == SectionState::Awaited)
            && (self.encoding == 0 || !self.publication.cid(self.encoding).is_empty())
    }

    fn is_on(&self, section: &Section) -> bool {
        self.publication.encoding_on(Mid::new(&section.mid)) == Some(self.encoding)
    }

    fn has_name(&self, section: &Section) -> bool {
        let name = section.track.as_deref();
        name.is_some_and(|name| self.publication.cid(self.encoding) == name)
    }
}

/// The codec that was announced, or else the first of the section; the first packet tells.
fn mime(info: &TrackInfo, encoding: usize, section: &Section) -> String {
    let codec = info.codecs.get(encoding);
    let announced = codec.map_or("", |codec| codec.mime.as_str());
    match (announced, info.kind, &section.codec) {
        ("", MediaKind::Audio, Some(codec)) => format!("audio/{codec}"),
        ("", MediaKind::Video, Some(codec)) => format!("video/{codec}"),
        (announced, ..) => announced.to_owned(),
    }
}

/// Takes the first section of a kind out of a list.
fn take_one<'a>(sections: &mut Vec<&'a Section>, kind: MediaKind) -> Option<&'a Section> {
    let at = sections.iter().position(|one| same_kind(one, kind))?;
    Some(sections.remove(at))
}

fn same_kind(section: &Section, kind: MediaKind) -> bool {
    match section.kind {
        SectionKind::Audio => kind == MediaKind::Audio,
        SectionKind::Video => kind == MediaKind::Video,
        SectionKind::Application => false,
    }
}
