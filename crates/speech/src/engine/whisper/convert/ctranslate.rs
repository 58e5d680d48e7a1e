//! Reads the binary format of CTranslate2 models (revision 6): named tensors, then aliases.

use super::ConvertError;
use std::collections::BTreeMap;

/// The revision of the container that this reader understands.
const REVISION: u32 = 6;

/// More tensors and aliases than any Whisper model has (large: about 1 300); with more, the file is
/// refused.
const ENTRIES_MAX: u32 = 10_000;

/// Layers a side of the largest Whisper model; with more, the file is refused.
const LAYERS_MAX: usize = 32;

const TOO_SHORT: ConvertError = ConvertError::Weights("it ends too early");
const TOO_SMALL: ConvertError = ConvertError::Weights("a tensor is too small");

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
    pub(super) fn rows(&self, from: usize, to: usize) -> Result<Self, ConvertError> {
        let row = self
            .shape
            .iter()
            .skip(1)
            .try_fold(self.kind.bytes(), |all, size| all.checked_mul(*size));
        let at = |index: usize| row.and_then(|row| row.checked_mul(index));
        let bytes = at(from)
            .zip(at(to))
            .and_then(|(start, end)| self.bytes.get(start..end))
            .ok_or(TOO_SMALL)?;
        let mut shape = self.shape.clone();
        if let Some(first) = shape.first_mut() {
            *first = to.saturating_sub(from);
        }
        Ok(Self {
            kind: self.kind,
            shape,
            bytes,
        })
    }

    /// A single small whole number.
    pub(super) fn number(&self) -> Result<i32, ConvertError> {
        match (self.kind, self.bytes) {
            (Kind::Int8, [byte]) => Ok(byte.cast_signed().into()),
            (Kind::Int16, [low, high]) => Ok(i16::from_le_bytes([*low, *high]).into()),
            (Kind::Int32, [a, b, c, d]) => Ok(i32::from_le_bytes([*a, *b, *c, *d])),
            _ => Err(ConvertError::Weights("a number was expected")),
        }
    }
}

/// All tensors of a model by name.
pub(super) struct Tensors<'a> {
    by_name: BTreeMap<String, Tensor<'a>>,
    file_bytes: usize,
}

impl<'a> Tensors<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, ConvertError> {
        let mut reader = Reader(bytes);
        if reader.u32()? != REVISION {
            return Err(ConvertError::Weights(
                "it is of another revision of the format than 6",
            ));
        }
        reader.text()?;
        reader.u32()?;
        let mut tensors = BTreeMap::new();
        for _ in 0..reader.count()? {
            let name = reader.text()?;
            tensors.insert(name, reader.tensor()?);
        }
        for _ in 0..reader.count()? {
            let (alias, name) = (reader.text()?, reader.text()?);
            if let Some(tensor) = tensors.get(&name).cloned() {
                tensors.insert(alias, tensor);
            }
        }
        Ok(Self {
            by_name: tensors,
            file_bytes: bytes.len(),
        })
    }

    /// How long the file is that they were read from.
    pub(super) fn file_bytes(&self) -> usize {
        self.file_bytes
    }

    pub(super) fn get(&self, name: &str) -> Result<&Tensor<'a>, ConvertError> {
        self.by_name
            .get(name)
            .ok_or_else(|| ConvertError::NoTensor(name.to_owned()))
    }

    /// How many layers a side (`encoder`, `decoder`) has.
    pub(super) fn layers(&self, side: &str) -> Result<usize, ConvertError> {
        let has = |layer: &usize| {
            self.by_name
                .contains_key(&format!("{side}/layer_{layer}/ffn/linear_0/weight"))
        };
        let layers = (0..=LAYERS_MAX).take_while(has).count();
        if layers > LAYERS_MAX {
            return Err(ConvertError::Weights("there are too many layers"));
        }
        Ok(layers)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ConvertError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(TOO_SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], ConvertError> {
        let (number, rest) = self.0.split_first_chunk().ok_or(TOO_SHORT)?;
        self.0 = rest;
        Ok(*number)
    }

    fn u32(&mut self) -> Result<u32, ConvertError> {
        self.number().map(u32::from_le_bytes)
    }

    /// How many tensors or aliases follow.
    fn count(&mut self) -> Result<u32, ConvertError> {
        let count = self.u32()?;
        if count > ENTRIES_MAX {
            return Err(ConvertError::Weights("there are too many tensors"));
        }
        Ok(count)
    }

    /// A length of two bytes, the text, and a zero that the length counts.
    fn text(&mut self) -> Result<String, ConvertError> {
        let length = self.number().map(u16::from_le_bytes)?;
        let bytes = self.take(length.into())?;
        let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
        String::from_utf8(text.to_vec()).map_err(|_| ConvertError::Weights("a name is not text"))
    }

    fn tensor(&mut self) -> Result<Tensor<'a>, ConvertError> {
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
            _ => return Err(ConvertError::Weights("a tensor has an unknown type")),
        };
        let elements = shape
            .iter()
            .try_fold(1_usize, |all, size| all.checked_mul(*size));
        if elements.and_then(|all| all.checked_mul(kind.bytes())) != Some(length) {
            return Err(ConvertError::Weights(
                "a tensor is not as long as its shape says",
            ));
        }
        Ok(Tensor { kind, shape, bytes })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A model file with the given tensors, all of half precision.
    pub(in crate::engine::whisper::convert) fn file(tensors: &[(&str, &[u32], &[u8])]) -> Vec<u8> {
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
    #[test]
    fn a_shape_whose_rows_overflow_is_an_error() {
        let file = file(&[("weight", &[0, u32::MAX, u32::MAX, u32::MAX], &[])]);
        let tensors = Tensors::read(&file).unwrap();
        assert!(tensors.get("weight").unwrap().rows(1, 2).is_err());
    }

    #[test]
    fn more_layers_than_any_model_has_are_refused() {
        let names: Vec<String> = (0..=LAYERS_MAX)
            .map(|layer| format!("encoder/layer_{layer}/ffn/linear_0/weight"))
            .collect();
        let tensors: Vec<(&str, &[u32], &[u8])> = names
            .iter()
            .map(|name| (name.as_str(), &[][..], &[0, 0][..]))
            .collect();
        let (all, fewer) = (file(&tensors), file(&tensors[..LAYERS_MAX]));
        assert!(Tensors::read(&all).unwrap().layers("encoder").is_err());
        assert_eq!(
            Tensors::read(&fewer).unwrap().layers("encoder"),
            Ok(LAYERS_MAX)
        );
    }
}
