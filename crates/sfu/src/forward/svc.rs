//! Scalable video coding: one stream that carries several spatial layers, and what each packet of it
//! says of its frame.

pub(crate) mod filter;

use crate::forward::layer::LAYERS_MAX;
use crate::transport::format::Codec;
use visio_rtc::packet::dependency::{Descriptor, Frame, Structure};
use visio_rtc::packet::vp9;

/// What a packet of such a stream says of its frame: one spatial layer of a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayeredFrame {
    /// The index of its layer, worst first.
    pub(crate) spatial: usize,
    /// Whether the packet is the frame's first.
    pub(crate) is_started: bool,
    /// Whether the packet is the frame's last.
    pub(crate) is_ended: bool,
    pub(crate) needs: Needs,
}

/// What a decoder must have to begin with a frame's layer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Needs {
    /// By the dependency descriptor: the frames that this one refers to.
    Frames { number: u16, frame: Frame },
    /// By VP9's payload descriptor: no picture before, but perhaps the next lower layer of its own.
    Picture { uses_lower: bool },
    /// A decoder cannot begin here, as far as can be told.
    Unknown,
}

/// Reads the descriptors of one stream.
#[derive(Default)]
pub(crate) struct Reader {
    structure: Option<Structure>,
    spatial_layers: u8,
}

/// What a packet says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    /// `None` in a stream of one spatial layer.
    pub(crate) frame: Option<LayeredFrame>,
    /// How many spatial layers are sent from here on, where it says so.
    pub(crate) announced: Option<usize>,
}

impl Reader {
    /// Whether the stream carries several spatial layers.
    pub(crate) fn is_layered(&self) -> bool {
        self.spatial_layers > 1
    }

    /// Reads a packet: its dependency descriptor, or where that cannot be read the descriptor of
    /// VP9. What neither tells of is in the lowest layer.
    pub(crate) fn read(
        &mut self,
        codec: Codec,
        descriptor: Option<&[u8]>,
        payload: &[u8],
    ) -> Reading {
        if !matches!(codec, Codec::Vp9 | Codec::Av1) {
            return Reading::default();
        }
        let known = self.structure.as_ref();
        let descriptor = descriptor.and_then(|bytes| Descriptor::parse(bytes, known));
        let (frame, announced) = if let Some(descriptor) = descriptor {
            self.read_dependencies(descriptor)
        } else if codec == Codec::Vp9
            && let Some(descriptor) = vp9::Descriptor::parse(payload)
        {
            self.read_vp9(descriptor)
        } else {
            (UNTOLD, None)
        };
        Reading {
            frame: self.is_layered().then_some(frame),
            announced: announced.map(|layers| usize::from(layers).max(1)),
        }
    }

    fn read_dependencies(&mut self, descriptor: Descriptor) -> (LayeredFrame, Option<u8>) {
        if let Some(structure) = descriptor.structure {
            self.spatial_layers = structure.spatial_layers();
            self.structure = Some(structure);
        }
        let (frame, structure) = (descriptor.frame, self.structure.as_ref());
        let active = structure.zip(descriptor.active_targets);
        let announced = active.map(|(structure, targets)| structure.active_spatial_layers(targets));
        let begins = structure.is_some_and(|structure| structure.begins_layer(&frame));
        let needs = if begins {
            let number = descriptor.frame_number;
            Needs::Frames { number, frame }
        } else {
            Needs::Unknown
        };
        (
            layered(
                frame.spatial_id,
                (descriptor.starts_frame, descriptor.ends_frame),
                needs,
            ),
            announced,
        )
    }

    fn read_vp9(&mut self, descriptor: vp9::Descriptor) -> (LayeredFrame, Option<u8>) {
        let Some(layers) = descriptor.layers else {
            return (UNTOLD, None);
        };
        let announced = descriptor.spatial_layers;
        let at_least = announced.unwrap_or(self.spatial_layers);
        self.spatial_layers = at_least.max(layers.spatial_id + 1);
        let needs = if descriptor.is_predicted {
            Needs::Unknown
        } else {
            let uses_lower = layers.uses_lower;
            Needs::Picture { uses_lower }
        };
        (
            layered(
                layers.spatial_id,
                (descriptor.starts_frame, descriptor.ends_frame),
                needs,
            ),
            announced,
        )
    }
}

/// A packet whose frame is not known.
const UNTOLD: LayeredFrame = LayeredFrame {
    spatial: 0,
    is_started: false,
    is_ended: false,
    needs: Needs::Unknown,
};

/// Layers beyond the third count as the third: LiveKit has three qualities.
fn layered(spatial_id: u8, (is_started, is_ended): (bool, bool), needs: Needs) -> LayeredFrame {
    LayeredFrame {
        spatial: usize::from(spatial_id).min(LAYERS_MAX - 1),
        is_started,
        is_ended,
        needs,
    }
}

#[cfg(test)]
mod tests;
