//! The dependency descriptor (AV1 RTP specification, appendix A): which frame a packet is of, its
//! layers, and the frames that it needs. Chromium sends it with AV1 and with VP9.

mod parse;

/// A template's id has six bits.
const TEMPLATES_MAX: usize = 64;

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

#[cfg(test)]
mod tests;
