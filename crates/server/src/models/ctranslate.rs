//! Reads the binary format of CTranslate2 models (revision 6): named tensors, then aliases.

use super::ModelError;
use std::collections::BTreeMap;

/// The revision of the container that this reader understands.
const REVISION: u32 = 6;

/// More tensors than any Whisper model has.
const TENSORS_MAX: u32 = 10_000;

/// How the numbers of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Float32,
    Float16,
    Int8,
    Int16,
    Int32,
}

impl Kind {
    fn bytes(self) -> usize {
        match self {
            Self::Float32 | Self::Int32 => 4,
            Self::Float16 | Self::Int16 => 2,
            Self::Int8 => 1,
        }
    }
}

/// One tensor, its numbers as they lie in the file.
#[derive(Debug, Clone)]
pub(super) struct Tensor<'a> {
    pub(super) kind: Kind,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: &'a [u8],
}

impl<'a> Tensor<'a> {
    /// Rows `from` to `to` of the first dimension.
    pub(super) fn rows(&self, from: usize, to: usize) -> Result<Self, ModelError> {
        let row = self.shape.iter().skip(1).product::<usize>() * self.kind.bytes();
        let bytes = self
            .bytes
            .get(from * row..to * row)
            .ok_or_else(|| bad("a tensor is too small"))?;
        let mut shape = self.shape.clone();
        if let Some(first) = shape.first_mut() {
            *first = to - from;
        }
        Ok(Self {
            kind: self.kind,
            shape,
            bytes,
        })
    }

    /// A single small whole number.
    pub(super) fn number(&self) -> Result<i32, ModelError> {
        match (self.kind, self.bytes) {
            (Kind::Int8, [byte]) => Ok(byte.cast_signed().into()),
            (Kind::Int16, [low, high]) => Ok(i16::from_le_bytes([*low, *high]).into()),
            (Kind::Int32, [a, b, c, d]) => Ok(i32::from_le_bytes([*a, *b, *c, *d])),
            _ => Err(bad("a number was expected")),
        }
    }
}

/// All tensors of a model by name.
pub(super) struct Tensors<'a>(BTreeMap<String, Tensor<'a>>);

impl<'a> Tensors<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, ModelError> {
        let mut reader = Reader(bytes);
        if reader.u32()? != REVISION {
            return Err(bad("model.bin is of another revision of the format"));
        }
        reader.text()?;
        reader.u32()?;
        let count = reader.u32()?.min(TENSORS_MAX);
        let mut tensors = BTreeMap::new();
        for _ in 0..count {
            let name = reader.text()?;
            tensors.insert(name, reader.tensor()?);
        }
        for _ in 0..reader.u32()?.min(TENSORS_MAX) {
            let (alias, name) = (reader.text()?, reader.text()?);
            if let Some(tensor) = tensors.get(&name).cloned() {
                tensors.insert(alias, tensor);
            }
        }
        Ok(Self(tensors))
    }

    pub(super) fn get(&self, name: &str) -> Result<&Tensor<'a>, ModelError> {
        self.0
            .get(name)
            .ok_or_else(|| bad(&format!("there is no tensor {name}")))
    }

    /// How many layers a side (`encoder`, `decoder`) has.
    pub(super) fn layers(&self, side: &str) -> usize {
        (0..TENSORS_MAX as usize)
            .take_while(|layer| {
                self.0
                    .contains_key(&format!("{side}/layer_{layer}/ffn/linear_0/weight"))
            })
            .count()
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ModelError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| bad("model.bin ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let (number, rest) = self
            .0
            .split_first_chunk()
            .ok_or_else(|| bad("model.bin ends too early"))?;
        self.0 = rest;
        Ok(*number)
    }

    fn u32(&mut self) -> Result<u32, ModelError> {
        self.number().map(u32::from_le_bytes)
    }

    /// A length of two bytes, the text, and a zero that the length counts.
    fn text(&mut self) -> Result<String, ModelError> {
        let length = self.number().map(u16::from_le_bytes)?;
        let bytes = self.take(length.into())?;
        let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
        String::from_utf8(text.to_vec()).map_err(|_| bad("a name is not text"))
    }

    fn tensor(&mut self) -> Result<Tensor<'a>, ModelError> {
        let [rank] = self.number()?;
        let shape: Vec<usize> = (0..rank)
            .map(|_| self.u32().map(|size| size as usize))
            .collect::<Result<_, _>>()?;
        let [kind] = self.number()?;
        let length = self.u32()? as usize;
        let bytes = self.take(length)?;
        let kind = match kind {
            0 => Kind::Float32,
            1 => Kind::Int8,
            2 => Kind::Int16,
            3 => Kind::Int32,
            4 => Kind::Float16,
            _ => return Err(bad("a tensor has an unknown type")),
        };
        let elements = shape
            .iter()
            .try_fold(1_usize, |all, size| all.checked_mul(*size));
        if elements.and_then(|all| all.checked_mul(kind.bytes())) != Some(length) {
            return Err(bad("a tensor is not as long as its shape says"));
        }
        Ok(Tensor { kind, shape, bytes })
    }
}

fn bad(what: &str) -> ModelError {
    ModelError::Unconvertible(what.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A model file with the given tensors, all of half precision.
    pub(in crate::models) fn file(tensors: &[(&str, &[u32], &[u8])]) -> Vec<u8> {
        let text = |value: &str| -> Vec<u8> {
            let length = u16::try_from(value.len() + 1).unwrap();
            [&length.to_le_bytes()[..], value.as_bytes(), &[0]].concat()
        };
        let mut file = REVISION.to_le_bytes().to_vec();
        file.extend(text("WhisperSpec"));
        file.extend(3_u32.to_le_bytes());
        file.extend(u32::try_from(tensors.len()).unwrap().to_le_bytes());
        for (name, shape, bytes) in tensors {
            file.extend(text(name));
            file.push(u8::try_from(shape.len()).unwrap());
            file.extend(shape.iter().flat_map(|size| size.to_le_bytes()));
            file.push(4);
            file.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
            file.extend(*bytes);
        }
        file.extend(1_u32.to_le_bytes());
        file.extend(text("alias"));
        file.extend(text("weight"));
        file
    }

    #[test]
    fn tensors_and_aliases_are_found_and_rows_are_cut() {
        let file = file(&[("weight", &[2, 3], &[1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0])]);
        let tensors = Tensors::read(&file).unwrap();
        let rows = tensors.get("alias").unwrap().rows(1, 2).unwrap();
        assert_eq!(
            (rows.shape, rows.bytes),
            (vec![1, 3], &[4, 0, 5, 0, 6, 0][..])
        );
        assert!(tensors.get("weight").unwrap().rows(1, 3).is_err());
        assert!(tensors.get("bias").is_err());
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error() {
        let file = file(&[("weight", &[2], &[1, 0, 2, 0])]);
        for length in 0..file.len() {
            assert!(Tensors::read(&file[..length]).is_err(), "cut to {length}");
        }
    }
}
