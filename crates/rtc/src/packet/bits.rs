//! A reader of fields that are not aligned to bytes.

/// Reads bits from the highest of the first byte on.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// The next `count` bits, at most 32; `None` behind the end.
    pub(super) fn read(&mut self, count: u8) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u32::from(self.flag()?)))
    }

    /// The next `count` bits, at most 8.
    pub(super) fn byte(&mut self, count: u8) -> Option<u8> {
        self.read(count)?.try_into().ok()
    }

    /// The next bit.
    pub(super) fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.position / 8)?;
        let bit = byte >> (7 - self.position % 8) & 1;
        self.position += 1;
        Some(bit == 1)
    }

    /// A number below `count` in as few bits as will do (`ns(n)`, AV1 RTP specification, appendix
    /// A.8.1).
    pub(super) fn below(&mut self, count: u8) -> Option<u8> {
        let width = 8 - u8::try_from(count.leading_zeros()).ok()?;
        let short = self.byte(width.saturating_sub(1))?;
        let spare = (1_u16 << width).checked_sub(u16::from(count))?;
        if u16::from(short) < spare {
            return Some(short);
        }
        let long = u16::from(short) << 1 | u16::from(self.flag()?);
        long.checked_sub(spare)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cross_bytes_and_end_with_them() {
        let mut bits = Bits::new(&[0b1010_1111, 0b0000_0001]);
        assert_eq!(bits.read(3), Some(0b101));
        assert_eq!(bits.read(6), Some(0b01_1110));
        assert_eq!(bits.flag(), Some(false));
        assert_eq!(bits.read(6), Some(1));
        assert_eq!(bits.flag(), None);
    }

    #[test]
    fn small_numbers_take_few_bits() {
        let five = |byte| Bits::new(&[byte]).below(5);
        assert_eq!(five(0b0000_0000), Some(0));
        assert_eq!(five(0b1000_0000), Some(2));
        assert_eq!(five(0b1100_0000), Some(3));
        assert_eq!(five(0b1110_0000), Some(4));
        assert_eq!(Bits::new(&[]).below(1), Some(0), "nothing to choose");
        assert_eq!(Bits::new(&[]).below(2), None);
    }
}
