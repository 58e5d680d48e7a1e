//! Writes a Whisper model in the ggml format (half precision).

use super::ConvertError;
use super::ctranslate::{Kind, Tensor, Tensors};
use super::mel;

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

struct Writer {
    bytes: Vec<u8>,
    /// What tensors may still be copied: aliases could repeat a large one until the memory is full.
    weights_left: usize,
}

impl Writer {
    fn new(weights_max: usize) -> Self {
        Self {
            bytes: Vec::new(),
            weights_left: weights_max,
        }
    }

    fn tensor(&mut self, name: &str, tensor: &Tensor<'_>) -> Result<(), ConvertError> {
        if tensor.kind != Kind::Float16 {
            return Err(ConvertError::Precision(name.to_owned()));
        }
        self.weights_left =
            self.weights_left
                .checked_sub(tensor.bytes.len())
                .ok_or(ConvertError::Weights(
                    "its layers hold more than the whole file",
                ))?;
        // ggml adds the bias of a convolution along the other dimension.
        let convolution_bias = name.starts_with("encoder.conv") && name.ends_with("bias");
        let mut shape = tensor.shape.clone();
        if convolution_bias {
            shape.push(1);
        }
        let single = shape.len() < 2 || convolution_bias || name.ends_with("positional_embedding");
        self.size(shape.len())?;
        self.size(name.len())?;
        self.size(usize::from(!single))?;
        for size in shape.iter().rev() {
            self.size(*size)?;
        }
        self.put(name.as_bytes());
        if single {
            let (halves, _) = tensor.bytes.as_chunks::<2>();
            let singles = halves
                .iter()
                .map(|half| single_of(u16::from_le_bytes(*half)));
            self.bytes.extend(singles.flat_map(f32::to_le_bytes));
        } else {
            self.put(tensor.bytes);
        }
        Ok(())
    }

    fn size(&mut self, value: usize) -> Result<(), ConvertError> {
        let value =
            i32::try_from(value).map_err(|_| ConvertError::Weights("a size is too large"))?;
        self.int(value);
        Ok(())
    }

    fn int(&mut self, value: i32) {
        self.put(&value.to_le_bytes());
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}

fn dimension(tensor: &Tensor<'_>, index: usize) -> Result<usize, ConvertError> {
    let size = tensor.shape.get(index).copied();
    size.ok_or(ConvertError::Weights("a tensor has too few dimensions"))
}

/// IEEE 754 half precision to single.
fn single_of(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(half >> 10 & 0x1f);
    let fraction = f32::from(half & 0x3ff) / 1024.0;
    match exponent {
        0 => sign * fraction * 2.0_f32.powi(-14),
        0x1f if fraction == 0.0 => sign * f32::INFINITY,
        0x1f => f32::NAN,
        _ => sign * (1.0 + fraction) * 2.0_f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::whisper::convert::ctranslate::tests::file;

    #[test]
    fn half_precision_is_widened_exactly() {
        for (half, single) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0x7bff, 65_504.0),
            (0x8000, -0.0),
        ] {
            assert_eq!(
                single_of(half).to_bits(),
                f32::to_bits(single),
                "{half:#06x}"
            );
        }
        assert!(single_of(0x7e00).is_nan() && single_of(0xfc00).is_infinite());
    }

    #[test]
    fn a_matrix_stays_half_and_a_vector_becomes_single() {
        let file = file(&[
            ("matrix", &[1, 2], &[0, 0x3c, 0, 0x40]),
            ("vector", &[1], &[0, 0x3c]),
        ]);
        let tensors = Tensors::read(&file).unwrap();
        let mut out = Writer::new(file.len());
        out.tensor("m", tensors.get("matrix").unwrap()).unwrap();
        let expected: Vec<u8> = [2_i32, 1, 1, 2, 1]
            .iter()
            .flat_map(|n| n.to_le_bytes())
            .collect();
        assert_eq!(
            out.bytes,
            [&expected[..], b"m", &[0, 0x3c, 0, 0x40]].concat()
        );
        let mut out = Writer::new(file.len());
        out.tensor("v", tensors.get("vector").unwrap()).unwrap();
        assert!(out.bytes.ends_with(&1.0_f32.to_le_bytes()));
    }

    #[test]
    fn a_model_without_its_tensors_is_refused() {
        let file = file(&[]);
        let tensors = Tensors::read(&file).unwrap();
        assert!(matches!(
            write(&tensors, &[]),
            Err(ConvertError::NoTensor(_))
        ));
    }
    #[test]
    fn an_alias_that_repeats_a_large_tensor_does_not_fill_the_memory() {
        let file = file(&[("weight", &[2, 2], &[0; 8])]);
        let tensors = Tensors::read(&file).unwrap();
        let mut out = Writer::new(tensors.file_bytes());
        let copies = (0..100).take_while(|_| {
            let copied = out.tensor("m", tensors.get("alias").unwrap());
            copied.is_ok()
        });
        assert_eq!(copies.count(), file.len() / 8);
    }
}
