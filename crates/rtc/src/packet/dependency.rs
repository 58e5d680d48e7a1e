//! The dependency descriptor (AV1 RTP specification, appendix A): which frame a packet is of, its
//! layers, and the frames that it needs. Chromium sends it with AV1 and with VP9.

use super::bits::Bits;

/// A template's id has six bits.
const TEMPLATES_MAX: usize = 64;

/// AV1 and VP9 have fewer; a descriptor with more is not read.
const SPATIAL_ID_MAX: u8 = 3;
const TEMPORAL_ID_MAX: u8 = 7;

/// AV1's decoder keeps eight frames; a descriptor with more references is not read.
const REFERENCES_MAX: usize = 8;

/// Where the frame number is.
const FRAME_NUMBER: std::ops::Range<usize> = 1..3;

/// What the descriptor of one packet says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    pub starts_frame: bool,
    pub ends_frame: bool,
    pub frame_number: u16,
    pub frame: Frame,
    /// What the templates of this packet and of those behind it are, where it says so.
    pub structure: Option<Structure>,
    /// A bit for each decode target that is sent from here on, where it says so.
    pub active_targets: Option<u32>,
}

/// A frame's layers and what it depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    pub spatial_id: u8,
    pub temporal_id: u8,
    /// Two bits for each decode target.
    indications: u64,
    /// How many frames back each frame is that this one refers to; 0 is none.
    references: [u16; REFERENCES_MAX],
}

/// What a frame is to a decode target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indication {
    Absent,
    Discardable,
    /// Who can decode this frame can decode all that follow for the target.
    Switch,
    Required,
}

/// The templates that the packets of a stream refer to, until another structure replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    first_template: u8,
    templates: Vec<Frame>,
    /// The spatial layer of each decode target.
    targets: Vec<u8>,
    chains: u8,
}

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

impl Frame {
    /// What it is to the decode target of that number.
    #[must_use]
    pub fn indication(&self, target: usize) -> Indication {
        let shift = u32::try_from(target).map_or(u64::BITS, |target| target.saturating_mul(2));
        match self.indications.checked_shr(shift).unwrap_or(0) & 3 {
            0 => Indication::Absent,
            1 => Indication::Discardable,
            2 => Indication::Switch,
            _ => Indication::Required,
        }
    }

    /// How many frames back each frame is that this one refers to.
    pub fn references(&self) -> impl Iterator<Item = u16> {
        self.references.into_iter().take_while(|&back| back > 0)
    }
}

impl Structure {
    /// How many spatial layers the stream may have.
    #[must_use]
    pub fn spatial_layers(&self) -> u8 {
        let highest = self.templates.iter().map(|template| template.spatial_id);
        highest.max().map_or(0, |highest| highest + 1)
    }

    /// How many spatial layers are sent while these decode targets are.
    #[must_use]
    pub fn active_spatial_layers(&self, active_targets: u32) -> u8 {
        let targets = self.targets.iter().enumerate();
        let active = targets.filter(|&(target, _)| active_targets >> target & 1 == 1);
        active.map(|(_, &spatial)| spatial + 1).max().unwrap_or(0)
    }

    /// Whether who can decode `frame` can go on with its spatial layer.
    #[must_use]
    pub fn begins_layer(&self, frame: &Frame) -> bool {
        let mut targets = self.targets.iter().enumerate();
        targets.any(|(target, &spatial)| {
            spatial == frame.spatial_id && frame.indication(target) == Indication::Switch
        })
    }

    fn target_count(&self) -> u8 {
        u8::try_from(self.targets.len()).unwrap_or(0)
    }

    fn template(&self, id: u8) -> Option<&Frame> {
        let index = usize::from(id.wrapping_sub(self.first_template)) % TEMPLATES_MAX;
        self.templates.get(index)
    }

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

/// The frame number of a descriptor.
#[must_use]
pub fn frame_number(descriptor: &[u8]) -> Option<u16> {
    let number = descriptor.get(FRAME_NUMBER)?;
    Some(u16::from_be_bytes(number.try_into().ok()?))
}

/// Writes another frame number into a descriptor.
pub fn set_frame_number(descriptor: &mut [u8], number: u16) {
    if let Some(place) = descriptor.get_mut(FRAME_NUMBER) {
        place.copy_from_slice(&number.to_be_bytes());
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

#[cfg(test)]
mod tests;
