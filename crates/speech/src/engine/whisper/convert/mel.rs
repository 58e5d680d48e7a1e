//! The mel filters that Whisper was trained with (Slaney's scale, as in librosa).

const SAMPLE_RATE_HZ: f64 = 16_000.0;

/// Frequencies of the 400-sample Fourier transform.
pub(super) const FILTER_WIDTH: usize = 201;

/// Below this the scale is linear, above it logarithmic.
const LOGARITHMIC_FROM_HZ: f64 = 1000.0;
const LINEAR_STEP_HZ: f64 = 200.0 / 3.0;

/// `bands` filters of [`FILTER_WIDTH`] weights each, one after the other.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the file keeps the filters in single precision"
)]
pub(super) fn filters(bands: usize) -> Vec<f32> {
    let edges = edges(bands);
    let mut weights = Vec::with_capacity(bands * FILTER_WIDTH);
    for [low, middle, high] in edges.array_windows() {
        let area = 2.0 / (high - low);
        for bin in 0..FILTER_WIDTH {
            let frequency = bin as f64 * SAMPLE_RATE_HZ / 2.0 / (FILTER_WIDTH - 1) as f64;
            let rising = (frequency - low) / (middle - low);
            let falling = (high - frequency) / (high - middle);
            weights.push((rising.min(falling).max(0.0) * area) as f32);
        }
    }
    weights
}

/// Frequencies at equal steps of the mel scale, from 0 to half the sample rate.
fn edges(bands: usize) -> Vec<f64> {
    let logarithmic_from = LOGARITHMIC_FROM_HZ / LINEAR_STEP_HZ;
    let step = 6.4_f64.ln() / 27.0;
    let top = logarithmic_from + (SAMPLE_RATE_HZ / 2.0 / LOGARITHMIC_FROM_HZ).ln() / step;
    (0..=bands)
        .map(|edge| {
            let mel = edge as f64 * (top / (bands + 1) as f64);
            if mel < logarithmic_from {
                mel * LINEAR_STEP_HZ
            } else {
                LOGARITHMIC_FROM_HZ * ((mel - logarithmic_from) * step).exp()
            }
        })
        .chain([SAMPLE_RATE_HZ / 2.0])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_triangles_of_equal_area_that_cover_every_frequency() {
        let filters = filters(80);
        assert_eq!(filters.len(), 80 * FILTER_WIDTH);
        for band in filters.chunks(FILTER_WIDTH) {
            assert!(band.iter().any(|weight| *weight > 0.0));
        }
        for bin in 1..FILTER_WIDTH - 1 {
            let covered: f32 = filters.iter().skip(bin).step_by(FILTER_WIDTH).sum();
            assert!(covered > 0.0, "bin {bin}");
        }
    }
}
