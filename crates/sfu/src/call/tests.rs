//! A call driven directly, with bytes and time: real clients, no network, no worker.

mod client;
mod codecs;
mod rig;

mod forwarding;
mod negotiating;
mod receiving;
mod redundancy;
mod relaying;
mod resting;
mod sending;
mod sharing;
mod svc;
