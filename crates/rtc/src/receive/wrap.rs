//! Numbers that wrap on the wire: the low bits of longer ones, and the way back.

/// Where extended numbers begin, so that some lie before the first.
const BEGIN: u64 = 1 << 16;

/// The longer number of the first packet.
pub(super) fn begin(sequence: u16) -> u64 {
    BEGIN + u64::from(sequence)
}

/// The number nearest to `near` that ends in these 16 bits.
pub(super) fn extend(near: u64, sequence: u16) -> u64 {
    let step = sequence.wrapping_sub(low16(near)).cast_signed();
    near.wrapping_add_signed(step.into())
}

pub(super) fn low16(number: u64) -> u16 {
    let [.., high, low] = number.to_be_bytes();
    u16::from_be_bytes([high, low])
}

pub(super) fn low32(number: u64) -> u32 {
    let [_, _, _, _, low @ ..] = number.to_be_bytes();
    u32::from_be_bytes(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_on_over_its_wrap_and_back() {
        let last = begin(u16::MAX);
        assert_eq!(extend(last, 3), last + 4);
        assert_eq!(extend(last + 4, u16::MAX - 1), last - 1);
        assert_eq!(low16(last + 4), 3);
        assert_eq!(low32(0x1_2345_6789), 0x2345_6789);
    }

    #[test]
    fn half_of_all_numbers_lie_ahead() {
        let middle = begin(0x8000);
        assert_eq!(extend(middle, 0xffff), middle + 0x7fff);
        assert_eq!(extend(middle, 0), middle - 0x8000);
    }
}
