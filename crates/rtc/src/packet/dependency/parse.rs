//! Parses a dependency descriptor, field by field (AV1 RTP specification, appendix A.8).

use super::{
    Descriptor, FRAME_NUMBER, Frame, Indication, REFERENCES_MAX, Structure, TEMPLATES_MAX,
};
use crate::packet::bits::Bits;

/// AV1 and VP9 have fewer; a descriptor with more is not read.
const SPATIAL_ID_MAX: u8 = 3;
const TEMPORAL_ID_MAX: u8 = 7;

impl Descriptor {
    /// Reads a descriptor; `known` is the last structure of its stream. `None` if it cannot be
    /// read, also for want of a structure.
    #[must_use]
    pub fn parse(bytes: &[u8], known: Option<&Structure>) -> Option<Self> {
        let mut bits = Bits::new(bytes);
        let (starts_frame, ends_frame) = (bits.flag()?, bits.flag()?);
        let template = bits.byte(6)?;
        let frame_number = u16::try_from(bits.read(16)?).ok()?;
        let is_extended = bytes.len() > FRAME_NUMBER.end;
        let mut flag = || {
            if is_extended {
                bits.flag()
            } else {
                Some(false)
            }
        };
        let (has_structure, has_active) = (flag()?, flag()?);
        let (own_indications, own_references, own_chains) = (flag()?, flag()?, flag()?);
        let structure = if has_structure {
            Some(Structure::parse(&mut bits)?)
        } else {
            None
        };
        let current = structure.as_ref().or(known)?;
        let active_targets = if has_active {
            Some(bits.read(current.target_count())?)
        } else {
            structure.as_ref().map(|_| u32::MAX)
        };
        let mut frame = *current.template(template)?;
        if own_indications {
            frame.indications = indications(&mut bits, current.target_count())?;
        }
        if own_references {
            frame.references = references(&mut bits, own_reference)?;
        }
        if own_chains {
            (0..current.chains).try_for_each(|_| bits.byte(8).map(|_| ()))?;
        }
        Some(Self {
            starts_frame,
            ends_frame,
            frame_number,
            frame,
            structure,
            active_targets,
        })
    }
}

impl Structure {
    fn parse(bits: &mut Bits<'_>) -> Option<Self> {
        let first_template = bits.byte(6)?;
        let target_count = bits.byte(5)? + 1;
        let mut templates = layers(bits)?;
        for template in &mut templates {
            template.indications = indications(bits, target_count)?;
        }
        for template in &mut templates {
            template.references = references(bits, template_reference)?;
        }
        let chains = skip_chains(bits, target_count, templates.len())?;
        let spatial = |target: u8| {
            let parts = templates
                .iter()
                .filter(|template| template.indication(usize::from(target)) != Indication::Absent);
            parts.map(|template| template.spatial_id).max().unwrap_or(0)
        };
        let targets = (0..target_count).map(spatial).collect();
        let structure = Self {
            first_template,
            templates,
            targets,
            chains,
        };
        if bits.flag()? {
            // The sizes of the pictures, two fields of 16 bits each.
            (0..structure.spatial_layers()).try_for_each(|_| bits.read(32).map(|_| ()))?;
        }
        Some(structure)
    }
}

/// The layers of the templates, worst first (`template_layers`).
fn layers(bits: &mut Bits<'_>) -> Option<Vec<Frame>> {
    let mut templates = Vec::new();
    let mut next = Frame::default();
    loop {
        if templates.len() == TEMPLATES_MAX
            || next.spatial_id > SPATIAL_ID_MAX
            || next.temporal_id > TEMPORAL_ID_MAX
        {
            return None;
        }
        templates.push(next);
        match bits.read(2)? {
            0 => {}
            1 => next.temporal_id += 1,
            2 => {
                next.spatial_id += 1;
                next.temporal_id = 0;
            }
            _ => return Some(templates),
        }
    }
}

/// Two bits for each decode target (`template_dtis`, `frame_dtis`).
fn indications(bits: &mut Bits<'_>, targets: u8) -> Option<u64> {
    (0..targets).try_fold(0, |all, target| {
        let indication = u64::from(bits.read(2)?);
        Some(all | indication << (u32::from(target) * 2))
    })
}

/// Reads references with `next` until it finds the end of their list.
fn references(
    bits: &mut Bits<'_>,
    next: impl Fn(&mut Bits<'_>) -> Option<Option<u16>>,
) -> Option<[u16; REFERENCES_MAX]> {
    let mut references = [0; REFERENCES_MAX];
    let mut places = references.iter_mut();
    while let Some(back) = next(bits)? {
        *places.next()? = back;
    }
    Some(references)
}

/// A reference of a template (`template_fdiffs`).
fn template_reference(bits: &mut Bits<'_>) -> Option<Option<u16>> {
    if !bits.flag()? {
        return Some(None);
    }
    Some(Some(u16::from(bits.byte(4)?) + 1))
}

/// A reference of one frame (`frame_fdiffs`).
fn own_reference(bits: &mut Bits<'_>) -> Option<Option<u16>> {
    let size = bits.byte(2)?;
    if size == 0 {
        return Some(None);
    }
    let back = u16::try_from(bits.read(size * 4)?).ok()?;
    Some(Some(back + 1))
}

/// Which frames no receiver may miss: their references say so too. Returns how many chains there are.
fn skip_chains(bits: &mut Bits<'_>, targets: u8, templates: usize) -> Option<u8> {
    let chains = bits.below(targets + 1)?;
    if chains > 0 {
        (0..targets).try_for_each(|_| bits.below(chains).map(|_| ()))?;
        let differences = templates * usize::from(chains);
        (0..differences).try_for_each(|_| bits.read(4).map(|_| ()))?;
    }
    Some(chains)
}
