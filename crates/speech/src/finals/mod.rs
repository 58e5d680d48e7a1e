//! What is kept of an utterance that has ended.

pub(crate) mod guard;
pub(crate) mod passes;
