//! The fields of an encoded protobuf message, one after the other, without knowing its type.

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Four or eight bytes, which no field of ours has.
    Fixed,
}

/// Walks through a message; yields `None` once where it stops being protobuf.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn field(&mut self) -> Option<(u32, Field<'a>)> {
        let tag = u32::try_from(self.varint()?).ok()?;
        let number = tag >> 3;
        if number == 0 {
            return None;
        }
        let value = match tag & 7 {
            0 => Field::Number(self.varint()?),
            1 => self.take(8).map(|_| Field::Fixed)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Field::Fixed)?,
            // Groups left protobuf before LiveKit began.
            _ => return None,
        };
        Some((number, value))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                // The tenth byte has room for one bit.
                return (shift < 63 || byte <= 1).then_some(number);
            }
        }
        None
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u32, Field<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// Appends a field of bytes or text.
pub(super) fn put_bytes(message: &mut Vec<u8>, number: u32, value: &[u8]) {
    put_varint(message, u64::from(number << 3 | 2));
    put_varint(message, value.len() as u64);
    message.extend_from_slice(value);
}

/// Appends a field that is a number.
pub(super) fn put_number(message: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(message, u64::from(number << 3));
    put_varint(message, value);
}

fn put_varint(message: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            message.push(low & 0x7f);
            return;
        }
        message.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(message: &[u8]) -> Vec<Option<(u32, Field<'_>)>> {
        Fields::of(message).collect()
    }

    #[test]
    fn each_wire_type_is_passed() {
        let message = [
            0x08, 0x96, 0x01, 0x12, 2, 7, 8, 0x1d, 1, 2, 3, 4, 0x21, 1, 2, 3, 4, 5, 6, 7, 8,
        ];
        let expected = [
            Some((1, Field::Number(150))),
            Some((2, Field::Bytes(&[7, 8]))),
            Some((3, Field::Fixed)),
            Some((4, Field::Fixed)),
        ];
        assert_eq!(all(&message), expected);
    }

    #[test]
    fn what_is_not_protobuf_ends_the_walk_once() {
        for broken in [
            &[0x0b][..],
            &[0x00, 1],
            &[0x12, 5, 1],
            &[0x08],
            &[0x80; 12],
            &[0x15, 1],
        ] {
            assert_eq!(all(broken), [None], "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_put_is_read(number in 1_u32..1 << 28, value: Vec<u8>) {
            let mut message = Vec::new();
            put_bytes(&mut message, number, &value);
            put_number(&mut message, number, value.len() as u64);
            let read = [Some((number, Field::Bytes(&value))), Some((number, Field::Number(value.len() as u64)))];
            prop_assert_eq!(all(&message), read);
        }

        #[test]
        fn no_bytes_make_the_walk_panic_or_go_on_for_ever(message: Vec<u8>) {
            prop_assert!(all(&message).len() <= message.len());
        }
    }
}
