//! Numbers and tensors as the ggml format has them.

use crate::engine::whisper::convert::ConvertError;
use crate::engine::whisper::convert::ctranslate::{Kind, Tensor};

pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
    /// What tensors may still be copied: aliases could repeat a large one until the memory is full.
    weights_left: usize,
}

impl Writer {
    pub(super) fn new(weights_max: usize) -> Self {
        Self {
            bytes: Vec::new(),
            weights_left: weights_max,
        }
    }

    pub(super) fn tensor(&mut self, name: &str, tensor: &Tensor<'_>) -> Result<(), ConvertError> {
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

    pub(super) fn size(&mut self, value: usize) -> Result<(), ConvertError> {
        let value =
            i32::try_from(value).map_err(|_| ConvertError::Weights("a size is too large"))?;
        self.int(value);
        Ok(())
    }

    pub(super) fn int(&mut self, value: i32) {
        self.put(&value.to_le_bytes());
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
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
    use crate::engine::whisper::convert::ctranslate::Tensors;
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
