//! Randomness that is drawn from what is decided, so that one decision more disturbs no other.

/// A stream of numbers that belongs to one question of one seed.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The numbers that answer the question named by `about`.
    pub(crate) fn new(seed: u64, about: &[u64]) -> Self {
        Self(about.iter().fold(scramble(seed), |state, &part| {
            scramble(state ^ scramble(part))
        }))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// A number from 0 to `end`, which is left out.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.number() % end.max(1)
    }

    pub(crate) fn permille(&mut self, share: u64) -> bool {
        self.below(1000) < share
    }

    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(all.len() as u64);
        all.get(usize::try_from(at).ok()?)
    }

    pub(crate) fn bytes(&mut self, length: u64) -> Vec<u8> {
        (0..length)
            .map(|_| self.number().to_le_bytes()[0])
            .collect()
    }
}

/// SplitMix64's finaliser: every bit of the input reaches every bit of the output.
fn scramble(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_question_gets_one_answer_and_others_another() {
        assert_eq!(
            Dice::new(1, &[2, 3]).number(),
            Dice::new(1, &[2, 3]).number()
        );
        assert_ne!(
            Dice::new(1, &[2, 3]).number(),
            Dice::new(1, &[3, 2]).number()
        );
        assert_ne!(
            Dice::new(1, &[2, 3]).number(),
            Dice::new(2, &[2, 3]).number()
        );
    }

    #[test]
    fn a_share_is_about_that_share() {
        let hits = (0..10_000)
            .filter(|&at| Dice::new(7, &[at]).permille(50))
            .count();
        assert!(
            (400..600).contains(&hits),
            "{hits} of 10000 for 50 permille"
        );
    }
}
