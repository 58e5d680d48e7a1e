//! Speech models out of strangers' packages: what the converter writes and the check accepts is whole.

use crate::Target;
use visio_speech::engine::whisper::check;
use visio_speech::engine::whisper::convert::{text_tokens, to_ggml};

pub(super) const WEIGHTS: Target = Target {
    name: "model weights",
    seeds: weights,
    check: check_weights,
    share: 4,
};

pub(super) const TOKENIZER: Target = Target {
    name: "tokenizer",
    seeds: tokenizers,
    check: check_tokenizer,
    share: 1,
};

pub(super) const FORMAT: Target = Target {
    name: "ggml",
    seeds: headers,
    check: check_format,
    share: 1,
};

const TOKENIZER_JSON: &str =
    r#"{"model":{"vocab":{"\u0120the":1,"a":0,"<|x|>":3}},"added_tokens":[{"id":3}]}"#;

/// Numbers in the header of a ggml file, before the mel filters.
const HEADER_BYTES: usize = 14 * 4;
/// The mel filters of 80 bands: they are zero here, so that inputs stay small.
const FILTER_BYTES: usize = 80 * 201 * 4;
/// A CTranslate2 file: one layer a side, eight numbers wide.
fn weights() -> Vec<Vec<u8>> {
    let (mut tensors, mut count) = (Vec::new(), 0_u32);
    let mut tensor = |name: &str, kind: u8, shape: &[u32]| {
        let item_bytes = if kind == 4 { 2 } else { 1 };
        let bytes = shape.iter().product::<u32>() * item_bytes;
        text(&mut tensors, name);
        tensors.push(u8::try_from(shape.len()).unwrap_or_default());
        tensors.extend(shape.iter().flat_map(|size| size.to_le_bytes()));
        tensors.push(kind);
        tensors.extend(bytes.to_le_bytes());
        tensors.resize(tensors.len() + bytes as usize, 1);
        count += 1;
    };
    for (name, shape) in [
        ("encoder/conv1/weight", &[8, 80, 3][..]),
        ("encoder/conv1/bias", &[8]),
        ("encoder/conv2/weight", &[8, 8, 3]),
        ("encoder/conv2/bias", &[8]),
        ("decoder/embeddings/weight", &[4, 8]),
    ] {
        tensor(name, 4, shape);
    }
    for side in ["encoder", "decoder"] {
        tensor(&format!("{side}/num_heads"), 1, &[]);
        tensor(&format!("{side}/position_encodings/encodings"), 4, &[4, 8]);
        let layer = format!("{side}/layer_0");
        let own = format!("{layer}/self_attention");
        let cross = format!("{layer}/attention");
        let feed = format!("{layer}/ffn");
        for norm in [side, &own, &cross, &feed] {
            tensor(&format!("{norm}/layer_norm/gamma"), 4, &[8]);
            tensor(&format!("{norm}/layer_norm/beta"), 4, &[8]);
        }
        for (linear, rows) in [
            (format!("{own}/linear_0"), 24),
            (format!("{own}/linear_1"), 8),
            (format!("{cross}/linear_0"), 8),
            (format!("{cross}/linear_1"), 16),
            (format!("{cross}/linear_2"), 8),
            (format!("{feed}/linear_0"), 8),
            (format!("{feed}/linear_1"), 8),
        ] {
            tensor(&format!("{linear}/weight"), 4, &[rows, 8]);
            tensor(&format!("{linear}/bias"), 4, &[rows]);
        }
    }
    let mut file = 6_u32.to_le_bytes().to_vec();
    text(&mut file, "WhisperSpec");
    file.extend(3_u32.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(tensors);
    file.extend(1_u32.to_le_bytes());
    text(&mut file, "decoder/projection/weight");
    text(&mut file, "decoder/embeddings/weight");
    vec![file]
}

fn text(file: &mut Vec<u8>, value: &str) {
    let length = u16::try_from(value.len() + 1).unwrap_or(u16::MAX);
    file.extend(length.to_le_bytes());
    file.extend(value.as_bytes());
    file.push(0);
}

fn check_weights(input: &[u8]) {
    if let Ok(model) = to_ggml(input, TOKENIZER_JSON.as_bytes()) {
        assert_eq!(check(&model), Ok(()), "a model was written that is none");
    }
}

fn tokenizers() -> Vec<Vec<u8>> {
    vec![TOKENIZER_JSON.as_bytes().to_vec()]
}

fn check_tokenizer(input: &[u8]) {
    if let Ok(tokens) = text_tokens(input) {
        let bytes: usize = tokens.iter().map(Vec::len).sum();
        assert!(bytes <= input.len(), "tokens out of nothing");
    }
}

/// A header, then what stands behind the mel filters: one token and one small tensor.
fn headers() -> Vec<Vec<u8>> {
    let header = [
        0x6767_6d6c,
        51_865,
        1500,
        512,
        8,
        6,
        448,
        512,
        8,
        6,
        80,
        1,
        80,
        201,
    ];
    let mut seed: Vec<u8> = header.iter().flat_map(|n: &i32| n.to_le_bytes()).collect();
    seed.extend([1, 2].iter().flat_map(|n: &i32| n.to_le_bytes()));
    seed.extend(b"hi");
    seed.extend([2, 4, 1, 3, 2].iter().flat_map(|n: &i32| n.to_le_bytes()));
    seed.extend(b"name");
    seed.extend([0; 12]);
    vec![seed]
}

/// A file that passes does not pass without its last byte: whisper.cpp would read behind its end.
fn check_format(input: &[u8]) {
    let Some((header, rest)) = input.split_at_checked(HEADER_BYTES) else {
        return;
    };
    let file = [header, &vec![0; FILTER_BYTES], rest].concat();
    if check(&file).is_ok() {
        let cut = file.split_last().map_or(&[][..], |(_, cut)| cut);
        assert!(check(cut).is_err(), "a file that was cut short passes");
    }
}
