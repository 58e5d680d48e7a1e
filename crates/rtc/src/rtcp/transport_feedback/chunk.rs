//! Status chunks of transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01
//! sections 3.1.1 to 3.1.4): 16 bits that say of some packets whether they came, and how far apart.

/// Symbols of one packet: how many octets its delta takes.
pub(super) const MISSING: u16 = 0;
pub(super) const SMALL: u16 = 1;
pub(super) const LARGE: u16 = 2;

/// A vector, not a run.
const VECTOR: u16 = 0x8000;
/// A vector of two bits for each symbol, not of one.
const WIDE: u16 = 0x4000;
const RUN_MAX: u16 = 0x1fff;
const NARROW_SYMBOLS: u16 = 14;
const WIDE_SYMBOLS: u16 = 7;

/// A chunk as it was received.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk(pub(super) u16);

impl Chunk {
    /// How many packets it speaks of.
    pub(super) fn len(self) -> u16 {
        match (self.0 & VECTOR != 0, self.0 & WIDE != 0) {
            (false, _) => self.0 & RUN_MAX,
            (true, false) => NARROW_SYMBOLS,
            (true, true) => WIDE_SYMBOLS,
        }
    }

    /// What it says of one of them; `at` is below `len`.
    pub(super) fn symbol(self, at: u16) -> u16 {
        match (self.0 & VECTOR != 0, self.0 & WIDE != 0) {
            (false, _) => (self.0 >> 13) & 0x03,
            (true, false) => (self.0 >> (NARROW_SYMBOLS - 1).saturating_sub(at)) & 0x01,
            (true, true) => (self.0 >> (2 * (WIDE_SYMBOLS - 1).saturating_sub(at))) & 0x03,
        }
    }

    /// How many octets the deltas of its first `taken` packets need; `None` if a symbol of them is
    /// the reserved one.
    pub(super) fn delta_octets(self, taken: u16) -> Option<usize> {
        if self.0 & VECTOR == 0 {
            let symbol = self.symbol(0);
            return (symbol <= LARGE).then(|| usize::from(symbol) * usize::from(taken));
        }
        (0..taken).try_fold(0, |octets, at| {
            let symbol = self.symbol(at);
            (symbol <= LARGE).then(|| octets + usize::from(symbol))
        })
    }
}

/// Symbols that are to become chunks, as few as one look back allows: runs where all are alike, else
/// vectors, narrow ones while no delta is large.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Packer {
    len: u16,
    /// Two bits for each of the first 14, the first lowest.
    symbols: u32,
    mixed: bool,
    large: bool,
}

impl Packer {
    /// Takes a symbol, and gives a chunk when this does not fit into the same.
    pub(super) fn push(&mut self, symbol: u16) -> Option<u16> {
        let full = !self.takes(symbol);
        let chunk = full.then(|| self.emit());
        self.add(symbol);
        chunk
    }

    /// What is left at the end.
    pub(super) fn last(mut self) -> Option<u16> {
        (self.len > 0).then(|| {
            if self.mixed && !self.large && self.len > WIDE_SYMBOLS {
                self.narrow()
            } else {
                self.emit()
            }
        })
    }

    fn takes(&self, symbol: u16) -> bool {
        let narrow = !self.large && symbol != LARGE;
        let repeats = !self.mixed && symbol == self.symbol(0);
        self.len < WIDE_SYMBOLS
            || self.len < NARROW_SYMBOLS && narrow
            || self.len < RUN_MAX && repeats
    }

    fn add(&mut self, symbol: u16) {
        self.mixed |= self.len > 0 && symbol != self.symbol(0);
        self.large |= symbol == LARGE;
        if self.len < NARROW_SYMBOLS {
            self.symbols |= u32::from(symbol) << (2 * self.len);
        }
        self.len += 1;
    }

    fn emit(&mut self) -> u16 {
        if !self.mixed {
            let run = self.symbol(0) << 13 | self.len;
            *self = Self::default();
            return run;
        }
        if self.len == NARROW_SYMBOLS {
            let chunk = self.narrow();
            *self = Self::default();
            return chunk;
        }
        let wide = (0..WIDE_SYMBOLS.min(self.len)).fold(VECTOR | WIDE, |chunk, at| {
            chunk | self.symbol(at) << (12 - 2 * at)
        });
        let before = *self;
        *self = Self::default();
        (WIDE_SYMBOLS..before.len).for_each(|at| self.add(before.symbol(at)));
        wide
    }

    fn narrow(&self) -> u16 {
        (0..self.len).fold(VECTOR, |chunk, at| chunk | self.symbol(at) << (13 - at))
    }

    fn symbol(&self, at: u16) -> u16 {
        u16::try_from(self.symbols >> (2 * at) & 0x03).unwrap_or_default()
    }
}
