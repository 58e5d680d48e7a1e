//! The sections that the remote end sends on: by them a stream finds where it belongs (RFC 8843 section
//! 9.2, RFC 8853).

use super::extensions::{ExtensionIds, Said};
use crate::transport::ids::{Mid, PayloadType, Rid, Ssrc};
use str0m::media::{Media, Rids};

/// A section of media as the remote end describes it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) mid: Mid,
    /// Whether the remote end sends on it at present.
    pub(crate) sends: bool,
    pub(crate) payload_types: Vec<PayloadType>,
    /// The streams that it declares (RFC 5576), and on which each is sent again (RFC 4588).
    pub(crate) streams: Vec<(Ssrc, Option<Ssrc>)>,
}

/// Where a stream belongs: its section, and its layer if that has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) mid: Mid,
    pub(super) rid: Option<Rid>,
}

/// All sections of a connection.
#[derive(Debug, Default)]
pub(in crate::transport) struct Sections {
    all: Vec<Section>,
    pub(super) ids: ExtensionIds,
}

#[derive(Debug)]
struct Section {
    described: Described,
    /// The layers that are sent as streams of their own.
    rids: Vec<Rid>,
}

impl Sections {
    pub(in crate::transport) fn add(&mut self, described: Described, media: &Media) {
        let rids = match media.rids_rx() {
            Rids::Specific(rids) => rids.iter().copied().map(Rid).collect(),
            Rids::Any | Rids::None => Vec::new(),
        };
        self.ids.learn(media);
        self.insert(described, rids);
    }

    pub(super) fn insert(&mut self, described: Described, rids: Vec<Rid>) {
        self.all.push(Section { described, rids });
    }

    pub(in crate::transport) fn are_sent_on(&self) -> bool {
        self.all.iter().any(|section| section.described.sends)
    }

    pub(super) fn has(&self, origin: Origin) -> bool {
        let section = self.all.iter().find(|one| one.described.mid == origin.mid);
        section.is_some_and(|section| match origin.rid {
            Some(rid) => section.rids.contains(&rid),
            None => section.rids.is_empty(),
        })
    }

    /// Where a stream belongs by a packet of it: as that says, else as its stream was declared, else by a
    /// payload type that only one section has.
    pub(super) fn origin(
        &self,
        ssrc: Ssrc,
        payload_type: PayloadType,
        (mid, rid): (Option<&[u8]>, Option<&[u8]>),
    ) -> Option<Origin> {
        let section = match mid {
            Some(name) => {
                let mid = Mid::new(std::str::from_utf8(name).ok()?);
                self.all.iter().find(|one| one.described.mid == mid)?
            }
            None => self.declaring(ssrc).or_else(|| self.only(payload_type))?,
        };
        section.origin(rid)
    }

    /// Where belongs what a stream of resends repairs.
    pub(super) fn repaired(
        &self,
        ssrc: Ssrc,
        payload_type: PayloadType,
        said: &Said<'_>,
    ) -> Option<Repaired> {
        let declared = || {
            let mut streams = self.all.iter().flat_map(|one| &one.described.streams);
            let (main, _) = streams.find(|(_, resends)| *resends == Some(ssrc))?;
            Some(Repaired::Stream(*main))
        };
        let named = (said.mid, said.repaired_rid.or(said.rid));
        if said.mid.is_none()
            && let Some(declared) = declared()
        {
            return Some(declared);
        }
        self.origin(ssrc, payload_type, named).map(Repaired::Origin)
    }

    fn declaring(&self, ssrc: Ssrc) -> Option<&Section> {
        self.all.iter().find(|section| {
            let mut streams = section.described.streams.iter();
            streams.any(|(declared, _)| *declared == ssrc)
        })
    }

    fn only(&self, payload_type: PayloadType) -> Option<&Section> {
        let mut having = self.all.iter().filter(|section| {
            let described = &section.described;
            described.sends && described.payload_types.contains(&payload_type)
        });
        having.next().filter(|_| having.next().is_none())
    }
}

/// What a stream of resends repairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repaired {
    Stream(Ssrc),
    Origin(Origin),
}

impl Section {
    /// Where layers are described a stream is one of them.
    fn origin(&self, rid: Option<&[u8]>) -> Option<Origin> {
        let mid = self.described.mid;
        if self.rids.is_empty() {
            return Some(Origin { mid, rid: None });
        }
        let rid = Rid::new(std::str::from_utf8(rid?).ok()?);
        let rid = Some(rid).filter(|rid| self.rids.contains(rid));
        rid.map(|rid| Origin {
            mid,
            rid: Some(rid),
        })
    }
}
