//! Checks a Whisper model file of the ggml format from its first byte to its last.

#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

/// What is wrong with a model file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("the file is no ggml model (its first bytes are not \"lmgg\")")]
    Magic,
    #[error("the file ends too early; it was cut while it was copied or downloaded")]
    Truncated,
    #[error("the header says {what} = {value}, which no Whisper model has")]
    Header { what: &'static str, value: i64 },
    #[error("tensor {name:?} is broken")]
    Tensor { name: String },
    #[error("the file holds no weights")]
    Empty,
}

const MAGIC: i32 = 0x6767_6d6c;

/// Frequencies of the 400-sample Fourier transform behind Whisper's mel filters.
const FILTER_WIDTH: i32 = 201;

/// Longest token of Whisper's vocabulary, generously.
const TOKEN_BYTES_MAX: i32 = 1024;

const NAME_BYTES_MAX: i32 = 128;

/// Checks that every length in the file fits the file: whisper.cpp trusts them.
pub fn check(bytes: &[u8]) -> Result<(), FormatError> {
    let mut reader = Reader(bytes);
    if reader.int()? != MAGIC {
        return Err(FormatError::Magic);
    }
    let header = Header::read(&mut reader)?;
    header.check()?;
    expect("mel filters", reader.int()?, header.mels..=header.mels)?;
    expect("filter width", reader.int()?, FILTER_WIDTH..=FILTER_WIDTH)?;
    reader.skip(i64::from(header.mels) * i64::from(FILTER_WIDTH) * 4)?;
    let tokens = expect(
        "vocabulary in the file",
        reader.int()?,
        0..=header.vocabulary,
    )?;
    for _ in 0..tokens {
        let length = expect("token length", reader.int()?, 0..=TOKEN_BYTES_MAX)?;
        reader.skip(i64::from(length))?;
    }
    if reader.0.is_empty() {
        return Err(FormatError::Empty);
    }
    while !reader.0.is_empty() {
        check_tensor(&mut reader)?;
    }
    Ok(())
}

struct Header {
    vocabulary: i32,
    audio: Dimensions,
    text: Dimensions,
    mels: i32,
    quantisation: i32,
}

struct Dimensions {
    context: i32,
    state: i32,
    heads: i32,
    layers: i32,
}

impl Header {
    fn read(reader: &mut Reader<'_>) -> Result<Self, FormatError> {
        Ok(Self {
            vocabulary: reader.int()?,
            audio: Dimensions::read(reader)?,
            text: Dimensions::read(reader)?,
            mels: reader.int()?,
            quantisation: reader.int()?,
        })
    }

    fn check(&self) -> Result<(), FormatError> {
        expect("vocabulary", self.vocabulary, 51_864..=51_866)?;
        self.audio.check()?;
        self.text.check()?;
        expect(
            "text state",
            self.text.state,
            self.audio.state..=self.audio.state,
        )?;
        // whisper.cpp names a model by these depths and throws on any other.
        if ![4, 6, 12, 24, 32].contains(&self.audio.layers) {
            return Err(FormatError::Header {
                what: "audio layers",
                value: self.audio.layers.into(),
            });
        }
        if ![80, 128].contains(&self.mels) {
            return Err(FormatError::Header {
                what: "mel bands",
                value: self.mels.into(),
            });
        }
        expect("quantisation", self.quantisation % 1000, 0..=8).map(|_| ())
    }
}

impl Dimensions {
    fn read(reader: &mut Reader<'_>) -> Result<Self, FormatError> {
        Ok(Self {
            context: reader.int()?,
            state: reader.int()?,
            heads: reader.int()?,
            layers: reader.int()?,
        })
    }

    fn check(&self) -> Result<(), FormatError> {
        expect("context", self.context, 1..=1500)?;
        expect("state", self.state, 64..=2048)?;
        expect("heads", self.heads, 1..=32)?;
        expect("layers", self.layers, 1..=32)?;
        expect(
            "state left over by the heads",
            self.state % self.heads,
            0..=0,
        )
        .map(|_| ())
    }
}

