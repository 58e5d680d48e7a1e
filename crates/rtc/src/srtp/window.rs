//! Which packet numbers were used (RFC 3711 section 3.3.2): none is used twice.

/// As many numbers below the highest are told apart; what is older counts as used. A burst of
/// video on a line that reorders by 100 ms stays within it.
const NUMBERS: u64 = 1024;
const WORDS: usize = 16;

/// The newest [`NUMBERS`] numbers of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// One more than the highest number used; 0 before the first.
    next: u64,
    used: [u64; WORDS],
}

impl Window {
    /// The highest number that was used.
    fn highest(&self) -> Option<u64> {
        self.next.checked_sub(1)
    }

    /// The number with these lowest 16 bits that is closest to the highest used (RFC 3711 section
    /// 3.3.1); `None` for one before the first.
    pub(super) fn closest(&self, sequence: u16) -> Option<u64> {
        let Some(highest) = self.highest() else {
            return Some(u64::from(sequence));
        };
        let newest = u16::try_from(highest & 0xffff).unwrap_or_default();
        let ahead = sequence.wrapping_sub(newest);
        if ahead < 1 << 15 {
            highest.checked_add(u64::from(ahead))
        } else {
            highest.checked_sub(u64::from(newest.wrapping_sub(sequence)))
        }
    }

    /// Whether a number can still be used.
    pub(super) fn is_free(&self, number: u64) -> bool {
        self.is_newest(number) || (self.next - number <= NUMBERS && !self.is_used(number))
    }

    /// Whether a number is higher than all that were used.
    pub(super) fn is_newest(&self, number: u64) -> bool {
        number >= self.next
    }

    /// Uses a number that is free.
    pub(super) fn take(&mut self, number: u64) {
        if number >= self.next {
            let passed = (number - self.next + 1).min(NUMBERS);
            for skipped in number + 1 - passed..=number {
                self.set(skipped, false);
            }
            self.next = number + 1;
        }
        self.set(number, true);
    }

    fn is_used(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.used.get(word).is_none_or(|used| used & bit != 0)
    }

    fn set(&mut self, number: u64, is_used: bool) {
        let (word, bit) = place(number);
        if let Some(used) = self.used.get_mut(word) {
            *used = if is_used { *used | bit } else { *used & !bit };
        }
    }
}

/// Streams of one connection with the same keys. None is ever forgotten, for its numbers would be used
/// again; reaching the bound refuses new ones.
const STREAMS_MAX: usize = 2_048;

/// The windows of a connection's streams, by SSRC. Both lists are in the same order: what is searched is
/// short, for it is searched for each packet.
#[derive(Debug, Default)]
pub(super) struct Streams {
    ssrcs: Vec<u32>,
    windows: Vec<Window>,
}

impl Streams {
    /// What was used of a stream; `None` before its first number.
    pub(super) fn get(&self, ssrc: u32) -> Option<&Window> {
        let place = self.ssrcs.binary_search(&ssrc).ok()?;
        self.windows.get(place)
    }

    /// Uses a number of a stream that is free; returns whether there was room for a new stream.
    pub(super) fn take(&mut self, ssrc: u32, number: u64) -> bool {
        match self.ssrcs.binary_search(&ssrc) {
            Ok(known) => {
                if let Some(window) = self.windows.get_mut(known) {
                    window.take(number);
                }
                true
            }
            Err(_) if self.ssrcs.len() >= STREAMS_MAX => false,
            Err(place) => {
                let mut window = Window::default();
                window.take(number);
                self.ssrcs.insert(place, ssrc);
                self.windows.insert(place, window);
                true
            }
        }
    }
}

/// The word and the bit of a number.
fn place(number: u64) -> (usize, u64) {
    let within = number % NUMBERS;
    let word = usize::try_from(within / 64).unwrap_or(WORDS);
    (word, 1 << (within % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_too_old_counts_as_used() {
        let mut window = Window::default();
        assert_eq!(window.closest(9), Some(9));
        window.take(5_000);
        assert!(!window.is_free(5_000));
        assert!(window.is_free(5_000 - NUMBERS + 1));
        assert!(!window.is_free(5_000 - NUMBERS));
        assert!(!window.is_free(0));
        assert!(window.is_free(u64::MAX / 2));
    }

    #[test]
    fn numbers_are_extended_to_the_closest() {
        let mut window = Window::default();
        window.take(65_530);
        assert_eq!(window.closest(4), Some(65_540), "it rolled over");
        assert_eq!(window.closest(65_000), Some(65_000));
        window.take(65_540);
        assert_eq!(window.closest(65_535), Some(65_535), "from before that");
        let mut window = Window::default();
        window.take(3);
        assert_eq!(window.closest(65_000), None, "from before the first");
    }

    proptest! {
        /// Numbers that come in any order, far apart or close, are taken once each.
        #[test]
        fn no_number_is_used_twice(steps in prop::collection::vec((0_u64..3000, any::<bool>()), 1..400)) {
            let mut window = Window::default();
            let mut taken = BTreeSet::new();
            let mut highest = 0;
            for (step, back) in steps {
                let number = if back { highest - step.min(highest) } else { highest + step % 70 };
                if window.is_free(number) {
                    prop_assert!(taken.insert(number));
                    prop_assert!(number + NUMBERS > highest);
                    window.take(number);
                    highest = highest.max(number);
                } else {
                    prop_assert!(taken.contains(&number) || number + NUMBERS <= highest);
                }
            }
        }
    }
}
