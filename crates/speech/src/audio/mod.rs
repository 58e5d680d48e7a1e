//! From packets to utterances: order, decode, find the voice, cut at pauses.

pub(crate) mod allowance;
pub(crate) mod decode;
pub(crate) mod reorder;
pub(crate) mod segment;
pub(crate) mod utterances;
pub(crate) mod voice;
