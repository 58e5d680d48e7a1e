//! A target for each parser that reads bytes from strangers.

mod certificate;
mod code;
mod data;
mod datagram;
mod dependency;
mod join;
mod model;
mod offer;
mod payload;
mod red;
mod relay;
mod rtcp;
mod signal;
mod spoken;
mod text;
mod token;
mod twirp;

use crate::Target;

/// All of them, in the order in which a stranger meets them.
pub const ALL: &[Target] = &[
    token::TARGET,
    join::REQUEST,
    join::QUERY,
    signal::TARGET,
    text::TARGET,
    code::TARGET,
    twirp::TARGET,
    certificate::TARGET,
    offer::TARGET,
    relay::TARGET,
    datagram::STRANGER,
    datagram::FORGED,
    payload::TARGET,
    dependency::TARGET,
    rtcp::TARGET,
    data::TARGET,
    red::TARGET,
    spoken::TARGET,
    model::WEIGHTS,
    model::TOKENIZER,
    model::FORMAT,
];
