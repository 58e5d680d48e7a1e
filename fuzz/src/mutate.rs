//! Small wrong changes to valid bytes, repeatable from a seed.

/// Longer inputs say nothing that shorter ones do not, and take longer.
pub const INPUT_BYTES_MAX: usize = 16 * 1024;
/// A run of changes makes states that no single one reaches.
const CHANGES_MAX: u64 = 6;

/// Bytes at which parsers decide.
const EDGES: [u8; 12] = [
    0, 1, 2, 0x0f, 0x10, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff,
];
/// Longest varint of 64 bits, and one byte more than is legal.
const VARINTS: [&[u8]; 3] = [
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff; 9],
    &[
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1,
    ],
];

/// SplitMix64 (Steele, Lea and Flood 2014): small, even, and the same on every machine.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.draw() % end).unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        self.draw().to_le_bytes()[0]
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// One of the seeds with up to [`CHANGES_MAX`] changes.
pub fn mutated(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = chance.pick(seeds).cloned().unwrap_or_default();
    for _ in 0..=chance.draw() % CHANGES_MAX {
        change(&mut bytes, seeds, chance);
    }
    bytes.truncate(INPUT_BYTES_MAX);
    bytes
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], chance: &mut Chance) {
    let at = chance.below(bytes.len() + 1);
    match chance.draw() % 10 {
        0 => flip_bit(bytes, chance),
        1 => overwrite(bytes, at, &[chance.byte()]),
        2 => {
            let edge = chance.pick(&EDGES).copied().unwrap_or_default();
            overwrite(bytes, at, &[edge]);
        }
        3 => bytes.truncate(at),
        4 => {
            let inserted: Vec<u8> = (0..chance.below(16)).map(|_| chance.byte()).collect();
            insert(bytes, at, &inserted);
        }
        5 => {
            let repeated = slice(bytes, chance);
            insert(bytes, at, &repeated);
        }
        6 => {
            let other = chance.pick(seeds).cloned().unwrap_or_default();
            let spliced = slice(&other, chance);
            overwrite(bytes, at, &spliced);
        }
        7 => {
            let varint = chance.pick(&VARINTS).copied().unwrap_or_default();
            overwrite(bytes, at, varint);
        }
        // A length in network byte order, wrong by a little or by much.
        8 => {
            let length = [
                0,
                1,
                0x7fff,
                0xffff,
                u16::try_from(bytes.len()).unwrap_or(u16::MAX),
            ];
            let length = chance.pick(&length).copied().unwrap_or_default();
            overwrite(bytes, at, &length.to_be_bytes());
        }
        _ => {
            let removed = chance.below(bytes.len().saturating_sub(at).min(32) + 1);
            bytes.drain(at..at + removed);
        }
    }
}

fn flip_bit(bytes: &mut [u8], chance: &mut Chance) {
    let at = chance.below(bytes.len());
    let bit = chance.draw() % 8;
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
}

fn overwrite(bytes: &mut Vec<u8>, at: usize, with: &[u8]) {
    let end = (at + with.len()).min(bytes.len());
    bytes.splice(at..end, with.iter().copied());
}

fn insert(bytes: &mut Vec<u8>, at: usize, with: &[u8]) {
    bytes.splice(at..at, with.iter().copied());
}

fn slice(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let start = chance.below(bytes.len() + 1);
    let length = chance.below((bytes.len() - start).min(64) + 1);
    bytes[start..start + length].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_replays_its_mutations_and_another_seed_makes_others() {
        let seeds = vec![b"a valid message".to_vec(), vec![1, 2, 3]];
        let run = |seed| {
            let mut chance = Chance::new(seed);
            (0..50)
                .map(|_| mutated(&seeds, &mut chance))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn mutations_start_from_nothing_too_and_stay_short() {
        let mut chance = Chance::new(1);
        for _ in 0..10_000 {
            assert!(mutated(&[vec![]], &mut chance).len() <= INPUT_BYTES_MAX);
        }
    }
}
