//! Numbers in network byte order, taken off the front of bytes and put there.

/// What is left to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn slice(&mut self, octets: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(octets)?;
        self.0 = rest;
        Some(head)
    }
}

/// What is left to be written; who writes has counted before that it is enough.
#[derive(Debug)]
pub(super) struct Space<'a>(pub(super) &'a mut [u8]);

impl<'a> Space<'a> {
    pub(super) fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        if let Some((head, rest)) = std::mem::take(&mut self.0).split_first_chunk_mut() {
            *head = bytes;
            self.0 = rest;
        }
    }

    pub(super) fn put_slice(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.put([*byte]));
    }

    /// The first `octets` of it, and the rest.
    pub(super) fn split(self, octets: usize) -> (Self, Self) {
        let (head, rest) = self.0.split_at_mut(octets.min(self.0.len()));
        (Space(head), Space(rest))
    }

    pub(super) fn zero(self) {
        self.0.fill(0);
    }
}
