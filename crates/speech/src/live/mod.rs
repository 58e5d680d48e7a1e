//! What is shown while somebody still speaks.

pub(crate) mod agreement;
