//! Who sends and who leaves: source descriptions, as far as their CNAME, and goodbyes (RFC 3550
//! sections 6.5 and 6.6).

use super::Packet;
use super::bytes::Input;

pub(super) const CNAME: u8 = 1;
/// The type that ends the items of a chunk.
const END: u8 = 0;

/// SSRCs one behind the other.
#[derive(Debug, Clone)]
pub struct Sources<'a>(Input<'a>);

/// The CNAME of each source that has one: text in UTF-8, if its sender keeps to RFC 3550.
#[derive(Debug, Clone)]
pub struct CanonicalNames<'a> {
    chunks: u8,
    input: Input<'a>,
}

impl Iterator for Sources<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0.u32()
    }
}

impl<'a> Iterator for CanonicalNames<'a> {
    /// SSRC and name.
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(left) = self.chunks.checked_sub(1) {
            self.chunks = left;
            match self.chunk() {
                Some((ssrc, Some(name))) => return Some((ssrc, name)),
                Some((_, None)) => {}
                None => self.chunks = 0,
            }
        }
        None
    }
}

impl<'a> CanonicalNames<'a> {
    /// An SSRC and its items up to the end of their list, which fills up a word of 32 bits.
    fn chunk(&mut self) -> Option<(u32, Option<&'a [u8]>)> {
        let ssrc = self.input.u32()?;
        let mut name = None;
        let before = self.input.0.len();
        loop {
            let kind = self.input.u8()?;
            if kind == END {
                break;
            }
            let octets = self.input.u8()?;
            let text = self.input.slice(octets.into())?;
            if kind == CNAME {
                name = name.or(Some(text));
            }
        }
        let octets = before - self.input.0.len();
        self.input.slice(octets.next_multiple_of(4) - octets)?;
        Some((ssrc, name))
    }
}

/// `count` SSRCs; `None` where fewer are there.
pub(super) fn sources(count: u8, mut input: Input<'_>) -> Option<Sources<'_>> {
    let sources = input.slice(usize::from(count) * 4)?;
    Some(Sources(Input(sources)))
}

pub(super) fn read_descriptions(chunks: u8, input: Input<'_>) -> Packet<'_> {
    Packet::Descriptions(CanonicalNames { chunks, input })
}

/// The reason for leaving, if one is given, is passed over.
pub(super) fn read_goodbye(count: u8, input: Input<'_>) -> Option<Packet<'_>> {
    sources(count, input).map(Packet::Goodbye)
}
