//! Which simulcast layer a subscriber should get: what they asked for, among what is there.

use visio_meeting::{Layer, LayerQuality, TrackSettings};

/// LiveKit's clients send at most three layers, named `q`, `h` and `f`.
pub(crate) const LAYERS_MAX: usize = 3;

/// A picture may be enlarged that much before the next layer is worth its bits, in percent.
const ENLARGEMENT_PERCENT: u32 = 110;

/// One layer of one encoding of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EncodedLayer {
    pub(crate) encoding: usize,
    pub(crate) layer: usize,
}

/// The index of a layer, worst first; a stream without layers has only the first.
pub(crate) fn index_of(rid: Option<&str>) -> usize {
    match rid {
        Some("h") => 1,
        Some("f") => 2,
        _ => 0,
    }
}

/// The best of an encoding's layers that a subscriber has use for; `None` while they look elsewhere.
pub(crate) fn wanted(layers: &[Layer], settings: &TrackSettings) -> Option<usize> {
    if settings.disabled {
        return None;
    }
    if layers.len() <= 1 {
        return Some(LAYERS_MAX - 1);
    }
    if settings.width == 0 || settings.height == 0 {
        return Some(index_of_quality(settings.quality));
    }
    let covers = |have: u32, want: u32| have.saturating_mul(ENLARGEMENT_PERCENT) / 100 >= want;
    let smallest = layers
        .iter()
        .filter(|layer| {
            covers(layer.width, settings.width) && covers(layer.height, settings.height)
        })
        .map(|layer| index_of_quality(layer.quality))
        .min();
    Some(smallest.unwrap_or(LAYERS_MAX - 1))
}

/// The best layer that flows and is no better than `highest`; failing that the worst that flows.
pub(crate) fn choose(flowing: [bool; LAYERS_MAX], highest: usize) -> Option<usize> {
    let flows = |layer: &usize| flowing.get(*layer).copied().unwrap_or(false);
    (0..=highest)
        .rev()
        .find(flows)
        .or_else(|| (0..LAYERS_MAX).find(flows))
}

pub(crate) fn index_of_quality(quality: LayerQuality) -> usize {
    match quality {
        LayerQuality::Low => 0,
        LayerQuality::Medium => 1,
        LayerQuality::High => 2,
    }
}

/// The quality of a layer, for the publisher's clients.
pub(crate) fn quality_of(index: usize) -> LayerQuality {
    LayerQuality::ALL.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_best_flowing_layer_below_the_wish_is_chosen() {
        assert_eq!(choose([true, true, true], 1), Some(1));
        assert_eq!(choose([true, false, true], 1), Some(0));
        assert_eq!(choose([true, true, true], 2), Some(2));
    }

    #[test]
    fn something_is_better_than_nothing() {
        assert_eq!(choose([false, false, true], 0), Some(2));
        assert_eq!(choose([false; 3], 2), None);
    }

    #[test]
    fn bob_shows_alice_small_and_gets_the_small_layer() {
        let camera = camera();
        let sized = |width, height| TrackSettings {
            width,
            height,
            ..TrackSettings::default()
        };
        assert_eq!(wanted(&camera, &sized(160, 90)), Some(0));
        assert_eq!(
            wanted(&camera, &sized(340, 190)),
            Some(0),
            "a little enlargement is fine"
        );
        assert_eq!(wanted(&camera, &sized(640, 360)), Some(1));
        assert_eq!(wanted(&camera, &sized(1920, 1080)), Some(2));
    }

    #[test]
    fn bob_asks_by_quality_or_looks_elsewhere() {
        let camera = camera();
        let low = TrackSettings {
            quality: LayerQuality::Low,
            ..TrackSettings::default()
        };
        assert_eq!(wanted(&camera, &low), Some(0));
        let disabled = TrackSettings {
            disabled: true,
            ..TrackSettings::default()
        };
        assert_eq!(wanted(&camera, &disabled), None);
    }

    proptest! {
        /// What is chosen flows; nothing better than wished is sent while something else flows.
        #[test]
        fn the_choice_flows_and_keeps_to_the_wish(flowing: [bool; LAYERS_MAX], highest in 0..LAYERS_MAX) {
            let modest = (0..=highest).rev().find(|&layer| flowing[layer]);
            let any = (0..LAYERS_MAX).find(|&layer| flowing[layer]);
            prop_assert_eq!(choose(flowing, highest), modest.or(any));
        }
    }

    fn camera() -> [Layer; 3] {
        let layer = |quality, width, height| Layer {
            quality,
            width,
            height,
            bitrate_bps: 0,
            ssrc: 0,
            spatial_layer: 0,
            rid: String::new(),
        };
        [
            layer(LayerQuality::Low, 320, 180),
            layer(LayerQuality::Medium, 640, 360),
            layer(LayerQuality::High, 1280, 720),
        ]
    }
}
