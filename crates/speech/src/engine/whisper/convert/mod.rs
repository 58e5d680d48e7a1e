//! From a CTranslate2 model of Whisper and its tokenizer to one file in the ggml format: bytes to bytes.
//!
//! Both inputs come from strangers' packages, so every length in them is checked before it is used.

#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod ctranslate;
mod ggml;
mod mel;
mod vocabulary;

pub use vocabulary::read as text_tokens;

use super::FormatError;

/// Why no model could be made of the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    #[error("model.bin: {0}")]
    Weights(&'static str),
    #[error("model.bin has no tensor {0:?}")]
    NoTensor(String),
    #[error("model.bin: the tensor {0:?} is not of half precision")]
    Precision(String),
    #[error("tokenizer.json: {0}")]
    Tokenizer(String),
    #[error("the weights give no usable model: {0}")]
    Format(#[from] FormatError),
}

/// Converts half-precision weights; what it returns passes [`super::check`].
pub fn to_ggml(weights: &[u8], tokenizer: &[u8]) -> Result<Vec<u8>, ConvertError> {
    let tokens = text_tokens(tokenizer)?;
    let tensors = ctranslate::Tensors::read(weights)?;
    let model = ggml::write(&tensors, &tokens)?;
    super::check(&model)?;
    Ok(model)
}
