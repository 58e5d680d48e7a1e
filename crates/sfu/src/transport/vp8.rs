//! The counters in VP8's payload descriptor (RFC 7741 section 4.2): read, and replaced in place.

use str0m::rtp::Vp8Descriptor;

/// What the descriptor counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vp8Numbers {
    descriptor: Vp8Descriptor,
    pub(crate) picture_id: Option<u16>,
    pub(crate) tl0: Option<u8>,
    pub(crate) key: Option<u8>,
}

/// Replaced counters, written over those of a payload when it is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vp8Patch(pub(super) str0m::rtp::Vp8Patch);

impl Vp8Numbers {
    /// Reads the descriptor of a VP8 payload.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let descriptor = Vp8Descriptor::parse(payload).ok()?;
        Some(Self {
            descriptor,
            picture_id: descriptor.picture_id(),
            tl0: descriptor.tl0_pic_idx(),
            key: descriptor.key_idx(),
        })
    }

    /// `None` where the descriptor holds a field in too few bits: that packet goes as it came.
    pub(crate) fn patch(&self, picture_id: u16, tl0: u8, key: u8) -> Option<Vp8Patch> {
        let mut builder = self.descriptor.patch();
        if self.picture_id.is_some() {
            builder = builder.picture_id(picture_id);
        }
        if self.tl0.is_some() {
            builder = builder.tl0_pic_idx(tl0);
        }
        if self.key.is_some() {
            builder = builder.key_idx(key);
        }
        builder.build().ok().map(Vp8Patch)
    }
}
