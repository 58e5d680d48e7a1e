//! How likely each 16 ms of a track are somebody's voice.

/// Samples the detector takes at a time: 16 ms.
pub(crate) const FRAME_SAMPLES: usize = 256;

/// The detector with what is left over of an incomplete frame.
pub(crate) struct Voice {
    detector: Box<earshot::Detector>,
    rest: Vec<f32>,
    /// Where the first sample of `rest` lies.
    position: u64,
}

/// One frame with its place and its score, 0 (no voice) to 1.
pub(crate) struct ScoredFrame {
    pub(crate) position: u64,
    pub(crate) samples: Vec<f32>,
    pub(crate) score: f32,
}

impl Voice {
    pub(crate) fn new() -> Self {
        Self {
            detector: earshot::Detector::default_boxed(),
            rest: Vec::with_capacity(FRAME_SAMPLES),
            position: 0,
        }
    }

    /// Forgets what came before a break; the next samples lie at `position`.
    pub(crate) fn restart(&mut self, position: u64) {
        self.detector.reset();
        self.rest.clear();
        self.position = position;
    }

    /// Scores every frame that `samples` complete.
    pub(crate) fn push(&mut self, samples: &[f32]) -> Vec<ScoredFrame> {
        self.rest.extend(samples.iter().copied().map(bounded));
        let whole = self.rest.len() - self.rest.len() % FRAME_SAMPLES;
        let frames = self.rest.drain(..whole).collect::<Vec<f32>>();
        frames
            .chunks_exact(FRAME_SAMPLES)
            .map(|frame| self.score(frame))
            .collect()
    }

    fn score(&mut self, frame: &[f32]) -> ScoredFrame {
        let position = self.position;
        self.position += FRAME_SAMPLES as u64;
        let score = self.detector.predict_f32(frame);
        ScoredFrame {
            position,
            samples: frame.to_vec(),
            score,
        }
    }
}

/// A decoder of loud speech overshoots full scale, and hostile bytes may decode to anything; the
/// detector panics beyond it.
fn bounded(sample: f32) -> f32 {
    if sample.is_nan() {
        0.0
    } else {
        sample.clamp(-1.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_keep_their_place_however_the_samples_are_cut() {
        let mut voice = Voice::new();
        voice.restart(1000);
        let mut positions = Vec::new();
        for length in [100, 320, 320, 7, 320] {
            positions.extend(
                voice
                    .push(&vec![0.0; length])
                    .iter()
                    .map(|frame| frame.position),
            );
        }
        assert_eq!(positions, [1000, 1256, 1512, 1768]);
    }

    #[test]
    fn silence_is_no_voice() {
        let mut voice = Voice::new();
        let frames = voice.push(&vec![0.0; 16_000]);
        assert!(frames.iter().all(|frame| frame.score < 0.3));
    }

    #[test]
    fn eve_shouts_beyond_full_scale_and_nothing_breaks() {
        let mut voice = Voice::new();
        let frames = voice.push(&[9.0, -9.0, f32::NAN, f32::INFINITY].repeat(400));
        assert!(!frames.is_empty());
        assert!(
            frames
                .iter()
                .flat_map(|frame| &frame.samples)
                .all(|sample| sample.abs() <= 1.0)
        );
    }
}
