//! What is shown of an utterance that is still being spoken.

pub(crate) mod agreement;
pub(crate) mod passes;