fn check_tensor(reader: &mut Reader<'_>) -> Result<(), FormatError> {
    let dimensions = expect("tensor dimensions", reader.int()?, 1..=3)?;
    let name_bytes = expect("tensor name length", reader.int()?, 1..=NAME_BYTES_MAX)?;
    let kind = reader.int()?;
    let mut elements = 1_i64;
    let mut plausible = true;
    for _ in 0..dimensions {
        let size = i64::from(reader.int()?);
        plausible &= size > 0;
        elements = elements.saturating_mul(size);
    }
    let name = String::from_utf8_lossy(reader.take(i64::from(name_bytes))?).into_owned();
    let bytes = block(kind)
        .filter(|(block, _)| plausible && elements <= i64::from(i32::MAX) && elements % block == 0)
        .map(|(block, bytes)| elements / block * bytes)
        .ok_or(FormatError::Tensor { name })?;
    reader.skip(bytes)
}

/// Elements and bytes of one block of a ggml type.
fn block(kind: i32) -> Option<(i64, i64)> {
    match kind {
        0 => Some((1, 4)),
        1 => Some((1, 2)),
        2 => Some((32, 18)),
        3 => Some((32, 20)),
        6 => Some((32, 22)),
        7 => Some((32, 24)),
        8 => Some((32, 34)),
        _ => None,
    }
}

fn expect(
    what: &'static str,
    value: i32,
    allowed: std::ops::RangeInclusive<i32>,
) -> Result<i32, FormatError> {
    if allowed.contains(&value) {
        Ok(value)
    } else {
        Err(FormatError::Header {
            what,
            value: value.into(),
        })
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: i64) -> Result<&'a [u8], FormatError> {
        let length = usize::try_from(length).map_err(|_| FormatError::Truncated)?;
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(FormatError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn skip(&mut self, length: i64) -> Result<(), FormatError> {
        self.take(length).map(|_| ())
    }

    fn int(&mut self) -> Result<i32, FormatError> {
        let (bytes, rest) = self
            .0
            .split_first_chunk::<4>()
            .ok_or(FormatError::Truncated)?;
        self.0 = rest;
        Ok(i32::from_le_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A file that adds up, with one token and one small tensor.
    fn small() -> Vec<u8> {
        let header = [
            MAGIC,
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
            FILTER_WIDTH,
        ];
        let mut file: Vec<u8> = header
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        file.resize(file.len() + 80 * 201 * 4, 0);
        for value in [1_i32, 2] {
            file.extend(value.to_le_bytes());
        }
        file.extend(b"hi");
        for value in [2_i32, 4, 1, 3, 2] {
            file.extend(value.to_le_bytes());
        }
        file.extend(b"name");
        file.extend([0; 12]);
        file
    }

    #[test]
    fn a_file_that_adds_up_passes() {
        assert_eq!(check(&small()), Ok(()));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let file = small();
        for length in (0..file.len()).filter(|length| length % 97 == 0 || length + 40 > file.len())
        {
            assert!(
                check(&file[..length]).is_err(),
                "cut to {length} of {}",
                file.len()
            );
        }
    }

    #[test]
    fn sizes_that_no_model_has_are_refused() {
        let mut file = small();
        file[4..8].copy_from_slice(&i32::MAX.to_le_bytes());
        assert_eq!(
            check(&file),
            Err(FormatError::Header {
                what: "vocabulary",
                value: i32::MAX.into()
            })
        );
    }

    proptest! {
        #[test]
        fn a_changed_byte_never_panics(at in 0_usize..200, byte in any::<u8>()) {
            let mut file = small();
            let place = if at < 100 { at } else { file.len() - (at - 99) };
            file[place] = byte;
            let _ = check(&file);
        }
    }
}
