//! Writes a Whisper model in the ggml format (half precision).

mod writer;

use super::ConvertError;
use super::ctranslate::{Tensor, Tensors};
use super::mel;
use writer::Writer;

const MAGIC: i32 = 0x6767_6d6c;
const AUDIO_CONTEXT: usize = 1500;
const TEXT_CONTEXT: usize = 448;
const HALF_PRECISION: usize = 1;

/// Frequency bands of Whisper's models: 80, and 128 since large-v3.
const BANDS: [usize; 2] = [80, 128];

/// Header, mel filters, vocabulary and all weights.
pub(super) fn write(
    tensors: &Tensors<'_>,
    vocabulary: &[Vec<u8>],
) -> Result<Vec<u8>, ConvertError> {
    let mut out = Writer::new(tensors.file_bytes());
    let state = dimension(tensors.get("encoder/conv1/bias")?, 0)?;
    let bands = dimension(tensors.get("encoder/conv1/weight")?, 1)?;
    if !BANDS.contains(&bands) {
        return Err(ConvertError::Weights("it has neither 80 nor 128 bands"));
    }
    out.int(MAGIC);
    let heads = |side: &str| tensors.get(&format!("{side}/num_heads"))?.number();
    out.size(dimension(tensors.get("decoder/embeddings/weight")?, 0)?)?;
    for (side, context) in [("encoder", AUDIO_CONTEXT), ("decoder", TEXT_CONTEXT)] {
        out.size(context)?;
        out.size(state)?;
        out.int(heads(side)?);
        out.size(tensors.layers(side)?)?;
    }
    out.size(bands)?;
    out.size(HALF_PRECISION)?;
    out.size(bands)?;
    out.size(mel::FILTER_WIDTH)?;
    for weight in mel::filters(bands) {
        out.put(&weight.to_le_bytes());
    }
    out.size(vocabulary.len())?;
    for token in vocabulary {
        out.size(token.len())?;
        out.put(token);
    }
    weights(tensors, state, &mut out)?;
    Ok(out.bytes)
}

fn weights(tensors: &Tensors<'_>, state: usize, out: &mut Writer) -> Result<(), ConvertError> {
    let mut copy = |name: &str, source: &str| out.tensor(name, tensors.get(source)?);
    for convolution in ["conv1", "conv2"] {
        for part in ["weight", "bias"] {
            copy(
                &format!("encoder.{convolution}.{part}"),
                &format!("encoder/{convolution}/{part}"),
            )?;
        }
    }
    for side in ["encoder", "decoder"] {
        copy(
            &format!("{side}.positional_embedding"),
            &format!("{side}/position_encodings/encodings"),
        )?;
    }
    copy(
        "decoder.token_embedding.weight",
        "decoder/embeddings/weight",
    )?;
    norm("encoder.ln_post", "encoder/layer_norm", &mut copy)?;
    norm("decoder.ln", "decoder/layer_norm", &mut copy)?;
    for side in ["encoder", "decoder"] {
        for layer in 0..tensors.layers(side)? {
            block(tensors, state, (side, layer), out)?;
        }
    }
    Ok(())
}

fn norm(
    name: &str,
    source: &str,
    copy: &mut impl FnMut(&str, &str) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    copy(&format!("{name}.weight"), &format!("{source}/gamma"))?;
    copy(&format!("{name}.bias"), &format!("{source}/beta"))
}

/// One layer: CTranslate2 joins query, key and value, which ggml keeps apart.
fn block(
    tensors: &Tensors<'_>,
    state: usize,
    (side, layer): (&str, usize),
    out: &mut Writer,
) -> Result<(), ConvertError> {
    let name = format!("{side}.blocks.{layer}");
    let source = format!("{side}/layer_{layer}");
    let thirds = [(0, state), (state, 2 * state), (2 * state, 3 * state)];
    let own = format!("{source}/self_attention");
    let mut layer = Layer { tensors, out };
    layer.norm(&format!("{name}.attn_ln"), &own)?;
    layer.joined(
        &format!("{name}.attn"),
        &format!("{own}/linear_0"),
        &["query", "key", "value"],
        &thirds,
    )?;
    layer.linear(&format!("{name}.attn.out"), &format!("{own}/linear_1"))?;
    if side == "decoder" {
        let cross = format!("{source}/attention");
        layer.norm(&format!("{name}.cross_attn_ln"), &cross)?;
        layer.linear(
            &format!("{name}.cross_attn.query"),
            &format!("{cross}/linear_0"),
        )?;
        layer.joined(
            &format!("{name}.cross_attn"),
            &format!("{cross}/linear_1"),
            &["key", "value"],
            &thirds,
        )?;
        layer.linear(
            &format!("{name}.cross_attn.out"),
            &format!("{cross}/linear_2"),
        )?;
    }
    layer.norm(&format!("{name}.mlp_ln"), &format!("{source}/ffn"))?;
    layer.linear(&format!("{name}.mlp.0"), &format!("{source}/ffn/linear_0"))?;
    layer.linear(&format!("{name}.mlp.2"), &format!("{source}/ffn/linear_1"))
}

struct Layer<'a, 'b> {
    tensors: &'a Tensors<'b>,
    out: &'a mut Writer,
}

impl Layer<'_, '_> {
    fn norm(&mut self, name: &str, source: &str) -> Result<(), ConvertError> {
        let mut copy = |name: &str, source: &str| self.out.tensor(name, self.tensors.get(source)?);
        norm(name, &format!("{source}/layer_norm"), &mut copy)
    }

    fn linear(&mut self, name: &str, source: &str) -> Result<(), ConvertError> {
        for part in ["weight", "bias"] {
            let tensor = self.tensors.get(&format!("{source}/{part}"))?;
            self.out.tensor(&format!("{name}.{part}"), tensor)?;
        }
        Ok(())
    }

    /// Cuts a joined tensor into its parts; Whisper's keys have no bias.
    fn joined(
        &mut self,
        name: &str,
        source: &str,
        parts: &[&str],
        rows: &[(usize, usize)],
    ) -> Result<(), ConvertError> {
        let weight = self.tensors.get(&format!("{source}/weight"))?;
        let bias = self.tensors.get(&format!("{source}/bias"))?;
        for (part, (from, to)) in parts.iter().zip(rows) {
            self.out
                .tensor(&format!("{name}.{part}.weight"), &weight.rows(*from, *to)?)?;
            if *part != "key" {
                self.out
                    .tensor(&format!("{name}.{part}.bias"), &bias.rows(*from, *to)?)?;
            }
        }
        Ok(())
    }
}

fn dimension(tensor: &Tensor<'_>, index: usize) -> Result<usize, ConvertError> {
    let size = tensor.shape.get(index).copied();
    size.ok_or(ConvertError::Weights("a tensor has too few dimensions"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::whisper::convert::ctranslate::tests::file;

    #[test]
    fn a_model_without_its_tensors_is_refused() {
        let file = file(&[]);
        let tensors = Tensors::read(&file).unwrap();
        assert!(matches!(
            write(&tensors, &[]),
            Err(ConvertError::NoTensor(_))
        ));
    }
}
